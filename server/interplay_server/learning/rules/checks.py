"""What a value must look like to be durable: people's roles, places, objects of liking, names."""

import re

from interplay_server.learning.rules import lexicon
from interplay_server.learning.rules.lexicon import word_set

_NO_PLACE = word_set(
    """here there work home the this that your a an my it school bed trouble town hurry touch charge need contact
    love pain line between what where accordance agreement case time luck search shock mind tears you them
    fact addition general total dire process middle meantime advance doubt person same next"""
)
_PLACE_THE = word_set(
    """us usa uk netherlands north south east west midwest city country countryside suburbs bay philippines states
    mountains bronx uae highlands midlands suburb emirates area caribbean hague islands capital outskirts
    centre center middle coast beach"""
)
_NOT_LIKED = word_set(
    """you your yours it this that these those him her them how what who whom one ones one's an a to-day everything
    something anything nothing all being waiting getting having spending paying his its their none both
    neither either some mine me us each so to if where why whether talking chatting speaking hearing seeing meeting and
    or the u"""
)
_THE_LIKED = word_set(
    """beach outdoors ocean sea mountains countryside gym smell color theatre theater cinema cold heat rain snow
    water city woods sun sunshine weekend weekends winter summer spring autumn fall holidays nature arts
    opera ballet circus zoo taste sound feeling idea(no) guitar piano violin drums news office dark night
    morning mornings wilderness desert forest lake park quiet wild first(no) great aisle window front back
    lower upper 80s 90s 70s 60s dentist doctor beatles simpsons"""
)
_LIKED_HERE = re.compile(
    r"\b(?:those|these|it$|everywhere|exist|you|your|so far|this|that (?:one|you|it)|here|already|"
    r"the sound of (?:that|it)|(?:the|your|"
    r"this|that) (?:price|order|refund|offer)|"
    r"(?:the|your|that|first|second|last) (?:suggestions?|recommendations?|idea|option|answer|advice|"
    r"ticket|delivery|reservation|appointment)|some nice|"
    r"the (?:first|second|third|last|other|same|red|blue|black|white) (?:one|option)?)\b"
)
_TIMES = re.compile(
    r"^(?:at|on|around|about|by|before|after|from)?\s?(?:(?:one|two|three|four|five|six|seven|eight|"
    r"nine|ten|eleven|twelve)\b|\d|the \d|noon|monday|tuesday|tomorrow|today)"
)


def liked(value: str, raw: str) -> bool:
    """An object of durable liking, not something of the conversation at hand."""
    words = value.split()
    if value.startswith(("being called", "being touched", "being rushed", "when people")):
        return True
    if not words or words[0] in _NOT_LIKED - {"the", "to"} or _LIKED_HERE.search(value):
        return False
    if words[0] == "to":
        return len(words) > 1 and words[1] not in _ERRANDS
    if words[0] == "the":
        following = words[1] if len(words) > 1 else ""
        return following in _THE_LIKED or (len(raw.split()) > 1 and raw.split()[1][:1].isupper())
    return not _TIMES.match(value) and not value[0].isdigit()


_ERRANDS = word_set(
    """know book return cancel order check ask get find see have make speak talk change buy pay reserve hear
    receive say thank report complain update use add remove schedule transfer rent be leave confirm"""
)


def preferred(value: str, raw: str) -> bool:
    """Like `liked`, but choices among what was just offered are refused as well."""
    if value.startswith(("the ", "a ", "an ", "it ", "to be ", "not to ", "being ")):
        return value.startswith(
            ("to be called", "to be addressed", "to be contacted", "not to be", "a window", "an aisle", "a quiet",
             "not to", "being contacted", "being called", "the window", "the aisle")
        ) or bool(re.match(r"(?:a|an|the) (?:\w+ )+(?:over|rather than|to|when|instead of)\b", value))  # fmt: skip
    return liked(value, raw)


def place(value: str, raw: str) -> bool:
    """A place to live in or come from: written with a capital, or short and of ordinary words."""
    words = value.split()
    if not words or len(words) > 12:
        return False
    if words[0] == "the":
        return len(words) > 1 and (words[1] in _PLACE_THE or raw.split()[1][:1].isupper())
    if words[0] in {"a", "an", "my"}:
        return re.search(
            r"\b(?:house|flat|apartment|city|town|village|farm|studio|condo|cottage|suburb|bungalow|caravan|boat|van|"
            r"area|island|country|dorm|shared|high rise|place|neighbou?rhood|hometown|home)\b", value,
        ) is not None  # fmt: skip
    if words[0] in _NO_PLACE or not words[0][0].isalpha():
        return False
    return raw[:1].isupper() or len(words) <= 4


