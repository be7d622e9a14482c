"""Rules for what has happened and still holds: moves, jobs, births, purchases."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    GOAL,
    INFINITY,
    PREFERENCE,
    QUARTER,
    RELATIONSHIP,
    WORK,
    Rule,
    rule,
)  # fmt: skip


def _kept(value: str, _raw: str) -> bool:
    return checks.owned_thing(value) in {"pet", "vehicle", "device", "housing"}


_NEW = r"(?:a|an|our|my|two|three|another|some|the) (?:new |second |used |second hand |rescue |first |little |small )*"

EVENTS: tuple[Rule, ...] = (
    rule(
        r"(?P<v>(?:swapped|traded|replaced) (?:my|our|the) (?P<x>.+?) (?:for|with) (?P<w>.+))",
        "",
        "device",
        ENVIRONMENT,
        "one_year",
        single=False,
        polarity=AFFIRM,
        accepts=checks.settled,
    ),
    rule(
        r"moved (?:back |over |up |down |out )?(?:here )?from (?P<x>.+?) to (?P<w>.+)",
        "Moved from",
        "home",
        FACTUAL,
        "one_year",
        True,
        AFFIRM,
    ),
    rule(
        r"(?:just |recently )?(?P<v>(?:moved|relocated|emigrated|immigrated) (?:back |over |up |down |out |"
        r"here )*(?:to|into|in|from) (?P<w>(?!the next|the other|a different (?:page|tab)|it |this ).+))",
        "",
        "home",
        FACTUAL,
        "one_year",
        True,
        AFFIRM,
    ),
    rule(
        r"(?P<v>moved (?:house|home|flat|apartment|in with|out of|recently|last|abroad|away|again|back)\b.*)",
        "",
        "home",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:grew up|was born|was raised|were born|were raised|was brought up|come|"
        r"hail) (?:and raised )?(?:in|on|at|near|outside|into) (?P<w>.+))",
        "",
        "origin",
        FACTUAL,
        INFINITY,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:was|were) (?P<w>born (?:deaf|blind|with .+|and raised .*|abroad|premature|prematurely|"
        r"on .+|\d+)).*)",
        "",
        "birth",
        FACTUAL,
        INFINITY,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:have )?(?:lived|been living|been based|been) (?:in|here in|abroad in) (?P<w>.+?) (?:for|"
        r"since|all) .+)",
        "Has",
        "home",
        FACTUAL,
        "one_year",
        True,
        AFFIRM,
        checks.place,
    ),
    rule(
        r"(?P<v>(?:was |were |have been |been |just been |recently been |recently )?diagnosed (?:as|with) (?P<w>.+))",
        "",
        "health",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:studied|majored in|minored in|graduated|trained as|qualified as|dropped out|did (?:my|"
        r"a) (?:\w+ )*(?:degree|phd|master'?s?|mba)|got my (?:\w+ )*(?:degree|phd|master'?s?|mba|licence|"
        r"license)|finished (?:my|a) (?:\w+ )*(?:degree|phd|master'?s?|studies|school|course)|"
        r"earned my) ?(?P<w>.*))",
        "",
        "education",
        WORK,
        INFINITY,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:retired|semi retired) ?(?P<w>.*))", "", "employment_status", CIRCUMSTANCE, "one_year", True, AFFIRM
    ),
    rule(
        r"(?P<v>(?:got|was|were|became|have been|been|recently) (?P<w>married|engaged|divorced|widowed|"
        r"pregnant|promoted|laid off|made redundant|fired|separated|hired|vaccinated)\b.*)",
        "",
        "marital_status",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:separated|divorced|married|split up|broke up)(?: (?:in|from|with|last|two|three|a|\d|my|"
        r"this|recently|about).*)?)$",
        "",
        "marital_status",
        CIRCUMSTANCE,
        "one_year",
        True,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:became|have become|become) (?P<w>(?:a|an|vegan|vegetarian|pescatarian|diabetic|parents|"
        r"grandparents|dad|mum|the) ?.*))",
        "",
        "life",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(r"(?P<v>(?:turned|have turned|just turned) (?P<w>\d{1,3})\b.*)", "", "age", FACTUAL, "one_year", True, AFFIRM),
    rule(
        r"(?P<v>(?:went|have gone|gone|turned) (?P<w>(?:vegan|vegetarian|veggie|keto|gluten free|"
        r"dairy free|plant based|sober|freelance|part time|full time|back to (?:school|university|uni|"
        r"college|work)|deaf|blind))\b.*)",
        "",
        "diet",
        PREFERENCE,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:switched|changed|migrated|moved over|swapped|converted|upgraded|downgraded) (?:over |"
        r"back )?(?:from (?P<x>.+?) )?to (?P<w>(?!the (?:other|next)|it\b|this|that|your|another|"
        r"a different (?:tab|page|one)).+))",
        "",
        "software",
        ENVIRONMENT,
        "one_year",
        False,
        AFFIRM,
        checks.settled,
    ),
    rule(
        r"(?P<v>(?:sold|traded in|scrapped|totalled|crashed) (?:my|our|the) (?P<w>(?:\w+ ){0,3}(?:machine|"
        r"pc|laptop|phone|car|bike|computer|house|flat|van|motorbike|boat|mac|iphone)\b.*))",
        "",
        "device",
        ENVIRONMENT,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:changed|switched|quit|lost|left|started|got|landed|accepted|took) (?:my |a |an |"
        r"the )?(?:new |first |old |current |part time |full time |better |different )*(?P<w>(?:job|jobs|"
        r"career|careers|position|role|business|company)\b.*))",
        "",
        "employment",
        WORK,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:started|began|joined|have started|have begun|took up|have taken up|taken up) (?:a |an |"
        r"the |my )?(?P<w>(?:new |own )*(?:job|role|position|business|company|course|degree|phd|master'?s?|"
        r"university|uni|college|school|gym|band|choir|therapy|training|learning|running|yoga|piano|guitar|"
        r"lessons|classes|hrt|medication|"
        r"insulin|metformin|climbing|swimming|cycling|knitting|painting|baking|pottery|lifting|working|"
        r"teaching|studying|volunteering|meditating|keto|team|club|army|navy|working out|bouldering|"
        r"freelancing|tennis|golf|karate|boxing)\b.*))",
        "",
        "life",
        CIRCUMSTANCE,
        QUARTER,
        False,
        AFFIRM,
        lambda value, _raw: not any(s in value for s in ("chat", "with my order")),
    ),
    rule(
        r"(?P<v>joined (?P<w>(?!the (?:chat|call|meeting)|you|this).+))",
        "",
        "membership",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
        lambda value, raw: raw[:1].isupper() or value.startswith(("a ", "the ", "my ")),
    ),
    rule(
        r"(?P<v>(?:adopted|rescued|got|have got|bought|have bought|purchased|own|inherited|leased|built|"
        rf"picked up|welcomed|had|took in|fostered) (?P<w>{_NEW}.+))",
        "",
        "ownership",
        ENVIRONMENT,
        "one_year",
        False,
        AFFIRM,
        _kept,
    ),
    rule(
        r"(?P<v>(?:had|welcomed|gave birth to|have had|are having) (?P<w>(?:a|our|my|another|twins|"
        r"triplets|two|three) ?(?:\w+ ){0,2}(?:baby|son|daughter|child|boy|girl|kid|twins|children|"
        r"kids)?\b.*))",
        "",
        "child",
        RELATIONSHIP,
        INFINITY,
        False,
        AFFIRM,
        lambda value, _raw: checks.owned_thing(value) in {"child", "family"} or "twins" in value,
    ),
    rule(
        r"(?P<v>(?:had|underwent|have had) (?P<w>(?:a |an |my |back |knee |hip |heart |brain |eye |major |"
        r"spinal |two |open heart )*(?:\w+ )?(?:surgery|operation|transplant|stroke|heart attack|"
        r"miscarriage|hysterectomy|mastectomy|bypass|c section|caesarean|cesarean|hip replacement|"
        r"knee replacement|concussion|covid|cancer|chemo|seizures?|root canal|lasik)\b.*))",
        "",
        "health",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:broke|have broken|tore|sprained|fractured|injured|dislocated|twisted|ruptured|"
        r"hurt) (?P<w>(?:my|a|both|two) (?:left |right |lower |upper )?(?:leg|arm|ankle|wrist|back|knee|"
        r"knees|hip|foot|shoulder|acl|collarbone|finger|toe|meniscus|achilles|rotator|neck|rib|ribs|hand|"
        r"elbow).*))",
        "",
        "health",
        FACTUAL,
        QUARTER,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>lost (?P<w>my (?:\w+ )?(?:husband|wife|mother|father|mum|mom|dad|sister|brother|son|"
        r"daughter|dog|cat|job|leg|arm|hearing|sight|sense of smell|grandmother|grandma|grandfather|home|"
        r"house)\b.*))",
        "",
        "life",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:served|worked|taught|spent|been working|have worked|was|were) (?P<w>(?:in|as|at|"
        r"for) (?:the (?:army|navy|military|marines|air force)|\w+ (?:for )?(?:\d+|ten|twenty|five|"
        r"many) years|(?:an? )?(?:\w+ )?\w+ (?:for|until|before) .+).*))",
        "",
        "history",
        WORK,
        INFINITY,
        False,
        AFFIRM,
        checks.held,
    ),
    rule(
        r"(?P<v>used to (?P<w>(?:be an?|live|work|own|have an?|play|smoke|eat|drink|teach|run|drive|study|"
        r"serve|do|swim|ride|dance|sing|go to|speak|weigh|use|love|like|hate) .+|used to smoke|smoke|drink|"
        r"dance|swim))",
        "",
        "history",
        FACTUAL,
        INFINITY,
        False,
        AFFIRM,
        None,
        0.8,
    ),
    rule(
        r"(?P<v>set (?:myself |ourselves )?(?:a )?(?:goal|budget|limit) (?P<w>.+))",
        "",
        "goal",
        GOAL,
        QUARTER,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:signed up|registered|enrolled|applied|got accepted|was accepted|got into|got in) (?:for|"
        r"to|in|at|as|into) (?P<w>.*(?:marathon|race|course|class|classes|university|college|school|"
        r"programme|program|triathlon|10k|5k|bootcamp|phd|masters?|gym|membership|lessons|degree|half|"
        r"ironman|harvard|oxford).*))",
        "",
        "goal",
        GOAL,
        QUARTER,
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:run|opened|founded|co ?founded|set up|started|launched|own|took over) (?P<w>(?:a|an|my|"
        r"our|my own) .*(?:business|shop|store|company|studio|caf[eé]|bakery|restaurant|bar|pub|salon|"
        r"agency|startup|channel|podcast|farm|gym|charity|practice|firm|brewery|nonprofit).*))",
        "",
        "job",
        WORK,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:passed away|died|was put down|had to be put down|moved out|left home|graduated|"
        r"flew the nest|left for (?:uni|college)).*)",
        "",
        "family",
        RELATIONSHIP,
        "infinity",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:was|were) (?:named|called) (?P<w>.+))",
        "",
        "name",
        FACTUAL,
        INFINITY,
        False,
        AFFIRM,
        lambda _value, raw: raw[:1].isupper(),
    ),
    rule(
        r"(?P<v>went (?:down |up )?from (?P<w>(?:\w+ ){1,4}to (?:\d|two|three|four|five|six|seven|eight|"
        r"nine|ten|part|full|\w+ (?:employees|people|kids|days)).*))",
        "",
        "circumstance",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
    ),
)
"""From the verb on, after "I", "we" or a relative, auxiliaries of the perfect stripped."""


PERFECTS: tuple[Rule, ...] = (
    rule(
        r"been (?P<v>(?:a |an )?(?P<w>(?:strict )?(?:vegan|vegetarian|veggie|pescatarian|keto|sober|"
        r"teetotal|gluten free|dairy free))\b.*)",
        "Has been",
        "diet",
        PREFERENCE,
        "one_year",
        True,
    ),
    rule(
        r"been (?P<v>(?:living|based|working|studying|learning|training|teaching|married|with|together|"
        r"divorced|single|retired|self employed|freelancing|unemployed|diabetic|running|playing|practising|"
        r"practicing|doing|using|driving|at|saving|suffering|struggling|on|in|a|an|taking|coaching|"
        r"volunteering|trying to|dating|writing|sober|widowed|off work|pregnant|skiing|climbing|cycling|"
        r"riding|coding|"
        r"programming|collecting|painting|dancing|swimming|growing|building|renovating|fostering|"
        r"job hunting|allergic|disabled|deaf|blind) ?(?P<w>.*))",
        "Has been",
        "life",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
        checks.lasting,
    ),
    rule(r"been (?P<v>going to (?P<w>.+))", "Has been", "habit", PREFERENCE, "one_year", False, AFFIRM, checks.lasting),
    rule(
        r"(?P<v>(?:lived|worked|played|studied|loved|liked|hated|wanted|owned|taught|practised|practiced|"
        r"had|driven|preferred|used|known|enjoyed|struggled|suffered|spoken|run|worn|avoided|"
        r"kept) (?P<w>.+))",
        "Has",
        "life",
        CIRCUMSTANCE,
        "one_year",
        False,
        AFFIRM,
        checks.lasting,
    ),
    rule(r"(?P<v>(?:dreamed|dreamt|wished) (?:of|about) (?P<w>.+))", "Has", "goal", GOAL, "one_year", False, AFFIRM),
)
"""After "have"."""

NEVERS = rule(
    r"(?P<v>(?:been (?:to|on|a) |eaten|smoked|owned|liked|flown|learned|learnt|used|driven|played|"
    r"had (?:a|any|kids|children|pets|surgery)|married|travell?ed|worked|tried|cooked|ridden|run|skied|"
    r"swum|done (?:yoga|any) |gone )(?P<w>.*))",
    "Has",
    "experience",
    FACTUAL,
    "one_year",
)
