"""Rules for what somebody does, by verb in its base form, and for what they can, must, will and would rather."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    CIRCUMSTANCE,
    DENY,
    FACTUAL,
    GOAL,
    INFINITY,
    MONTH,
    PREFERENCE,
    Rule,
    rule,
)  # fmt: skip
from interplay_server.learning.rules.leisure import LEISURE
from interplay_server.learning.rules.livelihood import LIVELIHOOD
from interplay_server.learning.rules.needs import NEEDS
from interplay_server.learning.rules.values import MONEY

VERBS = {**LIVELIHOOD, **NEEDS, **LEISURE}

RESTRICTED: tuple[Rule, ...] = (
    rule(
        r"(?P<v>(?:really |only )?(?:eat|have|drink|tolerate|digest|handle|consume) (?P<w>(?!it|this|that|"
        r"the time|a look|any of this|more than one).+))",
        "Can",
        "diet",
        PREFERENCE,
        "one_year",
        False,
        DENY,
        lambda value, _raw: checks.plain(value),
        0.9,
    ),
    rule(
        r"(?P<v>(?:bear|stand|abide) (?P<w>.+))",
        "Can",
        "dislike",
        PREFERENCE,
        "one_year",
        False,
        "either",
        checks.liked,
    ),
    rule(
        r"(?P<v>(?:speak|read|write|understand) (?P<w>.+))",
        "Can",
        "language",
        FACTUAL,
        INFINITY,
        False,
        "either",
        checks.languages,
    ),
    rule(
        r"(?P<v>(?:play|drive|swim|cook|code|sew|knit|ski|ride|type|juggle|walk (?:far|long|more|without|"
        r"up|very)|climb stairs|lift (?:heavy|more)|hear (?:well|high|out)|bend|kneel|jump|run (?:far|long|"
        r"a)|stand for|sit for|fly|smell|taste|see (?:well|colou?rs?|red|out)|afford|travel|work (?:on|"
        r"after|before|mondays|weekends|nights|evenings|past)|"
        r"train|exercise|attend|do (?:mornings|evenings|weekends|mondays|tuesdays|wednesdays|thursdays|"
        r"fridays|stairs|late)|meet|come|call|talk|be (?:reached|contacted|called)|take (?:calls|"
        r"phone calls|deliveries)|receive (?:calls|deliveries)|get (?:deliveries|time off)|only (?:train|"
        r"meet|do|work|talk|call|come|exercise|travel|spend|afford|attend|cook|eat|use|"
        r"take))\b ?(?P<w>.*))",
        "Can",
        "ability",
        CIRCUMSTANCE,
        "one_year",
        False,
        "either",
        checks.able,
    ),
    rule(
        r"(?P<v>(?:only )?(?:spend|go up to|go to|stretch to|pay|do|afford) (?:up to |max |at most |about |"
        rf"around |no more than |only )*(?P<w>{MONEY}|\d[\d,.]+k?)\b.*)",
        "Can",
        "budget",
        CIRCUMSTANCE,
        MONTH,
        True,
        "either",
        None,
        0.9,
        "money",
    ),
)
RATHER = rule(
    r"(?:much |really |always )?(?:rather|prefer|like) (?P<v>(?:to )?(?:not )?(?:be called|"
    r"be addressed|be contacted|get (?:emails|texts|updates|notifications)|email|emails|text|texts|"
    r"phone|being|if you (?:called|call|addressed|wrote|spoke|replied|answered|used|kept)|short|"
    r"shorter|longer|brief|bullet|metric|answers|replies|responses|not (?:be|get|receive|have|fly|"
    r"drive|use|share)|that you|you (?:used|called|kept|replied|answered|wrote)|(?:a |an |"
    r"the )?(?:window|aisle) seats?(?: .*)?$|.+ (?:over|rather than|instead of) ).*)",
    "Would prefer",
    "preference",
    PREFERENCE,
    MONTH,
    False,
    "either",
    None,
    0.75,
)
MUST = rule(
    r"(?P<v>(?:to )?(?:avoid|stay away from|limit|watch|cut out|steer clear of|(?:eat|drink|take|use|"
    r"wear|sleep|follow|get up|wake up|be home|be at|leave|work|pick up)) (?P<w>.+))",
    "Must",
    "need",
    CIRCUMSTANCE,
    "one_year",
    False,
    "either",
    lambda value, _raw: checks.HABIT.search(value) is not None or checks.FOODS.search(value) is not None,
)
WILL = rule(
    r"(?P<v>(?:be (?:in|away|moving|travell?ing|visiting|turning|out of|staying|on (?:leave|holiday|"
    r"vacation)|retiring|starting|\d+)|move|retire|turn|start (?:my|a|at|uni|university|college|"
    r"school)|graduate|only|never|get married|travel|become) ?(?P<w>.+))",
    "Will",
    "plan",
    GOAL,
    MONTH,
    False,
    "either",
    lambda value, raw: (
        checks.CLOCK.search(value) is not None
        or (checks.plain(value) and raw[:1].isupper())
        or bool(checks.HABIT.search(value))
    ),
    0.8,
)
WILL_ONLY = rule(
    r"(?P<v>(?:only|never|not) (?P<w>(?:eat|use|buy|fly|stay|drink|work|wear|watch|travel|book|shop|"
    r"pay for|date|read) (?!this|that|it).+))",
    "Will",
    "preference",
    PREFERENCE,
    "one_year",
    False,
    "either",
    checks.able,
)
