"""Quality of the judges by rules on public data: tau-bench, Taskmaster-4, STAR, polite pairs and Arena-Hard.

Run alone, without a server:

    PYTHONPATH=server:. python -m tests.bench.evaluation_quality [folder with data]

Each figure stands beside what needs no judge: the length of a text, the number of turns. Intervals are 95 %; those of an
area under the ROC curve (AUC) are cluster bootstraps, as trials of one task and replies to one context are not
independent. The data are not part of the project; a set that is absent is named as skipped.
"""

import gzip
import itertools
import json
import math
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from interplay_server.domain.roles import AGENT, SYSTEM, USER
from interplay_server.domain.window import Turn
from interplay_server.evaluation.rules import PairContext, corrective_turns, grade_reply, judge_pair, judge_session
from numpy.typing import NDArray

from tests.bench.learning_quality import load, path_of
from tests.bench.table import Row, bound, lines

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ("gpt-4-0314", "gpt-4-0613", "gpt-3.5-turbo-0125")
"""Models of Arena-Hard v0.1 in their published order, 50.0 > 37.9 > 23.3."""
RESAMPLES = 2_000
_Z = 1.959964

Item = dict[str, Any]
Judged = tuple[str, bool | None]
"""FIRST, SECOND or TIE, and whether the first text is the longer one; None for equal lengths."""


def data_folder(given: str | None = None) -> Path:
    """The folder below an argument, $INTERPLAY_DATA or ../shared/data; it may be absent."""
    base = Path(given or os.environ.get("INTERPLAY_DATA") or ROOT.parent / "shared" / "data")
    return base if base.is_absolute() else ROOT / base


def items(path: Path) -> list[Item]:
    """The lines of a packed JSONL file; none if there is no such file."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines() if line.strip()]


def turn(n: int, role: str, text: str, *, seconds: float | None = None, **fields: Any) -> Turn:
    return Turn(f"t{n}", n, round((n * 10 if seconds is None else seconds) * 1e6), "s", role, text, **fields)


# What is measured, by set.


def auc(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher, ties half; NaN without such a pair."""
    positive, negative = scores[labels], scores[~labels]
    if not len(positive) or not len(negative):
        return math.nan
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.sum() / (2 * len(positive) * len(negative)))


def auc_interval(scores: Sequence[float], labels: Sequence[bool], groups: Sequence[Hashable]) -> tuple[float, float]:
    """95 % by resampling whole groups."""
    values, good = np.asarray(scores, float), np.asarray(labels, bool)
    members = defaultdict(list)
    for at, group in enumerate(groups):
        members[group].append(at)
    rows = [np.asarray(one) for one in members.values()]
    random = np.random.default_rng(20_231)
    found = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([rows[at] for at in random.integers(len(rows), size=len(rows))])
        value = auc(values[chosen], good[chosen])
        if not math.isnan(value):
            found.append(value)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def auc_row(what: str, scores: Sequence[float], labels: Sequence[bool], groups: Sequence[Hashable], **bare: Any) -> Row:
    """The figure of a judge; `bare` holds the scores of what needs none, by name."""
    good = np.asarray(labels, bool)
    value = auc(np.asarray(scores, float), good)
    low, high = auc_interval(scores, labels, groups)
    beside = {name.replace("_", " "): auc(np.asarray(one, float), good) for name, one in bare.items()}
    best = max(beside, key=beside.__getitem__)
    shown = ", ".join(f"{name} {one:.3f}" for name, one in beside.items())
    return Row(
        f"{what}: AUC, {len(labels)} rows, {int(good.sum())} good",
        f"{value:.3f} [{low:.3f}, {high:.3f}]",
        shown,
        value / beside[best],
        f"above {best}",
        value > beside[best],
    )


def tau_turns(item: Item) -> list[Turn]:
    roles = {"user": USER, "assistant": AGENT, "tool": SYSTEM}
    return [
        turn(
            n,
            roles[said["role"]],
            # The simulated user's sign that it has finished.
            (said.get("content") or "").replace("###STOP###", "").strip(),
            speaker=said.get("name") or "",
            tools=tuple(call["name"] for call in said.get("tool_calls") or ()),
        )
        for n, said in enumerate(item["messages"])
    ]


def tau_bench(folder: Path) -> list[Row]:
    runs = items(folder / "tau_bench" / "airline_trajectories.jsonl.gz")
    if not runs:
        return [_skipped("tau_bench")]
    found = [judge_session(tau_turns(run), finished=True) for run in runs]
    solved = [run["reward"] > 0 for run in runs]
    tasks = [run["task_id"] for run in runs]
    called = Counter(one.outcome for one in found)
    right = Counter(one.outcome for one, good in zip(found, solved, strict=True) if good)
    return [
        auc_row(
            "tau_bench airline: session success against reward",
            [one.success for one in found],
            solved,
            tasks,
            few_user_turns=[-one.user_turns for one in found],
            few_messages=[-len(run["messages"]) for run in runs],
        ),
        Row(
            "tau_bench airline: solved of those called",
            ", ".join(f"{name} {right[name]}/{n}" for name, n in sorted(called.items())),
        ),
    ]


