"""Short answers: what the agent asked in the turn before names the slot, the user's few words fill it."""

import re
from typing import NamedTuple

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.facts import (
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
)  # fmt: skip

LONGEST_ANSWER = 14
"""Words; a longer first sentence speaks for itself."""


class Slot(NamedTuple):
    """`asks` is looked for in the agent's last question; `head` stands before the answer."""

    asks: re.Pattern[str]
    head: str
    attribute: str
    category: str
    ttl: str
    single: bool
    accepts: re.Pattern[str] | None = None
    none: str = ""
    """Content where the answer is "no" or "none"; "" where that tells nothing."""


def _slot(  # noqa: PLR0917 - a row of the table
    asks: str,
    head: str,
    attribute: str,
    category: str,
    ttl: str = "one_year",
    single: bool = True,
    accepts: str = "",
    none: str = "",
) -> Slot:
    return Slot(
        re.compile(asks), head, attribute, category, ttl, single, re.compile(accepts) if accepts else None, none
    )


_DIGIT = (
    r"\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|hundred|thousand"
)
_Q = (
    r"(?:what|what is|what's|which|can i (?:have|get)|may i (?:have|ask)|could (?:i|you)|please|"
    r"tell me|do you mind|how|and)"
)
SLOTS: tuple[Slot, ...] = (
    _slot(
        r"\b(?:your (?:full |first |last )?name\b(?! on)|who am i (?:speaking|talking|chatting) (?:to|"
        r"with)|what (?:should|shall|can|do) (?:i|we|people|your friends) call you|how (?:should|"
        r"shall) i (?:call|address) you)",
        "Name is",
        "name",
        FACTUAL,
        INFINITY,
        True,
        r"^(?!.*\b(?:wait|it|was|is|not|the|with|what|and|want|need|please|people|call|me|my|"
        r"they)\b)[^\W\d]+(?: [^\W\d]+){0,3}$",
    ),
    _slot(
        r"\b(?:where (?:do you live|are you (?:based|located|living)|is home|in the world|"
        r"about(?:s)? (?:do you live|are you))|(?:what|which) (?:city|town|country|"
        r"part of \w+) (?:do you live|are you (?:in\b(?! mind)|based|living|located))|your (?:home town|"
        r"hometown|location|home city|city of residence))",
        "Lives in",
        "home",
        FACTUAL,
        "one_year",
        True,
        r"^(?!i\b|not|why|no\b)[^\W\d]+",
    ),
    _slot(
        r"\bwhere (?:are|were) you (?:from|born|originally)|where do you come from|where did you grow up|"
        r"your nationality",
        "Is from",
        "origin",
        FACTUAL,
        INFINITY,
        True,
        r"^(?!i\b|not|why|no\b)[^\W\d]+",
    ),
    _slot(
        r"\b(?:what (?:do|does) you (?:do for (?:a )?(?:living|work)|do\b|work as)|your (?:job|profession|"
        r"occupation|line of work|job title|current role|role)\b|what kind of work|what is your work)",
        "Works as",
        "job",
        WORK,
        "one_year",
        True,
        r"[^\W\d]{2}",
    ),
    _slot(
        r"\b(?:where do you work|who do you work for|your employer|which company|what company)",
        "Works at",
        "employer",
        WORK,
        "one_year",
        True,
        r"[^\W\d]{2}",
    ),
    _slot(r"\b(?:what|which) (?:industry|sector|field)", "Works in", "industry", WORK, "one_year", True, r"[^\W\d]{2}"),
    _slot(
        r"\b(?:what (?:are|did) you (?:studying|study)|your (?:major|degree|field of study))",
        "Studies",
        "education",
        WORK,
        "one_year",
        True,
        r"[^\W\d]{2}",
    ),
    _slot(
        r"\bshoe size|size shoes?|size (?:are )?your feet|(?:foot|boot) size",
        "Shoe size is",
        "shoe_size",
        FACTUAL,
        "one_year",
        True,
        r"\d",
    ),
    _slot(
        r"\b(?:what|which|your|clothing|dress|shirt|jacket|trouser|ring|pant|jean|t shirt|glove|helmet|"
        r"hat) (?:\w+ )?size\b(?!.*(?:pizza|drink|order|group|party|portion|room|bag|box|file))",
        "Wears size",
        "size",
        FACTUAL,
        "one_year",
        True,
        r"^(?:an? |uk |us |eu |size |usually |about |between )*(?:\d|x{0,3}[sml]\b|small|medium|large|extra)",
    ),
    _slot(
        r"\b(?:your (?:\w+ )?budget|how much (?:do|would|can|are) you (?:want|like|willing|looking|able|"
        r"prepared|hoping|planning)?\s?(?:to )?spend(?:ing)?|price range|upper limit)",
        "Budget is",
        "budget",
        CIRCUMSTANCE,
        MONTH,
        True,
        _DIGIT,
    ),
    _slot(r"\b(?:how old are you|your age\b|what age are you)", "Age is", "age", FACTUAL, "one_year", True, _DIGIT),
    _slot(
        r"\b(?:when (?:is|were) (?:your (?:birthday|date of birth)|you born)|your (?:birthday|"
        r"date of birth|birth date|dob)|when is your birthday)",
        "Birthday is",
        "birthday",
        FACTUAL,
        INFINITY,
        True,
        r"\d|january|february|march|april|may|june|july|august|september|october|november|december",
    ),
    _slot(
        r"\b(?:allerg(?:y|ies|ic))",
        "Is allergic to",
        "allergy",
        FACTUAL,
        INFINITY,
        False,
        r"[^\W\d]{2}",
        "Has no known allergies",
    ),
    _slot(
        r"\b(?:dietary (?:restrictions?|requirements?|needs|preferences?)|food (?:restrictions?|"
        r"intolerances?)|special diet|follow a (?:particular |specific |special )?diet|"
        r"anything you (?:do not|cannot|don't|can't) eat)",
        "Diet:",
        "diet",
        PREFERENCE,
        "one_year",
        False,
        r"[^\W\d]{2}",
        "Has no dietary restrictions",
    ),
    _slot(
        r"\b(?:do you have (?:any )?(?:pets|animals|dogs|cats)|any pets|what pets|which pets|what kind of pets?)",
        "Has pets:",
        "pet",
        RELATIONSHIP,
        "one_year",
        False,
        r"\b(?:dogs?|cats?|"
        + "|".join(sorted(lexicon.PETS))
        + r"|kittens?|rabbits?|hamsters?|birds?|horses?|fish|snakes?|chickens|guinea)\b",
        "Has no pets",
    ),
    _slot(
        r"\b(?:do you have (?:any )?(?:kids|children)|any (?:kids|children)|how many (?:kids|children))",
        "Has children:",
        "children",
        RELATIONSHIP,
        INFINITY,
        False,
        rf"{_DIGIT}|boy|girl|son|daughter|twins|a ",
        "Has no children",
    ),
    _slot(
        r"\b(?:siblings|brothers or sisters|brothers and sisters)",
        "Has siblings:",
        "siblings",
        RELATIONSHIP,
        INFINITY,
        False,
        rf"{_DIGIT}|brother|sister|a ",
        "Has no siblings",
    ),
    _slot(
        r"\b(?:how many people (?:live|are (?:there )?in your (?:household|family|home)|do you live with)|"
        r"size of your household|how big is your (?:household|family)|who (?:do you live with|"
        r"lives with you))",
        "Household:",
        "household",
        CIRCUMSTANCE,
        "one_year",
        True,
        r"\w",
    ),
    _slot(r"\btime ?zone", "Time zone is", "time_zone", FACTUAL, "one_year", True, r"[^\W\d]{2}|[+-]\d"),
    _slot(
        r"\b(?:native language|first language|mother tongue|languages? (?:do|can) you speak)",
        "Speaks",
        "language",
        FACTUAL,
        INFINITY,
        False,
        r"[^\W\d]{3}",
    ),
    _slot(
        r"\b(?:(?:which|what) language (?:should|shall|would|do|can) (?:i|we|you)|language (?:do|"
        r"would) you (?:prefer|like)|preferred language|language preference)",
        "Wants answers in",
        "reply_language",
        PREFERENCE,
        "one_year",
        True,
        "|".join(lexicon.LANGUAGES),
    ),
    _slot(
        r"\b(?:how (?:should|shall|can|would|do) (?:we|i|you) (?:best |like (?:us|me) to |prefer (?:us |"
        r"me )?to |want (?:us|me) to )?(?:be contacted|contact you|reach you|get in touch)|"
        r"prefer (?:to be contacted|email|phone|a call|text|emails|calls)|preferred (?:contact|way|method|"
        r"channel)|contact (?:method|preference)|email or (?:phone|text|call)|phone or email|"
        r"text or (?:call|email))",
        "Prefers contact by",
        "contact",
        PREFERENCE,
        "one_year",
        True,
        r"\b(?:e ?mail|phone|text|sms|call|whatsapp|post|letter|chat|telegram|either)",
    ),
    _slot(
        r"\b(?:(?:which|what) (?:\w+ )?(?:laptop|phone|device|computer|model|operating system|os|browser|"
        r"car|bike|camera|printer|router|tablet|console|distro|editor|vehicle|machine|tv|smartphone|watch|"
        r"software)\b.*\b(?:do you (?!want|need|prefer|wish)|are you|is it|have you|you have|on\b|using)|"
        r"your (?:operating system|os|device|laptop model|phone model|car|browser)\b|"
        r"what are you (?:running|driving|using))",
        "Uses",
        "device",
        ENVIRONMENT,
        "one_year",
        True,
        r"[^\W\d]{2}|\d",
    ),
    _slot(
        r"\b(?:experience level|how experienced|skill level|your level|what level|how much experience|"
        r"your experience|fitness level)",
        "Experience level:",
        "skill",
        CIRCUMSTANCE,
        QUARTER,
        True,
        r"[^\W\d]{3}|\d",
    ),
    _slot(
        r"\b(?:injur(?:y|ies)|health (?:conditions?|issues|problems)|medical (?:conditions?|issues|"
        r"history)|disabilit(?:y|ies))",
        "Health:",
        "health",
        FACTUAL,
        "one_year",
        False,
        r"[^\W\d]{3}",
        "Has no known health conditions",
    ),
    _slot(
        r"\b(?:medications?|medicines?)\b",
        "Takes",
        "medication",
        FACTUAL,
        "one_year",
        False,
        r"[^\W\d]{4}",
        "Takes no medication",
    ),
    _slot(
        r"\b(?:hobb(?:y|ies)|do (?:you do )?(?:for fun|in your (?:free|spare) time)|like to do (?:for fun|"
        r"in your)|enjoy doing)",
        "Enjoys",
        "hobby",
        PREFERENCE,
        "one_year",
        False,
        r"[^\W\d]{4}",
    ),
    _slot(
        r"\b(?:what (?:kind|type|sort|genre)s? of (?:music|films?|movies?|books?|food|cuisine|"
        r"games?) (?:do|are) you (?:like|enjoy|into|usually|generally|listen|read|watch|play|love)|(?:what|"
        r"which) (?:music|genres?|cuisines?) do you (?:like|enjoy|love|usually))",
        "Likes",
        "like",
        PREFERENCE,
        "one_year",
        False,
        r"[^\W\d]{3}",
    ),
    _slot(
        r"\b(?:(?:is|are|what'?s) your favou?rite)",
        "Favourite is",
        "favourite",
        PREFERENCE,
        "one_year",
        False,
        r"[^\W\d]{2}",
    ),
    _slot(
        r"\b(?:your (?:main |fitness |training |ultimate |savings )?goals?\b|what are you (?:training|"
        r"saving|aiming) for|hoping to achieve)",
        "Goal:",
        "goal",
        GOAL,
        QUARTER,
        False,
        r"[^\W\d]{3}",
    ),
    _slot(r"\b(?:how tall are you|your height)", "Height is", "height", FACTUAL, INFINITY, True, r"\d"),
    _slot(r"\b(?:how much do you weigh|your weight)", "Weight is", "weight", FACTUAL, QUARTER, True, r"\d"),
    _slot(r"\b(?:your pronouns|pronouns do you)", "Pronouns:", "pronouns", FACTUAL, INFINITY, True, r"[^\W\d]+"),
    _slot(
        r"\b(?:(?:when|what (?:days|times?)) (?:are|do|would) you (?:usually |normally |"
        r"generally )?(?:free|available|train|work|exercise)|(?:which|what) (?:days|"
        r"times?) (?:of the week |suit|work|are best)|your (?:availability|schedule|working hours)|"
        r"best time to (?:reach|call|contact))",
        "Availability:",
        "schedule",
        CIRCUMSTANCE,
        MONTH,
        True,
        checks.CLOCK.pattern,
    ),
    _slot(
        r"\b(?:what plan are you on|which (?:plan|tier|subscription) (?:are|do) you|your current (?:plan|"
        r"tier|subscription))",
        "Plan:",
        "membership",
        FACTUAL,
        "one_year",
        True,
        r"[^\W\d]{3}",
    ),
    _slot(
        r"\b(?:your skin type|skin type do you|hair type)",
        "Skin or hair type:",
        "appearance",
        FACTUAL,
        "one_year",
        True,
        r"[^\W\d]{3}",
    ),
    _slot(
        r"\b(?:married|relationship status|marital status|single or)",
        "Marital status:",
        "marital_status",
        CIRCUMSTANCE,
        "one_year",
        True,
        r"\b(?:married|single|divorced|widowed|engaged|relationship|partner|separated)",
    ),
    _slot(
        r"\b(?:your (?:phone|mobile|telephone|contact) number|number can we reach)",
        "Phone number is",
        "phone_number",
        FACTUAL,
        "one_year",
        True,
        r"\d[\d ]{5}",
    ),
    _slot(r"\b(?:your e ?mail)", "E-mail is", "email", FACTUAL, "one_year", True, r"@"),
    _slot(
        r"\b(?:your (?:home |street |postal |current )?address|zip code|postcode)",
        "Address is",
        "address",
        FACTUAL,
        "one_year",
        True,
        r"\d|street|road|avenue",
    ),
    _slot(
        r"\b(?:do you (?:usually|generally|normally|always|typically) prefer|window or aisle|aisle or window)",
        "Prefers",
        "preference",
        PREFERENCE,
        "one_year",
        False,
        r"^(?!yes|no\b|either|both|any)[^\W\d]{3}",
    ),
    _slot(
        r"\b(?:how often do you|how many (?:days|times|hours) (?:a|per) (?:week|day|month) do you)",
        "Frequency:",
        "habit",
        PREFERENCE,
        QUARTER,
        False,
        rf"{_DIGIT}|every|daily|weekly|once|twice|never|rarely|often",
    ),
)
YES_NO = re.compile(
    r"\b(?:(?P<be>are you (?:currently |still |by any chance )?(?:an? )?(?P<state>vegan|vegetarian|"
    r"pescatarian|married|single|pregnant|retired|student|diabetic|left handed|colou?r ?blind|a parent|"
    r"self employed|employed|gluten free|lactose intolerant|gluten intolerant|halal|kosher|religious|"
    r"smoker|homeowner|beginner|member|"
    r"allergic to [\w ,]+))|do you (?P<verb>eat|drink|smoke|drive|speak|have|own|like|use|play|wear|"
    r"work|exercise|cook|rent|swim|ski|follow|take|live) ?(?P<object>(?:a |an |any )?(?:meat|fish|pork|"
    r"beef|alcohol|dairy|eggs|gluten|coffee|spicy food|seafood|dog|cat|car|garden|wheelchair|glasses|"
    r"contact lenses|contacts|diabetes|asthma|driving licence|driver's license|"
    r"from home|alone|nights|shifts|shellfish|nuts|mushrooms|sugar|caffeine|passport|visa|oven|balcony|"
    r"bike|printer|pool|piano|guitar|roommates|partner|medication|regularly|english|french|german|"
    r"spanish|italian|portuguese)?))$"
)
YES = re.compile(
    r"^(?:yes|yeah|yep|yup|yea|correct|indeed|i am|i do|we are|we do|sure am|absolutely|definitely|"
    r"right|exactly|si|aye)\b"
)
NO = re.compile(r"^(?:no|nope|nah|none|i am not|i do not|not really|not at all|never|nothing|neither|no thanks)\b")
LEAD = re.compile(
    r"^(?:(?:yes|yeah|yep|yup|sure|ok|okay|well|oh|hi|hey|hmm|um|uh|it is|that is|that would be|"
    r"it would be|it s|its|i would say|i think|i guess|i am(?: an?)?(?: from| in| based in| called)?|"
    r"i live in|i work (?:as|at|for|in)|we live in|i have(?: got)?(?: an?)?|we have|my name is|this is|"
    r"i wear|"
    r"mostly|usually|probably|about|around|roughly|just|in|from|at|as|an?|the|by|via|maybe|only|"
    r"currently|on|i use|i prefer|i speak|i like|i enjoy|to|of course|thanks|size|mainly|please|"
    r"let us say|"
    r"around about|approximately|somewhere (?:around|near)|say|like|actually|and|so|,|i drive|it|is|"
    r"for|near|there are|there is|i study|call me|you can call me|up to|max|under) )+"
)
TAIL = re.compile(
    r"(?: (?:please|thanks|thank you|btw|lol|actually|currently|at the moment|right now|why|though|"
    r"for now|ideally|really|mostly|i think|i guess|i suppose|sir|mate|if possible|as well|too|usually|"
    r"for me))+$|(?: ,)? (?:but|because|so|why|if|although|though|and (?:i|we|you|can|what|how|it)|"
    r"can you|could you|is that|how|since i|which) .*$"
)
REFUSES = re.compile(
    r"\b(?:thanks|thank|bye|goodbye|hello|find|book|send|see if|go for|look|show|give|bunch|why|"
    r"not sure|do not know|no idea|none of your|rather not|prefer not|skip|whatever|any|anything|"
    r"does not matter|do not care|no preference|not yet|later|you|your|i said|already|what do|"
    r"who cares|idk|depends|help|cancel|order|same)\b"
)
