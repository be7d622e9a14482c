"""Rules for what somebody is doing for weeks or years: "is training for a marathon"."""

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    GOAL,
    MONTH,
    PREFERENCE,
    QUARTER,
    WORK,
    Rule,
    rule,
)  # fmt: skip

_ING_PLAN = (
    r"(?:move|travel|visit|retire|run|buy|build|start|open|launch|learn|study|apply|get married|"
    r"get fit|lose|quit|go back|"
    r"go to (?:university|college|grad|school)|become|train|write a|adopt|have (?:a|another) (?:baby|kid|child)|"
    r"relocate|emigrate|propose|renovate|save|pay off|gain|eat|cut|improve|reduce|stop|change careers?|"
    r"graduate|climb|hike|cycle|publish|marry|switch (?:to|careers?|jobs?)|take (?:a sabbatical|up|time off)|"
    r"drink less|exercise|work out|build (?:up )?(?:muscle|my)|bulk|get (?:a (?:dog|cat|puppy|degree|"
    r"phd|master)|better at|"
    r"into|pregnant|in shape|my (?:degree|licence|license|masters|phd))|conceive|grow|raise|"
    r"become|complete|finish my|pass|qualify|break into|go vegan|be more|walk|swim|read \d+|sell my|downsize|host)"
)

