"""Lessons from an expert's reply that stands beside the agent's: what the agent left out or got wrong."""

import re
from typing import NamedTuple

import msgspec

from interplay_server.domain import roles
from interplay_server.domain.interaction import PRODUCTION, SHADOW
from interplay_server.domain.window import ACTION, CORRECTED, EXPERT, PlaybookCandidate, Quote, Turn, Window
from interplay_server.learning import alignment, wording
from interplay_server.learning.paraphrase import reworded
from interplay_server.learning.sentences import Sentence, clauses, sentences

_GAP = 0.5
_CLAUSE_GAP = 0.34
_SAME_FIGURES = 0.15
_REPEATED = 0.8
_MOST_SENTENCES = 150
_MOST_REWORDED = 12
"""Statements of an expert up to which rewordings are looked for."""
_TONE_KEPT = 0.4
MAX_GAPS = 12

MISSING, PHRASE, CONTRADICTED, TONE = 0.8, 0.7, 0.9, 0.4
_CONTINUES = re.compile(
    r"^(?:it|they|them|this|these|those|that|he|she|then|otherwise|in that case|in this case|if so|if not|to do so)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^(?:if|unless|when|while|because|so|before|after|until|only|to|from|with|within)\b", re.IGNORECASE
)
_TOPIC_LEAD = re.compile(
    r"^(?:for|if|in case of|when|regarding|as for|concerning|with)\s+(?P<x>[^,]{3,60}),", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"^(?P<x>(?:[\w'\u2019/-]+\s+){1,7}?)(?:is|are|was|were|can|cannot|may|must|will|should|has|have|extends?|"
    r"takes?|costs?|"
    r"needs?|requires?|includes?|comes?|do(?:es)?|might|would)\b",
    re.IGNORECASE,
)
_GENERIC_WORDS = """
item items product products thing things customer customers order orders user users you we it they i this that these
those there please all any each every
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())
# Words by which a reply slights the user or what was asked; an expert who says the same without them corrects the tone.
_RUDE = re.compile(
    r"\b(?:stupid\w*|idiot\w*|dumb\w*|moron\w*|ridiculous\w*|pathetic\w*|garbage|crap\w*|damn\w*|hell|suck\w*|"
    r"lazy|lame|"
    r"shut up|get it together|look it up yourself|do(?:n['\u2019]t)? your(?:self| own)|duh|obviously|whatever|dimwit|"
    r"clueless|(?:can|could)n['\u2019]t be bothered|for crying out loud|for (?:god|heaven)['\u2019]?s? sake|big deal|"
    r"face it|deal with it|get over it|who cares|you should (?:already )?know|any (?:idiot|fool)|are you kidding|"
    r"seriously\?|freaking|bloody|sloppy|useless|silly|foolish|boring|precious)\b",
    re.IGNORECASE,
)


class ExpertPair(msgspec.Struct, frozen=True):
    """An agent turn, the expert's words for it and the user turns that it answered, in order; none is possible."""

    question: tuple[Turn, ...]
    agent: Turn
    expert: str
    field: str = EXPERT
    """EXPERT or CORRECTED: which field of the turn, or of a judgement on it, the expert's words are."""
    arm: str = PRODUCTION

    @property
    def question_text(self) -> str:
        return "\n".join(spoken(turn)[0] for turn in self.question)


def spoken(turn: Turn) -> tuple[str, str]:
    """What a user turn says, and the field: the text, else the description of the action."""
    return (turn.text, turn.text_field) if turn.text.strip() else (turn.user_action_description, ACTION)


def prefix_length(turn: Turn) -> int:
    """Length of the speaker's prefix ("User: ") of the text."""
    said = roles.strip_speaker_prefix(turn.text, (turn.role_class, "user", "agent", "assistant", turn.speaker))
    return len(turn.text) - len(said)


def expert_pairs(window: Window) -> list[ExpertPair]:
    """The pairs of a window: every agent turn with an expert's words, on the turn or in a judgement on it.

    A turn that is context only counts for its judgements, which may be newer than it.
    """
    pairs: list[ExpertPair] = []
    since: dict[str, list[Turn]] = {}
    for turn in window.turns:
        asked = since.setdefault(turn.session_id, [])
        if turn.role_class == roles.USER:
            if spoken(turn)[0].strip():
                asked.append(turn)
        elif turn.role_class == roles.AGENT:
            pairs += [ExpertPair(tuple(asked), turn, words, field, window.arm) for words, field in _expert_words(turn)]
            # A bare call of a tool is not yet the reply.
            if turn.text.strip() or turn.expert_content:
                since[turn.session_id] = []
    return pairs


