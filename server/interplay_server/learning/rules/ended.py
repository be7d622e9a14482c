"""Rules for what has ended: habits given up, memberships cancelled, pets given away, couples parted."""

from interplay_server.learning.rules import checks, lexicon
from interplay_server.learning.rules.facts import (
    AFFIRM,
    ENVIRONMENT,
    FACTUAL,
    PREFERENCE,
    RELATIONSHIP,
    WORK,
    Rule,
    rule,
)  # fmt: skip

ENDED: tuple[Rule, ...] = (
    rule(
        r"(?:had to |have |finally |just |recently )*(?P<v>(?:quit|stopped|given up|gave up|cut out|"
        r"ditched|dropped|kicked|got rid of|got over) (?P<w>(?:smoking|drinking|vaping|eating .+|meat|"
        r"dairy|sugar|gluten|alcohol|coffee|caffeine|cigarettes|carbs|facebook|instagram|twitter|"
        r"social media|running|the gym|running|playing .+|learning .+|taking .+|using .+|going to .+|"
        r"watching .+|working .+|wearing .+|driving|"
        r"studying .+|doing .+|gluten|sweets|soda|bread|fast food|weed|spanish|french|piano|guitar|yoga|"
        r"keto|my (?:gym|car|job|landline|old) ?.*|the (?:car|habit|keto|gym|landline|dog|cat).*)\b.*))",
        "",
        "ended",
        PREFERENCE,
        "one_year",
        False,
        AFFIRM,
        checks.settled,
    ),
    rule(
        r"(?:have |just |recently |already )*(?P<v>(?:cancelled|canceled|ended|let go of|closed|"
        r"terminated) (?:my|our|the) (?P<w>(?:\w+ ){0,3}(?:membership|subscription|plan|contract|policy|"
        r"netflix|spotify|prime|gym|insurance|lease|disney|sky|hulu)\b.*))",
        "",
        "membership",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?:had to |have |just |recently )*(?P<v>(?:(?:give|gave|given) (?:my|our|the) (?P<w>\w+) away|"
        r"sold (?:my|our|the) (?P<x>car|house|flat|boat|bike|van|motorbike|motorcycle|camper|business|"
        r"horse|xbox|ps5|playstation)|rehomed (?:my|our|the) (?:\w+)|got rid of (?:my|our|the) (?:\w+)|"
        r"returned the (?:dog|cat))\b.*)",
        "",
        "ownership",
        ENVIRONMENT,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:left|quit|resigned from) (?P<w>(?:my (?:job|position|role)|work|school|university|"
        r"college|uni)\b.*|[a-z]\w+(?: \w+)?(?: last .*| in .*)?))$",
        "",
        "employer",
        WORK,
        "one_year",
        False,
        AFFIRM,
        lambda value, raw: raw[:1].isupper() or value.startswith(("my ", "school", "uni", "college")),
    ),
    rule(
        r"(?P<v>(?:broke up with|split up with|split from|divorced|separated from|"
        r"left) (?P<w>my (?:\w+ )?(?:wife|husband|girlfriend|boyfriend|partner|fianc\w+|gf|bf)\b.*))",
        "",
        "partner",
        RELATIONSHIP,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        r"(?P<v>(?:split up|broke up|separated|divorced|are no longer together|got divorced|parted ways)(?: .*)?)$",
        "",
        "partner",
        RELATIONSHIP,
        "one_year",
        False,
        AFFIRM,
    ),
    rule(
        rf"(?P<v>(?:came|come|gone|went|been taken|taken) off (?P<w>(?:my |the )?(?:{lexicon.DRUG}|meds|"
        r"medication|pill|insulin|antidepressants)).*)",
        "",
        "medication",
        FACTUAL,
        "one_year",
        False,
        AFFIRM,
    ),
)
"""Ends of what held before; whatever they match is a retraction."""
