"""What a sentence of criticism asks the agent to do, as an imperative."""

import re
from typing import NamedTuple

from interplay_server.learning import alignment, verbs, wording
from interplay_server.learning.lessons import signals
from interplay_server.learning.sentences import Sentence

STRONG, WEAK, SIGN = 2, 1, 0
"""A correction whatever the agent said; one unless the agent had asked something; one beside another sign only."""


_SPEAKS_OF_IT = re.compile(
    r"\b(?:it|that|they|there)(?:['\u2019]?s| is| was| are| costs?| takes?| said| says)\b", re.IGNORECASE
)
_OF_THE_MIND = frozenset(
    {"know", "think", "worry", "see", "have", "want", "need", "mind", "like", "seem", "believe", "understand"}
)


# "Always happy to help", "never heard of it"; "use this sentence instead: …", "do it again" are no criticism.
_NO_ORDER = re.compile(
    r"\w+ed|the|that|this|it|you|your|my|our|been|heard|knew|thought|seen|felt|had|has|was|were|is|are|happy|"
    r"good|nice|fun|glad|ready|"
    r"sure|too|again|enough|easy|hard|learn|learnt|more|one|once|before|ever|really|quite|much|nice|great|"
    r"pleased|welcome|interesting|"
    r"the|best|did|made|went|got|saw|met|forgot|understood|in|on|at|for|with|a|an|and|but|as|so|mind|would|"
    r"could|will|can|should"
)
_HANDS_OVER = re.compile(
    r"(?:use|take|try|translate|check|read|summari[sz]e|fix|proofread|rewrite|rephrase|correct|explain|convert|"
    r"do) (?:this|these|the following|"
    r"another|a different|the next|the other|my (?:other|second|next)|that one|this one)\b|"
    r".{0,120}:\s*[\"\u201c]|stop(?:$|[,!.])",
    re.IGNORECASE,
)


class Order(NamedTuple):
    """`text` is the imperative, "" where the sentence rejects and says no more."""

    text: str
    strength: int
    sentence: Sentence
    steers: bool = True
    """It says what to do; otherwise it says what was wrong, and `remainder` what followed."""
    remainder: str = ""
    imperative: bool = True
    """It is an order; otherwise a wish or a statement, which an order in the same turn may make needless."""


def _tidy(text: str) -> str:
    said = wording.without_identifiers(signals.TAIL.sub("", text)).strip(" ,;:.!?\u2013\u2014-")
    said = re.sub(r"\byour\b", "the", wording.third_person(said), flags=re.IGNORECASE)
    return wording.shorten(said, wording.MAX_INSTRUCTION - 60)


def _imperative(verb: str, rest: str | None) -> str:
    return wording.upper_first(f"{verb} {_tidy(rest or '')}".strip())


def grounded(text: str, agent: str) -> bool:
    """Whether a word with matter, or a single letter or digit, of `text` occurs in the agent's words."""
    stems = set(alignment.stems(text))
    heavy = {stem for stem in stems if not alignment.is_light(stem)} or stems
    return bool(heavy & set(alignment.stems(agent[:8_000])))


def order_of(sentence: Sentence, agent: str) -> Order | None:
    """The order in one sentence of a user; `agent` is the reply that it may be about. None if it is about no reply."""
    said = sentence.text.strip().strip('"\u201c\u201d')
    for reading in (_about_you, _echo, _rejection, _command, _contrast, _wish):
        found = reading(said, sentence, agent)
        if found:
            return found
    return None


def _about_you(said: str, sentence: Sentence, agent: str) -> Order | None:
    """A sentence whose subject is the agent: you forgot, you should have, why did you, you gave X although Y."""
    text = said.rstrip(" .!")
    for reading in (_although, _offence, _omission, _should_have, _habit):
        found = reading(text, sentence, agent)
        if found:
            return found
    return None