def _expert_words(turn: Turn) -> list[tuple[str, str]]:
    given = [(turn.expert_content, EXPERT)] if turn.fresh else []
    for judgement in turn.judgements:
        given += [(judgement.expert_content, EXPERT), (judgement.corrected_content, CORRECTED)]
    found: list[tuple[str, str]] = []
    for words, field in given:
        if words.strip() and not any(alignment.same_wording(words, other) for other, _ in found):
            found.append((words, field))
    return found


class _Gap(NamedTuple):
    start: int
    end: int
    text: str
    """The expert's statement; `text[start:end]` of the expert's words may be a phrase of it."""
    phrase: str
    nearest: int
    conflict: alignment.Conflict | None


def expert_lessons(pair: ExpertPair) -> list[PlaybookCandidate]:
    """One entry for each statement of the expert that the agent's reply lacks or contradicts; none for equal texts.

    Nothing is learnt in the SHADOW arm from a question that reacts to another reply than the one compared.
    """
    if pair.arm == SHADOW and any(turn.reacts_to_production for turn in pair.question):
        return []
    if alignment.same_wording(pair.agent.text, pair.expert):
        return []
    expert = sentences(pair.expert)[:_MOST_SENTENCES]
    agent = sentences(pair.agent.text, prefix_length(pair.agent))[:_MOST_SENTENCES]
    by = alignment.weights(
        [part.text for part in (*expert, *agent)] + [spoken(turn)[0][:4_000] for turn in pair.question]
    )
    gaps = _gaps(pair.expert, agent, expert, by, pair.question_text)[:MAX_GAPS]
    found = [_entry(pair, agent, gap, specific=len(gaps) > 1) for gap in gaps]
    tone = _tone(pair, agent, expert, by)
    return [*found, tone] if tone else found


def _gaps(text: str, agent: list[Sentence], expert: list[Sentence], by: alignment.Weights, question: str) -> list[_Gap]:
    """Gaps in the expert's `text`; what continues a gap, and the steps of a numbered list, are one."""
    bags = alignment.bags_of(agent)
    lacking = {
        n for n, said in enumerate(expert)
        if alignment.coverage(said.text, bags, by).share < _GAP and not _contradicted(said, agent, by)[0]
    }  # fmt: skip
    same = reworded(agent, expert, lacking, question) if len(expert) <= _MOST_REWORDED else set()
    gaps: list[_Gap] = []
    last_whole = -2
    for n, said in enumerate(expert):
        if n in same or wording.is_aside(said.text) or said.text.endswith(":") or not alignment.heavy_stems(said.text):
            continue
        cover = alignment.coverage(said.text, bags, by)
        against, nearest = _contradicted(said, agent, by)
        if against:
            gaps.append(_Gap(said.start, said.end, said.text, "", nearest, against))
            gaps += [_alone(gap) for gap in _phrase_gaps(said, bags, nearest, by) if not _CONDITION.match(gap.phrase)]
        elif extended := _extended(said, agent, bags, cover, by):
            gaps += extended
        elif cover.share + _SAME_FIGURES * _figures_agree(said, agent, cover.nearest) < _GAP:
            before = expert[n - 1] if n else None
            step = bool(before) and _numbered(text, said) and _numbered(text, before)
            if last_whole == n - 1 and gaps and (step or _CONTINUES.match(said.text)):
                joined = gaps.pop()
                both = f"{joined.text.rstrip('.')}; {said.text}" if step else f"{joined.text} {said.text}"
                gaps.append(joined._replace(end=said.end, text=both))
            else:
                lead = before.text if before and before.text.endswith(":") else ""
                gaps.append(_Gap(said.start, said.end, f"{lead} {said.text}".strip(), "", cover.nearest, None))
            last_whole = n
        else:
            gaps += _phrase_gaps(said, bags, cover.nearest, by)
    return _distinct(gaps)


def _extended(
    said: Sentence, agent: list[Sentence], bags: list[set[str]], cover: alignment.Coverage, by: alignment.Weights
) -> list[_Gap]:
    """The phrases by which a statement goes beyond an agent's sentence that it repeats whole; else none."""
    if cover.nearest < 0 or cover.share >= _GAP or len(alignment.heavy_stems(agent[cover.nearest].text)) < 2:
        return []
    repeated = alignment.containment(bags[cover.nearest], set(alignment.stems(said.text)), by)
    return _phrase_gaps(said, bags, cover.nearest, by) if repeated >= _REPEATED else []


def _figures_agree(said: Sentence, agent: list[Sentence], nearest: int) -> bool:
    """Whether a statement's figures, if it has any, are all in the agent's sentence nearest to it."""
    figures = alignment.numbers(said.text)
    stated = alignment.numbers(agent[nearest].text) if nearest >= 0 else {}
    return bool(figures) and all(values <= stated.get(unit, set()) for unit, values in figures.items())


