"""Interactions like those of real traffic: 22 words and about 245 bytes each, from a seed."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from interplay.v1 import interaction_pb2, interaction_service_pb2, publish_stream_pb2
from interplay_server.models import wordllama

WORDS = 22
SESSION = 50
_JOINS = np.array(["the", "and", "you", "that", "was", "for", "are", "with", "they", "this", "have", "from"], object)
_EPOCH = 1_760_000_000


def vocabulary() -> list[str]:
    """Some 6,000 words, frequent ones first: the whole words of the embedder's tokenizer."""
    raw = (wordllama._package_folder() / wordllama._TOKENIZER).read_bytes()
    tokens: dict[str, int] = msgspec.json.decode(raw)["model"]["vocab"]
    words = (token[1:] for token, _ in sorted(tokens.items(), key=lambda item: item[1]) if token[:1] == "▁")
    return [word for word in words if len(word) > 3 and word.isascii() and word.isalpha() and word.islower()][:6000]


class Traffic:
    """Texts by Zipf's law; two words in five join the others, one in forty is a number seen nowhere else."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._words = np.array(vocabulary(), object)
        weights = 1 / np.arange(8, 8 + len(self._words))
        self._steps = np.cumsum(weights / weights.sum())

    def texts(self, count: int) -> list[str]:
        places = np.searchsorted(self._steps, self._random.random((count, WORDS)))
        words = self._words[np.minimum(places, len(self._words) - 1)]
        joins = self._random.random(words.shape) < 2 / 5
        words[joins] = self._random.choice(_JOINS, joins.sum())
        odd = self._random.random(words.shape) < 1 / 40
        words[odd] = [str(n) for n in self._random.integers(1000, 10**6, odd.sum())]
        return [" ".join(row) for row in words.tolist()]

    def interactions(self, count: int) -> list[interaction_pb2.InteractionData]:
        numbers = self._random.integers(0, 2**60, count).tolist()
        made = []
        for i, (text, number) in enumerate(zip(self.texts(count), numbers, strict=True)):
            one = interaction_pb2.InteractionData(
                role="Agent" if i % 2 else "User",
                speaker="Support desk" if i % 2 else "Alexandra Miller",
                external_id=f"conversation-{i // SESSION:04}/message-{number:032x}",
                content=text,
            )
            if not i % 2:
                one.user_action = interaction_pb2.USER_ACTION_CLICK
                one.user_action_description = "opened the overview of all orders in the menu"
            one.occur_time.seconds = _EPOCH + i
            made.append(one)
        return made


def appends(interactions: Sequence[interaction_pb2.InteractionData], each: int, **options: object) -> list[bytes]:
    """Messages of a publish stream with `each` interactions, as bytes."""
    return [
        publish_stream_pb2.StreamPublishRequest(
            append=publish_stream_pb2.StreamAppend(interactions=interactions[i : i + each], **options)
        ).SerializeToString()
        for i in range(0, len(interactions), each)
    ]


def opening(stream_id: str, user_id: str, session_id: str = "session") -> bytes:
    opened = publish_stream_pb2.StreamOpen(stream_id=stream_id, user_id=user_id, session_id=session_id)
    return publish_stream_pb2.StreamPublishRequest(open=opened).SerializeToString()


FINISH = publish_stream_pb2.StreamPublishRequest(finish=publish_stream_pb2.StreamFinish()).SerializeToString()
FLUSH = publish_stream_pb2.StreamPublishRequest(flush=publish_stream_pb2.StreamFlush()).SerializeToString()


def publish_request(interactions: Sequence[interaction_pb2.InteractionData], user_id: str) -> bytes:
    return interaction_service_pb2.PublishInteractionsRequest(
        user_id=user_id, session_id="session", interactions=interactions
    ).SerializeToString()


def turns_of_users(traffic: Traffic, users: int, turns: int, each: int) -> Iterator[tuple[str, list[bytes]]]:
    """For each user the messages that hold the turns, in sessions of 50 or of a message."""
    for user in range(users):
        rows = traffic.interactions(turns)
        messages = []
        for start in range(0, turns, each):
            # A message belongs to one session: a larger one makes a longer session.
            session_id = f"session-{user}-{start // max(each, SESSION)}"
            messages += appends(rows[start : start + each], each, session_id=session_id)
        yield f"user-{user}", messages
