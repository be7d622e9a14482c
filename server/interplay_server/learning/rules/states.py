"""Rules for what somebody is: body, diet, origin, home, age, plan."""

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    INFINITY,
    PREFERENCE,
    QUARTER,
    RELATIONSHIP,
    WORK,
    Rule,
    rule,
)  # fmt: skip


def _any(words: frozenset[str]) -> str:
    return "(?:" + "|".join(sorted(map(_escape, words), key=len, reverse=True)) + ")"


def _escape(word: str) -> str:
    return word.replace("-", " ").replace(".", r"\.").replace("+", r"\+")


_DIET = _any(lexicon.DIETS)
_NATION = _any(lexicon.NATIONALITIES)

BODY: tuple[Rule, ...] = (
    rule(
        r"(?P<v>(?:severely |very |deathly |highly |really |mildly |slightly |badly |a bit |"
        r"also )*allergic to (?P<w>.+))",
        "Is",
        "allergy",
        FACTUAL,
        INFINITY,
    ),
    rule(
        r"(?P<v>(?P<w>(?:lactose|gluten|fructose|histamine|dairy|wheat|egg|alcohol|sulphite|soy|caffeine) (?:and \w+ )?"
        r"(?:intolerant|sensitive|free)).*)",
        "Is",
        "intolerance",
        FACTUAL,
        INFINITY,
    ),
    rule(r"(?P<v>(?:in)?(?:tolerant|sensitive) to (?P<w>.+))", "Is", "intolerance", FACTUAL, INFINITY),
    rule(
        r"(?P<v>(?:a |an |strictly |mostly |fully |mainly |ovo |lacto |strict |lifelong |life long |"
        r"ethical |raw |in |on )*"
        rf"(?P<w>{_DIET})\b.*)",
        "Is",
        "diet",
        PREFERENCE,
        single=True,
    ),
    rule(
        r"(?P<v>(?P<w>\d{1,2}|1[01]\d)(?: years? old| years? of age| years? young)?(?: and (?!a half|"
        r"\d)[a-z].*| now| next .*| this .*| in .*)?)$",
        "Is",
        "age",
        FACTUAL,
        "one_year",
        True,
    ),
    rule(
        r"(?P<v>(?P<w>\d{1,2}|1[01]\d|nearly \d\d|almost \d\d|over \d\d) (?:years?|months?|weeks?|"
        r"yo) (?:old|of age).*)",
        "Is",
        "age",
        FACTUAL,
        "one_year",
        True,
        AFFIRM,
    ),
    rule(r"(?P<v>an? (?P<w>\d{1,3} year old)\b.*)", "Is", "age", FACTUAL, "one_year", True),
    rule(
        r"(?P<v>(?:strongly |totally |firmly |completely )*(?:opposed to|against) (?P<w>.+))",
        "Is",
        "dislike",
        PREFERENCE,
        "one_year",
        False,
        AFFIRM,
        checks.concrete,
    ),
    rule(
        r"(?P<v>(?:an? )(?:avid|keen|passionate|huge|hardcore|competitive|amateur|semi professional|"
        r"trained|classically trained|recovering|aspiring|published) (?P<w>\w+(?: \w+){0,2}))$",
        "Is",
        "hobby",
        PREFERENCE,
        "one_year",
        False,
        AFFIRM,
        lambda value, _raw: "fan" not in value,
    ),
    rule(r"(?P<v>(?:an? )(?P<w>(?:\w+ ){1,2}major\b.*|(?:recovering|functioning) \w+))", "Is", "education", WORK),
    rule(r"(?P<v>(?P<w>\d{1,2} (?:weeks|months) pregnant).*)", "Is", "pregnancy", CIRCUMSTANCE, QUARTER, True, AFFIRM),
    rule(
        r"(?P<v>(?P<w>(?:\d[.,]\d\d? ?m?|\d{3} ?cm|\d ?(?:ft|foot|feet|')(?: ?\d{1,2}(?: inches|\"|in)?)?|"
        r"\d{2,3} ?(?:kg|kilos|lbs|pounds|stone))"
        r"(?: tall| and .*)?).*)",
        "Is",
        "body",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
        None,
        0.9,
        "measure",
    ),
    rule(
        rf"(?P<v>(?:half |originally |part |also |a native |proudly |both |an? )*(?P<w>{_NATION}(?:(?: and|"
        r" by|,) (?:half )?\w+)?(?: citizen| national| expat| immigrant)?))"
        r"(?: (?:originally|living|but|so|from|in|by).*| ,.*)?$",
        "Is",
        "origin",
        FACTUAL,
        INFINITY,
    ),
    rule(
        r"(?:originally |actually )?from (?P<v>.+)", "Is from", "origin", FACTUAL, INFINITY, False, AFFIRM, checks.place
    ),
    rule(r"(?P<v>of \w+ (?:descent|origin|heritage).*)", "Is", "origin", FACTUAL, INFINITY),
    rule(
        r"(?:based|located|living|residing|settled) (?P<v>(?:in|near|at|outside|around|just outside|out of|"
        r"close to|on) (?P<w>.+))",
        "Lives",
        "home",
        FACTUAL,
        "one_year",
        True,
        "either",
        lambda value, _raw: value.split(" ", 1)[0] != "at" or "work" not in value,
    ),
    rule(
        r"(?P<v>(?:living|staying) (?:alone|with|together|off grid|abroad|next to)\b.*)",
        "Is",
        "household",
        CIRCUMSTANCE,
    ),
    rule(
        r"in (?P<v>(?:my|his|her) (?:early |mid |late )?(?:teens|twenties|thirties|forties|fifties|sixties|"
        r"seventies|eighties|\d0s))",
        "Is in",
        "age",
        FACTUAL,
    ),
    rule(
        r"in (?P<v>(?:my |the |a |an |his |her )?(?:\w+ ){0,3}(?:year|grade|semester|high school|"
        r"middle school|primary school|college|uni|university|grad school|"
        r"law school|med school|medical school|kindergarten|nursery|sixth form|preschool|daycare)\b.*)",
        "Is in",
        "education",
        WORK,
    ),
    rule(
        r"in (?P<v>(?:\w+ )?(?:sales|marketing|finance|tech|it|healthcare|education|hr|procurement|"
        r"logistics|construction|hospitality|retail|"
        r"insurance|banking|consulting|engineering|manufacturing|real estate|publishing|advertising|"
        r"accounting|the army|the navy|the military|the air force|"
        r"law enforcement|customer service|customer support|recruitment|journalism)\b.*)",
        "Is in",
        "industry",
        WORK,
    ),
    rule(
        r"(?P<v>in (?:a|an) (?:wheelchair|band|choir|book club|orchestra|\w+ club|\w+ team|league|"
        r"(?:\w+ )*relationship|(?:\w+ )*marriage|shared flat|flat share|"
        r"house share|care home|nursing home|(?:\w+ )?(?:job|role|program|programme)).*)",
        "Is",
        "life",
        CIRCUMSTANCE,
    ),
    rule(
        r"(?:in|on) (?P<v>(?P<w>(?:the )?(?:(?:utc|gmt) ?[+-]? ?\d*|cet|cest|est|edt|pst|pdt|cst|cdt|mst|"
        r"bst|ist|jst|aest|eet|eastern|pacific|central|mountain)"
        r"(?: standard| daylight)?(?: time)?(?: zone)?))(?: .*)?$",
        "Is in time zone",
        "time_zone",
        FACTUAL,
        "one_year",
        True,
    ),
    rule(r"in recovery.*", "Is in recovery", "health", FACTUAL),
    rule(
        r"at (?P<v>.+?) now\b.*",
        "Works at",
        "employer",
        WORK,
        "one_year",
        True,
        AFFIRM,
        lambda value, raw: (
            raw[:1].isupper()
            and not value.startswith(("i ", "the "))
            and checks.place(value, raw)
            and raw.split()[0].isalpha()
        ),
        0.8,
    ),
    rule(r"in (?P<v>.+)", "Is in", "location", FACTUAL, "one_year", True, AFFIRM, checks.named_place, 0.8),
    rule(
        r"on (?P<v>(?:a|an|the|my) (?:very |strict |low |high |tight |limited |fixed |small |student |"
        r"shoestring )*(?:\w+ ){0,3}(?:diet|budget|visa|pension|salary|income|wage|waiting list))\b.*",
        "Is on",
        "budget_or_diet",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"on (?P<v>(?:the |a |your |an )?(?P<w>(?:[\w+]+ ){0,4}(?:plan|tier|subscription|package|contract|"
        r"tariff|version|membership))\b.*)",
        "Is on the",
        "membership",
        FACTUAL,
        "one_year",
        True,
        "either",
        lambda value, _raw: not value.startswith("your "),
    ),
    rule(
        rf"on (?P<v>(?:daily |low dose |a |low dose )*(?P<w>{lexicon.DRUG}|medication|meds|dialysis|chemo|"
        r"antibiotics|hormones|the pill)\b.*)",
        "Is on",
        "medication",
        FACTUAL,
    ),
    rule(
        r"on (?P<v>(?:maternity|paternity|parental|sick|annual|medical|family|study) leave\b.*)",
        "Is on",
        "employment_status",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"on (?P<v>(?:an? |the |my )?(?P<w>(?:windows|linux|ubuntu|debian|fedora|macos|mac|macbook|ios|"
        r"android|arch|iphone|ipad|pixel|chromebook|samsung|galaxy|thinkpad|mint)\b.*))",
        "Is on",
        "device",
        ENVIRONMENT,
    ),
    rule(
        r"on (?P<v>(?:night|day|late|early|rotating|evening) shifts?\b.*|call .+|benefits\b.*|"
        r"disability\b.*|the (?:autism )?spectrum\b.*|the board of .+|the \w+ team\b.*)",
        "Is on",
        "schedule",
        CIRCUMSTANCE,
    ),
    rule(
        r"(?P<v>(?:an? )?(?:\w+ )?(?P<w>(?:mum|mom|mother|dad|father|parent|grandmother|grandfather|"
        r"grandma|grandpa|mama|papa)) (?:of|to) .+)",
        "Is a",
        "children",
        RELATIONSHIP,
        INFINITY,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:an? )(?:\w+ ){0,3}(?:person|lover|owner|drinker|eater|sleeper|learner|reader|buff|nerd|"
        r"geek|enthusiast|addict|junkie|fanatic|"
        r"early bird|night owl|homebody|early riser|light sleeper|only child|survivor|believer|supporter|"
        r"hater|cook|baker|bird watcher|traveller|traveler|"
        r"speaker)\b.*)",
        "Is",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        lambda value, _raw: (
            "happy person" not in value and "first person" not in value and "kind of person" not in value
        ),
    ),
    rule(r"(?P<v>more of an? .+(?:person|drinker|guy|girl|fan|lover|reader|eater).*)", "Is", "like", PREFERENCE),
    rule(
        r"(?P<v>(?:an? )?(?:(?:prime|gold|silver|platinum|premium|pro|plus|vip|basic|free|loyalty|student|"
        r"lifetime|annual|founding|paid|paying|long time|longtime|existing|business|enterprise) )+"
        r"(?P<w>member|subscriber|user|customer|account holder)\b.*)",
        "Is",
        "membership",
        FACTUAL,
        "one_year",
    ),
    rule(
        r"(?P<v>(?:a |an )?(?:member|subscriber|volunteer|shareholder|alumnus|supporter|patron) (?:of|at|"
        r"with|in|to) (?!your|the group|this).+)",
        "Is",
        "membership",
        FACTUAL,
    ),
    rule(
        r"(?P<v>(?:an? )?(?:complete |total |absolute |relative )?(?:beginner|novice|newbie|noob)(?: (?:at|"
        r"in|with|to|when) .+)?)$",
        "Is",
        "skill",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(r"(?P<v>new to (?!this|here|the (?:site|app|forum|chat)|your|all).+)", "Is", "skill", CIRCUMSTANCE, QUARTER),
)
