"""Open readings of lasting wishes in few words: "aisle seats, always", "no pork please", "Mondays work best"."""

import re

from interplay_server.learning.rules import lexicon
from interplay_server.learning.rules.assertions import PASSING
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import (
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    GOAL,
    MONTH,
    PREFERENCE,
    QUARTER,
    rule,
)
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.values import third_person, trim

_WISH = rule("", "", "", PREFERENCE, confidence=0.7)
_TIME = rule("", "", "schedule", CIRCUMSTANCE, MONTH, confidence=0.75)
_GOALS = rule("", "", "goal", GOAL, QUARTER, confidence=0.7)
_FORM = rule("", "", "communication", PREFERENCE, confidence=0.75)
_FACT = rule("", "", "", FACTUAL, confidence=0.7)
_SETUP = rule("", "", "device", ENVIRONMENT, confidence=0.75)

_LANGUAGE = "|".join(sorted(lexicon.LANGUAGES - {"latin"}))
_UNITS = (
    r"celsius|fahrenheit|metric|imperial|kilomet(?:er|re)s?|km|miles|kilos?|kg|grams|pounds|stone|litres|"
    r"liters|24 ?h(?:our)?s?"
    r"(?: \w+)?|24h|euros?|dollars?|sterling|bullet points?|bullets|plain (?:english|text|words)|large print|"
    r"simple (?:english|"
    r"words|terms)|layman'?s terms|short (?:sentences|answers|messages|replies)|markdown|uk english|british (?:english|"
    r"spelling)|american (?:english|spelling)|us spelling|first names?|iso dates?|step by step|csv|pdf"
)
_FORMS = (
    re.compile(rf"(?:.{{0,40}} )?(?:in )?(?P<v>(?:{_LANGUAGE})(?: (?:or|and) (?:{_LANGUAGE}))* only)\b"),
    re.compile(
        rf"(?P<v>(?:[\w ]{{3,40}} )?(?:in|use|using|with) (?:{_UNITS})(?: only| not \w+)?) ?,? (?:please|"
        rf"always|thanks|only|"
        r"from now on|if possible|for me|throughout)\b"
    ),
    re.compile(rf"(?P<v>(?:{_UNITS})(?: only| not \w+)?) ?,? (?:please|always|only|from now on|for me)\b"),
    re.compile(
        r"(?:and |but |so |please |just |also )*(?P<v>(?:keep|make) (?:it|things|them|your answers?|answers?|"
        r"replies|messages) "
        r"(?:very |nice and |as |really |more )?(?:short|brief|simple|concise|formal|informal|casual|polite|to "
        r"the point|plain|"
        r"light|minimal|under \d+ words|snappy|professional|friendly|direct|jargon free|kosher|halal|vegan|"
        r"vegetarian|gluten "
        r"free)\b.*)"
    ),
    re.compile(
        r"(?:and |but |so |please |just |also )*(?P<v>(?:do not|never|no need to|stop|avoid|please stop|quit) "
        r"(?:ever )?"
        r"(?:call|calling|phone|phoning|ring|ringing|text|texting|email|emailing|address|addressing|use "
        r"emojis?|using emojis?|"
        r"add emojis?|suggest|suggesting|recommend|recommending|mention|mentioning|put anything (?!there|in)|"
        r"schedule|scheduling|book me|"
        r"sugarcoat|explain the basics|apologi[sz]e|apologi[sz]ing|repeat|repeating|use jargon|send me|sending "
        r"me|waffle|ramble)"
        r"\b.*)"
    ),
    re.compile(
        r"(?:and |but |so |please |just |also )*(?P<v>no (?:emojis?|jargon|small talk|calls|phone calls|"
        r"exclamation marks|bullet "
        r"points|tables|spoilers|preamble|long (?:answers|explanations|texts)|markdown|waffle|fluff|"
        r"newsletters|voice (?:notes|"
        r"messages)|sms|abbreviations|slang|swearing|filler)\b.*)"
    ),
)
_LASTING = re.compile(
    r"(?P<v>(?!the |this |that |it |those |these |one |yes|your |what|how|i |we |you )(?:[\w'/&-]+ "
    r"){1,8}?)(?:, )?(?:always|only|every "
    r"time|as always|as usual|at all times|from now on|going forward|in future|in the future|henceforth)(?: "
    r"please)?$|^always (?:the |a |an )?(?P<w>(?!use|say|ask|the same)[\w'-]+(?: [\w'-]+)"
    r"{0,5})(?: please)?$"
)
_NO_FOOD = re.compile(
    r"(?:and |so |but )*(?P<v>(?:no|nothing with|without) (?P<food>[\w-]+(?: (?:or|and|,) [\w-]+){0,3})(?: "
    r"(?:in|on|for|at) "
    r"(?:the |my |our )?[\w-]+)?),? (?:please|for me|for us|thanks|ever|at all|in anything)\b"
)
_EDIBLE = re.compile(
    r"\b(?:meat|pork|beef|chicken|fish|seafood|shellfish|dairy|milk|cheese|eggs?|gluten|wheat|bread|nuts?|"
    r"peanuts?|almonds?|"
    r"soy|sugar|salt|alcohol|caffeine|coffee|carbs?|spicy|onions?|garlic|mushrooms?|tomato\w*|lactose|"
    r"coriander|cilantro|"
    r"olives?|lamb|bacon|ham|mayo|sesame|celery|mustard|wine|butter|cream|honey|gelatine?|lentils?|beans|"
    r"pepper|chil\w+|"
    r"coconut|aubergine|eggplant|stairs|ladders|needles|dogs|cats|early (?:starts|mornings|flights)|red ?eyes?|hostels|"
    r"camping|smoking|horror|gore|musicals|stopovers|layovers|leather|wool|nylon|fur|latex|perfume|mornings|"
    r"weekends|mondays)\b"
)
_DAYS = (
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|weekends?|weekdays?|mornings?|afternoons?|evenings?|nights?|"
    r"lunch ?times?|"
    r"lunch breaks?"
)
_WHEN = re.compile(
    rf"(?P<v>(?:(?:on |in |after |before |during |from |only |every |most |any |early |late |all |my |our |the "
    rf")*(?:(?:\w+day|"
    rf"week ?day|other) )?(?:{_DAYS}|\d{{1,2}}(?:[:.]\d\d)? ?(?:am|pm)?|\w+ o'clock|noon)(?: (?:and|or|to|,|"
    rf"through|till|until) "
    rf"(?:\w+ ){{0,2}}?(?:{_DAYS}|\d{{1,2}} ?(?:am|pm)?|noon))*(?: (?:mornings?|afternoons?|evenings?|nights?|"
    rf"after \d+ ?(?:am|pm)?|"
    r"before \d+ ?(?:am|pm)?))*) "
    r"(?:(?:is|are|would be) (?:(?:\w+ ){1,4}(?:for (?:me|us)|day|night|time|evening)|best|off|out|free|ideal|"
    r"my .+|our .+|"
    r"no good|impossible|family .*|reserved .*|taken)|works?(?: best| better| well| fine)?(?: for (?:me|us))?|"
    r"suits? (?:me|us).*|"
    r"(?:i|we) (?:am|are|work|teach|train|have|can|can not|do not|play|volunteer|swim|take|look after|babysit|"
    r"go|rehearse|sing)"
    r"\b.*|only(?: please)?|does not work|do not work|never works?|is when .+|are when .+|belongs? to .+))$"
)
_GOAL = re.compile(
    r"(?:(?:i|we) )?(?:would |really |just |also |still |one day |eventually )*(?:want|hope|plan|aim|dream of|"
    r"intend|am hoping|am planning|like|"
    r"wish|need) to (?P<v>.+ (?:before (?:i|we) (?:am|are|turn)|by (?:\d{4}|the time|age|next|christmas|summer|"
    r"winter|spring|autumn|the age)|one "
    r"day|some ?day|next year|this year|in (?:two|three|five|ten|\d+) years|within|for good|in the long run|"
    r"eventually|before \d+)\b.*|be (?:debt "
    r"free|fluent|fitter|healthier|independent|self employed|vegan|\d+ kg).*)"
)
_FOR_ME = re.compile(
    r"(?P<v>(?!the |this |that |it |those |these |yes|your |what |how |nothing |good |bad |fine |same |one "
    r")(?:[\w'&-]+ ){1,8}?)"
    r"(?:is|are) (?P<w>not for (?:me|us)|a (?:must|no go|deal ?breaker|no no)(?: for (?:me|us))?|non "
    r"negotiable|out of the question|"
    r"essential(?: for (?:me|us))?|important to (?:me|us)|my (?:kryptonite|enemy|jam|happy place|idea of hell|"
    r"thing|weak spot)|"
    r"off limits|off the table|where i draw the line|too (?:spicy|sweet|loud|salty|early|hot) for (?:me|us))\b"
)
_TASTE = (
    (re.compile(r"(?:but |and |so )*give me (?P<v>(?:an?|any|some|the) .+?) (?:and i am happy|any day.*|any "
                r"time.*|over .+|every "
                r"time.*)$"), "Likes"),
    (re.compile(r"(?:i|we) (?:always |usually |generally |tend to |would |will |mostly |much )*(?:go for|opt "
                r"for|lean towards?|"
                r"gravitate (?:to|towards?)|swear by|stick to|favou?r|plump for|default to) (?P<v>(?!it\b|"
                r"this\b|that\b|the (?:first|"
                r"second|third|last|other|red|blue|cheaper)\b|one\b|your).+)"), "Prefers"),
    (re.compile(r"(?:i|we) (?:would )?(?:always |much |generally |usually )*(?:rather|sooner) (?:always |"
                r"usually |never )*(?P<v>(?!be\b|not "
                r"(?:say|talk|go into)|see|it\b|you\b|wait|do (?:it|that)|go for the (?:first|second)|have "
                r"(?:the|this|that)\b).+ (?:than|"
                r"instead of|every time|any day)\b.*)"), "Would rather"),
    (re.compile(r"(?:i|we) would (?:much |always )?rather (?P<v>(?:pay|deal|communicate|be contacted|be called|"
                r"be addressed|talk|meet|stay|sit|"
                r"travel|fly|take the|drive|walk|read|watch|listen|work|eat|live|keep|avoid|write|email|cook|"
                r"buy|use|not (?:use|eat|fly|drive|"
                r"be called|be contacted|phone|talk on|travel|go out|share|work)) (?!this\b|that\b|it\b|you\b|"
                r"now\b).+)"), "Would rather"),
    (re.compile(r"(?:(?:i|we) (?:am |are )?)?(?:really |just |absolutely )*(?:not (?:a (?=\w+ (?:person|fan|"
                r"drinker|eater|lover|guy|girl|type))|an (?=\w+ (?:person|fan))|much of a |much of an |one for "
                r"|one to |big on |"
                r"really into |keen on |into |fussed about |mad about |wild about ))(?P<v>(?!robot|fan of "
                r"(?:this|that|it)|it\b|this|that|good|\w* ?(?:hundred|percent|sure|certain)|"
                r"great|bad).+)"), "Is not into"),
    (re.compile(r"(?P<v>.{3,50}) (?:makes?|make) (?:me|us) (?P<w>sick|ill|ache|queasy|itch|sneeze|anxious|"
                r"sleepy|dizzy|nauseous|bloated|"
                r"wheeze|happy every time)\b"), "Reacts to"),
    (re.compile(r"(?P<v>.{3,50}) (?:gives?|give) (?:me|us) (?P<w>(?:an? )?(?:migraines?|headaches?|hives|"
                r"heartburn|rash|rashes|nightmares|"
                r"the creeps|anxiety|cramps|indigestion|panic attacks?))\b"), "Reacts to"),
)  # fmt: skip
_GIVE_ME = re.compile(r"give me (?P<v>(?:any|an?|some) .+)$")
_SIZES = re.compile(
    r"(?:(?:i am|i take|i wear|usually|mostly) )?(?:an? )?(?P<v>(?:(?:uk|us|eu|it|fr) )?size \w+\b.*|(?:uk|us|"
    r"eu) \d+(?:\.\d)?\b.*)$"
)
_PLACE = (
    re.compile(r"(?:in|at|on|by|behind) (?:my|our) (?P<k>(?:[\w-]+ ){1,3}?)(?:there is|there are|we have|i "
               r"have|it is|i grow|we grow) "
               r"(?P<v>.+)"),
    re.compile(r"there (?:is|are) (?P<v>.+?) (?:in|at|on|behind|under) (?:my|our) (?P<k>[\w-]+(?: [\w-]+){0,2})$"),
)  # fmt: skip
_DEVICE = re.compile(r"(?:it|mine) is an? (?P<v>.+)$")
_TROUBLE = re.compile(
    r"\b(?:error|problem|message|bug|noise|smell|leak|issue|light|way|question|difference|mistake|typo)\b"
)
_LONGEST_FORM = 24
"""Words."""
_DOERS = lexicon.word_set("the your his her it this that you they he she what which who there")


