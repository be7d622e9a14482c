"""Rules for what somebody is: occupation, family, health, tastes, availability."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    FACTUAL,
    INFINITY,
    MONTH,
    PREFERENCE,
    QUARTER,
    WORK,
    Rule,
    rule,
)  # fmt: skip

STANDING: tuple[Rule, ...] = (
    rule(
        r"(?P<v>(?:an? |the )(?:full time |part time |single |stay at home |self employed |native |only |"
        r"proud |working |retired |former |ex |"
        r"freelance |junior |senior |lead |head |qualified |trained |certified |registered |licensed |"
        r"professional |first year |second year |third year |final year |"
        r"new |recent |vegan )*(?P<w>.+))",
        "Is",
        "job",
        WORK,
        "one_year",
        False,
        "either",
        checks.role,
    ),
    rule(
        r"(?P<v>(?P<w>(?:head|director|manager|founder|co ?founder|owner|ceo|cto|cfo|captain|chair|"
        r"chairman|president|treasurer|member|professor|teacher|student) (?:of|at|in) .+))",
        "Is",
        "job",
        WORK,
    ),
    rule(
        r"(?P<v>the (?P<w>(?:\w+ ){0,2}(?:head|director|manager|founder|co ?founder|owner|ceo|cto|cfo|"
        r"captain|chair|president|treasurer|maid of honou?r|best man|lead|oldest|eldest|youngest|only) "
        r"(?:of|at|in|for|here) .+))",
        "Is",
        "job",
        WORK,
    ),
    rule(
        r"(?P<v>(?:team|family|household|group|company|staff|couple|two|three|a team|a family|a household|"
        r"a company|a couple|a small \w+|a \w+ family|a startup|a start up) (?:of|with|company|startup|"
        r"business|in)? ?.*(?:\d|two|three|four|five|six|seven|eight|nine|ten|company|business|startup).*)",
        "Is",
        "household",
        CIRCUMSTANCE,
    ),
    rule(
        r"(?P<v>(?:newly |happily |recently |just |now |also |about to be |currently |semi |still |"
        r"freshly )*(?P<w>married|single|divorced|engaged|widowed|separated)\b(?! (?:out|the|a) ).*)",
        "Is",
        "marital_status",
        CIRCUMSTANCE,
        "one_year",
        True,
    ),
    rule(
        r"(?P<v>(?:newly |recently |just |now |semi |currently |already )*(?P<w>retired|unemployed|"
        r"self employed|freelance|freelancing|between jobs|out of work|on disability|redundant|"
        r"laid off)\b.*)",
        "Is",
        "employment_status",
        CIRCUMSTANCE,
        "one_year",
        True,
    ),
    rule(
        r"(?P<v>(?:heavily |currently )?(?P<w>pregnant|breastfeeding|nursing(?= a)|expecting(?= (?:a |our |"
        r"my |another )?(?:\w+ )?(?:baby|twins|child|kid|boy|girl)|$))\b.*)",
        "Is",
        "pregnancy",
        CIRCUMSTANCE,
        QUARTER,
        True,
    ),
    rule(
        r"(?P<v>(?:legally |partially |type \d |severely |profoundly |nearly |slightly |hard of |"
        r"borderline |mildly |red green |clinically |very |also |chronically )*"
        r"(?P<w>diabetic|asthmatic|epileptic|dyslexic|autistic|deaf|hard of hearing|hearing|blind|"
        r"colou?r ?blind|color blind|anaemic|anemic|neurodivergent|"
        r"disabled|immunocompromised|coeliac|celiac|bipolar|paraplegic|hypertensive|claustrophobic|"
        r"prediabetic|pre diabetic|paralysed|paralyzed|nearsighted|farsighted|"
        r"short sighted|long sighted|menopausal|perimenopausal|arthritic|overweight|underweight|"
        r"wheelchair bound|visually impaired|hearing impaired|ill|sober|vaccinated|in remission)\b.*)",
        "Is",
        "health",
        FACTUAL,
        "one_year",
        False,
        "either",
        lambda value, _raw: value != "hearing" and "deaf ears" not in value and value not in {"ill", "hard of"},
    ),
    rule(r"(?P<v>diagnosed with (?P<w>.+))", "Is", "health", FACTUAL),
    rule(
        r"(?P<v>(?:very |quite |really |pretty |fairly |rather |a bit )*(?P<w>introverted|extroverted|shy|"
        r"gay|lesbian|bisexual|straight|queer|trans|transgender|non ?binary|non binary|left handed|"
        r"right handed|"
        r"ambidextrous|religious|catholic|christian|muslim|jewish|hindu|buddhist|sikh|atheist|agnostic|"
        r"protestant|mormon|bilingual|trilingual|teetotal|vegan|plus size|petite|tall|bald)\b.*)",
        "Is",
        "identity",
        FACTUAL,
        INFINITY,
        False,
        "either",
        lambda value, _raw: not value.startswith("straight "),
    ),
    rule(
        r"(?P<v>(?:so |really |absolutely |a bit |very |quite |deathly |kind of )*(?:afraid|scared|"
        r"terrified|frightened|phobic) of (?P<w>(?!losing my|missing|being charged|the (?:cost|price)|this|"
        r"that|it|you).+))",
        "Is",
        "dislike",
        PREFERENCE,
    ),
    rule(
        r"(?P<v>(?:an? )?(?:big |huge |massive |great |avid |lifelong |real |total |die hard |diehard |"
        r"long time |longtime |such a |super |keen |much )*(?:fan|lover|supporter|follower) of (?P<w>.+))",
        "Is a",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        checks.liked,
    ),
    rule(
        r"(?P<v>(?:really |very |super |big |heavily |so |also |mostly |mainly |totally )*into (?P<w>.+))",
        "Is",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        checks.liked,
    ),
    rule(
        r"(?P<v>(?:really |very |super |quite |so |also |absolutely |completely )*(?:fond of|obsessed with|"
        r"passionate about|crazy about|mad about|mad on|nuts about|keen on|partial to|hooked on|"
        r"addicted to|in love with|"
        r"tired of|sick of|fed up with) (?P<w>.+))",
        "Is",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        lambda value, raw: checks.liked(value, raw) and not raw.split()[0].startswith("waiting"),
        0.85,
    ),
    rule(
        r"(?P<v>(?:really |very |quite |always |mostly |mainly |also )*interested in (?P<w>.+))",
        "Is",
        "like",
        PREFERENCE,
        "one_year",
        False,
        "either",
        lambda value, raw: (
            checks.liked(value, raw)
            and not value.startswith(
                (
                    "a ",
                    "an ",
                    "buying",
                    "getting",
                    "the ",
                    "knowing",
                    "one",
                    "two",
                    "booking",
                    "some",
                    "purchasing",
                    "ordering",
                    "finding",
                    "watching",
                    "going",
                    "upgrading",
                )
            )
        ),
        0.75,
    ),
    rule(
        r"(?P<v>(?:really |very |quite |pretty |not |so |also |terribly |super )*(?:good|great|bad|"
        r"terrible|awful|hopeless|useless|rubbish|excellent|skilled|experienced|comfortable|fluent|"
        r"proficient) (?:at|in|with) (?P<w>.+))",
        "Is",
        "skill",
        WORK,
        "one_year",
        False,
        "either",
        lambda value, _raw: (
            checks.plain(value) and not value.startswith(("my", "either", "a minute", "whatever", "any"))
        ),
        0.8,
    ),
    rule(
        r"(?P<v>(?:also |only |usually |mostly |normally |never |always |generally )*(?:free|available|"
        r"busy|unavailable|off|away|online|awake|reachable|home|at home|in the office|at work|out) (?:after|before|on|"
        r"in|every|from|until|till|between|at|during|most|by|only|all|weekday|weekdays|weekends|mondays|"
        r"tuesdays|wednesdays|"
        r"thursdays|fridays|saturdays|sundays) ?(?P<w>.*))",
        "Is",
        "schedule",
        CIRCUMSTANCE,
        MONTH,
        False,
        "either",
        lambda value, _raw: checks.CLOCK.search(" " + value) is not None,
        0.85,
    ),
    rule(
        r"(?P<v>(?:only |mostly |usually |also )*(?:free|available|busy|off|in the office|"
        r"at home) (?P<w>(?:on )?(?:weekends|weekdays|weekday evenings|evenings|mornings|afternoons|"
        r"mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays).*))",
        "Is",
        "schedule",
        CIRCUMSTANCE,
        MONTH,
    ),
    rule(
        r"(?P<v>(?:an? )?(?:(?:uk |us |eu )?size (?P<w>\w+)|(?:uk|us|eu) (?:size )?\d+|small|medium|large|"
        r"xl|xxl|extra large|extra small)(?: (?:in|for) .+)?)$",
        "Is",
        "size",
        FACTUAL,
        "one_year",
        True,
    ),
    rule(
        r"(?P<v>allowed .+|not allowed .+|registered (?:as|with) .+|licensed .+|certified .+|qualified .+|"
        r"covered by .+|insured (?:with|by) .+)",
        "Is",
        "life",
        CIRCUMSTANCE,
    ),
    rule(
        r"(?P<v>(?:called|named|known as) (?P<w>.+))",
        "Is",
        "name",
        FACTUAL,
        INFINITY,
        True,
        AFFIRM,
        lambda value, raw: checks.given_name(value, raw) and raw[:1].isupper(),
    ),
    rule(
        r"(?P<v>[^\W\d_]+(?: [^\W\d_]+)?)(?: (?:from|here)\b.*| ,.*)?$",
        "Is called",
        "name",
        FACTUAL,
        INFINITY,
        True,
        AFFIRM,
        checks.person_name,
        0.8,
    ),
)
PLURAL_ROLE = rule(r"(?P<v>(?P<w>.+))", "Is", "job", WORK, "one_year", False, "either", checks.roles_plural)
