"""Open readings of "my X is Y" and of what a clause takes for granted: "our beagle", "my diabetic father"."""

import re

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.assertions import ASSERTED, OF_RELATIVES, PASSING
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import FACTUAL, RELATIONSHIP, rule
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.lexicon import word_set
from interplay_server.learning.rules.values import third_person, trim

_VERBS = (
    r"is|are|has|have|belongs?|means?|runs?|breaks? up|covers?|starts?|ends?|begins?|works?|lives?|stays?|goes|"
    r"go|needs?|"
    r"uses?|takes?|pays?|costs?|opens?|closes?|expires?|weighs?|eats?|sleeps?|plays?|sits?|faces?|measures?|holds?|"
    r"expects?|allows?|requires?|forbids?|bans?|includes?|comes? (?:from|with)|meets?|teaches|teach|sells?|makes?|"
    r"employs?|serves?|lets?|react\w*|can not|can|will not|does not|do not|only|never|always|prefers?|swells?|hurts? "
    r"when|flares?|gets?|changes?|rules? out|limits?|keeps?"
)
_MY = re.compile(
    rf"(?:my|our|the(?= (?:budget|limit|deadline|kids|dog|cat|car|house|flat|apartment|kitchen|boiler|garden|"
    rf"wedding|landlord|roof|balcony|twins|baby)\b)) (?P<np>(?:(?!(?:and|or|but|that|who|which)\b)[\w'&-]+ )"
    rf"{{1,6}}?)(?:now |just |also |still |usually |only |mostly |always )*(?P<verb>{_VERBS}) (?P<rest>.+)"
)
NOT_MINE = word_set(
    """neighbour neighbours boss colleague colleagues coworker coworkers coworker's manager friend friends mate mates
    cousin cousins uncle aunt auntie teacher professor doctor lecturer tutor classmate client customer supervisor
    landlady flatmate roommate housemate guest guests visitor visitors waiter driver barber plumber
    electrician lawyer accountant therapist dentist brain head mind bad mistake apologies question questions point
    guess problem problems issue issues concern idea plan message messages answer query request order orders parcel
    package delivery refund payment screen page app browser tab file files code script program essay text email emails
    booking reservation flight ticket tickets code error errors inbox cart basket card cards password login account
    link video friend's character story book's homework assignment paper report table list summary draft cover
    dream world heart coffee food pizza dinner lunch breakfast wifi internet connection download update god
    goodness hero friend's turn question's internet signal favourite fav fave youtuber idol enemy nemesis rival
    battery train flight soup vote turn move moves compliments pleasure gut meeting president postman mailman guide
    professor team's
    battery's attempt hands screen president's prime compliments code's opinion view take two cents point argument logic
    data dataset spreadsheet document docs spelling english grammar understanding impression feeling patience"""
)
STATE = re.compile(
    r"(?:\w+ )?(?:broken|frozen|locked|missing|lost|late|delayed|wrong|stuck|down|dead|cracked|damaged|blocked|"
    r"blank|black|empty|full|crashing|failing|failed|declined|expired|charging|loading|working|showing|acting|making|"
    r"giving|ringing|here|there|fine|ok|okay|great|good|bad|ready|pending|hot|cold|loud|dirty|a mess|mush|melting|"
    r"overheating|killing|sore|the problem|the same|correct|incorrect|unavailable|nice|beautiful|amazing|awesome|how|"
    r"what|why|whether|if|leaking|flooded|flashing|beeping|hacked|suspended|being|getting|coming|going|asking|"
    r"irrelevant|unimportant|not important|beside|"
    r""
    r"wondering|trying|hungry|tired|sad|happy|angry|crying|asleep|awake|sick|upset|excited|not (?:working|loading|here|"
    r"responding|there|sure|opening|showing|charging|a fan|in|on|available)|that\b|to (?:know|ask|find|check|get)|"
    r"in the (?:shop|garage)|at the (?:garage|mechanic\w*)|still|already|it\b|this\b|your|you\b|so\b|too\b)\b"
)
_WANTS = word_set("gets goes get go wants want says think thinks")