def wished(clause: Clause, text: str) -> Found | None:
    """How the user wants it in general, when, and what they react to, from fragments and short statements."""
    if PASSING.search(clause.text) or "\ufffd" in clause.text:
        return None
    for reading in (_form, _when, _taste, _aim, _lasting):
        found = reading(clause, text)
        if found is not None:
            return found
    return None


def _form(clause: Clause, text: str) -> Found | None:
    said = clause.text
    if len(said.split()) <= _LONGEST_FORM and any(pattern.match(said) for pattern in _FORMS):
        return _as_said("Wants:", trim(said), 0, clause, text, _FORM)
    return None


def _when(clause: Clause, text: str) -> Found | None:
    return _as_said("Schedule:", trim(clause.text), 0, clause, text, _TIME) if _WHEN.match(clause.text) else None


def _taste(clause: Clause, text: str) -> Found | None:
    said = clause.text
    hit = _NO_FOOD.match(said)
    if hit is not None and _EDIBLE.search(hit["food"]):
        return _as_said("Wants", hit["v"], hit.start("v"), clause, text, _WISH)
    hit = _GIVE_ME.match(said) if clause.link == "but" else None
    if hit is not None:
        return _as_said("Likes", hit["v"], hit.start("v"), clause, text, _WISH)
    for pattern, head in _TASTE:
        hit = pattern.match(said)
        if hit is None or hit["v"].split()[0] in _DOERS:
            continue
        value = trim(said[hit.start("v") :]) if "w" in pattern.groupindex else trim(hit["v"])
        if head == "Reacts to":
            return _as_said("", value, hit.start("v"), clause, text, _FACT)
        return _as_said(head, value, hit.start("v"), clause, text, _WISH) if value else None
    return None


