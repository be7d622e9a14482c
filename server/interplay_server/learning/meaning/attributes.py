"""What is known of attributes and verbs: which have one value, which go together, which exclude each other."""

from interplay_server.learning.meaning import lexicon
from interplay_server.learning.meaning.normal import key, keys

#: Attributes of which a person has one value at a time.
SINGLE = frozenset(
    [
        "@live_in",
        "@employ",
        "@occupation",
        "@born_in",
        "@grow_up_in",
        "@born_on",
        "@call",
        "@drive",
        "@wake",
        "@sleep",
        "@commute",
        "@weight",
        "@height",
        "@timezone",
        "@budget",
        "@email-address",
        "@phone-number",
        "@age",
        "dwelling",
        "area",
    ]
)
AFFINITY = frozenset({"@like", "eat", "drink", "@use", "@prefer", "play", "watch", "read", "listen", "smoke",
                       "take", "@exercise", "run", "ride", "@drive", "@take_in"})  # fmt: skip
# Said in full by the verb alone.
COMPLETE = frozenset(
    ["@exercise", "@vegetarian", "@vegan", "@retired", "@unemployed", "@married", "@morning_person", "@night_owl"]
)
GONE = frozenset({key("die"), key("pass"), key("decease")})
TAKES_IN = frozenset({"eat", "drink", "@use", "take", "watch", "have", "buy"})
# Verbs that add nothing of their own to what the other words say.
LIGHT = frozenset({"be", "is", "have", "@use", "go", "do", "get", "make", "take", "work", "attend", "play", "@prefer_"})
# Stances that never mean what another verb means.
STANCES = frozenset(
    {"@like", "@want", "@learn", "@afraid", "@allergy", "need", "@prefer", "@born_in", "@travel"}
) | keys(
    "close cancel sell return lose break look search consider miss refuse remove forget apply drop end finish "
    "stop quit leave fail plan hope fear avoid remember book try ask help think believe cost"
)
ALIKE = frozenset({frozenset({"have", key("run")}), frozenset({"have", "@use"}), frozenset({"have", "@drive"}),
                    frozenset({"@travel", key("go")}), frozenset({key("train"), "@exercise"})})  # fmt: skip
OPPOSITES = frozenset(
    frozenset("@" + w if w in {"like", "employ", "subscription"} else key(w) for w in pair.split())
    for pair in lexicon.OPPOSITES.split("|")
)


MULTIPLE = frozenset(w if w.startswith("@") else key(w) for w in lexicon.MULTIPLE.split()) | {"@like", "@want"}
SINGLE_NOUNS = keys(lexicon.SINGLE_NOUNS)
_MEAT, _ANIMAL = keys(lexicon.MEAT), keys(lexicon.ANIMAL)
COUNTRIES = {key(country): keys(" ".join(cities)) for country, cities in lexicon.CITIES_OF.items()}
CITIES = frozenset().union(*COUNTRIES.values())
# What a person feels, wants or suffers from.
ATTITUDES = frozenset({"@like", "@want", "@afraid", "@allergy", "@intolerance", "need", "@prefer", "@call"})