def _numbered(text: str, said: Sentence | None) -> bool:
    return bool(said and re.search(r"\d[.)]\s*$", text[max(0, said.start - 5) : said.start]))


def _contradicted(
    said: Sentence, agent: list[Sentence], by: alignment.Weights
) -> tuple[alignment.Conflict | None, int]:
    for n, other in enumerate(agent):
        against = alignment.conflict(other.text, said.text, by)
        if against and not _said_elsewhere(said, agent, against):
            return against, n
    return None, -1


def _said_elsewhere(said: Sentence, agent: list[Sentence], against: alignment.Conflict) -> bool:
    """Whether the agent states the expert's figure in another sentence that speaks of the same."""
    if against.kind != "number":
        return False
    about = alignment.heavy_stems(said.text)
    for other in agent:
        stated = set().union(*alignment.numbers(other.text).values()) if alignment.numbers(other.text) else set()
        if set(against.ours.split(", ")) <= stated and len(about & alignment.heavy_stems(other.text)) >= 2:
            return True
    return False


def _phrase_gaps(said: Sentence, bags: list[set[str]], nearest: int, by: alignment.Weights) -> list[_Gap]:
    """The phrases of a shared sentence that the agent did not say; neighbours count as one."""
    everything = set().union(*bags) if bags else set()
    parts = clauses(said)
    if len(parts) < 2:
        return []
    missing = []
    for part in parts:
        own = alignment.heavy_stems(part.text)
        enough = len(own) >= 2 or (own and (alignment.numbers(part.text) or alignment.negates(part.text)))
        if enough and alignment.containment(own, everything, by) < _CLAUSE_GAP:
            missing.append(part)
    if not missing or len(missing) == len(parts):
        return []
    gaps: list[_Gap] = []
    for part in missing:
        if gaps and not any(gaps[-1].end < other.start < part.start for other in parts):
            gaps[-1] = gaps[-1]._replace(end=part.end)
        else:
            gaps.append(_Gap(part.start, part.end, said.text, part.text, nearest, None))
    shift = said.start
    gaps = [gap._replace(phrase=said.text[gap.start - shift : gap.end - shift]) for gap in gaps]
    return gaps[:1] + [_alone(gap) for gap in gaps[1:]]


def _alone(gap: _Gap) -> _Gap:
    """A phrase of a sentence that another entry states in full: the phrase with the subject alone."""
    phrase = re.sub(r"^(?:and|or|but|so|plus)\s+", "", gap.phrase, flags=re.IGNORECASE)
    subject = _SUBJECT.match(gap.text)
    verb = re.match(
        r"(?:is|are|was|were|can|cannot|may|must|will|should|has|have|do|does|\w{2,}s)\b", phrase, re.IGNORECASE
    )
    return gap._replace(text=f"{subject['x'].strip()} {phrase}" if subject and verb else phrase)


def _distinct(gaps: list[_Gap]) -> list[_Gap]:
    kept: list[tuple[set[str], _Gap]] = []
    for gap in gaps:
        own = alignment.heavy_stems(gap.phrase or gap.text)
        if not any(own == other for other, _ in kept):
            kept.append((own, gap))
    return [gap for _, gap in kept]


def _entry(pair: ExpertPair, agent: list[Sentence], gap: _Gap, *, specific: bool) -> PlaybookCandidate:
    trigger, cited = _trigger(pair, gap, specific=specific)
    statement = agent[gap.nearest] if gap.nearest >= 0 else (agent[0] if agent else None)
    evidence = [*cited]
    pitfall = ""
    if statement:
        evidence.append(Quote(pair.agent.interaction_id, pair.agent.text_field, statement.start, statement.end))
        pitfall = _pitfall(statement.text, gap)
    evidence.append(Quote(pair.agent.interaction_id, pair.field, gap.start, gap.end))
    if gap.conflict:
        rationale, confidence = _why(gap.conflict), CONTRADICTED
    elif gap.phrase:
        rationale = f"The expert adds {wording.quoted(gap.phrase)}, which the agent left out."
        confidence = PHRASE
    else:
        rationale, confidence = "The expert states this; the agent's reply does not.", MISSING
    return PlaybookCandidate(
        trigger,
        wording.instruction_from_reply(gap.text) + ".",
        tuple(evidence),
        "expert",
        pitfall=pitfall,
        rationale=rationale,
        confidence=confidence,
        agent_id=pair.agent.agent_id,
        agent_version=pair.agent.agent_version,
        session_id=pair.agent.session_id,
    )


