"""Rules by verb: taking, paying, keeping, needing, wanting, going, supporting."""

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    DENY,
    ENVIRONMENT,
    FACTUAL,
    GOAL,
    INFINITY,
    PREFERENCE,
    QUARTER,
    WORK,
    Rule,
    rule,
)  # fmt: skip
from interplay_server.learning.rules.templates import GOALS, OFTEN
from interplay_server.learning.rules.values import MONEY

NEEDS: dict[str, tuple[Rule, ...]] = {
    "take": (
        rule(
            rf"(?P<v>(?:\w+ ){{0,2}}(?P<w>{lexicon.DRUG}|medication|meds|pills|supplements|vitamins?|"
            r"painkillers|\d+ ?mg|creatine)\b.*)",
            "",
            "medication",
            FACTUAL,
        ),
        rule(
            r"(?P<v>(?:my (?:coffee|tea|latte) .+|sugar .+|milk .+|(?:the|a) (?:bus|train|tube|metro|tram|"
            r"subway|ferry|bike) (?:to|every|into|home|most|in).+|home .+|(?:\w+ )?(?:lessons|classes).*|"
            r"the (?:kids|dog|dogs|children) .+))",
            "",
            "habit",
            PREFERENCE,
        ),
        OFTEN,
    ),
    "weigh": (
        rule(
            r"(?P<v>(?:about |around )?(?P<w>\d.+))",
            "",
            "body",
            FACTUAL,
            "one_year",
            True,
            AFFIRM,
            None,
            0.9,
            "measure",
        ),
    ),
    "measure": (rule(r"(?P<v>(?P<w>\d.+))", "", "body", FACTUAL, "one_year", False, AFFIRM),),
    "earn": (
        rule(
            r"(?P<v>(?:about |around |roughly )?(?P<w>.*\d.*))",
            "",
            "income",
            FACTUAL,
            "one_year",
            True,
            AFFIRM,
            None,
            0.9,
            "money",
        ),
    ),
    "make": (
        rule(
            rf"(?P<v>(?:about |around |roughly )?(?P<w>{MONEY}.*|\d+k.*))",
            "",
            "income",
            FACTUAL,
            "one_year",
            True,
            AFFIRM,
            None,
            0.85,
            "money",
        ),
        OFTEN,
        rule(
            r"(?P<v>(?:my own|jewellery|furniture|pottery|candles|cheese|wine|beer|music|videos|films|youtube|"
            r"a living|soap|clothes|quilts|cakes|sourdough) ?.*)",
            "",
            "hobby",
            PREFERENCE,
        ),
    ),
    "pay": (
        rule(
            rf"(?P<v>(?:about |around |roughly )?(?P<w>(?:{MONEY}|\d[\d,.]+) .*(?:rent|month|mortgage|a year|"
            r"per|for (?:my|our)|childcare).*))",
            "",
            "expense",
            FACTUAL,
            "one_year",
            False,
            AFFIRM,
        ),
        rule(
            r"(?P<v>(?:by|with|in|via) (?:card|cash|paypal|apple|google|klarna|bank|direct debit|credit|debit|"
            r"euros|invoice|cheque|check).*|(?:rent|child support|my (?:own )?(?:bills|rent|taxes)|"
            r"for .+ every).*)",
            "",
            "payment",
            PREFERENCE,
        ),
    ),
    "spend": (
        OFTEN,
        rule(
            rf"(?P<v>(?:about |around |up to )?(?:{MONEY}|most|my|a lot of|every|half|\d+ (?:hours|minutes)|"
            r"all my|too much).*)",
            "",
            "habit",
            PREFERENCE,
            QUARTER,
            False,
            "either",
            lambda value, _raw: "on hold" not in value and "trying" not in value,
        ),
    ),
    "keep": (
        rule(
            r"(?P<v>(?P<w>kosher|halal|bees|chickens|hens|goats|horses|fish|sheep|ducks|rabbits|reptiles|"
            r"my .+ (?:at|in|on|with) .+|a (?:diary|journal|garden|blog|vegetable garden|bullet journal|"
            r"strict).*|fit .*|sabbath|shabbat).*)",
            "",
            "habit",
            PREFERENCE,
        ),
    ),
    "need": (
        rule(
            r"(?P<v>(?:a |an |my |to have |to use )?(?P<w>(?:step free|wheelchair|disabled|large print|"
            r"subtitles|captions|closed captions|reading glasses|glasses to|an interpreter|sign language|"
            r"a translator|accessible|ground floor|a lift|hearing loop|extra leg|special assistance|"
            r"a screen reader|high contrast|a high chair|childcare|at least \d+ hours|eight hours|insulin|"
            r"my inhaler|extra legroom|gluten free|vegan|halal|kosher|lactose|absolute silence|total silence|"
            r"complete silence)\b.*))",
            "",
            "need",
            FACTUAL,
            "one_year",
            False,
            "either",
            lambda value, _raw: (
                not any(
                    w in value
                    for w in (
                        "recipe",
                        "restaurant",
                        "suggest",
                        "idea",
                        "dinner",
                        "lunch",
                        "breakfast",
                        "option",
                        "cake",
                        "meal plan",
                        "place",
                    )
                )
            ),
        ),
        rule(
            r"(?P<v>to (?:avoid|stay away from|limit|watch|eat|take|be home|be at|be in|leave|get up|wake up|"
            r"pick up|use) (?P<w>.+))",
            "",
            "need",
            CIRCUMSTANCE,
            "one_year",
            False,
            "either",
            lambda value, _raw: (
                checks.HABIT.search(value) is not None
                or checks.FOODS.search(value) is not None
                or "because of" in value
            ),
        ),
    ),
    "want": (
        rule(
            r"(?P<v>(?P<w>(?:any|to (?:use|receive|be|eat|fly|stay|share|own)) (?!of this|this|that|more).+))",
            "",
            "dislike",
            PREFERENCE,
            "one_year",
            False,
            DENY,
            lambda value, _raw: not any(w in value.split() for w in ("your", "this", "it", "order", "refund")),
            0.75,
        ),
        rule(
            rf"(?P<v>to (?:\w+ly |eventually |one day )?(?P<w>{GOALS}\b.*))",
            "",
            "goal",
            GOAL,
            QUARTER,
            False,
            AFFIRM,
            checks.aspiration,
            0.85,
        ),
        rule(
            r"(?P<v>(?:kids|children|a family|another (?:child|baby|dog)|no (?:more )?(?:kids|notifications|"
            r"emails|calls|newsletters)).*)",
            "",
            "goal",
            GOAL,
        ),
    ),
    "hope": (rule(rf"(?P<v>to (?P<w>{GOALS}\b.*))", "", "goal", GOAL, QUARTER, False, AFFIRM, checks.aspiration, 0.8),),
    "plan": (
        rule(
            rf"(?P<v>(?:to (?P<w>(?:{GOALS}|move|sell|renovate|relocate|study|apply|expand|hire|stay|take|"
            r"go)\b.*)|on \w+ing (?!it|this|that).*))",
            "",
            "goal",
            GOAL,
            QUARTER,
            False,
            AFFIRM,
            checks.aspiration,
            0.85,
        ),
    ),
    "intend": (
        rule(
            rf"(?P<v>to (?P<w>(?:{GOALS}|move|sell|renovate)\b.*))",
            "",
            "goal",
            GOAL,
            QUARTER,
            False,
            AFFIRM,
            checks.aspiration,
            0.85,
        ),
    ),
    "aim": (rule(r"(?P<v>(?:to|for) (?P<w>.+))", "", "goal", GOAL, QUARTER),),
    "dream": (rule(r"(?P<v>of (?P<w>.+))", "", "goal", GOAL),),
    "go": (
        rule(
            r"(?P<v>by (?:the name )?(?:of )?(?P<w>.+))",
            "",
            "preferred_name",
            FACTUAL,
            INFINITY,
            True,
            AFFIRM,
            lambda _value, raw: raw[:1].isupper() or "/" in raw or len(raw.split()) == 1,
        ),
        OFTEN,
        rule(
            r"(?P<v>(?:to (?:the gym|church|mosque|temple|synagogue|school|college|university|uni|bed|therapy|"
            r"yoga|pilates|spin|crossfit|concerts|work|night school|the \w+ (?:school|club))|hiking|running|"
            r"swimming|climbing|fishing|camping|cycling|skiing|surfing|sailing|dancing|jogging|bouldering|"
            r"birdwatching|for (?:a )?(?:runs?|walks?|swims?|hikes|a walk|long walks)).*)",
            "",
            "habit",
            PREFERENCE,
            QUARTER,
        ),
    ),
    "suffer": (rule(r"(?P<v>from (?P<w>.+))", "", "health", FACTUAL),),
    "struggle": (rule(r"(?P<v>with (?P<w>(?!this|that|it|the|your|a).+))", "", "health", CIRCUMSTANCE),),
    "avoid": (rule(r"(?P<v>(?P<w>(?!it|this|that|you|the (?:fee|charge|cost)|paying).+))", "", "dislike", PREFERENCE),),
    "follow": (
        rule(
            r"(?P<v>(?P<w>(?:a|an|the) .*(?:diet|program|programme|routine|lifestyle|plan|regime|protocol|"
            r"faith|religion)\b.*|(?:islam|buddhism|judaism|christianity|f1|formula|football|politics|"
            r"the (?!link|steps|instructions|guide|tutorial)\w+).*))",
            "",
            "diet",
            PREFERENCE,
        ),
    ),
    "adhere": (rule(r"(?P<v>to (?P<w>.+))", "", "diet", PREFERENCE),),
    "stick": (rule(r"(?P<v>to (?P<w>(?!the point|it|this|that).+))", "", "diet", PREFERENCE),),
    "support": (
        rule(
            r"(?P<v>(?P<w>.+))",
            "",
            "like",
            PREFERENCE,
            "one_year",
            False,
            "either",
            lambda value, raw: raw[:1].isupper() or value.startswith("my "),
        ),
    ),
    "belong": (rule(r"(?P<v>to (?P<w>(?!me|you).+))", "", "membership", FACTUAL),),
    "subscribe": (rule(r"(?P<v>to (?P<w>(?!your|this).+))", "", "membership", FACTUAL),),
    "bank": (rule(r"(?P<v>(?:with|at) (?P<w>.+))", "", "bank", FACTUAL, "one_year", True),),
    "hold": (
        rule(
            r"(?P<v>(?P<w>(?:a|an|the|dual|both|two) .+))",
            "",
            "qualification",
            FACTUAL,
            "one_year",
            False,
            "either",
            lambda value, _raw: "second" not in value and "minute" not in value,
        ),
    ),
    "identify": (rule(r"(?P<v>as (?P<w>.+))", "", "identity", FACTUAL, INFINITY),),
    "code": (rule(r"(?P<v>(?:mostly |mainly )?(?:in|with|for) (?P<w>.+)|$)", "", "skill", WORK),),
    "program": (rule(r"(?P<v>(?:mostly |mainly )?(?:in|with|for) (?P<w>.+)|$)", "", "skill", WORK),),
    "deploy": (rule(r"(?P<v>(?:to|on|with|every) (?P<w>(?!it|the fix).+))", "", "software", ENVIRONMENT),),
    "write": (
        OFTEN,
        rule(
            r"(?P<v>(?:code|python|java|javascript|rust|go|fiction|novels|poetry|poems|short stories|songs|"
            r"music|plays|crime|fantasy|romance|horror|books|articles|for (?:a|the)|software|sci fi|"
            r"young adult|children's|lyrics|with my left|left handed|a (?:weekly|daily|monthly)?\s?(?:blog|"
            r"column|newsletter|diary)|mostly .+)\b.*)",
            "",
            "job",
            WORK,
        ),
    ),
    "rent": (
        rule(
            r"(?P<v>(?P<w>(?:a|an|my|our|out|from|in|with|the|privately|here).*)|$)",
            "",
            "housing",
            CIRCUMSTANCE,
            "one_year",
            False,
            "either",
            lambda value, _raw: "car" not in value.split(),
        ),
    ),
    "share": (
        rule(
            r"(?P<v>(?P<w>(?:a|an|my|our|the) .*(?:flat|house|apartment|room|car|office|account|custody|"
            r"bedroom|kitchen|birthday|garden).*))",
            "",
            "household",
            CIRCUMSTANCE,
        ),
    ),
    "sell": (rule(r"(?P<v>(?P<w>(?!it|this|that|my|the|them).+))", "", "job", WORK),),
    "save": (OFTEN,),
}