DOING: tuple[Rule, ...] = (
    rule(r"living (?P<v>(?:in|near|at|on|outside|close to) (?P<w>.+))", "Lives", "home", FACTUAL, "one_year", True),
    rule(r"working (?P<v>as (?P<w>.+))", "Works", "job", WORK, "one_year", True),
    rule(
        r"working (?P<v>(?:at|for|with) (?P<w>.+))",
        "Works",
        "employer",
        WORK,
        "one_year",
        True,
        "either",
        lambda value, _raw: checks.plain(value.split(" ", 1)[-1]) and not value.startswith("with the"),
    ),
    rule(
        r"working (?P<v>(?:from home|remotely|part time|full time|nights|night shifts?|shifts?|days|in|on|"
        r"two jobs|towards|toward|weekends|\d+ hours).*)",
        "Is working",
        "work_mode",
        WORK,
        "one_year",
        False,
        "either",
        lambda value, _raw: not value.startswith(("on it", "on that", "on this", "on your")),
        0.8,
    ),
    rule(
        r"(?P<v>(?:studying|majoring in|minoring in|reading for|doing an? (?:\w+ ){0,2}(?:phd|degree|"
        r"master'?s?|mba|apprenticeship|course|internship|placement|postdoc)|enrolled|"
        r"taking an? (?:\w+ )*(?:course|class)|taking (?:\w+ )?(?:lessons|classes)|"
        r"attending|finishing (?:my|a|up my) (?:\w+ )*(?:degree|phd|thesis|master'?s?|studies)|"
        r"revising for|in training|getting (?:my|a) (?:degree|phd|master'?s?|mba))\b ?(?P<w>.*))",
        "Is",
        "education",
        WORK,
        "one_year",
        False,
        "either",
        lambda value, _raw: not value.startswith(("it", "this", "your")),
    ),
    rule(
        r"(?P<v>(?:learning|teaching myself|self teaching|picking up|practising|practicing) (?:to |how to )?(?P<w>.+))",
        "Is",
        "learning",
        GOAL,
        "one_quarter",
        False,
        "either",
        lambda value, _raw: checks.plain(value),
    ),
    rule(
        r"(?P<v>(?:training|preparing|studying|practising|practicing|rehearsing|prepping|cramming) (?:for|"
        r"to) (?P<w>.+))",
        "Is",
        "goal",
        GOAL,
        QUARTER,
        False,
        "either",
        checks.concrete,
    ),
    rule(
        r"(?P<v>(?:saving|putting (?:money )?aside|budgeting) (?:up )?(?:money )?(?:for|to|towards|toward) (?P<w>.+))",
        "Is",
        "goal",
        GOAL,
        "one_year",
    ),
    rule(
        r"(?P<v>(?:planning|hoping|aiming|going|about|trying|looking|intending|working|determined|"
        rf"preparing|set|supposed|due|expecting) to (?:\w+ly )?(?P<w>(?:{_ING_PLAN})\b.*))",
        "Is",
        "goal",
        GOAL,
        QUARTER,
        False,
        "either",
        lambda value, _raw: (
            not any(
                s in value
                for s in (
                    " it",
                    "this ",
                    "that ",
                    "your ",
                    "a table",
                    "a ticket",
                    "a flight",
                    "a hotel",
                    "a room",
                    "my order",
                    "my account",
                    "error",
                    "my password",
                )
            )
        ),
    ),
    rule(
        r"(?P<v>planning (?:a|an|our|my|on|the) (?P<w>.+))",
        "Is",
        "plan",
        GOAL,
        MONTH,
        False,
        "either",
        lambda value, _raw: "your" not in value,
    ),
    rule(
        r"(?P<v>going to (?P<w>(?:be (?:a|an|in) )?[a-z].+ (?:in|next|this|for|on|with|at) .+))",
        "Is",
        "plan",
        GOAL,
        MONTH,
        False,
        AFFIRM,
        lambda _value, raw: raw[:1].isupper(),
        0.8,
    ),
    rule(
        r"(?P<v>(?:moving|relocating|emigrating|transferring|moving back) (?:to|from|in|into|out|house|"
        r"home|back|away|next|this|abroad)\b ?(?P<w>.*))",
        "Is",
        "plan",
        GOAL,
        QUARTER,
        False,
        "either",
        lambda value, _raw: not value.startswith(("on ", "the mouse")),
    ),
    rule(
        r"(?P<v>(?:(?:flying|travell?ing|driving|heading|going|off) (?:to|around|through|across|with)|"
        r"going away|visiting|taking (?:the|my) (?:kids|family|wife|husband|mum|mom|parents)|hosting|"
        r"throwing|attending|touring|cycling|hiking|backpacking|road tripping|honeymooning|"
        r"camping) .*(?:next|in (?:january|february|march|april|may|june|july|august|september|october|"
        r"november|december|spring|summer|autumn|winter|\d+ (?:days|weeks|months)|two weeks)|"
        r"this (?:summer|winter|weekend|spring|autumn|fall|year|month)|on (?:the )?\d|for (?:a|two|three|"
        r"\d+) (?:weeks?|days|months?)|tomorrow|for (?:work|business|a wedding|christmas|my|our)|"
        r"with (?:my|our|two|three|the|kids)).*)",
        "Is",
        "plan",
        GOAL,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:getting|being) (?:married|divorced|promoted|deployed|surgery|a (?:dog|puppy|cat|kitten|"
        r"divorce|promotion))\b.*)",
        "Is",
        "life",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"(?P<v>expecting (?:a |our |my |another |twins|triplets|in ).*)",
        "Is",
        "pregnancy",
        CIRCUMSTANCE,
        QUARTER,
        False,
        AFFIRM,
        lambda value, _raw: any(
            w in value
            for w in ("baby", "twin", "triplet", "child", "kid", "boy", "girl", " first", " second", " third", "in ")
        ),
    ),
    rule(
        r"(?P<v>(?:raising|bringing up|homeschooling|fostering|caring for|looking after|taking care of|"
        r"renovating|remodell?ing|doing up|building|running|writing|composing|publishing|"
        r"restoring|starting|launching|opening|growing|recovering from|dealing with|suffering from|"
        r"struggling with|battling|living with|undergoing|going through|coping with|being treated for|"
        r"paying off|paying|renting|"
        r"dating|seeing|coaching|volunteering|teaching|leading|managing|mentoring|interning|freelancing|"
        r"organi[sz]ing|job hunting|house hunting|"
        r"developing|designing|researching|doing) (?P<w>(?:a|an|my|our|two|three|the|on|at|for|in|with|as|from)?.+))",
        "Is",
        "life",
        CIRCUMSTANCE,
        QUARTER,
        False,
        "either",
        lambda value, _raw: checks.undertaking(value),
    ),
    rule(
        r"(?P<v>(?:job hunting|house hunting|flat hunting|homeschooling|freelancing|retiring|graduating|"
        r"divorcing|separating|job searching)\b.*)",
        "Is",
        "life",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"(?P<v>(?:looking|searching|hunting) for (?:a |an |my )?(?:new |first |part time |full time |"
        r"better |remote |different |summer )*(?:job|work|internship|apprenticeship|apartment to (?:rent|"
        r"buy)|house to buy)\b.*)",
        "Is",
        "goal",
        GOAL,
        QUARTER,
    ),
    rule(
        r"(?P<v>(?:mostly |mainly |primarily |currently )?(?:using|running|driving|riding) (?P<w>.+))",
        "Is",
        "device",
        ENVIRONMENT,
        "one_year",
        False,
        "either",
        checks.device,
        0.85,
    ),
    rule(
        r"(?P<v>(?:mostly |mainly )?driving (?P<w>an? .+))",
        "Is",
        "vehicle",
        ENVIRONMENT,
        "one_year",
        False,
        AFFIRM,
        checks.vehicle,
    ),
    rule(r"(?P<v>turning (?P<w>\d{1,3})\b.*)", "Is", "age", FACTUAL, "one_year"),
    rule(
        r"(?P<v>(?:eating|cutting (?:out|down on|back on)|avoiding|fasting|doing keto|counting|giving up|"
        r"going (?:vegan|vegetarian|gluten free|keto)|trying (?:not to eat|to avoid)|off) (?P<w>.*))",
        "Is",
        "diet",
        PREFERENCE,
        QUARTER,
        False,
        "either",
        checks.dietary,
    ),
    rule(rf"(?P<v>(?:taking|using|injecting) (?P<w>(?:\w+ )?{lexicon.DRUG})\b.*)", "Is", "medication", FACTUAL),
    rule(
        r"(?P<v>taking (?:a (?:gap year|sabbatical|career break|break from|year off)|night classes|"
        r"(?:\w+ )?(?:lessons|classes|medication|supplements|vitamins)).*)",
        "Is",
        "life",
        CIRCUMSTANCE,
        QUARTER,
    ),
    rule(
        r"(?P<v>wearing (?:a |an )?(?P<w>(?:size|uk|us|eu) .+|glasses|braces|contacts|hearing aids))",
        "Is",
        "size",
        FACTUAL,
    ),
    rule(
        r"(?P<v>trying (?:for a baby|to .*(?:weight|smok|drink less|eat less|sugar|meat|fit\b|muscle|sleep|"
        r"plastic|screen time|pregnant|healthier|money|debt|habit|kilos|kg|pounds|lbs).*))",
        "Is",
        "goal",
        GOAL,
        QUARTER,
    ),
    rule(
        r"(?P<v>(?:thinking (?:of|about) (?:moving|retiring|changing careers?|getting a (?:dog|cat|puppy)|"
        r"quitting|going vegan)|considering (?:moving|retiring|a (?:move|career change))).*)",
        "Is",
        "plan",
        GOAL,
        MONTH,
        False,
        AFFIRM,
        None,
        0.5,
    ),
    rule(r"(?P<v>aiming (?:for|to|at) (?P<w>.+))", "Is", "goal", GOAL, QUARTER, False, "either", checks.concrete),
)