def named_place(value: str, raw: str) -> bool:
    """A place written with a capital."""
    first = raw.split(maxsplit=1)[0].lower().strip(",") if raw else ""
    return place(value, raw) and raw.removeprefix("the ")[:1].isupper() and first not in {
        *lexicon.SYSTEMS, "i", "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december", "monday", "friday",
    }  # fmt: skip


def role(value: str, _raw: str = "") -> bool:
    """A noun phrase whose head is an occupation or a standing role."""
    words = re.split(r" (?:at|in|for|with|from|of|on|by|who|living|based|working|and|to|specialising|specializing|near|"
r",)"
                     r"(?: |$)", value)[0].split()  # fmt: skip
    words = [w for w in words if w != ","]
    if not words or len(words) > 6:
        return False
    head = words[-1]
    if head in lexicon.NOT_A_ROLE or words[0] in lexicon.NOT_A_ROLE:
        return False
    if head in lexicon.ROLES or head.endswith(lexicon.ROLE_SUFFIXES):
        return True
    return len(words) >= 2 and head in {"officer", "rep", "representative", "specialist", "lead", "head", "agent",
                                         "operator", "expert", "advisor", "adviser", "executive", "supervisor",
                                         "hand", "leader", "partner", "owner", "technologist", "hygienist"}  # fmt: skip


def roles_plural(value: str, _raw: str = "") -> bool:
    """Like `role`, of several people ("teachers")."""
    head = value.split(" at ", maxsplit=1)[0].split(" in ", maxsplit=1)[0].split()
    return bool(head) and (head[-1].removesuffix("s") in lexicon.ROLES or role(value))


def owned_thing(value: str, _raw: str = "") -> str:
    """Attribute of a thing that people keep: pet, child, vehicle, device, home, health…; "" for other things."""
    words = [w for w in value.split() if w not in {",", "-"}]
    head = re.split(r" (?:called|named|with|and|at|in|from|who|that|of|for|on|since|aged|,) ", " ".join(words) + " ")[0]
    for word in reversed(head.split()):
        single = lexicon.PLURAL_KIN.get(word, word.removesuffix("s") if not word.endswith("ss") else word)
        if word in lexicon.PETS or single in lexicon.PETS:
            return "pet"
        for kin, attribute in (
            (lexicon.MARRIED, "partner"),
            (lexicon.CHILDREN, "child"),
            (lexicon.RELATIVES, "family"),
        ):
            if word in kin or single in kin:
                return attribute
        for things, attribute in (
            (lexicon.VEHICLES, "vehicle"), (lexicon.DEVICES, "device"), (lexicon.SYSTEMS, "device"),
            (lexicon.HOMES, "housing"), (lexicon.PLANS, "membership"), (lexicon.CONDITIONS, "health"),
        ):  # fmt: skip
            if word in things or single in things:
                return attribute
    return ""


_NAME_STOP = word_set(
    """i ok not so in on at the a an here there yes no hi hello sure sorry good great fine very really just team
    your my new back also still only now done ready glad happy sad sick tired available vegan vegetarian
    christian catholic muslim jewish hindu buddhist gluten lactose type left right pro uk us eu gmt utc est
    pst cet working looking trying having using getting going calling writing contacting afraid aware unable
    able interested located based currently originally allergic married single pregnant retired deaf blind
    gay autistic adhd diabetic feeling planning"""
)


def person_name(value: str, raw: str) -> bool:
    """One to three words written with capitals, none of which is an ordinary word."""
    words, written = value.split(), raw.replace(",", " ").split()
    if not 1 <= len(written) <= 3 or not all(
        w[:1].isupper() and w[1:2] != w[1:2].upper() for w in written if len(w) > 1
    ):
        return False
    known = lexicon.NATIONALITIES | lexicon.LANGUAGES | lexicon.DEVICES | lexicon.SYSTEMS | _NAME_STOP | lexicon.DIETS
    return not any(w in known or w.endswith("ing") for w in words) and written[0] != "I"


def given_name(value: str, raw: str) -> bool:
    """After "my name is": one to four words, in any case."""
    words = value.split()
    return 1 <= len(words) <= 4 and words[0] not in {
        "not", "on", "in", "the", "a", "spelled", "spelt", "misspelled", "wrong", "missing", "correct", "under", "your",
        "hard", "too", "pronounced", "still", "already", "no", "incorrect", "listed", "written", "so", "very",
    } and raw[:1].isalpha()  # fmt: skip