def _aim(clause: Clause, text: str) -> Found | None:
    hit = _GOAL.match(clause.text)
    if hit is None or re.search(r"\b(?:order|booking|refund|ticket|this|it|that|your?)\b", hit["v"]):
        return None
    return _as_said("Wants to", trim(hit["v"]), hit.start("v"), clause, text, _GOALS)


_FINITE = re.compile(
    r"\b(?:error|same|is|are|was|were|has|have|do|does|i|you|they|it|he|she|can|will|works?|says?|said)\b"
)


def _lasting(clause: Clause, text: str) -> Found | None:
    said = clause.text
    hit = _FOR_ME.match(said)
    if hit is not None:
        return _as_said("", said[: hit.end()], 0, clause, text, _WISH)
    hit = _LASTING.match(said)
    if hit is not None and not _FINITE.search(hit["v"] or hit["w"] or ""):
        return _as_said("Wants:", trim(said), 0, clause, text, _WISH)
    return None


def placed(clause: Clause, text: str) -> Found | None:
    """What is where, and sizes and things by name: "in my garden there's heavy clay", "it's a Yamaha MT-07"."""
    said = clause.text
    if PASSING.search(said):
        return None
    for pattern in _PLACE:
        hit = pattern.match(said)
        if hit is not None and not _TROUBLE.search(said):
            start, end = clause.span(hit.start("k"), hit.end("k"))
            first, last = clause.span(hit.start("v"), hit.start("v") + len(trim(hit["v"])))
            key, value = third_person(text[start:end]), third_person(text[first:last])
            return Found(f"{key[:1].upper()}{key[1:]}: {value}", _FACT, value, "user", clause.tokens[0].start,
                         max(end, last), confidence=0.7)  # fmt: skip
    hit = _SIZES.match(said)
    if hit is not None and len(said.split()) <= 16:
        return _as_said("", trim(hit["v"]), hit.start("v"), clause, text, _FACT._replace(attribute="size"))
    hit = _DEVICE.match(said)
    if hit is not None:
        words = hit["v"].split()
        start, end = clause.span(hit.start("v"), hit.end("v"))
        if (
            any(w in lexicon.DEVICES or w in lexicon.VEHICLES for w in words[:5])
            and not _TROUBLE.search(said)
            and (any(c.isdigit() for c in hit["v"]) or text[start].isupper())
        ):
            return _as_said("Has a", trim(hit["v"]), hit.start("v"), clause, text, _SETUP)
    return None


def _as_said(  # noqa: PLR0917 - all that a fact is made of
    head: str, value: str, at: int, clause: Clause, text: str, made: object
) -> Found:
    start, end = clause.span(at, at + max(1, len(value)))
    raw = third_person(text[start:end])
    content = f"{head} {raw}".strip()
    return Found(content[:1].upper() + content[1:], made, raw, "user", start, end, confidence=made.confidence)  # type: ignore[arg-type, attr-defined]
