"""What is known of the user, by slot, from profile facts and from what was said; what a reply asks and claims."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from interplay_server.learning import alignment
from interplay_server.learning.sentences import Sentence

# Slots that agents ask for, by the words for them; longer names first.
_SLOTS = {
    "email": r"e-?mail(?: address)?",
    "phone": r"(?:tele|mobile |cell )?phone(?: number)?|mobile number|(?:contact|callback) number",
    "address": r"(?:shipping |delivery |billing |home |postal |street )?address",
    "order": r"order (?:number|id|no)|order #",
    "booking": r"(?:booking|reservation|confirmation) (?:number|id|code|reference)",
    "account": r"account (?:number|id)|customer (?:number|id)|user ?(?:id|name)",
    "birthday": r"date of birth|birth ?(?:date|day)",
    "zip": r"(?:zip|post(?:al)?)[ -]?code",
    # Of the user: no maiden name of a mother, no name of a pet, a host or a hotel.
    "name": r"(?<!maiden )(?<!['\u2019]s )(?<!s['\u2019] )(?<!host )(?<!hotel )(?<!venue )(?<!guest )(?<!pet "
    ")(?<!doctor )(?<!company )"
    r"(?:full |last |first |sur)?name(?! of\b)(?! the\b)",
    "size": r"(?:shoe |clothing |shirt )?size",
    "diet": r"diet(?:ary)?(?: \w+)?|allerg(?:y|ies)",
    "budget": r"budget|price range",
    "city": r"city|location|where (?:do )?you live",
    "language": r"(?:preferred )?language",
    "device": r"(?:device|model|operating system)",
}
_SLOT = re.compile("|".join(f"(?P<{name}>\\b(?:{words})\\b)" for name, words in _SLOTS.items()), re.IGNORECASE)
# Facts name a slot by other words than questions do.
_IMPLIED = [
    ("city", re.compile(r"\b(?:lives? in|based in|resid\w{2,3} in|home ?town)\b", re.IGNORECASE)),
    ("diet", re.compile(r"\b(?:vegan|vegetarian|pescatarian|allerg\w{1,3}|halal|kosher|(?:gluten|lactose|dairy)[ -]?"
                        r"(?:free|intoleran\w{2}))\b", re.IGNORECASE)),
    ("device", re.compile(r"\b(?:iphone|ipad|android|macbook|windows \d{1,2}|pixel \d|galaxy)\b", re.IGNORECASE)),
    ("language", re.compile(r"\b(?:speaks?|in (?:english|german|french|spanish|italian|dutch))\b", re.IGNORECASE)),
    ("name", re.compile(r"\b(?:is called|named|goes by)\b", re.IGNORECASE)),
    ("birthday", re.compile(r"\bborn (?:on|in)\b", re.IGNORECASE)),
]  # fmt: skip
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d[\d() .-]{5,18}\d(?![\w-])")
_IDENTIFIER = re.compile(r"#?\b(?=[A-Za-z_-]{0,12}\d)[A-Za-z0-9][A-Za-z0-9_-]{3,24}\b")
_DATE = re.compile(r"\b\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_TYPED = {"email": _EMAIL, "phone": _PHONE, "birthday": _DATE, "order": _IDENTIFIER, "booking": _IDENTIFIER,
          "account": _IDENTIFIER, "zip": _IDENTIFIER}  # fmt: skip
_FREE = re.compile(
    r"\s{0,3}(?:(?:on file|to \w+) ){0,1}(?:is|are|was|:|=|['\u2019]s)\s{1,3}(?P<value>[^.!?\n]{1,60})",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?i:my name is|i am|i['\u2019]m|this is|called|named)\s+(?P<value>[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?)"
)
_ASKS = re.compile(
    r"\b(?:what(?:['\u2019]?s| is| are| was| would be)|which|where do|may i|can i|could i|could you|can you|would you|"
    r"please (?:provide|share|confirm|give|tell|send|enter|specify|state|let me know|include)|i(?:['\u2019]?ll|"
    r" will)? need|"
    r"provide|tell me|give me|share|let me know|do you have|i require|we need)\b",
    re.IGNORECASE,
)
# "Account number": a word or two that name a slot ask for it.
_FRAGMENT = re.compile(r"(?:your |and |ok |the )?[\w-]+(?: [\w#-]+){0,2}[ ?.!]*", re.IGNORECASE)
_CONFIRMS = re.compile(
    r"\b(?:is (?:that|this|it) (?:still |the )?(?:right|correct|the (?:right|best|correct)|up to date|your|ok|okay|"
    r"fine)|"
    r"(?:is|are) (?:that|this|it|they) still|correct\?|right\?)\b",
    re.IGNORECASE,
)
_CLAIMS = re.compile(
    r"\b(?:i (?:can )?see (?:that |here )?(?:your|you|in your|from your)|(?:i|we) have (?:your|you)\b|on (?:file|"
    r"record)|"
    r"according to (?:your|our|my)|your (?:account|profile|record)s? (?:shows?|says?|lists?|has)|as you (?:said|"
    r"mentioned|told)|"
    r"since you(?:['\u2019]re| are| prefer| like| have| mentioned| said|r)|"
    r"you (?:mentioned|told (?:me|us)|said)|i (?:remember|recall|know) (?:that )?you)\b",
    re.IGNORECASE,
)
_MOST_VALUES = 40


class Value(NamedTuple):
    """A value of a slot; `source` is the fact's or turn's id."""

    slot: str
    text: str
    source: str


def _slot_of(match: re.Match[str]) -> str:
    return match.lastgroup or ""


def slots_in(text: str) -> set[str]:
    """The slots that a text names."""
    return {_slot_of(match) for match in _SLOT.finditer(text)}


def slots_of_fact(text: str) -> set[str]:
    """The slots that a profile fact fills: those it names, and those that its words imply."""
    implied = {slot for slot, pattern in _IMPLIED if pattern.search(text)}
    return implied | slots_in(text) | {value.slot for value in values_in(text)}


def normal(value: str) -> str:
    """A value to compare by: letters and digits in lower case."""
    return "".join(char for char in value.casefold() if char.isalnum())


def values_in(text: str, source: str = "", *, expected: Iterable[str] = ()) -> list[Value]:
    """Slot values that a text states; `expected` are slots just asked for, of which a bare value is one."""
    found = [Value("email", match[0].rstrip("."), source) for match in _EMAIL.finditer(text)]
    bare = _EMAIL.sub(" ", text)
    named = list(_SLOT.finditer(bare))
    for match in named:
        slot = _slot_of(match)
        near = bare[match.end() : match.end() + 60]
        typed = _TYPED.get(slot)
        if typed:
            hit = typed.search(near.split("?", 1)[0])
            if hit and slot != "email":
                found.append(Value(slot, hit[0].strip("# "), source))
        elif (free := _FREE.match(near)) and alignment.heavy_stems(free["value"]):
            found.append(Value(slot, free["value"].strip(" ,;"), source))
    said = {value.slot for value in found}
    if "phone" not in said:
        found += [
            Value("phone", match[0], source)
            for match in _PHONE.finditer(bare)
            if 7 <= sum(map(str.isdigit, match[0])) <= 15 and not _DATE.fullmatch(match[0]) and not said & set(_TYPED)
        ]
    if "name" not in said and (name := _NAMED.search(bare)):
        found.append(Value("name", name["value"], source))
    for slot in set(expected) - {value.slot for value in found}:
        typed = _TYPED.get(slot)
        hit = typed.search(bare) if typed else None
        if hit:
            found.append(Value(slot, hit[0].strip("# "), source))
        elif typed is None and 0 < len(bare) <= 60 and "?" not in bare and alignment.heavy_stems(bare):
            found.append(Value(slot, bare.strip(" ."), source))
    return found[:_MOST_VALUES]


def asked_slots(parts: Iterable[Sentence]) -> dict[str, Sentence]:
    """Slots that a reply asks for, with the sentence; to have a known value confirmed is no such question."""
    found: dict[str, Sentence] = {}
    for part in parts:
        if _FRAGMENT.fullmatch(part.text):
            for slot in slots_in(part.text):
                found.setdefault(slot, part)
        if not _ASKS.search(part.text) and not (part.asks and len(part.text) <= 60):
            continue
        if _CONFIRMS.search(part.text) or _EMAIL.search(part.text) or _PHONE.search(part.text):
            continue
        for slot in slots_in(part.text):
            found.setdefault(slot, part)
    return found


def claims_known(parts: Iterable[Sentence]) -> Sentence | None:
    """The first sentence that states what is known of the user: "I can see your phone number is …"."""
    return next((part for part in parts if not part.asks and _CLAIMS.search(part.text)), None)
