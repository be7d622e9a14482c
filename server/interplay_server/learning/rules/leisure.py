"""Rules by verb: routines, hobbies, sports, travel, trades."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    AFFIRM,
    CIRCUMSTANCE,
    FACTUAL,
    GOAL,
    INFINITY,
    PREFERENCE,
    QUARTER,
    WORK,
    Rule,
    rule,
)  # fmt: skip
from interplay_server.learning.rules.templates import BARE, HABIT, HOBBY, OFTEN, WORKS

LEISURE: dict[str, tuple[Rule, ...]] = {
    "get": (
        rule(
            r"(?P<v>(?:up|home|off work|out of bed|off|to work|to the office) (?:at|around|by|before|after|"
            r"about|early|late|no earlier) ?.*)",
            "",
            "schedule",
            PREFERENCE,
            QUARTER,
        ),
        rule(
            r"(?P<v>(?P<w>(?:really |very |easily |quite |terribly |badly |so )*(?:seasick|carsick|travel sick|"
            r"motion sick|airsick|travel sickness|motion sickness|migraines?|hay fever|nosebleeds|"
            r"panic attacks|heartburn|cold sores|dizzy|hives|altitude sickness|anxious|claustrophobic|"
            r"sunburnt?|eczema|cramps|sick)\b.*))",
            "",
            "health",
            FACTUAL,
            "one_year",
            False,
            "either",
            lambda value, _raw: not value.startswith("sick of"),
        ),
        rule(
            r"(?P<v>paid (?P<w>.+))",
            "",
            "schedule",
            FACTUAL,
            "one_year",
            False,
            AFFIRM,
            lambda value, _raw: checks.CLOCK.search(value) is not None or "th" in value or "hour" in value,
        ),
        rule(
            r"(?P<v>(?P<w>(?:dla|pip|universal credit|disability|a pension|a state pension|\d+ days|\d+ weeks|"
            r"child benefit).*))",
            "",
            "life",
            CIRCUMSTANCE,
        ),
        OFTEN._replace(accepts=checks.habitual_get),
    ),
    "wake": (HABIT._replace(attribute="schedule"),),
    "start": (
        rule(
            r"(?P<v>(?P<w>(?:work|school|my (?:day|shift|new job|job|course|degree)|(?:secondary |primary |"
            r"high |nursery )?school|university|uni|college|a new (?:job|role|position|course)|kindergarten|"
            r"nursery|classes|chemo|at) .*|(?:secondary|primary) school.*))",
            "",
            "schedule",
            CIRCUMSTANCE,
            QUARTER,
        ),
    ),
    "finish": (
        rule(
            r"(?P<v>(?P<w>(?:work|school|my (?:shift|degree|phd)|at|uni|college) .+))",
            "",
            "schedule",
            CIRCUMSTANCE,
            QUARTER,
        ),
    ),
    "sleep": (HABIT._replace(accepts=None),),
    "train": (HABIT._replace(attribute="hobby"),),
    "graduate": (rule(r"(?P<v>(?:in|from|next|this) .+)", "", "education", WORK),),
    "retire": (rule(r"(?P<v>(?:in|next|this|at) .+)", "", "plan", GOAL),),
    "turn": (rule(r"(?P<v>(?P<w>\d{1,3})\b.*)", "", "age", FACTUAL),),
    "come": (
        rule(r"(?P<v>(?:originally )?from (?P<w>.+))", "", "origin", FACTUAL, INFINITY, False, "either", checks.place),
    ),
    "expect": (
        rule(
            r"(?P<v>(?:a|our|my|another|twins|triplets) ?(?P<w>.*(?:baby|child|twins|kid|boy|girl).*))",
            "",
            "pregnancy",
            CIRCUMSTANCE,
            QUARTER,
        ),
    ),
    "celebrate": (HABIT._replace(attribute="religion"),),
    "observe": (HABIT._replace(attribute="religion"),),
    "practise": (HABIT._replace(attribute="hobby"),),
    "practice": (HABIT._replace(attribute="hobby"),),
    "commute": (HABIT,),
    "volunteer": (HABIT._replace(attribute="hobby", accepts=None),),
    "coach": (WORKS,),
    "collect": (HOBBY._replace(accepts=checks.collected),),
    "paint": (BARE,),
    "knit": (BARE,),
    "crochet": (BARE,),
    "sew": (BARE,),
    "garden": (BARE,),
    "bake": (BARE,),
    "cook": (BARE,),
    "swim": (BARE,),
    "cycle": (BARE,),
    "bike": (HOBBY,),
    "jog": (BARE,),
    "hike": (BARE,),
    "meditate": (BARE,),
    "surf": (HOBBY,),
    "ski": (BARE,),
    "snowboard": (BARE,),
    "dance": (BARE,),
    "sing": (BARE,),
    "fish": (BARE,),
    "camp": (BARE,),
    "lift": (HOBBY,),
    "climb": (HOBBY,),
    "freelance": (BARE._replace(attribute="job", category=WORK),),
    "consult": (WORKS,),
    "tutor": (WORKS,),
    "babysit": (BARE,),
    "foster": (HOBBY,),
    "breed": (HOBBY,),
    "grow": (HABIT._replace(attribute="hobby"),),
    "brew": (HOBBY,),
    "raise": (HOBBY,),
    "row": (OFTEN,),
    "read": (
        OFTEN,
        rule(
            r"(?P<v>(?P<w>(?:a lot|lots|mostly|mainly|only|sci fi|science|fantasy|crime|romance|thrillers|"
            r"novels|books|manga|comics|the (?:guardian|times|economist|news|bible|quran)|non ?fiction|history|"
            r"biographies|poetry|horror|historical|fiction|french|english|hebrew|braille|music)\b.*))",
            "",
            "hobby",
            PREFERENCE,
        ),
    ),
    "listen": (
        rule(
            r"(?P<v>(?:mostly |mainly |only )?to (?P<w>(?!it|this|that|you|me|the (?:recording|message)).+))",
            "",
            "like",
            PREFERENCE,
        ),
    ),
    "watch": (
        rule(
            r"(?P<v>(?P<w>(?!it|this|that|the (?:video|tutorial|clip)|my weight|your|a (?:video|tutorial)).+))",
            "",
            "like",
            PREFERENCE,
        ),
    ),
    "travel": (
        rule(
            r"(?P<v>(?P<w>(?:a lot|with|for|to|by|alone|solo|light|every|often|frequently|once|twice|abroad|"
            r"regularly|between|on|mostly|in|constantly|extensively|first|business|economy|\d).*))",
            "",
            "travel",
            PREFERENCE,
        ),
    ),
    "fly": (
        rule(
            r"(?P<v>(?P<w>(?:a lot|with|for|every|often|once|twice|out of|from|business|economy|first|premium|"
            r"mostly|only|to \w+ (?:every|a lot|twice|once|regularly|for)|drones|planes|long haul|short haul|"
            r"monthly|weekly).*)|$)",
            "",
            "travel",
            PREFERENCE,
        ),
    ),
    "shop": (HABIT,),
    "order": (OFTEN,),
    "host": (OFTEN,),
    "help": (OFTEN,),
    "serve": (rule(r"(?P<v>(?P<w>(?:in|on|as|about|around|\d+|mostly|vegan|halal|kosher).+))", "", "job", WORK),),
    "employ": (WORKS,),
    "specialise": (WORKS,),
    "specialize": (WORKS,),
    "invest": (HABIT,),
    "donate": (HABIT,),
    "pray": (BARE._replace(attribute="religion"),),
    "fast": (BARE._replace(attribute="religion"),),
    "skip": (rule(r"(?P<v>(?P<w>(?:breakfast|lunch|dinner|meals).*))", "", "habit", PREFERENCE),),
    "walk": (
        OFTEN,
        rule(
            r"(?P<v>(?P<w>(?:to (?:work|school|the office)|my dogs?|the dogs?|with a|dogs|everywhere|a lot|"
            r"about|around|\d+).*))",
            "",
            "habit",
            PREFERENCE,
        ),
    ),
    "exercise": (BARE._replace(attribute="habit"),),
    "breastfeed": (BARE,),
    "snore": (BARE,),
    "homeschool": (BARE,),
    "design": (WORKS,),
    "develop": (WORKS._replace(accepts=checks.plain_work),),
    "build": (
        rule(
            r"(?P<v>(?P<w>(?:furniture|guitars|websites|apps|houses|software|models|pcs|boats|robots|custom|"
            r"mobile|web|embedded).*))",
            "",
            "job",
            WORK,
        ),
    ),
    "translate": (
        rule(r"(?P<v>(?P<w>(?:mostly|legal|medical|books|novels|from|technical|literary|for).+))", "", "job", WORK),
    ),
    "repair": (WORKS._replace(accepts=checks.plain_work),),
    "deliver": (rule(r"(?P<v>(?P<w>(?:for|food|parcels|mail|pizza|newspapers).+))", "", "job", WORK),),
    "handle": (rule(r"(?P<v>(?P<w>(?:all the|our|the) .+(?:for|at) .+))", "", "job", WORK),),
    "stream": (HABIT,),
    "game": (HABIT,),
    "blog": (BARE,),
    "podcast": (BARE,),
    "tend": (
        rule(
            r"(?P<v>to (?P<w>.+))",
            "",
            "habit",
            PREFERENCE,
            "one_year",
            False,
            "either",
            lambda value, _raw: checks.plain(value),
        ),
    ),
    "react": (rule(r"(?P<v>(?:badly|strongly|terribly|poorly) to (?P<w>.+))", "", "health", FACTUAL),),
    "rely": (rule(r"(?P<v>on (?P<w>(?!you|this|it|that|your).+))", "", "need", CIRCUMSTANCE),),
    "depend": (rule(r"(?P<v>on (?P<w>(?!you|this|it|that|your).+))", "", "need", CIRCUMSTANCE),),
    "date": (HABIT._replace(accepts=None),),
    "lack": (HABIT,),
    "close": (rule(r"(?P<v>(?P<w>(?:on|at|for|every|in) .+))", "", "schedule", FACTUAL),),
    "open": (rule(r"(?P<v>(?P<w>(?:on|at|every|from|only|in) .+))", "", "schedule", FACTUAL),),
    "bring": (rule(r"(?P<v>(?P<w>my own .+))", "", "habit", PREFERENCE),),
    "refuse": (
        rule(
            r"(?P<v>to (?P<w>(?:use|eat|buy|fly|wear|watch|drink|stay|support|pay for|book|own|work|shop).+))",
            "",
            "dislike",
            PREFERENCE,
        ),
    ),
    "opt": (rule(r"(?P<v>for (?P<w>.+))", "", "preference", PREFERENCE),),
    "choose": (OFTEN,),
    "buy": (
        OFTEN,
        rule(
            r"(?P<v>(?:mostly |mainly |only )?(?P<w>(?:organic|second hand|secondhand|used|local|vintage|"
            r"fair trade|fairtrade|in bulk|own brand|vegan|records).*))",
            "",
            "habit",
            PREFERENCE,
        ),
    ),
    "stay": (rule(r"(?P<v>(?P<w>(?:at home|up (?:late|until)|away from|home) .+))", "", "habit", PREFERENCE),),
}