def order_turns(item: Item) -> list[Turn]:
    roles = {"agent": AGENT, "user": USER, "api": SYSTEM}
    made = []
    for n, said in enumerate(item["context"]):
        if "api" in said:
            made.append(turn(n, AGENT, "", tools=tuple(said["api"])))
        else:
            text = said.get("text") or json.dumps(said.get("response"), ensure_ascii=False)
            made.append(turn(n, roles[said["role"]], text))
    return made


def values_of(found: object) -> Iterator[str]:
    """The values of a call's arguments, without their names."""
    if isinstance(found, dict):
        for one in found.values():
            yield from values_of(one)
    elif isinstance(found, list):
        for one in found:
            yield from values_of(one)
    else:
        yield str(found)


def taskmaster(folder: Path) -> list[Row]:
    rows = items(folder / "taskmaster4" / "reward.jsonl.gz")
    if not rows:
        return [_skipped("taskmaster4")]
    replies = [json.loads(row["generation"]) for row in rows]
    # A call without arguments is one all the same.
    called = [[*values_of(reply["api"])] or [""] if "api" in reply else [] for reply in replies]
    grades = [
        grade_reply(order_turns(row), reply.get("text") or "", arguments=arguments)
        for row, reply, arguments in zip(rows, replies, called, strict=True)
    ]
    good = [row["reward"] > 0 for row in rows]
    groups = [json.dumps(row["context"]) for row in rows]
    lengths = [len(reply.get("text") or " ".join(values_of(reply.get("api")))) for reply in replies]
    made = []
    for name, kind in (("next turn", ""), ("next turn in words", "text"), ("next turn a call", "api")):
        at = [n for n, reply in enumerate(replies) if not kind or kind in reply]
        long = [lengths[n] for n in at]
        made.append(
            auc_row(
                f"taskmaster4: {name} against good or bad",
                [grades[n] for n in at],
                [good[n] for n in at],
                [groups[n] for n in at],
                long_reply=long,
                short_reply=[-one for one in long],
            )
        )
    return made