def _although(text: str, sentence: Sentence, agent: str) -> Order | None:
    match = signals.ALTHOUGH.search(text)
    if not match or not _is_agents(match["v"], agent):
        return None
    doing = verbs.gerund(verbs.base_form(match["v"]))
    known = wording.quoted(match["said"])
    return Order(f"Take into account what the user said ({known}) before {doing} {_tidy(match['x'])}", STRONG, sentence)


def _offence(text: str, sentence: Sentence, _agent: str) -> Order | None:
    match = signals.OFFENCE.search(text)
    if not match:
        return None
    rest = match["x"] or ""
    if rest and re.search(r"(?:forgot|omitted) to ", match[0]):
        return Order(_imperative("", rest), STRONG, sentence)
    verb = "include" if match["v"].lower() != "ignored" else "take into account"
    return Order(_imperative(verb, rest) if rest else "", STRONG, sentence, steers=bool(rest))


def _omission(text: str, sentence: Sentence, agent: str) -> Order | None:
    match = signals.OMISSION.search(text)
    if not match or match["v"].lower() in _OF_THE_MIND:
        return None
    verb = verbs.base_form(match["v"])
    known = verb in verbs.IMPERATIVES or verb in {"follow", "listen", "respect"}
    return Order(_imperative(verb, match["x"]), STRONG, sentence) if known and _is_agents(verb, agent) else None


def _should_have(text: str, sentence: Sentence, _agent: str) -> Order | None:
    match = signals.SHOULD_HAVE.search(text)
    if not match or sentence.asks:
        return None
    verb, modal = verbs.base_form(match["v"]), match["modal"].lower()
    if verb not in verbs.IMPERATIVES or (modal == "could" and not match["have"]):
        return None
    if not alignment.heavy_stems(match["x"] or ""):
        return Order("", STRONG, sentence, steers=False, remainder=text)
    forbids = re.search(r"not|n['\u2019]t", modal)
    return Order(_imperative(f"do not {verb}" if forbids else verb, match["x"]), STRONG, sentence)


def _habit(text: str, sentence: Sentence, agent: str) -> Order | None:
    """You keep asking; why did you ask; you used the wrong one."""
    match = signals.KEEP.search(text)
    if match:
        return Order(_imperative("stop", f"{match['v']} {match['x'] or ''}"), STRONG, sentence)
    match = signals.WHY.search(text)
    if match and (verb := verbs.base_form(match["v"])) in verbs.IMPERATIVES and _is_agents(match["v"], agent):
        return Order(_imperative(f"do not {verb}", match["x"]), STRONG, sentence, steers=False)
    match = signals.DID_WRONG.search(text)
    if match and _is_agents(match["v"], agent):
        return Order("", STRONG, sentence, steers=False, remainder=text[match.end() :])
    return None


def _is_agents(verb: str, agent: str) -> bool:
    """Whether the agent itself can have done it: what the company does counts if the agent spoke of it."""
    if not re.fullmatch(signals.DONE_ELSEWHERE, verb, re.IGNORECASE) and verb.lower() not in {
        "send", "deliver", "ship", "refund", "charge", "call", "cancel", "pay",
    }:  # fmt: skip
        return True
    return grounded(verbs.base_form(verb), agent) or grounded(verb, agent)


def _echo(said: str, sentence: Sentence, _agent: str) -> Order | None:
    """I asked for X; I said X, not Y; I told you that X."""
    match = signals.ECHO.match(said.rstrip(" .!"))
    if not match or sentence.asks:
        return None
    verb, link = match["v"].lower(), (match["about"] or "").strip().lower()
    if verb in {"need", "needed", "wanted", "ordered", "gave you", "meant", "mentioned"} and not signals.NOT_BUT.match(
        match["x"]
    ):
        if verb == "meant" and not re.match(r"i meant", said, re.IGNORECASE):
            return None
        if verb not in {"wanted", "meant"} or link in {"to", "you to"}:
            return None
        return Order(f"Give what the user means: {_tidy(match['x'])}", WEAK, sentence, imperative=False)
    if verb == "said" and re.match(r"(?:yes|hi|hello|goodbye|thanks|so)\b", match["x"], re.IGNORECASE):
        return None
    if link in {"to", "you to"} and verb in {"asked", "told you", "wanted"}:
        return Order(_imperative("", match["x"]), STRONG, sentence)
    if verb in {"said", "told you", "mentioned"}:
        return Order(f"Keep to what the user said: {_tidy(match['x'])}", STRONG, sentence, imperative=False)
    return Order(f"Give what was asked for: {_tidy(match['x'])}", STRONG, sentence, imperative=False)


