"""Corrections and redirections: a user rejects what the agent did, or steers it elsewhere."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from interplay_server.domain import roles
from interplay_server.domain.window import PlaybookCandidate, Quote, Turn, Window
from interplay_server.learning import alignment, verbs, wording
from interplay_server.learning.expert import asked, prefix_length, spoken
from interplay_server.learning.lessons import signals
from interplay_server.learning.lessons.implied import implied
from interplay_server.learning.lessons.orders import SIGN, STRONG, WEAK, Order, order_of
from interplay_server.learning.lessons.outcomes import blockage
from interplay_server.learning.sentences import Sentence, sentences

READ = 4_000
_MOST_SENTENCES = 12
_MOST_LESSONS = 4
_CONFIDENCE = {STRONG: 0.7, WEAK: 0.55}
_NO = re.compile(r"(?:no|nope|nah)\b", re.IGNORECASE)
_CUT_BEFORE = frozenset({"please", "just", "only", "instead", "always", "never"})
_FRAME_STEMS = alignment.heavy_stems(
    "user asks says wants needs looks whether proceed go ahead assist help process that"
)
_POINTS = re.compile(r"\b(?:it|that|this|them|those|these)\b", re.IGNORECASE)
_ANAPHORIC = re.compile(
    r"\b(?:it|them|that|this|these|those|one)(?: out| off| away| back)?(?: next time)?$", re.IGNORECASE
)


class Exchange(NamedTuple):
    """A user turn, the agent turn it follows and the user turns that one answered, with what was asked before them."""

    user: Turn
    agent: Turn
    request: tuple[Turn, ...]
    tools: tuple[str, ...]
    """Tools of all agent turns since the request."""


def exchanges(window: Window) -> list[Exchange]:
    """Every user turn with words that follows an agent turn with words in its session."""
    found: list[Exchange] = []
    for turns in by_session(window):
        open_question: list[Turn] = []
        answered: list[Turn] = []
        agent: Turn | None = None
        tools: list[str] = []
        for turn in turns:
            if turn.role_class == roles.AGENT:
                tools += turn.tools
                if turn.text.strip():
                    if open_question:
                        answered, open_question = _request(answered, open_question), []
                    agent = turn
            elif turn.role_class == roles.USER and spoken(turn)[0].strip():
                if agent is not None and turn.text.strip():
                    found.append(Exchange(turn, agent, tuple(answered), tuple(tools)))
                if _requests(turn) and not (found and found[-1].user is turn and _judged(found[-1])[0]):
                    tools = [] if agent is not None and not open_question else tools
                    open_question.append(turn)
                elif not answered:
                    open_question.append(turn)
    return found


def by_session(window: Window) -> list[list[Turn]]:
    """The turns of each session, in order."""
    sessions: dict[str, list[Turn]] = {}
    for turn in window.turns:
        sessions.setdefault(turn.session_id, []).append(turn)
    return list(sessions.values())


def _requests(turn: Turn) -> bool:
    """Whether a turn asks for something; an answer ("Austria.", "yes please") leaves the request before it standing."""
    text, _ = spoken(turn)
    situation = wording.situation(text, prefix_length(turn))
    if not situation:
        return False
    matter = alignment.heavy_stems(situation.phrase) - _FRAME_STEMS
    return len(matter) >= (2 if _POINTS.search(situation.phrase) else 1 if situation.asks else 3)


def _request(before: list[Turn], now: list[Turn]) -> list[Turn]:
    asking = [turn for turn in now if _requests(turn)]
    return asking or before or now


def corrections(window: Window) -> list[PlaybookCandidate]:
    """Lessons from the fresh user turns that correct, reject or redirect the agent turn before them."""
    found: list[PlaybookCandidate] = []
    for exchange in exchanges(window):
        if exchange.user.fresh:
            found += _lessons(exchange)
    return found


def _lessons(exchange: Exchange) -> list[PlaybookCandidate]:
    strength, orders = _judged(exchange)
    if not strength:
        return []
    trigger, cited = _trigger(exchange)
    if not trigger:
        return []
    said = _instructions(exchange, orders)
    if not said:
        return []
    kind, details = blockage(exchange.agent)
    return [
        PlaybookCandidate(
            trigger,
            text.rstrip(" .") + ".",
            (*cited, *_cite_agent(exchange, text),
             *(Quote(exchange.user.interaction_id, exchange.user.text_field, at.start, at.end) for at in places)),
            "redirection" if all(order.steers for order in orders) else "correction",
            pitfall=_pitfall(exchange, text),
            rationale="The user corrected the reply." if strength == STRONG else "The user steered the reply "
                                                                                 "elsewhere.",
            blocking_kind=kind,
            blocking_details=details,
            confidence=_CONFIDENCE[strength],
            agent_id=exchange.agent.agent_id,
            agent_version=exchange.agent.agent_version,
            session_id=exchange.user.session_id,
        )
        for text, places in said[:_MOST_LESSONS]
    ]  # fmt: skip


def _judged(exchange: Exchange) -> tuple[int, list[Order]]:
    """How strongly a user turn corrects the agent turn before it (0: not at all), and the orders in it."""
    parts = _parts(exchange.user)
    if not parts or (signals.CHATTY.match(parts[0].text) and len(parts) == 1):
        return 0, []
    if any(signals.SELF_REPAIR.search(part.text) for part in parts) or parts[0].text.lower().startswith("see"):
        return 0, []
    agent = exchange.agent.text[:8_000]
    if signals.OF_OTHERS.search(exchange.user.text[:READ]) and not re.search(
        r"\byou(?:r|['\u2019]ve)?\b", exchange.user.text[:READ], re.IGNORECASE
    ):
        return 0, []
    agent_asks = _awaits(exchange.agent, denied=bool(_NO.match(parts[0].text)))
    orders = [order for part in parts if (order := order_of(part, agent))]
    orders += _denial(parts, orders, agent_asks=agent_asks)
    best = max((order.strength for order in orders), default=SIGN)
    if signals.ACCEPTS.match(parts[0].text) and best < STRONG:
        return 0, []
    if best < WEAK and not agent_asks and not any(signals.PLEASED.search(part.text) for part in parts):
        unsaid = _implied(parts, exchange)
        if unsaid:
            return WEAK, unsaid
    if best < WEAK or (best == WEAK and agent_asks) or any(signals.PLEASED.search(part.text) for part in parts):
        return 0, []
    if _of_third_party(parts, orders):
        return 0, []
    return best, orders


def _implied(parts: Sequence[Sentence], exchange: Exchange) -> list[Order]:
    """Orders from a turn that corrects without saying so: all its statements count, imperatives as such."""
    request = "\n".join(spoken(turn)[0] for turn in exchange.request)
    if not implied(parts, exchange.agent.text[:8_000], request):
        return []
    told = [
        part
        for part in parts
        if not wording.is_aside(part.text) and (not part.asks or part.text.endswith(("?!", "!?")))
    ]
    return [
        Order("", WEAK, part, steers=False, remainder=part.text.strip(" .!?"))
        for part in told
        if alignment.heavy_stems(part.text) or alignment.numbers(part.text)
    ]


def _awaits(agent: Turn, *, denied: bool) -> bool:
    """Whether the end of a reply asks for something; an offer of more help does only for a `denied` one."""
    end = [part for part in sentences(agent.text[-1_500:]) if not wording.is_aside(part.text) or (denied and part.asks)]
    return bool(end) and (end[-1].asks or any(part.asks or signals.WAITS.search(part.text) for part in end[-12:]))


def _parts(user: Turn) -> list[Sentence]:
    whole = sentences(user.text, prefix_length(user), READ)[:_MOST_SENTENCES]
    return [piece for part in whole for piece in _split(part)]


def _split(part: Sentence) -> list[Sentence]:
    """A sentence cut after an opening rejection ("No, …" stays), at semicolons and before "but please"."""
    cuts = [
        match.end()
        for match in re.finditer(
            r"[;\u2013\u2014]\s+|,\s+(?=(?P<next>i (?:said|asked|told|meant)|as i (?:said|mentioned)|[a-z]+)\b)",
            part.text,
            re.IGNORECASE,
        )
        if not match["next"]
        or match["next"].lower() in _CUT_BEFORE
        or " " in match["next"]
        or (match["next"].lower() in verbs.IMPERATIVES and len(part.text[: match.start()].split()) >= 4)
    ]
    edges = [0, *cuts, len(part.text)]
    pieces = []
    for start, end in pairwise(edges):
        said = part.text[start:end]
        if any(map(str.isalnum, said)):
            pieces.append(Sentence(part.start + start, part.start + start + len(said.rstrip()), said.rstrip()))
    # A comma before a lone "please" cuts nothing off that could stand alone.
    return pieces if all(len(alignment.heavy_stems(piece.text)) for piece in pieces) else [part]


def _denial(parts: Sequence[Sentence], orders: list[Order], *, agent_asks: bool) -> list[Order]:
    """A "no, …" to a statement of the agent."""
    first = parts[0]
    match = re.match(r"^(?:no|nope)\b[\s,.!\u2013\u2014-]*(?:no\b[\s,.!]*)*", first.text, re.IGNORECASE)
    if not match or agent_asks or orders or signals.CHATTY.match(first.text) or first.asks:
        return []
    rest = first.text[match.end() :].strip(" .!")
    if not alignment.heavy_stems(rest) or signals.NO_NOUN.match(first.text.rstrip(" .!")):
        return []
    return [Order("", WEAK, first, steers=False, remainder=rest)]


def _of_third_party(parts: Sequence[Sentence], orders: Sequence[Order]) -> bool:
    """Whether "that's wrong" follows a statement about somebody else and so speaks of that."""
    if any(order.steers and order.strength >= WEAK for order in orders):
        return False
    strong = next((order for order in orders if order.strength >= WEAK), None)
    if strong is None or not re.match(
        r"(?:that|this|it|which|they|these|those)\b", strong.sentence.text, re.IGNORECASE
    ):
        return False
    before = [part for part in parts if part.start < strong.sentence.start]
    return any(
        re.search(r"\b(?:my|the|our|his|her|their|a|an|he|she|they)\s+\w+", part.text, re.IGNORECASE)
        and not re.search(r"\byou(?:r)?\b", part.text, re.IGNORECASE)
        for part in before
    )


def _instructions(exchange: Exchange, orders: list[Order]) -> list[tuple[str, tuple[Sentence, ...]]]:
    """One instruction for each imperative; without any, one from what the user states."""
    steering = [order for order in orders if order.steers and order.text]
    firm = [order for order in steering if _is_imperative(order)]
    other = [order for order in orders if order not in firm]
    stated = _statements(exchange, orders)
    if firm:
        context = [(o.remainder or o.text, o.sentence) for o in other if o.remainder or o.text]
        leans = all(_thin(order) or _LEANS.match(order.text) for order in firm)
        if leans and (context or stated):
            parts = [*context, *stated]
            joined = "; ".join(
                dict.fromkeys([*(order.text for order in firm), *(wording.third_person(text) for text, _ in parts)])
            )
            return [(joined, (*(order.sentence for order in firm), *(at for _, at in parts)))]
        return [(order.text, (order.sentence,)) for order in firm if not _thin(order)]
    if steering:
        merged = "; ".join(dict.fromkeys(order.text for order in steering))
        return [(merged, tuple(order.sentence for order in steering))]
    said = [(order.remainder, order.sentence) for order in orders if alignment.heavy_stems(order.remainder)]
    said += [one for one in stated if one[1] not in [at for _, at in said]]
    if said:
        joined = "; ".join(
            dict.fromkeys(wording.third_person(wording.without_identifiers(text)) for text, _ in said[:3])
        )
        return [
            (
                wording.shorten(f"Take into account: {_improved(joined).replace(';;', ';')}", wording.MAX_INSTRUCTION),
                tuple(at for _, at in said[:3]),
            )
        ]
    hints = [order for order in orders if order.text]
    if hints:
        return [("; ".join(order.text for order in hints), tuple(order.sentence for order in hints))]
    return []


_REMEDIES = [
    ("long|wordy|verbose|detailed", "keep it shorter"),
    ("short|brief|general|generic|vague", "be more specific"),
    ("technical|complicated|complex", "use simpler words"), ("casual|informal", "use a more formal tone"),
    ("formal|salesy", "use a less formal tone"), ("expensive|pricey", "offer something cheaper"),
]  # fmt: skip


def _improved(text: str) -> str:
    """Add to "too long" what to do instead."""
    for words, remedy in _REMEDIES:
        if re.search(rf"\btoo (?:{words})\b", text, re.IGNORECASE):
            return f"{text}; {remedy}"
    return text


_LEANS = re.compile(r"^\w+ (?:it|them|that|this|these|those)\b", re.IGNORECASE)


def _is_imperative(order: Order) -> bool:
    return order.imperative or order.strength == STRONG


def _thin(order: Order) -> bool:
    """Whether an imperative says nothing without the sentence before it: "Replace them"."""
    if signals.CONTENT_LESS.match(order.text):
        return True
    return (len(order.text.split()) <= 4 and bool(_ANAPHORIC.search(order.text))) or not alignment.heavy_stems(
        order.text
    )


def _statements(exchange: Exchange, orders: list[Order]) -> list[tuple[str, Sentence]]:
    """Sentences beside the rejection that state something and are no aside."""
    taken = {order.sentence for order in orders}
    return [
        (part.text.strip(" .!"), part)
        for part in _parts(exchange.user)
        if part not in taken
        and not part.asks
        and not wording.is_aside(part.text)
        and len(alignment.heavy_stems(part.text)) >= 2
    ]


def _trigger(exchange: Exchange) -> tuple[str, list[Quote]]:
    phrase, cited = asked(exchange.request)
    if phrase:
        return wording.shorten(phrase, wording.MAX_TRIGGER), cited
    # The agent spoke first: what it spoke of is all there is to go by.
    topic = next(
        (
            part
            for part in sentences(exchange.agent.text, prefix_length(exchange.agent), READ)
            if len(alignment.heavy_stems(part.text)) >= 2
        ),
        None,
    )
    if topic is None:
        return "", []
    quote = Quote(exchange.agent.interaction_id, exchange.agent.text_field, topic.start, topic.end)
    return f"User is told {wording.quoted(topic.text)}", [quote]


def _agent_statement(exchange: Exchange, near: str) -> Sentence | None:
    """The agent's sentence that shares most with the correction, else its first that says something."""
    parts = sentences(exchange.agent.text, prefix_length(exchange.agent), 8_000)
    if not parts:
        return None
    about = alignment.heavy_stems(near + " " + exchange.user.text[:READ])
    shared = [len(about & alignment.heavy_stems(part.text)) - 0.5 * wording.is_aside(part.text) for part in parts]
    best = max(range(len(parts)), key=lambda n: (shared[n], -n))
    return parts[best]


def _cite_agent(exchange: Exchange, near: str) -> list[Quote]:
    part = _agent_statement(exchange, near)
    return [Quote(exchange.agent.interaction_id, exchange.agent.text_field, part.start, part.end)] if part else []


def _pitfall(exchange: Exchange, near: str) -> str:
    part = _agent_statement(exchange, near)
    return f"Answering {wording.quoted(part.text)}" if part else ""
