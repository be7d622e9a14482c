"""Rules by verb: living, working, using, liking, eating."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    ENVIRONMENT,
    FACTUAL,
    INFINITY,
    PREFERENCE,
    WORK,
    Rule,
    rule,
)  # fmt: skip
from interplay_server.learning.rules.templates import BARE, DISLIKE, HABIT, HOBBY, LIKE, OFTEN, WORKS

LIVELIHOOD: dict[str, tuple[Rule, ...]] = {
    "live": (
        rule(
            r"(?P<v>(?:\w+ )?(?:in|near|at|outside|on|around|close to|just outside|by|next to|up|down in|"
            r"over in|north of|south of|out in|here in) (?P<w>.+))",
            "",
            "home",
            FACTUAL,
            "one_year",
            True,
            "either",
            lambda value, _raw: not value.startswith(("fear", "hope", "the moment", "the now", "a world", "the same")),
        ),
        rule(
            r"(?P<v>(?:alone|with|by myself|by ourselves|abroad|off grid|off the grid|together|apart|there|"
            r"upstairs|\d+ (?:minutes|miles|km|hours)|about|half an hour|an hour) ?.*)",
            "",
            "household",
            CIRCUMSTANCE,
        ),
    ),
    "reside": (rule(r"(?P<v>in (?P<w>.+))", "", "home", FACTUAL, "one_year", True),),
    "work": (
        rule(r"(?P<v>as (?P<w>.+))", "", "job", WORK, "one_year", True),
        rule(
            r"(?P<v>(?:full time |part time |nights |remotely )?(?:at|for) (?P<w>(?!me\b|you\b|us\b|a while|"
            r"now|your|this|that|\d+ (?:minutes|hours)).+))",
            "",
            "employer",
            WORK,
            "one_year",
            True,
        ),
        rule(
            r"(?P<v>(?:in|with|on|from|out|part|full|nights?|shifts?|night shifts|day shifts|days|remotely|"
            r"freelance|hybrid|weekends|evenings|mondays?|tuesdays|long|late|early|mostly|\d+|two|three|four|"
            r"five|six|overnight|odd|irregular|"
            r"the night|closely with|hard|twelve|every|monday|tuesday|wednesday|thursday|friday|saturdays|"
            r"sundays) ?.*)",
            "",
            "work_mode",
            WORK,
            "one_year",
            False,
            "either",
            lambda value, _raw: (
                not value.startswith(
                    (
                        "with it",
                        "with me",
                        "with you",
                        "in this",
                        "with this",
                        "on it",
                        "in chrome",
                        "on my end",
                        "in the app",
                    )
                )
            ),
        ),
    ),
    "study": (WORKS._replace(attribute="education"),),
    "major": (WORKS._replace(attribute="education"),),
    "attend": (WORKS._replace(attribute="education"),),
    "teach": (WORKS,),
    "manage": (rule(r"(?P<v>(?:a|an|the|two|three|our|my|\d+).*)", "", "job", WORK),),
    "lead": (rule(r"(?P<v>(?:a|an|the|two|three|our|my|\d+).*)", "", "job", WORK),),
    "run": (
        rule(
            r"(?P<v>(?:a|an|my|our|the|two|three) (?:.*)(?:business|shop|store|company|studio|cafe|café|bakery|"
            r"restaurant|bar|pub|salon|agency|startup|blog|channel|club|farm|gym|bnb|b&b|hotel|school|nursery|"
            r"clinic|practice|podcast|team|"
            r"charity|workshop|garage|market|stall|server|website|site|newsletter|household|department|daycare|"
            r"food truck|gallery|brewery|consultancy|firm|practice|group|band)\b.*)",
            "",
            "job",
            WORK,
        ),
        rule(
            r"(?P<v>(?:linux|ubuntu|windows|macos|debian|fedora|arch|android|ios|postgres|docker|kubernetes|"
            r"nixos|proxmox|home assistant|mint|pop os|win\d+)\b.*)",
            "",
            "device",
            ENVIRONMENT,
        ),
        OFTEN._replace(attribute="hobby"),
        rule(
            r"(?P<v>(?:marathons|half marathons|ultras?|ultramarathons|cross country|track|trails|\d+k).*)",
            "",
            "hobby",
            PREFERENCE,
        ),
    ),
    "speak": (rule(r"(?P<v>(?P<w>.+))", "", "language", FACTUAL, INFINITY, False, "either", checks.languages),),
    "use": (
        rule(
            r"(?P<v>(?P<w>(?:an? |my )?(?:\w+ ){0,2}(?:wheelchair|hearing aids?|insulin|inhaler|crutches|"
            r"walker|cane|walking stick|screen reader|cpap|zimmer frame|prosthe\w+|braille|contact lenses|"
            r"glasses|voiceover|nvda)\b.*))",
            "",
            "health",
            FACTUAL,
        ),
        rule(
            r"(?P<v>(?:both )?(?P<w>.+))",
            "",
            "software",
            ENVIRONMENT,
            "one_year",
            False,
            "either",
            lambda value, raw: checks.device(value, raw) or checks.tool(value, raw),
            0.85,
        ),
    ),
    "own": (HABIT._replace(attribute="ownership", category=ENVIRONMENT, ttl="one_year", confidence=0.9),),
    "drive": (
        rule(r"(?P<v>(?P<w>an? .+))", "", "vehicle", ENVIRONMENT, "one_year", False, "either"),
        OFTEN,
        rule(
            r"(?P<v>(?:to work|automatic|manual|stick|electric|my|for a living|for uber|for lyft|trucks|buses|"
            r"a lot|at night|on the).*|$)",
            "",
            "habit",
            PREFERENCE,
        ),
    ),
    "ride": (HOBBY._replace(accepts=checks.concrete),),
    "visit": (OFTEN,),
    "thrive": (HABIT,),
    "consume": (rule(r"(?P<v>(?!it|this|that|the ).+)", "", "diet", PREFERENCE),),
    "find": (
        rule(
            r"(?P<v>(?P<w>(?!this|that|you|the (?:page|button)).+) (?:too |very |so |really |quite |rather |"
            r"extremely |a bit |and |slow |far )*(?:boring|tedious|difficult|unengaging|hard|annoying|"
            r"overwhelming|relaxing|stressful|distracting|confusing|exhausting|soothing|uncomfortable|"
            r"unpleasant|overrated|dull|calming|tiring|impersonal|unappealing|therapeutic)\b.*)",
            "",
            "like",
            PREFERENCE,
            "one_year",
            False,
            AFFIRM,
            lambda value, _raw: "your" not in value.split() and value.split()[0] != "the",
        ),
    ),
    "workout": (BARE,),
    "play": (
        rule(
            r"(?P<v>(?!it\b|this|that|with (?:it|the settings)|the (?:video|song|clip|audio)).+)",
            "",
            "hobby",
            PREFERENCE,
        ),
    ),
    "like": (LIKE,),
    "love": (LIKE,),
    "enjoy": (LIKE,),
    "adore": (LIKE,),
    "hate": (DISLIKE,),
    "dislike": (DISLIKE,),
    "detest": (DISLIKE,),
    "loathe": (DISLIKE,),
    "despise": (DISLIKE,),
    "favour": (LIKE,),
    "favor": (LIKE,),
    "fear": (DISLIKE,),
    "dread": (DISLIKE,),
    "crave": (LIKE,),
    "appreciate": (LIKE._replace(accepts=checks.plain_appreciation, confidence=0.6),),
    "prefer": (rule(r"(?P<v>.+)", "", "preference", PREFERENCE, "one_year", accepts=checks.preferred),),
    "care": (
        rule(
            r"(?P<v>(?:deeply |a lot |more )?(?:about|for) (?P<w>(?!it|this|that|what|you|your|the price|me).+))",
            "",
            "value",
            PREFERENCE,
            "one_year",
            polarity=AFFIRM,
        ),
    ),
    "believe": (
        rule(
            r"(?P<v>that (?P<w>(?!you|this|it|there).+))",
            "",
            "belief",
            PREFERENCE,
            "one_year",
            False,
            AFFIRM,
            None,
            0.7,
        ),
        rule(r"(?P<v>in (?P<w>(?!you|this|it|that|your).+))", "", "belief", PREFERENCE),
    ),
    "eat": (rule(r"(?P<v>(?!it|this|that|the ).+|$)", "", "diet", PREFERENCE),),
    "drink": (rule(r"(?P<v>(?!it|this|that|the ).+|$)", "", "diet", PREFERENCE),),
    "smoke": (rule(r"(?P<v>.*)", "", "smoking", FACTUAL, "one_year", True),),
    "vape": (rule(r"(?P<v>.*)", "", "smoking", FACTUAL),),
    "wear": (
        rule(
            r"(?P<v>(?:a |an )?(?P<w>(?:size |uk |us |eu )?(?:\d+(?:[.,]\d+)?|xs|small|medium|large|xl|xxl|s|m|"
            r"l)\b.*))",
            "",
            "size",
            FACTUAL,
            "one_year",
            False,
            AFFIRM,
        ),
        HABIT._replace(attribute="clothing", ttl="one_year"),
    ),
    "do": (
        rule(
            r"(?P<v>(?P<w>(?:\w+ )?(?:yoga|pilates|crossfit|karate|judo|weights|cardio|crosswords|puzzles|"
            r"sudoku|night shifts|shift work|freelance|editing|photography|woodworking|pottery|triathlons|"
            r"parkrun|ballet|martial arts|gymnastics|improv|theatre|volunteer work|intermittent fasting|shifts|"
            r"keto|most of the cooking|the cooking|the school run|research|consulting|web design)\b.*))",
            "",
            "habit",
            PREFERENCE,
        ),
        OFTEN,
    ),
}
