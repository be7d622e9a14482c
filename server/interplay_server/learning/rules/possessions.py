"""Rules for what somebody has, and for "my budget is", "our shop closes on Mondays"."""

import re

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    GOAL,
    INFINITY,
    MONTH,
    PREFERENCE,
    QUARTER,
    RELATIONSHIP,
    WORK,
    Rule,
    rule,
)  # fmt: skip
from interplay_server.learning.rules.values import MONEY

_OWNED_AS = {
    "pet": ("pet", RELATIONSHIP, "one_year"),
    "child": ("children", RELATIONSHIP, INFINITY),
    "partner": ("partner", RELATIONSHIP, "one_year"),
    "family": ("family", RELATIONSHIP, INFINITY),
    "vehicle": ("vehicle", ENVIRONMENT, "one_year"),
    "device": ("device", ENVIRONMENT, "one_year"),
    "housing": ("housing", ENVIRONMENT, "one_year"),
    "membership": ("membership", FACTUAL, "one_year"),
    "health": ("health", FACTUAL, "one_year"),
}
_HEALTH = (
    r"(?:(?:\w+ ){0,4}(?:diabetes|asthma|epilepsy|adhd|autism|dyslexia|anxiety|depression|migraines?|"
    r"arthritis|eczema|psoriasis|hypertension|anaemia|anemia|"
    r"celiac|coeliac|ibs|crohn'?s|insomnia|ptsd|ocd|scoliosis|endometriosis|pcos|fibromyalgia|lupus|"
    r"copd|tinnitus|vertigo|gout|osteoporosis|rosacea|glaucoma|cataracts|parkinson'?s|"
    r"sciatica|tend[io]nitis|gerd|reflux|apno?ea|hepatitis|hiv|cancer|dementia|alzheimer'?s|hay ?fever|"
    r"disease|disorder|syndrome|condition|disability|blood pressure|cholesterol|pacemaker|"
    r"intolerance|sensitivity|hypothyroidism|hyperthyroidism|stroke|concussion|injury|hernia|"
    r"slipped disc|disc|back pain|knee pain|phobia|"
    r"(?:bad|weak|sensitive|dry|oily|injured|dodgy|sore|torn) (?:\w+ )?(?:back|knees?|heart|hips?|"
    r"shoulder|skin|stomach|eyes?|hearing|eyesight|vision|lungs|joints|neck|ankles?|teeth|wrist|acl|"
    r"meniscus)|"
    r"flat feet|hearing loss|metal allergy|poor (?:eyesight|hearing|circulation)|dentures|braces|"
    r"prosthetic \w+|long covid|trouble (?:sleeping|hearing|walking)|type [12])\b.*)"
)
HAVE: tuple[Rule, ...] = (
    rule(
        r"(?P<v>(?:no )?(?:an? |any |many |several |some |multiple |two |bad |severe |really bad |"
        r"mild )*(?P<w>(?:[\w]+ )*(?:and \w+ |, \w+ )?allerg(?:y|ies)(?: to .+)?).*)",
        "Has",
        "allergy",
        FACTUAL,
        INFINITY,
    ),
    rule(
        rf"(?P<v>(?P<w>{_HEALTH}))",
        "Has",
        "health",
        FACTUAL,
        "one_year",
        False,
        "either",
        lambda value, _raw: (
            not re.match(r"(?:your|the (?:same|right|terms)|bad back ?up)", value) and "and conditions" not in value
        ),
    ),
    rule(
        r"(?P<v>(?:an? |the |my )?(?:\w+ )?budget (?:of|is|around|at) (?:about |around |roughly |"
        rf"up to )?(?P<w>{MONEY}|\d[\d.,]*k?)\b.*)",
        "Has",
        "budget",
        CIRCUMSTANCE,
        MONTH,
        True,
        AFFIRM,
        None,
        0.9,
        "money",
    ),
    rule(
        r"(?P<v>(?:an? |the )?(?:very |really |quite )?(?:tight|small|limited|fixed|low|big|generous) budget.*)",
        "Has",
        "budget",
        CIRCUMSTANCE,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:\w+ )?(?:\w+ )?years? (?:of )?(?P<w>(?:\w+ )?experience\b.*))", "Has", "experience", WORK, INFINITY
    ),
    rule(
        r"(?P<v>(?:no |little |some |zero |a lot of |lots of )(?:\w+ )?experience (?P<w>(?:with|in|"
        r"of) (?!your|this|that|it).+))",
        "Has",
        "experience",
        WORK,
    ),
    rule(
        r"(?P<v>(?:an? |my |two )?(?:\w+ ){0,2}(?P<w>(?:degree|phd|doctorate|mba|master'?s?|masters|"
        r"bachelor'?s?|diploma|a levels|licen[cs]e|certificate|certification|gcses|driving licence|"
        r"qualification|visa|green card|passport)\b.*))",
        "Has",
        "education",
        WORK,
        INFINITY,
        False,
        "either",
        lambda value, _raw: "key" not in value,
    ),
    rule(
        r"(?P<v>(?:\w+ ){0,4}(?P<w>(?:hair|eyes|beard|tattoos?|freckles|skin|feet|hands|moustache|curls|"
        r"dreadlocks|build)\b.*))",
        "Has",
        "appearance",
        FACTUAL,
        "one_year",
        False,
        "either",
        lambda value, _raw: not re.search(r"\b(?:on|an eye)\b", value),
    ),
    rule(
        r"(?P<v>(?:an? |the |two |my |weekly |daily |no )*(?:\w+ ){0,3}(?P<w>(?:meetings?|class|classes|"
        r"lessons?|shifts?|therapy|practice|training|rehearsals?|standup|lectures?|seminar|choir|church|"
        r"calls?|physio|appointments?|days? off|mornings? off|dialysis|school run|gym|yoga|football|band)"
        r" .*(?:every|each|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?|twice|once a|weekly|mondays|"
        r"tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|mornings|evenings).*))",
        "Has",
        "schedule",
        CIRCUMSTANCE,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekends|"
        r"mornings|evenings|afternoons|every .+?) (?:and \w+ )?(?:off|free).*)",
        "Has",
        "schedule",
        CIRCUMSTANCE,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:an? |my |our |another |two )?(?:\w+ ){0,3}(?P<w>(?:exam|exams|wedding|marathon|"
        r"interview|surgery|operation|deadline|finals|baby shower|due date|birthday|race|concert|recital|"
        r"driving test|viva|audition|competition)\b.*(?:in|on|next|this|tomorrow|at) .+))",
        "Has",
        "event",
        CIRCUMSTANCE,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:an? |the )?(?:big |strong |real |huge |deep |strict |slight |clear |severe |soft |"
        r"major |special |terrible |no |great |irrational |lifelong )*(?P<w>(?:preference|fear|phobia|"
        r"aversion|dislike|love|passion|hatred|weakness|sweet tooth|fondness|interest|talent|obsession|"
        r"thing|soft spot|crush|sensitive stomach|sense of smell|dietary|ear for|green thumb|"
        r"green fingers) ?(?:for|of|to|about|against|in|restrictions?|requirements?|needs)?\b.*))",
        "Has",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        lambda value, _raw: (
            (not re.search(r"\b(?:your|this|you|it)\b", value) and value != "thing" and value.split()[0] != "thing")
            or value.startswith(("thing for", "thing about"))
        ),
    ),
    rule(
        r"(?P<v>(?P<w>(?:no )?(?:dietary (?:restrictions|requirements|needs)|food (?:restrictions|"
        r"intolerances)|special (?:needs|dietary needs)).*))",
        "Has",
        "diet",
        PREFERENCE,
    ),
    rule(
        r"(?P<v>(?:an? |the |my |two )?(?:part time |full time |day |side |desk |remote |office |new |"
        r"stressful |weekend |boring |demanding |second |physical |stable )*(?P<w>(?:job|jobs|side hustle|"
        r"career|internship|apprenticeship|business(?! trip| meeting| card| idea| question| class| lunch)|"
        r"shop|company|studio|caf[eé]|bakery|restaurant|startup|podcast|blog|youtube channel|channel|farm|"
        r"practice|stall|etsy \w+|website)\b.*))",
        "Has",
        "job",
        WORK,
        "one_year",
        False,
        AFFIRM,
        lambda value, _raw: not re.match(r"job (?:to|for you)", value),
    ),
    rule(
        r"(?P<v>(?:an? |the |my |two )?(?:\w+ ){0,3}(?P<w>(?:mortgage|student loans?|loan|debt|savings|"
        r"credit score|pension|garden|balcony|allotment|pool|fireplace|oven|hob|induction|air ?fryer|"
        r"slow cooker|stand mixer|instant pot|thermomix|bread machine|microwave|freezer|home gym|treadmill|"
        r"dumbbells|kettlebells?|piano|guitar|violin|synth|drum kit|sauna|solar panels|heat pump|"
        r"wood burner|gas|3d printer|sewing machine|espresso machine|dishwasher|washing machine|"
        r"fridge|boiler|greenhouse|workshop|garage|cellar|basement|spare room|study|home office|followers|"
        r"subscribers|employees|staff|pupils|students|customers|readers|flatmates?|roommates?|housemates?|"
        r"siblings|grandchildren|in laws|wheelchair|stairs|lift|wifi|fibre|broadband|ram|gpu|vacuum|"
        r"robot vacuum|mattress|hot tub|bedrooms?|acres?)\b.*))",
        "Has",
        "household",
        ENVIRONMENT,
        "one_year",
        False,
        "either",
        lambda value, _raw: not re.search(r"\b(?:your|this|that|it is not|not working|broken|problem)\b", value),
    ),
    rule(
        r"(?P<v>(?P<w>custody .+|citizenship .+|dual (?:citizenship|nationality).*|lessons .+|"
        r"health insurance.*|insurance (?:with|through).+|a fear of .+|little time.*|only \d+ (?:minutes|"
        r"hours).+|a deadline.*))",
        "Has",
        "life",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"(?P<v>(?:an? |the |my )?(?P<w>(?:\w+ ){0,2}(?:pro|premium|family|basic|unlimited|business|"
        r"student|plus|free|mbit|gb|prepaid|paid|annual|monthly|joint|gold|platinum|phone|mobile|savings|"
        r"checking|current) (?:plan|account|contract|policy|tier|package)\b.*))",
        "Has",
        "membership",
        FACTUAL,
        "one_year",
        False,
        "either",
        lambda value, _raw: not value.startswith(("problem", "your")),
    ),
    rule(
        r"(?P<v>(?:tiny|small|narrow|wide|big|large|long|short|broad) (?P<w>(?:feet|hands|wrists|head|"
        r"shoulders|hips|legs|torso|kitchen|garden|flat|house|apartment)\b.*))",
        "Has",
        "body",
        FACTUAL,
    ),
)
"""What follows "have": things and conditions that stay."""