def held(clause: Clause, text: str) -> Found | None:
    """A statement about something or somebody of the user's: "my blood pressure tablets are ramipril"."""
    hit = _MY.match(clause.text)
    if hit is None or PASSING.search(clause.text):
        return None
    noun, verb, rest = hit["np"].split(), hit["verb"], trim(hit["rest"])
    if not rest or "\ufffd" in clause.text or any(word in NOT_MINE for word in noun) or STATE.match(rest):
        return None
    if any(word.endswith("'s") and (word[:-2] in NOT_MINE or checks.role(word[:-2])) for word in noun[:-1]):
        return None
    if any(word.endswith("'s") for word in noun[:-1]) and (
        noun[-1] in lexicon.KIN or noun[-1].removesuffix("s") in lexicon.KIN or checks.role(noun[-1])
    ):
        return None
    person = checks.role(noun[-1]) and noun[-1] not in lexicon.KIN
    if person or verb in _WANTS or (verb in {"is", "are"} and re.match(r"\w+ing\b(?! for)", rest)):
        return None
    if verb in {"does not", "do not", "can not", "will not", "can", "lets", "let"} and not (
        noun[-1] in lexicon.KIN | lexicon.PETS or checks.HABIT.search(rest) or "allow" in rest or "have" in rest
    ):
        return None
    start, _ = clause.span(len(clause.text.split(" ", 1)[0]) + 1, hit.end("np"))
    first = hit.start("rest")
    value_at, end = clause.span(first, first + len(rest))
    said = third_person(text[start:end])
    kin = noun[-1] in lexicon.KIN or noun[0] in lexicon.KIN | lexicon.PETS
    made = OF_RELATIVES if kin else ASSERTED
    return Found(
        said[:1].upper() + said[1:], made, third_person(text[value_at:end]), "user", clause.tokens[0].start, end,
        confidence=0.65,
    )  # fmt: skip


_THINGS = sorted(
    (lexicon.PETS - {"fish", "pet", "cow", "pig", "duck", "bird", "mouse", "lab", "rat"})
    | {"cats", "dogs", "rabbits", "horses", "chickens", "hens", "kittens", "puppies", "goats", "beagles", "ferrets"}
)
_KIDS = (
    r"(?:kids?|children|child|son|daughter|sons|daughters|baby|toddlers?|newborn|twins|boys?|girls?|"
    r"teenagers?|year old)"
)
_CARS = sorted(lexicon.VEHICLES - {"estate", "mini", "leaf", "hybrid", "seat", "van", "car", "bike"})
_PRESUMED = re.compile(
    r"\b(?:my|our|mine ,) (?P<v>"
    rf"(?:(?:new|old|little|rescue|elderly|late|two|three|four|both|small|big|\d+|black|young|\w+ (?:month|"
    rf"year|week)s? old|"
    rf"(?!(?:has|have|is|are|and|or|a|an|the|with|got|for|to|of|was|wants|just)\b)\w+) "
    rf"){{0,3}}?(?P<pet>{'|'.join(_THINGS)})\b"
    rf"|(?P<child>(?:\w+ ){{0,2}}?(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
    rf"(?: (?:month|year|week)s? old)?(?: \w+)? ?{_KIDS}|(?:\d+|two|three|four|five|six|seven|eight|nine|ten|"
    rf"eleven|twelve)"
    r" (?:month|year|week)s? old)\b"
    r"|(?P<kin>(?:diabetic|vegan|vegetarian|deaf|blind|elderly|disabled|autistic|coeliac|celiac|asthmatic|pregnant|"
    r"allergic|retired|lactose intolerant|gluten free|dyslexic|epileptic|widowed|teenage|\w+ year old|\w+ish|german|"
    r"french|dutch) "
    rf"(?:{'|'.join(sorted(lexicon.KIN))}))\b"
    rf"|(?P<car>(?:(?:\d{{4}}|old|new|\w+) ){{0,2}}?(?:{'|'.join(_CARS)})(?: [a-z]*\d\w*)?)\b"
    r"|(?P<ill>(?:\w+ )?(?:pacemaker|hay ?fever|asthma|diabetes|arthritis|adhd|epilepsy|eczema|migraines?|"
    r"wheelchair|insulin pump|cpap(?: machine)?|guide dog|"
    r"hearing aids?|dyslexia|autism|ibs|coeliac|celiac|psoriasis|anxiety|insomnia|tinnitus|sciatica|fibromyalgia|"
    r"(?:\w+ )?allergy|(?:\w+ )?phobia|(?:\w+ )?intolerance|bad (?:back|knee|knees|hip|shoulder|heart)|"
    r"prosthe\w+|stoma|disability))\b"
    r"|(?P<firm>(?:company|firm|business|shop|caf[eé]|bakery|restaurant|studio|practice|salon|startup) , "
    r"(?P<name>\w[^,]*))"
    r"|(?P<afar>(?:parents|mum|mother|dad|father|sister|brother|grandparents|family|in laws) in (?P<town>[^\W\d_]+))"
    r")"
)
_GIVEN = re.compile(
    r"(?:\bwith|\bbecause of|^of|\bdue to|\bowing to|\bgiven|\bdespite|\bthanks to) (?P<v>(?:my|our|an?|two|"
    r"three|four|no) "
    r".+?)(?= (?:i|we|my) |$)"
)


