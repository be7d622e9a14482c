"""Open readings of what a speaker is, said beside the point: "being left-handed, I …", "as a nurse I …"."""

import re

from interplay_server.learning.rules.assertions import ASSERTED, PASSING
from interplay_server.learning.rules.clauses import Clause
from interplay_server.learning.rules.facts import FACTUAL, PREFERENCE, rule
from interplay_server.learning.rules.found import Found
from interplay_server.learning.rules.values import third_person

_AS_A_RESULT = re.compile(
    r"an? (?:result|rule|matter|test|joke|gift|present|side note|reminder|last resort|follow|heads|starter|first|last|"
    r"whole|general|quick|backup)\b"
)
_BEING = re.compile(
    r"(?:(?:(?:as|like|for) )?(?:being|having (?:been|grown up|lived|worked|had|moved|turned|lost|studied|"
    r"trained|broken|"
    r"given birth))) (?P<v>.+)"
)
_AS = re.compile(
    r"(?P<v>(?:an?|the only|someone|somebody|one of|two|three|newly|recent(?:ly)?|first time|mum|mom|dad|"
    r"parents?|owner|"
    r"father|mother) .+?)(?= ?,? (?:i|we|my|our|it is)\b(?! ?['&])|$)"
)
_GERUND = re.compile(
    r"(?P<v>(?:living|working|coming|growing up|born|raised|speaking|studying|owning|running|raising|commuting|"
    r"training|suffering|using|"
    r"driving|travelling|traveling|playing|teaching|caring|renting|sharing|weighing|recovering|retired|married|"
    r"originally) .+?)(?= ,? ?(?:i|we|my) |"
    r" ,? ?(?:means|makes|made|that means)\b| ,$|$)"
)
_PERFECT_ING = re.compile(r"having ")


def standpoint(clause: Clause, text: str, following: Clause | None) -> Found | None:
    """What the speaker is, said beside the point: "being left-handed, I …", "as the only developer here I …"."""
    said = clause.text
    hit = _BEING.match(said)
    mine = following is not None and (
        following.text.startswith(("i ", "we ", "my ", "our ")) or re.match(r"\w+ (?:i|we|me)\b", following.text)
    )
    if hit is not None and (mine or re.search(r" (?:i|we|me|us) ", said)):
        value = re.split(r" (?=(?:i|we|my) )", hit["v"])[0].rstrip(" ,")
        if value.split()[0] in {"able", "honest", "the", "that", "it", "said"} or not value:
            return None
        start, end = clause.span(hit.start("v"), hit.start("v") + len(value))
        raw = third_person(text[start:end])
        if _PERFECT_ING.match(said):
            first, _ = clause.span(len("having "), hit.start("v"))
            whole = third_person(text[first:end])
            return Found(f"Has {whole}", ASSERTED, raw, "user", clause.tokens[0].start, end, confidence=0.75)
        return Found(f"Is {raw}", ASSERTED, raw, "user", clause.tokens[0].start, end, confidence=0.75)
    hit = _GERUND.match(said) if clause.link in {"", "-", ",", "and"} else None
    if (
        hit is not None
        and (mine or hit.end("v") < len(said))
        and not PASSING.search(said)
        and len(hit["v"].split()) <= 12
    ):
        start, end = clause.span(hit.start("v"), hit.end("v"))
        raw = third_person(text[start:end]).rstrip(" ,")
        if not re.match(
            r"(?:coming|speaking|running) (?:to|of|back|out|up|soon|late|low|this|the)\b|using (?:this|that|"
            r"the|your|it)\b",
            hit["v"],
        ):
            return Found(
                f"Is {raw[:1].lower()}{raw[1:]}", ASSERTED, raw, "user", clause.tokens[0].start, end, confidence=0.7
            )
    if not clause.lead.endswith("as "):
        return None
    hit = _AS.match(said)
    if hit is None or (not mine and hit.end("v") == len(said)):
        return None
    value = hit["v"].rstrip(" ,")
    if len(value.split()) > 14 or _AS_A_RESULT.match(value):
        return None
    start, end = clause.span(hit.start("v"), hit.start("v") + len(value))
    raw = third_person(text[start:end])
    return Found(
        f"Is {raw}", rule("", "", "", PREFERENCE if "veg" in raw else FACTUAL), raw, "user", start, end, confidence=0.75
    )
