"""Values: trimmed, turned to the third person, money and measures normalised, time-to-live bounded."""

import re

_PERSONS = {
    "my": "their",
    "mine": "theirs",
    "me": "them",
    "myself": "themselves",
    "i": "they",
    "i'm": "they are",
    "im": "they are",
    "i've": "they have",
    "i'd": "they would",
    "our": "their",
    "ours": "theirs",
    "we": "they",
    "us": "them",
    "we're": "they are",
}
_PERSON = re.compile(
    r"\b(?:i['\u2019](?:m|ve|d)|"
    r"we['\u2019]re|im|my|mine|me|myself|i|our|ours|we|us)\b(?!['\u2019])",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")

# Ends of a clause that say nothing about the fact.
_TAIL = re.compile(
    r"(?:[ ,]+(?:btw|by the way|though|tho|lol|haha+|hehe|please|thanks|thank you|ty|too|as well|"
    r"anyway|anyways|actually|"
    r"really|currently|right now|at the moment|now|these days|nowadays|at present|to be honest|tbh|honestly|"
    r"you know|i guess|i think|i suppose|i believe|of course|obviously|already|again|also|you see|mind you|fyi|then|"
    r"just so you know|so you know|in case (?:that|it|you).*|if (?:that|it|you|this|possible).*|so far|"
    r"for now|yes|yeah|ok|"
    r"okay|right|personally|in general|generally|as you know|if any|as i said|like i said|so|and|but|or|unfortunately|"
    r"sadly|a lot|very much|so much|the most|instead|please note|hun|mate|man|bro|guys|sir|madam|"
    r"and (?:stuff|so on|such|that|all that|things like that)|or something|etc|any more|x+|"
    r"and would (?:like|love).*|for what it is worth|full stop|period|today only))+$"
)
_CUTS = re.compile(
    r" (?:, )?(?:because|but|so (?:i|we|that|please|can|could|what|the|is|maybe|far)|which|whereas|while i|unless|"
    r"and (?:i|we|you|he|she|they|it|that|this)|could you|can you|please|though|although|as (?:i|it|they|he|she|we) |"
    r"since (?:i|it|they|he|she|we)|lol|thanks|by the way|btw|if (?:i|you|it|that|we|possible)|"
    r"and (?:am|was|have been|would|need|want|looking|wondering|wanted|needed|just|it is)|, (?:and )?(?:looking|hoping|"
    r"wondering|trying|need|needing|want|not)\b) ?.*$"
)
_MONEY_WORDS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "$": "USD", "dollar": "USD", "dollars": "USD",
    "usd": "USD", "bucks": "USD", "£": "GBP", "pound": "GBP", "pounds": "GBP", "gbp": "GBP", "quid": "GBP",
    "¥": "JPY", "yen": "JPY", "₹": "INR", "rupees": "INR", "chf": "CHF", "francs": "CHF", "cad": "CAD",
    "aud": "AUD", "sek": "SEK", "kr": "SEK", "zl": "PLN", "zloty": "PLN", "pesos": "MXN", "reais": "BRL",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<sign>[€$£¥₹])? ?(?P<digits>\d[\d.,]*\d|\d) ?(?P<thousand>k|grand|thousand)?(?P<million>m| million)?\b"
    r" ?(?P<unit>€|\$|£|[a-z]+)?",
)
MONEY = (
    r"(?:[€$£¥₹] ?\d[\d.,]*(?:k|m)?|\d[\d.,]*(?: ?(?:k|grand|thousand|million))?(?: ?(?:€|\$|£|euros?|dollars?|usd|eur|"
    r"gbp|bucks|pounds|quid|yen|rupees|chf|francs|cad|aud|pesos|kr|sek|zloty|reais)))"
)
_MEASURE = re.compile(
    r"^(\d+(?:[.,]\d+)?) ?(cm|m|kg|kgs|lbs?|gb|tb|mm|ft|inch|inches|in|km|miles|stone|mg|ml|years?)\b"
)
_MEASURES = {"gb": "GB", "tb": "TB", "kgs": "kg", "lbs": "lb", "inches": "in", "inch": "in", "years": "years"}

_DAY = re.compile(r"\b(?:today|tonight|this (?:morning|afternoon|evening)|right now)\b")
_WEEK = re.compile(
    r"\b(?:tomorrow|this week|this weekend|next week|next weekend|(?:until|till|by|on|next|this) (?:monday|tuesday|"
    r"wednesday|thursday|friday|saturday|sunday)|in (?:a few|two|three|\d) days|for the next few days|in a week)\b(?!s)"
)
_MONTH = re.compile(r"\b(?:this month|next month|(?:in|for) (?:a|two|three|a few|the next few|\d) weeks|in a month)\b")
_QUARTER = re.compile(
    r"\b(?:this (?:spring|summer|autumn|fall|winter|season|term|semester|quarter)|next (?:spring|summer|autumn|fall|"
    r"winter|season|term|semester|quarter)|(?:in|for) (?:two|three|a few|\d) months)\b"
)
_ORDER = ("one_day", "one_week", "one_month", "one_quarter", "one_year", "infinity")


def trim(value: str) -> str:
    """Drop what follows the fact in its clause; canonical words in, a prefix of them out."""
    value = _CUTS.sub("", value)
    for _ in range(3):
        shorter = _TAIL.sub("", value).rstrip(" ,:-")
        if shorter == value:
            break
        value = shorter
    return value


def third_person(text: str) -> str:
    """The user's words as said about them: "my" turns "their"; white space is collapsed."""
    return _PERSON.sub(lambda m: _PERSONS[m[0].lower().replace("\u2019", "'")], _SPACE.sub(" ", text)).strip(
        ' ,;:-\u2013\u2014.!?"'
    )


def money(value: str) -> str:
    """Turn "$1.2k" into "1200 USD"; "" where there is no amount."""
    found = _AMOUNT.search(value)
    if found is None:
        return ""
    digits = found["digits"]
    if re.search(r"[.,]\d{3}\b", digits):
        digits = re.sub(r"[.,](?=\d{3}\b)", "", digits)
    digits = digits.replace(",", ".")
    try:
        amount = float(digits)
    except ValueError:
        return ""
    amount *= 1_000 if found["thousand"] else 1_000_000 if found["million"] else 1
    unit = _MONEY_WORDS.get(found["sign"] or "") or _MONEY_WORDS.get(found["unit"] or "", "")
    if not unit:
        unit = next((_MONEY_WORDS[word] for word in value.split() if word in _MONEY_WORDS), "")
    number = f"{amount:.0f}" if amount == int(amount) else f"{amount:.2f}"
    return f"{number} {unit}".strip()


def measure(value: str) -> str:
    """Turn "180cm" into "180 cm", "16gb" into "16 GB"; other text is returned as it is."""
    found = _MEASURE.match(value)
    if found is None:
        return value
    return f"{found[1].replace(',', '.')} {_MEASURES.get(found[2], found[2])}"


def time_to_live(default: str, clause: str) -> str:
    """`default`, or less where the clause bounds the time itself."""
    bound = default
    for pattern, ttl in ((_DAY, "one_day"), (_WEEK, "one_week"), (_MONTH, "one_month"), (_QUARTER, "one_quarter")):
        if pattern.search(clause):
            bound = ttl
            break
    return min(default, bound, key=_ORDER.index)