_OF_WORDS = re.compile(
    r"\b(?:say|says|said|translate|spell|word|words|story|poem|novel|character|movie|film|sentence|mean|means|"
    r"game|song|lyrics|just|"
    r"friend's|neighbour's|boss's|if|imagine|pretend|would you|dream\w*|walked|keyboard)\b"
)


_ATTRIBUTE_OF = {
    "pet": "pet",
    "child": "children",
    "kin": "family",
    "car": "vehicle",
    "ill": "health",
    "firm": "business",
    "afar": "family",
}


def presumed(clause: Clause, text: str) -> Found | None:
    """A pet, child, relative, vehicle, ailment or firm that a question or request takes for granted."""
    hit = _PRESUMED.search(clause.text)
    if _OF_WORDS.search(clause.text):
        return None
    if hit is None:
        return called(clause, text)
    group = hit.lastgroup if hit.lastgroup not in {"v", "name", "town"} else None
    group = next((g for g in ("pet", "child", "kin", "car", "ill", "firm", "afar") if hit[g]), group)
    if group is None or clause.text[hit.end() :].startswith(("'s", " toy", " food brand")):
        return None
    start, end = clause.span(hit.start("v"), hit.end("v"))
    raw = third_person(text[start:end])
    if group == "firm" and not raw.rsplit(",", 1)[-1].strip()[:1].isupper():
        return None
    if group == "afar" and not raw.rsplit(" ", 1)[-1][:1].isupper():
        return None
    words = hit["v"].split()
    if group == "pet" and len(words) == 1 and words[0] in _PLAIN_PETS:
        return None
    if any(w in NOT_MINE for w in words):
        return None
    if any(w in {"friend's", "neighbour's", "boss's", "and", "or", "favourite", "friends", "dream"} for w in words):
        return None
    article = "" if _plural(words) or group in {"ill", "firm", "afar"} else ("an " if words[0][0] in "aeiou" else "a ")
    if group == "ill":
        article = "a " if words[-1] in {"pacemaker", "wheelchair", "phobia", "disability", "stoma", "allergy"} else ""
    kin = group in {"pet", "child", "kin", "afar"}
    what = rule("", "", _ATTRIBUTE_OF[group], RELATIONSHIP if kin else FACTUAL)
    head = {"firm": "Has a", "afar": "Has"}.get(group, "Has")
    content = re.sub(r"\s+", " ", f"{head} {article}{raw}")
    return Found(content, what, raw, "user", start, end, confidence=0.7)


_PLAIN_PETS = word_set("dog cat puppy kitten horse rabbit bird parrot hamster snake hen goat dogs cats horses pony")


def _plural(words: list[str]) -> bool:
    last = words[-1]
    return (
        words[0] in {"two", "three", "four", "both", "five"}
        or (last.endswith("s") and not last.endswith("ss"))
        or (
            last in {"children", "mice", "goldfish", "twins"}
            or (words[0].isdigit() and len(words) > 1 and words[1] == "cats")
        )
    )


_NAMED_KIN = re.compile(
    rf"\b(?:my|our) (?P<v>(?:(?:\w+ "
    rf"){{0,2}}?)(?P<kin>{'|'.join(sorted(lexicon.RELATIVES | lexicon.PETS - {'fish', 'pet'}))}|goddaughter|"
    rf"godson)"
    r"(?: in law)?(?: ,)? (?P<name>[^\W\d_]{2,20}))\b"
)