def languages(value: str, _raw: str = "") -> bool:
    return any(word in lexicon.LANGUAGES for word in value.split())


def device(value: str, raw: str) -> bool:
    """A device or system by name, without a determiner of the conversation."""
    words = value.split()
    if words[0] in {"it", "this", "that", "your", "the", "them", "to", "these", "both"}:
        return False
    return any(w in lexicon.DEVICES or w in lexicon.SYSTEMS for w in words[:6]) or (
        words[0] not in {"my", "a", "an"} and raw[:1].isupper()
    )


def vehicle(value: str, raw: str) -> bool:
    """A vehicle, by class, make or number of seats."""
    words = value.split()
    return words[0] in {"a", "an", "my"} and (
        any(w in lexicon.VEHICLES for w in words[:6]) or raw.rsplit(maxsplit=1)[-1][:1].isupper()
    )


def plain(value: str, _raw: str = "") -> bool:
    """Not a pronoun or a thing of the conversation."""
    words = value.split()
    return bool(words) and words[0] not in {
        "it", "this", "that", "your", "you", "them", "these", "those", "him", "her", "to", "one", "what", "something",
        "anything", "the", "all", "everything", "some",
    }  # fmt: skip


def habitual(value: str, _raw: str = "") -> bool:
    """Said to happen again and again."""
    return HABIT.search(value) is not None and _TECHNICAL.search(value) is None


_TECHNICAL = re.compile(
    r"\b(?:errors?|crash\w*|messages?|issues?|problems?|into|page|button|app|bug|link|login|screen|warning)\b"
)
HABIT = re.compile(
    r"\b(?:every|each|once|twice|\d+ (?:times|days|nights|hours|minutes|km|miles|cups?) (?:a|per)|"
    r"\w+ times a|daily|weekly|monthly|regularly|"
    r"often|always|usually|never|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekends|weekdays|"
    r"mornings|evenings|nights|afternoons|a lot|for a living|most days|most nights|most evenings|during the week|"
    r"before bed|before work|after work|in my (?:spare|free) time|after dinner|before breakfast|"
    r"on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?|a (?:day|week|month|year))\b"
)

CLOCK = re.compile(
    r"\b(?:\d{1,2}(?::\d\d)? ?(?:am|pm|a\.m|p\.m|h)?|noon|midnight|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|"
    r"weekends?|weekdays?|mornings?|afternoons?|evenings?|nights?|day|lunch(?:time)?|summer|winter|"
    r"january|february|march|"
    r"april|may|june|july|august|september|october|november|december|week|month)\b"
)
_LIFE_WORK = re.compile(
    r"\b(?:baby|child|children|kids?|sons?|daughters?|mum|mom|mother|dad|father|parents?|wife|husband|"
    r"house|flat|apartment|kitchen|bathroom|"
    r"bedroom|home|marathon|half marathon|triathlon|business|company|startup|shop|store|studio|bakery|"
    r"caf[eé]|restaurant|book|novel|thesis|dissertation|"
    r"memoir|blog|phd|degree|masters?|mba|surgery|operation|injury|stroke|cancer|chemo|divorce|"
    r"depression|anxiety|diabetes|asthma|"
    r"insomnia|adhd|burnout|debt|loan|loans|mortgage|rent|a team|team of|volunteer|at an?|at the|yoga|"
    r"pilates|karate|crossfit|keto|"
    r"couch to|garden|car|motorbike|bike|school|college|university|class|guy|girl|man|woman|someone|"
    r"therapist|choir|band|album|game|app|"
    r"website|podcast|channel|newsletter|vegetables|tomatoes|herbs|pain|migraines?|arthritis|menopause|"
    r"ivf|physio|therapy|internship|shelter|nonprofit|charity|wedding|renovation)\b"
)


def undertaking(value: str) -> bool:
    """What takes weeks or years of a life: a child, a house, a book, an illness."""
    return _LIFE_WORK.search(value) is not None and not re.search(r"\b(?:your|this|that|it|error|order)\b", value)


