"""Judges planted behind the fake provider: what they are is known, so that what is measured of them can be checked.

A judge is a function of the two answers in the order in which they are shown; it says FIRST, SECOND or TIE. Answers
carry their worth in words, `grade 3`.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections import Counter

from interplay_server.evaluation.judging_answers import CRITERIA

from tests.support.fake_models import FakeModels, Reply

FIRST, SECOND, TIE = "FIRST", "SECOND", "TIE"
_GRADE = re.compile(r"grade (\d+)")


def shown(seen, tag):
    """The JSON values of a section of the judge's prompt."""
    lines = seen.messages[1][1].split("\n")
    inside = lines[lines.index(f"<{tag}>") + 1 : lines.index(f"</{tag}>")]
    return [json.loads(re.sub(r"^(?:T\d+|GAP) ", "", line)) for line in inside]


def kind_of(seen):
    """pair, session or other."""
    properties = (seen.schema or {}).get("properties", {})
    return "pair" if "magnitude" in properties else "session" if "resolving_turn" in properties else "other"


def verdict(winner, magnitude=0.7):
    criteria = [{"name": name, "reason": "seen", "winner": winner} for name in CRITERIA]
    return {"criteria": criteria, "reason": "So it is.", "winner": winner, "magnitude": magnitude}


def grade(text):
    found = _GRADE.search(text)
    return int(found[1]) if found else 0


def perfect(first, second):
    one, two = grade(first), grade(second)
    return TIE if one == two else FIRST if one > two else SECOND


def always_first(first, second):
    return FIRST


def longer(first, second):
    return FIRST if len(first) > len(second) else SECOND


def own_family(first, second):
    """Prefers what its own family wrote, else what is better."""
    own = ("own words" in first, "own words" in second)
    return {(True, False): FIRST, (False, True): SECOND}.get(own) or perfect(first, second)


def fraction(*texts):
    """0 to 1, the same for the same texts."""
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:8]) / 2**64


def coin(first, second):
    """Each order anew."""
    return FIRST if fraction("coin", first, second) < 0.5 else SECOND


def leaning(share):
    """Spends `share` of its judgements on the first place; else it has a taste of its own, the same in both orders."""

    def judge(first, second):
        if fraction("lean", first, second) < share:
            return FIRST
        return FIRST if fraction("taste", first) > fraction("taste", second) else SECOND

    return judge


class PlantedModel:
    """The fake and who judges, by a word in the prompt. What asks for something else gets nothing."""

    def __init__(self):
        self.behaviour = {}
        self.fake = FakeModels(self.answer)
        self.answered = Counter()
        """Whole answers by (first, second) as they were shown."""

    def plant(self, marker, behave):
        """`behave` takes what was seen."""
        self.behaviour[marker] = behave

    def judge(self, marker, judge):
        """`judge` takes the two answers."""
        self.plant(marker, lambda seen: verdict(judge(*both(seen))))

    def answer(self, seen):
        for marker, behave in self.behaviour.items():
            if marker in seen.prompt:
                made = behave(seen)
                return self._later(seen, made) if asyncio.iscoroutine(made) else self._counted(seen, made)
        return {"items": []}

    async def _later(self, seen, made):
        return self._counted(seen, await made)

    def _counted(self, seen, made):
        if kind_of(seen) == "pair" and isinstance(made, dict):
            self.answered[both(seen)] += 1
        return made

    def seen(self, marker):
        return [one for one in self.fake.seen if marker in one.prompt]


def both(seen):
    return shown(seen, "first")[0], shown(seen, "second")[0]


class Gate:
    """Lets `free` answers through and holds the rest until it is opened."""

    def __init__(self, judge, free=0):
        self._judge, self._free = judge, free
        self._open = threading.Event()

    def open(self):
        self._open.set()

    async def __call__(self, seen):
        self._free -= 1
        if self._free < 0:
            while not self._open.is_set():  # noqa: ASYNC110 - set from another thread
                await asyncio.sleep(0.01)
        return verdict(self._judge(*both(seen)))


class Failing:
    """Answers `good` times, then fails until it is mended."""

    def __init__(self, judge, good, failure):
        self._judge, self._good, self._failure = judge, good, failure
        self.mended = False

    def __call__(self, seen):
        self._good -= 1
        if self._good < 0 and not self.mended:
            return self._failure
        return verdict(self._judge(*both(seen)))


MALFORMED = Reply("I prefer not to answer in JSON.")