_WITH_MY = re.compile(
    r"\b(?:with|on|in|near|for|around|of|at|to|from|under|despite|because of) (?:my|our) (?P<v>(?:[\w'-]+ "
    r"){1,4}?[\w'-]+)(?= (?:with|on|in|near|for|around|of|at|"
    r"to|from|under|and|or|but|if|is|are|can|so|that|who|which|i|we|without|when|as|be|please|,)\b| ,|$)"
)
_TELLING = re.compile(
    r"\b(?:bad|broken leg|sensitive|dry|oily|weak|old|new|small|tiny|big|electric|gluten|vegan|irish|german|"
    r"french|dutch|british|american|canadian|indian|polish|"
    r"italian|spanish|portuguese|student|second|third|first|rented|shared|north|south|west|east|\d[\w.,]*|two|"
    r"three|four|five|one|toddler|baby|wheelchair|night|part|"
    r"low|high|type|chronic|peanut|nut|lactose)\b"
)
_ROLE_IN = re.compile(
    r"\b(?:as|for|being|like) (?P<v>(?:an? |someone (?:who is|with) )?(?:\w+ ){0,3}?(?:vegan|vegetarian|"
    r"coeliac|celiac|diabetic|asthmatic|wheelchair user|beginner|"
    r"pensioner|student|freelancer|nurse|teacher|foreigner|widow|widower|single (?:mum|mom|dad|parent)|left "
    r"hander|smoker|muslim|jew|christian|epileptic|"
    r"self employed \w+|tenant|parent of \w+|mum of \w+|dad of \w+|night worker|shift worker))(?: (?:like|such "
    r"as) me| ,? ?(?:i|we|my)\b|,)"
)


def passing(clause: Clause, text: str) -> Found | None:
    """What a question mentions of the user's: "with my bad knee", "as a diabetic, can I …"."""
    said = clause.lead + clause.text
    hit = _ROLE_IN.search(clause.text)
    if hit is not None:
        start, end = clause.span(hit.start("v"), hit.end("v"))
        raw = third_person(text[start:end])
        return Found(f"Is {raw}", ASSERTED, raw, "user", start, end, confidence=0.65)
    hit = _WITH_MY.search(clause.text)
    if hit is None or _OF_WORDS.search(said) or PASSING.search(said):
        return None
    words = hit["v"].split()
    if any(word in NOT_MINE for word in words) or not _TELLING.search(hit["v"]):
        return None
    start, end = clause.span(hit.start("v"), hit.end("v"))
    raw = third_person(text[start:end])
    return Found(f"Has {raw}", ASSERTED, raw, "user", start, end, confidence=0.6)


def called(clause: Clause, text: str) -> Found | None:
    """A relative or pet that a clause names in passing: "for my goddaughter Elif"."""
    hit = _NAMED_KIN.search(clause.text)
    if hit is None:
        return None
    first, last = clause.span(hit.start("name"), hit.end("name"))
    name = text[first:last]
    if hit["kin"] in {"uncle", "aunt", "cousin"} or clause.text.startswith("my colleague"):
        return None
    if not (name[:1].isupper() and name[1:].islower()) or hit["name"] in {"i", "is", "who", "and"}:
        return None
    start, end = clause.span(hit.start("kin"), hit.end("kin"))
    kin = text[start:end].lower()
    made = rule("", "", "name", RELATIONSHIP, confidence=0.7)
    article = "an" if kin[0] in "aeiou" else "a"
    return Found(f"Has {article} {kin} called {name}", made, name, hit["kin"], start, last, confidence=0.7)


def given(clause: Clause, text: str, following: Clause | None) -> Found | None:
    """What is so beside the point: "with two toddlers, we need …", "because of my pacemaker I was told …"."""
    said = clause.lead + clause.text
    hit = _GIVEN.search(said) if said.startswith(("with ", "because of", "of ", "due ", "owing", "given ", "despite ",
                                                  "thanks to")) else None  # fmt: skip
    inside = hit is not None and hit.end() < len(said)
    if hit is None or not (inside or (following is not None and following.text.startswith(("i ", "we ", "my ")))):
        return None
    shift = len(clause.lead)
    at = hit.start("v") - shift
    value = hit["v"].rstrip(" ,")
    bare = re.sub(r"^(?:my|our) ", "", value)
    at += len(value) - len(bare)
    if at < 0 or (value == bare and not (checks.owned_thing(bare) or re.match(r"(?:two|three|four) ", bare))):
        return None
    if any(word in NOT_MINE for word in bare.split()) or (
        following is not None and not inside and re.match(r"(?:i|we) (?:would|could|can not|get|see)\b", following.text)
    ):
        return None
    start, end = clause.span(at, at + len(bare))
    raw = third_person(text[start:end])
    return Found(f"Has {raw}", ASSERTED, raw, "user", start, end, confidence=0.65)