def judged(context: PairContext) -> Judged:
    longer = None if len(context.first) == len(context.second) else len(context.first) > len(context.second)
    return judge_pair(context).winner, longer


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share; (0, 1) for none."""
    if not n:
        return 0.0, 1.0
    share, z2 = hits / n, _Z * _Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return middle - half, middle + half


def preference_rows(what: str, found: Sequence[Judged]) -> list[Row]:
    """How often the second text, which people prefer, wins; and how often the longer one is that."""
    called = Counter(winner for winner, _ in found)
    decided = called["FIRST"] + called["SECOND"]
    low, high = wilson(called["SECOND"], decided)
    share = called["SECOND"] / max(1, decided)
    bare = Counter(longer for _, longer in found)
    by_length = bare[False] / max(1, bare[False] + bare[True])
    return [
        Row(
            f"{what}: preferred / other / tie, {len(found)} pairs",
            f"{called['SECOND']} / {called['FIRST']} / {called['TIE']}",
            f"the longer wins: {bare[False]} / {bare[True]} / {bare[None]}",
        ),
        Row(
            f"{what}: preferred of the decided",
            f"{share:.3f} [{low:.3f}, {high:.3f}]",
            f"the longer wins: {by_length:.3f}",
            share / by_length,
            "above length",
            share > by_length,
        ),
    ]


def polite_contexts(folder: Path) -> list[PairContext]:
    return [
        PairContext(row["rejected"], row["chosen"], (turn(0, USER, f"{row['instruction']}\n{row['input']}".strip()),))
        for row in items(folder / "polite_pairs" / "pairs.jsonl.gz")
    ]


def star_turns(dialogue: Item) -> Iterator[tuple[Turn, str]]:
    """The turns that were heard, each agent turn with the words that its agent had first; "" where they are not known."""
    first = ""
    for n, event in enumerate(dialogue["events"]):
        if event["action"] == "request_suggestions":
            first = event["text"] or ""
        elif event["action"] == "return_item":
            yield turn(n, SYSTEM, json.dumps(event.get("item"), ensure_ascii=False)), ""
        elif event["action"] in {"utter", "pick_suggestion"}:
            own = first if event["action"] == "pick_suggestion" else ""
            yield turn(n, USER if event["agent"] == "User" else AGENT, event["text"]), own
            first = ""


def star_contexts(dialogues: Sequence[Item]) -> list[PairContext]:
    made = []
    for dialogue in dialogues:
        heard: list[Turn] = []
        for one, own in star_turns(dialogue):
            if own.strip():
                made.append(PairContext(own, one.text, tuple(heard[-12:])))
            heard.append(one)
    return made


def star(folder: Path) -> list[Row]:
    dialogues = items(folder / "star" / "dialogues.jsonl.gz")
    if not dialogues:
        return [_skipped("star")]
    rows = preference_rows("star: approved words against the agent's own", [*map(judged, star_contexts(dialogues))])
    calm, annoyed, turns = [], [], []
    for dialogue in dialogues:
        said = [one["Answer"] for one in dialogue["wizard_ratings"] if "annoyed" in one["Question"]]
        if said:
            found = judge_session([one for one, _ in star_turns(dialogue)], finished=True)
            annoyed.append(bool(said[0]))
            calm.append(min((one.score for one in found.satisfaction), default=0.0))
            turns.append(found.user_turns)
    pleased = [not one for one in annoyed]
    rows.append(
        auc_row(
            "star: least satisfaction against users not called annoyed",
            calm,
            pleased,
            range(len(calm)),
            few_user_turns=[-one for one in turns],
        )
    )
    return rows


def sign_test(wins: int, losses: int) -> float:
    """Exact two-sided p."""
    n, k = wins + losses, min(wins, losses)
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n) if n else 1.0


def arena(folder: Path) -> list[Row]:
    """Head to head; the rates of the other models against the first of the published order give the order found."""
    questions = items(folder / "arena_hard" / "answers.jsonl.gz")
    if not questions:
        return [_skipped("arena_hard")]
    rows = []
    scores = dict.fromkeys(PUBLISHED, 0.0)
    longer_wins = decisive = 0
    for one, other in itertools.combinations(PUBLISHED, 2):
        found = [
            judged(PairContext(row["answers"][one], row["answers"][other], (turn(0, USER, row["question"]),)))
            for row in questions
        ]
        called = Counter(winner for winner, _ in found)
        wins, losses, ties = called["FIRST"], called["SECOND"], called["TIE"]
        split = (wins + ties / 2) / len(found)
        scores[one] += split
        scores[other] += 1 - split
        longer_wins += sum(winner != "TIE" and longer is (winner == "FIRST") for winner, longer in found)
        decisive += sum(winner != "TIE" and longer is not None for winner, longer in found)
        low, high = wilson(wins, wins + losses)
        p = sign_test(wins, losses)
        verdict = "INCONCLUSIVE" if p > 0.05 else f"{one} better" if wins > losses else f"{other} better"
        rows.append(
            Row(
                f"arena_hard: {one} against {other}: win / loss / tie",
                f"{wins} / {losses} / {ties}: {verdict}, p = {p:.3f}",
                f"win rate {wins / max(1, wins + losses):.3f} [{low:.3f}, {high:.3f}], ties split {split:.3f}",
            )
        )
    order = sorted(PUBLISHED, key=lambda name: -scores[name])
    means = " > ".join(f"{name} {scores[name] / (len(PUBLISHED) - 1):.3f}" for name in order)
    rows.append(Row("arena_hard: order by mean score", means, goal="as published", met=tuple(order) == PUBLISHED))
    rows.append(Row("arena_hard: share of verdicts for the longer answer", f"{longer_wins / max(1, decisive):.3f}"))
    return rows


def corrections(half: str = "heldout") -> Row:
    """Sessions with a corrective turn, against those from which a lesson is due by the gold set of tests/quality."""
    hit = false = missed = 0
    for item in load(path_of("corrections", half)):
        sides = {"assistant": AGENT, "agent": AGENT, "user": USER}
        turns = [turn(n, sides[said["role"].lower()], said["content"]) for n, said in enumerate(item["turns"])]
        found, due = bool(corrective_turns(turns)), bool(item["lessons"])
        hit += found and due
        false += found and not due
        missed += due and not found
    figure = f"{hit / max(1, hit + false):.3f} / {hit / max(1, hit + missed):.3f}"
    return Row(f"corrective sessions, {half}: precision / recall", figure)


def speed(contexts: Sequence[PairContext]) -> Row:
    """Pairs a second on one core, both orders of each, with the best of three rounds."""
    rates = []
    for _ in range(3):
        start = time.process_time()
        for one in contexts:
            judge_pair(one)
            judge_pair(PairContext(one.second, one.first, one.turns))
        rates.append(2 * len(contexts) / (time.process_time() - start))
    return bound("judge by rules, verdicts on short replies", max(rates), 2_000, "pairs/s", least=True, digits=0)


def _skipped(name: str) -> Row:
    return Row(name, "skipped: no data; set INTERPLAY_DATA to the folder that holds it")


def polite(folder: Path) -> list[Row]:
    contexts = polite_contexts(folder)
    if not contexts:
        return [_skipped("polite_pairs")]
    rows = preference_rows("polite_pairs: polite against impolite", [*map(judged, contexts)])
    return [*rows, speed(contexts)]


FIGURES: tuple[Callable[[Path], list[Row]], ...] = (tau_bench, taskmaster, polite, star, arena)


def measure(folder: Path | None = None) -> list[Row]:
    """The rows of all sets, those that are absent named as skipped."""
    base = folder or data_folder()
    return [*itertools.chain.from_iterable(figures(base) for figures in FIGURES), corrections()]


if __name__ == "__main__":
    for line in lines(measure(data_folder(sys.argv[1] if len(sys.argv) > 1 else None))):
        print(line)