def _pitfall(statement: str, gap: _Gap) -> str:
    if gap.conflict:
        return f"Stating {wording.quoted(statement)}"
    if gap.phrase:
        return f"Leaving out {wording.quoted(gap.phrase)}"
    return f"Stopping at {wording.quoted(statement)}"


def _why(against: alignment.Conflict) -> str:
    if against.kind == "number":
        return f"The expert states {against.ours} where the agent stated {against.theirs}."
    return "The expert states the opposite of what the agent stated."


def _trigger(pair: ExpertPair, gap: _Gap, *, specific: bool) -> tuple[str, list[Quote]]:
    """The question's situation, with the topic of the gap where several gaps share the question."""
    phrase, cited = asked(pair.question)
    topic = _topic(gap, pair.question_text + " " + pair.agent.text)
    if not phrase:
        return wording.shorten(f"User asks about {topic}", wording.MAX_TRIGGER), []
    if specific and topic:
        phrase = f"{phrase}: {topic}"
    return wording.shorten(phrase, wording.MAX_TRIGGER), cited


def asked(question: tuple[Turn, ...]) -> tuple[str, list[Quote]]:
    """The situations of consecutive user turns, joined, and their places; the requests alone where there are some."""
    found = []
    for turn in question[-6:]:
        text, field = spoken(turn)
        situation = wording.situation(text, prefix_length(turn) if field != ACTION else 0)
        if situation:
            quote = Quote(turn.interaction_id, field, situation.start, situation.end)
            found.append((situation, quote))
    requests = [one for one in found if one[0].asks] or found
    phrases = list(dict.fromkeys(situation.phrase for situation, _ in requests))
    joined = "; ".join([*phrases[:1], *(re.sub(r"^User (?:says:? )?", "", phrase) for phrase in phrases[1:])])
    return joined, [quote for _, quote in requests]


def _topic(gap: _Gap, known: str) -> str:
    """What the gap is about: its condition, its subject if that is new, else its first new words."""
    said = wording.without_identifiers(gap.phrase or gap.text)
    old = set(alignment.stems(known[:8_000]))
    lead = _TOPIC_LEAD.match(said)
    if lead:
        return wording.of_users(lead["x"].strip())
    subject = None if gap.phrase else _SUBJECT.match(said)
    if subject and not {word.lower() for word in subject["x"].split()} <= _GENERIC:
        new = alignment.heavy_stems(subject["x"]) - old
        if new and len(subject["x"].split()) <= 6:
            return wording.lower_first(subject["x"].strip())
    return _new_words(said, old)


def _new_words(said: str, old: set[str]) -> str:
    """Up to two runs of at most four words that the question and the agent did not say."""
    runs: list[list[str]] = [[]]
    for token in re.findall(r"[^\W_]+(?:['\u2019-][^\W_]+)*", said):
        own = alignment.heavy_stems(token) - old
        if own and token.lower() not in _GENERIC and len(runs[-1]) < 4:
            runs[-1].append(token)
        elif runs[-1]:
            runs.append([])
    chosen = sorted((run for run in runs if run), key=len, reverse=True)[:2]
    chosen.sort(key=runs.index)
    return ", ".join(wording.lower_first(" ".join(run)) for run in chosen) or wording.shorten(said, 60)


def _tone(
    pair: ExpertPair, agent: list[Sentence], expert: list[Sentence], by: alignment.Weights
) -> PlaybookCandidate | None:
    """A slight in the agent's words that the expert's, otherwise alike, do without."""
    if not expert or _RUDE.search(pair.expert[:8_000]):
        return None
    everything = set().union(*alignment.bags_of(expert))
    for said in agent:
        rude = _RUDE.search(said.text)
        if rude and not _RUDE.search(pair.question_text[:8_000]):
            if alignment.containment(alignment.stems(_RUDE.sub(" ", said.text)), everything, by) < _TONE_KEPT:
                continue
            phrase, cited = asked(pair.question)
            at = said.start + rude.start()
            return PlaybookCandidate(
                phrase or "User asks for something",
                "Be polite and courteous; answer without slighting words.",
                (*cited, Quote(pair.agent.interaction_id, pair.agent.text_field, at, at + len(rude[0])),
                 Quote(pair.agent.interaction_id, pair.field, expert[0].start, expert[0].end)),
                "expert",
                pitfall=f"Writing {wording.quoted(rude[0])}",
                rationale="The expert says the same without it.",
                confidence=TONE,
                agent_id=pair.agent.agent_id,
                agent_version=pair.agent.agent_version,
                session_id=pair.agent.session_id,
                tags=("tone",),
            )  # fmt: skip
    return None