_NOUNS: tuple[tuple[str, str, str, str], ...] = (
    ("name", FACTUAL, INFINITY, "name, first name, full name"),
    ("surname", FACTUAL, INFINITY, "surname, last name, maiden name"),
    ("preferred_name", FACTUAL, INFINITY, "nickname"),
    ("birthday", FACTUAL, INFINITY, "birthday, date of birth, birth date, dob, star sign"),
    ("age", FACTUAL, "one_year", "age"),
    ("pronouns", FACTUAL, INFINITY, "pronouns"),
    ("budget", CIRCUMSTANCE, MONTH, "budget, max budget, maximum, limit, price range, max"),
    ("address", FACTUAL, "one_year", "address, home address, new address"),
    ("phone_number", FACTUAL, "one_year", "number, phone number, mobile, mobile number, new number"),
    ("email", FACTUAL, "one_year", "email, email address, mail, e mail"),
    (
        "job",
        WORK,
        "one_year",
        "job, day job, occupation, profession, role, job title, title, background, field, new job",
    ),
    ("employer", WORK, "one_year", "company, employer"),
    ("education", WORK, "one_year", "major, degree, school"),
    ("industry", WORK, "one_year", "industry"),
    ("origin", FACTUAL, INFINITY, "hometown, home town, nationality"),
    ("language", FACTUAL, INFINITY, "native language, first language, mother tongue"),
    ("language", FACTUAL, "one_year", "english, french, spanish, german"),
    ("size", FACTUAL, "one_year", "size, dress size, shirt size, waist, inseam, collar"),
    ("shoe_size", FACTUAL, "one_year", "shoe size, feet"),
    ("ring_size", FACTUAL, "one_year", "ring size"),
    ("height", FACTUAL, INFINITY, "height"),
    ("weight", FACTUAL, QUARTER, "weight"),
    ("blood_type", FACTUAL, INFINITY, "blood type"),
    ("health", FACTUAL, QUARTER, "blood pressure, knee, back, surgery"),
    ("appearance", FACTUAL, "one_year", "hair, skin, skin type, eyes"),
    ("time_zone", FACTUAL, "one_year", "time zone, timezone"),
    ("hobby", PREFERENCE, "one_year", "hobby, hobbies, main hobby, passion, band"),
    ("goal", GOAL, QUARTER, "goal, goals, main goal, aim, target"),
    ("goal", GOAL, "one_year", "dream, dream job"),
    ("plan", GOAL, MONTH, "plan"),
    ("preference", PREFERENCE, "one_year", "preference"),
    ("diet", PREFERENCE, "one_year", "diet"),
    ("religion", FACTUAL, INFINITY, "religion, faith"),
    ("income", FACTUAL, "one_year", "salary, income"),
    ("expense", FACTUAL, "one_year", "rent"),
    ("bank", FACTUAL, "one_year", "bank"),
    ("provider", FACTUAL, "one_year", "provider, insurer, insurance, health insurance"),
    ("doctor", FACTUAL, "one_year", "doctor, gp"),
    ("pregnancy", CIRCUMSTANCE, QUARTER, "due date"),
    ("anniversary", FACTUAL, INFINITY, "anniversary"),
    ("wedding", CIRCUMSTANCE, QUARTER, "wedding"),
    ("event", CIRCUMSTANCE, MONTH, "exam, deadline"),
    (
        "schedule",
        CIRCUMSTANCE,
        MONTH,
        "shift, shifts, working hours, work hours, schedule, days off, day off, lunch break",
    ),
    ("commute", CIRCUMSTANCE, "one_year", "commute"),
    ("vehicle", ENVIRONMENT, "one_year", "car, bike"),
    (
        "device",
        ENVIRONMENT,
        "one_year",
        (
            "phone, laptop, computer, pc, machine, os, operating system, camera, setup, tv, printer, "
            "router, wifi, internet"
        ),
    ),
    ("software", ENVIRONMENT, "one_year", "stack, tech stack, browser, editor"),
    ("housing", ENVIRONMENT, "one_year", "house, flat, apartment, garden, kitchen, oven, balcony, new house"),
    ("home", FACTUAL, "one_year", "home, new place, village, town"),
    ("work", WORK, "one_year", "office, clients, customers, boss"),
    ("team", WORK, "one_year", "team, team's"),
    (
        "business",
        WORK,
        "one_year",
        ("shop, store, business, café, cafe, restaurant, studio, startup, bakery, salon, farm, website"),
    ),
    ("work", WORK, QUARTER, "class"),
    ("membership", FACTUAL, "one_year", "membership, member number, loyalty number"),
    ("account", FACTUAL, "one_year", "account number, customer number, username"),
    ("skill", CIRCUMSTANCE, QUARTER, "level, experience level"),
    ("housing", CIRCUMSTANCE, QUARTER, "landlord"),
    ("allergy", FACTUAL, INFINITY, "allergies, allergy"),
    ("medication", FACTUAL, "one_year", "medication"),
    ("household", CIRCUMSTANCE, "one_year", "household"),
    ("health", FACTUAL, "one_year", "hearing, eyesight"),
    ("dislike", PREFERENCE, "one_year", "pet peeve"),
    ("like", PREFERENCE, "one_year", "guilty pleasure, comfort food, go to"),
    ("habit", PREFERENCE, "one_year", "usual order"),
)
"""Attribute, category and ttl of what nouns after "my" and "our" name."""
_ATTRIBUTE = {noun: row[:3] for row in _NOUNS for noun in row[3].split(", ")}
_NAMED = re.compile(
    r"(?:my|our|the(?= (?:wedding|deadline|due date|budget) is now)) (?P<noun>(?:favourite|"
    r"least favourite|go to|all time favourite|current|preferred|absolute favourite|"
    r"biggest) (?:[^\W\d]+ ){0,4}?|(?:[^\W\d]+ ){1,3}?)(?:(?:for|of|on|with|at) (?:[^\W\d]+ ){1,4}?)?"
    r"(?P<copula>is|are|was|am|would be|will be|went up to|went down to|has changed to|changed to|"
    r"starts?|ends?|arrives?|closes?|opens?|has|have|sells?|uses?|makes?|serves?|runs?|costs?|takes?|"
    r"faces?|got|employs?|,? ?:) (?P<not>not )?(?:now |just |actually |currently |really |about |"
    r"around |roughly |max |up to |only |called |also |usually |always |mostly )*(?P<v>.+)"
)
_TROUBLE = re.compile(
    r"\b(?:broken|frozen|locked|not|missing|lost|late|delayed|wrong|slow|stuck|down|dead|cracked|"
    r"damaged|blocked|blank|black|empty|gone|full|crashing|failing|failed|declined|expired|charging|"
    r"loading|"
    r"working|showing|acting|making|giving|giving|ringing|in the (?:shop|garage)|on (?:its|the) way|"
    r"here|there|off|fine|ok|okay|great|good|bad|ready|due|overdue|running low|hot|cold|loud|dirty|"
    r"messy|a mess|overheating|"
    r"killing|hurting|hurts|sore|the problem|the same|this|that|it|pending|correct|incorrect|"
    r"unavailable|nice|beautiful|amazing|awesome|"
    r"to (?:know|ask|find|check)|how|what|why|whether|if|raising|leaking|flooded|flashing|beeping|"
    r"hacked|suspended|limited to|being|getting)\b"
)


