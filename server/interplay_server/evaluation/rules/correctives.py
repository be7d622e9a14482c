"""User turns that correct the agent, by the strict definition.

Such a turn refers to an earlier reply, says that it is wrong or incomplete, and so steers to a revision. A first
request, a new topic, the answer to what the agent asked, and thanks are none.
"""

import re
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from interplay_server.domain.window import Turn, Window
from interplay_server.evaluation.rules import speech
from interplay_server.learning import wording
from interplay_server.learning.lessons import signals
from interplay_server.learning.lessons.corrections import corrections, exchanges
from interplay_server.learning.lessons.orders import STRONG, order_of
from interplay_server.learning.sentences import Sentence
from interplay_server.retrieval.text import ends_with_question

_MOST_SENTENCES = 12
# Repairs that say no more than that: a lesson needs the right words beside them, a count does not.
_REPAIR = re.compile(
    r"^(?:no[,.!\s]{1,3}|but |hey,? |sorry,? (?:but )?|um+,? ){0,2}(?:"
    r"(?:that|this|it)(?:['\u2019]?s| is| was) (?:not |n['\u2019]t )(?:what i (?:asked|wanted|meant|said|"
    r"need\w{0,2}|ordered)|"
    r"right|correct|it|true)|"
    r"(?:that|this|it) is ?n['\u2019]?t (?:what i (?:asked|wanted|meant|said|need\w{0,2}|ordered)|right|correct|true)|"
    r"(?:that|this|it)(?:['\u2019]?s| is| was)(?: still| just| plain)? (?:wrong|incorrect|incomplete)|"
    r"you (?:already|just) asked (?:me )?(?:that|this|for)|"
    r"(?:it|this|that) still (?:does ?n['\u2019]?t|does not|is ?n['\u2019]?t|is not) \w+|"
    r"you (?:did ?n['\u2019]?t|did not|have ?n['\u2019]?t|have not|are ?n['\u2019]?t|are not|never) (?:answer(?:ed|"
    r"ing)?|"
    r"listen(?:ed|ing)?|read)|not what i (?:asked|wanted|meant|said|ordered)|"
    r"that (?:does ?n['\u2019]?t|does not|did ?n['\u2019]?t|did not) (?:answer|help|work|solve)|wrong(?: \w+)?[.!]*$)",
    re.IGNORECASE,
)

# After a question of the agent, "that isn't right" may be the answer; this is not.
_OF_BEFORE = re.compile(
    r"\b(?:you|your|i (?:already |just |clearly )?(?:asked|wanted|meant|said|ordered|gave|told|mentioned))\b",
    re.IGNORECASE,
)


def corrective_turns(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Ids of the corrective user turns of one session, in order."""
    window = Window("", tuple(replace(turn, fresh=True) for turn in turns))
    # The last words that such a lesson cites are those of the correction.
    taught = {lesson.evidence[-1].interaction_id for lesson in corrections(window)}
    return tuple(
        exchange.user.interaction_id
        for exchange in exchanges(window)
        if (_taught(exchange.user, taught) or _rejects(exchange.user, exchange.agent))
        and not _answers(exchange.user, exchange.agent)
    )


def _taught(user: Turn, taught: Collection[str]) -> bool:
    """Whether a lesson came from a turn of several words; one alone, such as foreign thanks, may mislead."""
    return user.interaction_id in taught and len(speech.said(user).split(maxsplit=1)) > 1


def _answers(user: Turn, agent: Turn) -> bool:
    """Whether a turn answers a reply that only asked, and says nothing of it or of what was said before."""
    asked = [part for part in speech.parts_of(speech.said(agent)) if not wording.is_aside(part.text)]
    return bool(asked) and all(part.asks for part in asked) and not _OF_BEFORE.search(speech.said(user))


def _rejects(user: Turn, agent: Turn) -> bool:
    parts = speech.parts_of(speech.said(user))[:_MOST_SENTENCES]
    if not parts or (len(parts) == 1 and signals.CHATTY.match(parts[0].text)):
        return False
    if any(signals.SELF_REPAIR.search(part.text) for part in parts):
        return False
    reply = agent.text[: speech.READ]
    asks = ends_with_question(reply)
    return any(
        (_REPAIR.match(part.text) and (not asks or _OF_BEFORE.search(part.text))) or _strong(part, reply)
        for part in parts
        if not speech.GIVES_UP.match(part.text)
    )


def _strong(part: Sentence, reply: str) -> bool:
    order = order_of(part, reply)
    return order is not None and order.strength == STRONG and not part.asks