def _rejection(said: str, sentence: Sentence, agent: str) -> Order | None:
    bare = re.sub(
        r"^(?:(?:no|nope|hm+|hmm|sorry|well|but|hey|um|uh|oh|ah|and|so|actually|i think|i['\u2019]?m "
        r"afraid)\b[\s,.!\u2013\u2014-]*){0,4}",
        "",
        said,
        flags=re.IGNORECASE,
    )
    match = signals.REJECTION.match(bare)
    if match:
        rest = bare[match.end() :].strip(" ,;:.!?\u2013\u2014-")
        rest = re.sub(r"^(?:and|but|because|since|as)\s+", "", rest, flags=re.IGNORECASE)
        if (
            re.match(r"(?:(?:none|neither) of|there)", match[0], re.IGNORECASE)
            or "too " in match[0].lower()
            or not rest
        ):
            return Order(
                "",
                STRONG,
                sentence,
                steers=False,
                remainder=bare
                if alignment.heavy_stems(bare)
                and not match[0].lower().startswith(("check", "look"))
                and _says(match[0], rest)
                else rest,
            )
        if (len(rest.split()) <= 2 and re.match(r"wrong", match[0], re.IGNORECASE)) or match[0].lower().endswith(
            " ask"
        ):
            rest = bare.strip(" .!")
        inner = _command(rest, sentence, agent, strong=True)
        return inner or Order("", STRONG, sentence, steers=False, remainder=rest)
    if signals.STILL.match(bare) or (signals.OVERDONE.search(bare) and grounded(bare, agent)):
        return Order("", WEAK, sentence, steers=False, remainder=bare)
    match = signals.NOT_THAT.match(bare)
    if match and grounded(match["y"], agent):
        return Order("", WEAK, sentence, steers=False, remainder=bare)
    return None


def _says(rejected: str, rest: str) -> bool:
    """Whether a rejection has matter of its own: too long, none of these is step-free."""
    return "too " in rejected.lower() or bool(rest)