def named(clause: str) -> tuple[str, str, str, str, int, int, str, bool] | None:
    """Noun, attribute, category, ttl, span of the value, copula and negation of "my budget is 800"."""
    found = _NAMED.match(clause)
    if found is None:
        return None
    noun = found["noun"].strip()
    bare = re.sub(
        r"^(?:current|preferred|new|total|own|usual|main|biggest|old|full|actual|work|home|max(?:imum)?) ", "", noun
    )
    favourite = re.match(r"(?:least |all time |absolute )?favourite", noun)
    if favourite:
        attribute = (noun.replace("all time ", "").replace("absolute ", "").replace(" ", "_"), PREFERENCE, "one_year")
    else:
        attribute = _ATTRIBUTE.get(noun) or _ATTRIBUTE.get(bare) or ("", "", "")
    if not attribute[0]:
        return None
    return noun, *attribute, found.start("v"), found.end("v"), found["copula"], bool(found["not"])


def acceptable(noun: str, attribute: str, copula: str, value: str, raw: str) -> bool:
    """Whether the value tells something that stays: a name is a name, and trouble with a thing is none."""
    words = value.split()
    if attribute in {"name", "surname", "preferred_name"}:
        return checks.given_name(value, raw)
    if attribute in {"budget", "income", "expense", "phone_number", "age", "height", "weight"}:
        return any(c.isdigit() for c in value) or (
            attribute == "budget" and words[0] in {"tight", "limited", "low", "flexible", "small", "unlimited"}
        )
    if all(w in {"really", "very", "so", "quite", "too", "always", "not"} for w in words):
        return False
    if words[0] in {"it", "this", "that", "your", "you", "what", "how", "where", "why"}:
        return False
    if attribute.startswith(("favourite", "least_favourite")) or noun in {
        "hobby",
        "hobbies",
        "goal",
        "goals",
        "dream",
        "job",
        "profession",
        "occupation",
        "main goal",
        "aim",
        "pronouns",
        "size",
        "shoe size",
    }:
        return not value.endswith(("too late", "wrong", "missing"))
    if copula in {"is", "are", "am"} and attribute in {"vehicle", "device"}:
        return (
            words[0] in {"a", "an"}
            or raw[:1].isupper()
            or words[0].isdigit()
            or words[0] in {"from", "very", "old", "quite"}
            or "years old" in value
            or value.startswith(("from", "running"))
        ) and not _TROUBLE.search(value)
    return not _TROUBLE.search(value)


_BOOKED = re.compile(
    r"\b(?:booked|rental|friendly|reserved|reservation|issues?|problems?|broken|error|toys?|sitter|"
    r"questions?|order|parcel|delivery|ticket|coupon|meeting|call)\b"
)


def owned(value: str) -> tuple[str, str, str] | None:
    """Attribute, category and ttl of something that people have."""
    words = value.split()
    if _BOOKED.search(value):
        return None
    if not words or words[0] in {"your", "this", "that", "it", "the", "these", "those", "you", "to"}:
        return None
    return _OWNED_AS.get(checks.owned_thing(value))
