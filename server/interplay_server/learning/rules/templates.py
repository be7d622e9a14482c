"""Rules that several verbs share."""

from interplay_server.learning.rules import checks
from interplay_server.learning.rules.facts import (
    PREFERENCE,
    QUARTER,
    WORK,
    rule,
)  # fmt: skip

LIKE = rule(r"(?P<v>.+)", "", "like", PREFERENCE, "one_year", accepts=checks.liked, confidence=0.85)
DISLIKE = LIKE._replace(attribute="dislike")
HABIT = rule(r"(?P<v>.+)", "", "habit", PREFERENCE, QUARTER, accepts=checks.plain, confidence=0.8)
OFTEN = HABIT._replace(accepts=checks.habitual)
HOBBY = HABIT._replace(attribute="hobby", ttl="one_year")
BARE = rule(r"(?P<v>.*)", "", "hobby", PREFERENCE, "one_year", confidence=0.8)
WORKS = rule(r"(?P<v>.+)", "", "job", WORK, accepts=checks.plain)
GOALS = (
    r"(?:learn|become|run|write|start (?:a|my|an|our)|open (?:a|my|our)|buy (?:a|our|"
r"my) (?:first )?(?:house|home|flat|place)|move to|retire|travel the world|visit|lose|gain|quit|"
r"get fit|"
    r"get in shape|get healthier|get better at|get into|get my|improve my|build (?:a|my own|muscle|"
r"up my)|save|pay off|change careers?|switch careers?|go back to|study|have (?:kids|a family|"
r"a baby|more kids)|adopt|eat (?:healthier|less|more)|cut (?:down|out|back)|"
    r"reduce my|stop (?:smoking|drinking|eating)|be (?:a|an|more|healthier|fluent|debt)|climb|hike|"
r"sell my house|exercise|drink less|work (?:abroad|remotely|less)|live (?:in|abroad|by|near)|teach|"
r"own a|publish|complete|reach|graduate)"
)  # fmt: skip
