"""Retrieval quality on LoCoMo through the running server, and what the score itself costs."""

import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from interplay.v1 import interaction_pb2
from interplay.v1 import interaction_service_pb2 as pb

from tests.bench import locomo
from tests.bench.common import PUBLISH, SEARCH, Plan, channel, run, say
from tests.bench.table import Row, bound, quantile

TURNS = 1000


class ServedSearch:
    """A `locomo.SearchFn` over answers that were all fetched before."""

    def __init__(self, answers: dict[tuple[str, str], list[str]]) -> None:
        self._answers = answers

    def __call__(self, conversation: locomo.Conversation, question: locomo.Question, depth: int) -> Sequence[str]:
        return self._answers[conversation.collection, question.id][:depth]


def thousand_turns(conversations: Sequence[locomo.Conversation]) -> locomo.Conversation:
    """The first 1,000 turns of all conversations as those of one user, with the questions of the first two."""
    docs = [
        locomo.Doc(f"{one.collection}/{doc.id}", doc.text, doc.speaker, f"{one.collection}/{doc.session}", doc.date)
        for one in conversations
        for doc in one.docs
    ]
    questions = [question for one in conversations[:2] for question in one.usable]
    return locomo.Conversation("a thousand turns", docs[:TURNS], questions)


def measure(plan: Plan) -> list[Row]:
    folder = locomo.data_folder()
    if folder is None:
        return [Row("LoCoMo", "skipped: no data", goal="R@10 ≥ .82")]
    conversations = locomo.load(folder)[: plan.pick(100, 1)]
    thousand = thousand_turns(locomo.load(folder))
    with plan.server("quality") as server:
        answers, taken = run(lambda: _ask_server(server.target, conversations, thousand))
    result = locomo.evaluate(ServedSearch(answers), conversations)
    say(f"LoCoMo: {result}")
    stage = second_stage(thousand)
    which = f"LoCoMo, {len(conversations)} conversations, {sum(len(one.usable) for one in conversations)} questions"
    return [
        bound(f"{which}: turn R@10", result["recall@10"], 0.82, "", least=True, digits=3),
        bound(f"{which}: NDCG@10", result["ndcg@10"], 0.64, "", least=True, digits=3),
        bound(f"{which}: session R@10", result["session_recall@10"], 0.95, "", least=True, digits=3),
        bound("search p50, LoCoMo, 1,000 turns of a user", quantile(taken, 0.5), 10, "ms"),
        Row("search p95, the same", f"{quantile(taken, 0.95):.2f} ms"),
        bound("its second stage alone, p50", quantile(stage, 0.5), 3, "ms"),
    ]


def second_stage(conversation: locomo.Conversation) -> list[float]:
    """Milliseconds of ranking 1,000 turns for ten hits in this process."""
    search = locomo.OfflineSearch([conversation])
    for _ in range(2):
        search.seconds.clear()
        for question in conversation.queries:
            search(conversation, question, 10)
    return [value * 1000 for value in search.seconds]


async def _ask_server(
    target: str, conversations: Sequence[locomo.Conversation], thousand: locomo.Conversation
) -> tuple[dict[tuple[str, str], list[str]], list[float]]:
    async with channel(target) as open_channel:
        publish, search = open_channel.unary_unary(PUBLISH), open_channel.unary_unary(SEARCH)
        for conversation in (*conversations, thousand):
            for request in _published(conversation):
                await publish(request)
        answers = {}
        for conversation in conversations:
            for question in conversation.usable:
                raw = await search(_search(conversation, question, locomo.DEPTH))
                hits = pb.SearchInteractionsResponse.FromString(raw).hits
                answers[conversation.collection, question.id] = [hit.interaction.data.external_id for hit in hits]
        taken = []
        for n in range(2):
            for question in thousand.queries:
                request = _search(thousand, question, 10)
                start = time.perf_counter()
                await search(request)
                if n:
                    taken.append((time.perf_counter() - start) * 1000)
        return answers, taken


def _published(conversation: locomo.Conversation) -> list[bytes]:
    requests = []
    for session, turns in itertools.groupby(conversation.timed(), key=lambda turn: turn[0].session):
        request = pb.PublishInteractionsRequest(user_id=conversation.collection, session_id=session)
        for doc, event_time in turns:
            one = interaction_pb2.InteractionData(
                role="User", speaker=doc.speaker, external_id=doc.id, content=doc.text
            )
            one.occur_time.FromDatetime(datetime.fromtimestamp(event_time / 1e6, UTC))
            request.interactions.append(one)
        requests.append(request.SerializeToString())
    return requests


def _search(conversation: locomo.Conversation, question: locomo.Question, top_k: int) -> bytes:
    return pb.SearchInteractionsRequest(
        query=question.text, user_id=conversation.collection, top_k=top_k
    ).SerializeToString()