FOODS = re.compile(
    r"\b(?:meat|pork|beef|chicken|fish|seafood|shellfish|dairy|milk|cheese|eggs?|gluten|wheat|bread|"
    r"nuts?|peanuts?|almonds?|soy|soya|sugar|"
    r"salt|sodium|alcohol|caffeine|coffee|carbs?|spicy|fried|onions?|garlic|mushrooms?|tomatoes|citrus|"
    r"lactose|red meat|processed|"
    r"fat|grapefruit|sesame|corn|nightshades|histamine|fodmap|the sun|sunlight|stairs|lactose|potassium)\b"
)
_TOOL = re.compile(
    r"^(?:mostly |mainly |only |usually |primarily )?(?:[a-z0-9+#.]+)(?: (?:and|or|with|for|on|as|at|"
    r"in|to|plus|pro|code|studio|,|11|10).*)?$"
)
_NO_TOOL = word_set(
    """same wrong right different another other new old google's credit cash voucher code coupon discount promo
    link button page site website app version more less too lots about up all just two three one both any
    some several different public gift chat search filter option settings form"""
)


def tool(value: str, raw: str) -> bool:
    """A programme, service or material in regular use, by its bare name or with "an" before it."""
    words = value.split()
    if words[0] in {"a", "an", "my"}:
        return len(words) > 1 and words[1] not in _NO_TOOL and HABIT.search(value) is not None
    if not plain(value) or words[0] in _NO_TOOL:
        return False
    return _TOOL.match(value) is not None or any(w[:1].isupper() for w in raw.split()[:2])


def collected(value: str, _raw: str = "") -> bool:
    return plain(value) and not re.match(r"(?:my|the|it|from|in|at)\b", value)


def plain_work(value: str, _raw: str = "") -> bool:
    """Work in general ("websites", "for Android"), not the case at hand."""
    return plain(value) and value.split(maxsplit=1)[0] not in {"a", "an", "my", "our", "the", "it"}


def plain_appreciation(value: str, raw: str) -> bool:
    return liked(value, raw) and not re.search(
        r"\b(?:help|time|feedback|effort|patience|quick|response|honesty|concern|tip|thought|support|info)", value
    )


def aspiration(value: str, _raw: str = "") -> bool:
    """An aim in life, not an errand of the moment."""
    return not re.search(
        r"\b(?:this|that|it|your|refund|order|account|ticket|table|reservation|booking|password|settings|"
r"payment|return|invoice|"
        r"appointment|movie|about|how)\b", value,
    )  # fmt: skip


def able(value: str, _raw: str = "") -> bool:
    return not re.search(r"\b(?:you|your|it|this|that one|now|right now|later|tonight|today)\b", value)


def habitual_get(value: str, _raw: str = "") -> bool:
    return habitual(value) and not re.search(r"\b(?:error|message|it|this|that|time i|when i|an? \w+ error)\b", value)


_SINCE = re.compile(
    r"\b(?:for (?:\w+ ){0,4}(?:year|month|decade|age|life|week)s?|since (?!i (?:ordered|placed|called)|"
    r"yesterday|this morning|monday|tuesday|last night)|"
    r"(?:all|most of) my life|(?:year|month|decade)s? (?:now|already)|\d+ (?:years|months)|as long as|"
    r"ages|from (?:birth|childhood)|always|decades)\b"
)


def lasting(value: str, _raw: str = "") -> bool:
    """Said to have gone on for weeks or years."""
    return _SINCE.search(value) is not None and not re.search(
        r"\b(?:hold|waiting|trying to (?:log|get|reach|contact|call)|your|this (?:issue|problem)|customer|"
        r"the problem|error)\b",
        value,
    )


def held(value: str, raw: str) -> bool:
    return re.search(r"\b(?:years?|army|navy|military|marines|air force|decades?)\b", value) is not None and plain(
        value, raw
    )


def settled(value: str, raw: str) -> bool:
    """A change that stays, not a step in a procedure."""
    return plain(value, raw) and re.search(
        r"\b(?:your|this|that|it|tab|page|window|mode|browser tab|account settings|working$|the (?:app|"
r"error)|responding|loading|tracking|charging)\b",
        value,
    ) is None  # fmt: skip


def concrete(value: str, _raw: str = "") -> bool:
    """Names something, be it with an article."""
    return bool(value) and value.split(maxsplit=1)[0] not in {
        "it",
        "this",
        "that",
        "your",
        "you",
        "them",
        "these",
        "what",
        "how",
    }


def dietary(value: str, _raw: str = "") -> bool:
    return FOODS.search(value) is not None or any(
        w in lexicon.DIETS or w in {"calories", "macros", "gluten", "plant"} for w in value.split()
    )