def _command(said: str, sentence: Sentence, _agent: str, *, strong: bool = False) -> Order | None:
    """Imperatives: a standing order or a constraint is one by itself, others need a sign beside them."""
    lead = signals.FRAME.match(said)
    rest = said[lead.end() :] if lead else said
    head = re.match(
        r"(?P<adv>(?:(?:always|never|only|first|before that|instead|rather|better|at least|do not|"
        r"don['\u2019]?t|dont|no)\b[\s,]*(?:one (?:should|must) )?){0,3})(?P<v>[a-z]+)\b",
        rest, re.IGNORECASE,
    )  # fmt: skip
    form = signals.FORM.match(rest)
    if form and not sentence.asks:
        return Order(f"Answer {_tidy(form['x'])}", WEAK, sentence)
    noun = signals.NO_NOUN.match(said.rstrip(" .!"))
    if noun and not sentence.asks:
        return Order(f"Use no {_tidy(noun['x'])}", WEAK, sentence)
    if not head or _HANDS_OVER.match(rest) or re.match(r"(?:and |so |ok |okay )?then\b", said, re.IGNORECASE):
        return None
    verb, adverbs = head["v"].lower(), head["adv"].lower()
    forbids = bool(re.search(r"do not|don|always|never|should|must", adverbs))
    imperative = verb in verbs.IMPERATIVES or (forbids and len(verb) > 2 and not _NO_ORDER.fullmatch(verb))
    if (
        verb
        in {
            "worry",
            "know",
            "think",
            "mind",
            "hesitate",
            "care",
            "get",
            "want",
            "understand",
            "have",
            "was",
            "had",
            "been",
        }
        or not imperative
    ):
        return None
    if verb in {"help", "order", "plan", "let"} and not adverbs:
        return None
    if re.match(
        r"\w+\s+(?:is|are|was|were|will|can|name)\b|(?:do|be|go|wait|let)\s+(?:you|i|we|they|it|he|she|the)\b",
        rest,
        re.IGNORECASE,
    ):
        return None
    asked = bool(
        re.match(
            r"(?:can|could|would|will) you",
            re.sub(r"^(?:please|and|but|so|no|ok)[\s,]+", "", said, flags=re.IGNORECASE),
            re.IGNORECASE,
        )
    )
    if asked and not (
        signals.REWORK.search(rest)
        or re.search(r"\b(?:instead|rather than|next time|from now on|always|never|not)\b", rest, re.IGNORECASE)
    ):
        return None
    if asked and re.search(r"\b(?:my|i|if)\b", rest, re.IGNORECASE):
        return None
    if signals.CONTENT_LESS.match(rest.strip()):
        firm = re.search(r"\bagain\b|next time|in future", said, re.IGNORECASE)
        return Order(wording.upper_first(_tidy(rest)), STRONG if firm else SIGN, sentence)
    text = re.sub(r"^(?:don['\u2019]?t|dont)\b", "do not", _tidy(rest), flags=re.IGNORECASE)
    text = wording.upper_first(
        re.sub(r"^(?:instead|rather|better|before that one (?:should|must))[\s,]+", "", text, flags=re.IGNORECASE)
    )
    standing = signals.STANDING.search(said) or signals.REWORK.search(said) or signals.MANNER.match(rest)
    firm = re.search(
        r"\b(?:next time|from now on|going forward|in (?:the )?future|always|never|instead of|stop)\b",
        said,
        re.IGNORECASE,
    )
    strength = STRONG if strong or firm else WEAK if standing else SIGN
    return Order(text, strength, sentence)


def _contrast(said: str, sentence: Sentence, agent: str) -> Order | None:
    """X, not Y, where Y is the agent's; I don't want Y, I want X."""
    text = said.rstrip(" .!")
    if sentence.asks:
        return None
    match = signals.NO_WANT.search(text)
    if match and grounded(match["x"], agent):
        return Order(f"Take into account: {_tidy(text)}", WEAK, sentence, imperative=False)
    match = signals.NOT_BUT.match(text)
    if match and grounded(match["y"], agent) and len(match["y"].split()) <= 8:
        return Order(f"Take into account: {_tidy(text)}", WEAK, sentence, imperative=False)
    stated, meant = alignment.numbers(agent[:4_000]), alignment.numbers(text)
    units = set(stated) & set(meant) - {""}
    speaks_of_it = _SPEAKS_OF_IT.search(text)
    if units and speaks_of_it and all(stated[unit].isdisjoint(meant[unit]) for unit in units):
        return Order(f"Take into account: {_tidy(text)}", WEAK, sentence, imperative=False)
    return None


def _wish(said: str, sentence: Sentence, _agent: str) -> Order | None:
    text = re.sub(r"^(?:actually|no|but|well|hm+)[\s,]+", "", said.rstrip(" .!"), flags=re.IGNORECASE)
    if sentence.asks:
        return None
    match = signals.RATHER.match(text)
    if match:
        return Order(f"Prefer {_tidy(match['x'])}", WEAK, sentence, imperative=False)
    match = signals.NORM.match(text)
    if match and not re.search(r"\b(?:i|my|me|we|our|it)\b|['\u2019](?:ll|ve)\b", match["x"], re.IGNORECASE):
        return Order(f"Mind that {wording.lower_first(_tidy(match['x']))}", WEAK, sentence, imperative=False)
    match = signals.WANT.match(text)
    if match:
        return Order(f"Give {_tidy(match['x'])}", SIGN, sentence, imperative=False)
    return None
