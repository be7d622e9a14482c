"""Quality of learning on the gold sets of tests/quality: merging, extraction, experts, corrections, aggregation.

What is measured is handed in, so nothing here knows the rules. Alone:

    PYTHONPATH=server:. python -m tests.bench.learning_quality package.module:factory [--half heldout] [--errors]

where `factory()` gives `Learners`. Errors are listed for the dev half only; the held-out half is for figures.
"""

import argparse
import importlib
import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.table import Row, lines

FOLDER = Path(__file__).resolve().parents[1] / "quality"
SETS = ("merge_pairs", "extraction", "expert_pairs", "corrections", "aggregation")
HALVES = ("dev", "heldout")
RELATIONS = ("DUPLICATE", "REFINES", "CONTRADICTS", "DISTINCT")

Item = dict[str, Any]
"""One line of a set; its keys are those of tests/quality/README.md."""
Entry = Mapping[str, str]
"""A proposed lesson: `trigger`, `instruction` and, if there is one, `pitfall`."""
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts → unit vectors, one a row."""
Relation = Callable[[str, str, float], str]
"""(new fact, old fact, cosine of the two) → one of RELATIONS."""
Extract = Callable[[list[dict[str, str]]], Sequence[str]]
"""Turns with `role` and `content` → contents of profiles. A retraction is stated, as in "No longer works at Shell"."""
Expert = Callable[[str, str, str], Sequence[Entry]]
"""(question, answer of the agent, answer of the expert) → lessons."""
Lessons = Callable[[list[dict[str, str]]], Sequence[Entry]]
"""Turns with `role` and `content` → lessons."""
Clusters = Callable[[list[Item]], tuple[Sequence[Sequence[str]], Sequence[Any]]]
"""Entries → (groups of ids, ids that stand in conflict, flat or in groups)."""


@dataclass(frozen=True)
class Learners:
    """Everything that is measured. `embed` makes the cosines that `relation` gets."""

    embed: Embed
    relation: Relation
    extract: Extract
    expert: Expert
    lessons: Lessons
    clusters: Clusters


@dataclass
class Counts:
    """True and false positives and misses; a share without a denominator is 0, as is F1 without hits."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    items: int = 0

    @property
    def precision(self) -> float:
        return self.tp / max(1, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return self.tp / max(1, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return 2 * self.tp / max(1, 2 * self.tp + self.fp + self.fn)

    def add(self, tp: int, fp: int, fn: int) -> None:
        self.tp += tp
        self.fp += fp
        self.fn += fn
        self.items += 1


@dataclass
class Quality:
    """The figures of one set. `n` counts its items; `extra` holds shares from 0 to 1 or means, by name."""

    name: str
    overall: Counts = field(default_factory=Counts)
    classes: dict[str, Counts] = field(default_factory=dict)
    extra: dict[str, float] = field(default_factory=dict)
    errors: list[Item] = field(default_factory=list)

    @property
    def n(self) -> int:
        return self.overall.items

    @property
    def precision(self) -> float:
        return self.overall.precision

    @property
    def recall(self) -> float:
        return self.overall.recall

    @property
    def f1(self) -> float:
        return self.overall.f1

    def add(self, kind: str, tp: int, fp: int, fn: int) -> None:
        self.overall.add(tp, fp, fn)
        self.classes.setdefault(kind, Counts()).add(tp, fp, fn)


def path_of(name: str, half: str) -> Path:
    return FOLDER / f"{name}_{half}.jsonl"


def load(path: Path) -> list[Item]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@lru_cache(maxsize=4096)
def _start_of_word(term: str) -> re.Pattern[str]:
    before = r"(?<!\w)(?<!\d[.,])" if term[0].isalnum() else ""
    after = r"(?!\d)(?![.,]\d)" if term[-1].isdigit() else r"(?!\w)" if len(term) < 3 and term.isalpha() else ""
    return re.compile(before + re.escape(term) + after)


def _plain(text: str) -> str:
    return " ".join(text.replace("\u2019", "'").casefold().split())


def holds(text: str, term: str) -> bool:
    """Whether a word of the text starts with the term, whatever the case.

    A number ("40", not "400") and a term of one or two letters ("no", not "now") must be whole.
    """
    return bool(_start_of_word(_plain(term)).search(_plain(text)))


def matches(text: str, gold: Mapping[str, Any]) -> bool:
    """Whether a text has every term of `all` and, if there are any, one of `any`."""
    return all(holds(text, term) for term in gold["all"]) and (
        not gold["any"] or any(holds(text, term) for term in gold["any"])
    )


def merge_quality(relation: Relation, embed: Embed, path: Path) -> Quality:
    """Precision and recall of the relations that change what is stored, all but DISTINCT; a wrong one counts in both.

    `extra`: accuracy; macro F1 of the four; `lost`, the share of DISTINCT pairs of which one fact would vanish.
    ValueError for an answer outside RELATIONS.
    """
    items = load(path)
    new, old = (embed([item[side] for item in items]) for side in ("new", "old"))
    cosines = np.einsum("ij,ij->i", new, old)
    quality = Quality("merge", classes={name: Counts() for name in RELATIONS})
    right = lost = 0
    for item, cosine in zip(items, cosines, strict=True):
        gold, said = item["relation"], relation(item["new"], item["old"], float(cosine))
        if said not in RELATIONS:
            raise ValueError(f"{said!r} is no relation; one of {', '.join(RELATIONS)} was due")
        same = said == gold
        right += same
        lost += gold == "DISTINCT" != said
        quality.overall.add(
            same and gold != "DISTINCT", not same and said != "DISTINCT", not same and gold != "DISTINCT"
        )
        quality.classes[gold].items += 1
        if same:
            quality.classes[gold].tp += 1
            continue
        quality.classes[said].fp += 1
        quality.classes[gold].fn += 1
        quality.errors.append(item | {"said": said, "cosine": round(float(cosine), 3)})
    quality.extra = {
        "accuracy": right / len(items),
        "macro_f1": sum(counts.f1 for counts in quality.classes.values()) / len(RELATIONS),
        "lost": lost / max(1, quality.classes["DISTINCT"].items),
    }
    return quality


def extraction_quality(extract: Extract, path: Path) -> Quality:
    """Gold facts found, and predictions that are none; a second prediction of one fact counts for nothing.

    `extra`: `silent`, the share of items without facts on which nothing was predicted; mean words of a prediction;
    `compound`, the share of predictions that hold several facts at once.
    """
    quality = Quality("extraction")
    quiet, bare, words, compound = 0, 0, 0, 0
    predicted = 0
    for item in load(path):
        said = list(extract(item["turns"]))
        facts = item["facts"]
        due = [fact for fact in facts if not fact.get("optional")]
        missed = [fact for fact in due if not any(matches(text, fact) for text in said)]
        false = [text for text in said if not any(matches(text, fact) for fact in facts)]
        quality.add(item["kind"], len(due) - len(missed), len(false), len(missed))
        if not facts:
            bare += 1
            quiet += not said
        predicted += len(said)
        words += sum(len(text.split()) for text in said)
        compound += sum(sum(matches(text, fact) for fact in due) > 1 for text in said)
        if missed or false:
            quality.errors.append(item | {"said": said, "missed": missed, "false": false})
    quality.extra = {
        "silent": quiet / max(1, bare),
        "words": words / max(1, predicted),
        "compound": compound / max(1, predicted),
    }
    return quality


def expert_quality(expert: Expert, path: Path) -> Quality:
    """Gaps covered by an entry's trigger and instruction, and entries that cover none; classes are numbers of gaps.

    `extra`: `pitfall`, of the items where the expert contradicts, the share with the wrong words in a pitfall;
    `compound`, the share of entries that cover several gaps at once, where one entry a gap is the ideal.
    """
    quality = Quality("expert")
    contradicted, warned, compound, predicted = 0, 0, 0, 0
    for item in load(path):
        said = list(expert(item["question"], item["agent"], item["expert"]))
        texts = [f"{entry['trigger']}. {entry['instruction']}" for entry in said]
        gaps = item["gaps"]
        missed = [gap for gap in gaps if not any(matches(text, gap) for text in texts)]
        false = [text for text in texts if not any(matches(text, gap) for gap in gaps)]
        quality.add(f"{len(gaps)} gaps", len(gaps) - len(missed), len(false), len(missed))
        if item["pitfall_any"]:
            contradicted += 1
            warned += any(holds(entry.get("pitfall", ""), term) for entry in said for term in item["pitfall_any"])
        predicted += len(said)
        compound += sum(sum(matches(text, gap) for gap in gaps) > 1 for text in texts)
        if missed or false:
            quality.errors.append(item | {"said": [dict(entry) for entry in said], "missed": missed, "false": false})
    quality.extra = {"pitfall": warned / max(1, contradicted), "compound": compound / max(1, predicted)}
    quality.classes = dict(sorted(quality.classes.items()))
    return quality


def corrections_quality(lessons: Lessons, path: Path) -> Quality:
    """Lessons found, by words of the instruction and of the trigger, and predictions that are none.

    `extra`: `instruction_recall`, the recall if the trigger does not matter; `silent`, the share of items without a
    lesson on which nothing was predicted.
    """
    quality = Quality("corrections")
    due, instructed, bare, quiet = 0, 0, 0, 0
    for item in load(path):
        said, gold = list(lessons(item["turns"])), item["lessons"]
        missed = [one for one in gold if not any(_teaches(entry, one) for entry in said)]
        false = [dict(entry) for entry in said if not any(_teaches(entry, one) for one in gold)]
        quality.add("lesson" if gold else "none", len(gold) - len(missed), len(false), len(missed))
        due += len(gold)
        instructed += sum(any(matches(entry["instruction"], one["instruction"]) for entry in said) for one in gold)
        if not gold:
            bare += 1
            quiet += not said
        if missed or false:
            quality.errors.append(item | {"said": [dict(entry) for entry in said], "missed": missed, "false": false})
    quality.extra = {"instruction_recall": instructed / max(1, due), "silent": quiet / max(1, bare)}
    return quality


def _teaches(entry: Entry, lesson: Mapping[str, Any]) -> bool:
    return matches(entry["instruction"], lesson["instruction"]) and any(
        holds(entry["trigger"], term) for term in lesson["trigger_any"]
    )


def aggregation_quality(clusters: Clusters, path: Path) -> Quality:
    """Pairs of entries put together, within a scenario; class `conflict` counts entries called conflicting.

    Two sides of a conflict may stand in one group or in two: such a pair counts for nothing.
    """
    quality = Quality("aggregation", classes={"pair": Counts(), "conflict": Counts()})
    exact = 0
    scenarios = load(path)
    for scenario in scenarios:
        groups, disputed = clusters([dict(entry) for entry in scenario["entries"]])
        gold, made = _pairs(scenario["clusters"]), _pairs(groups)
        made -= _pairs(scenario["conflicts"]) - gold
        pairs = len(gold & made), len(made - gold), len(gold - made)
        quality.add("pair", *pairs)
        wanted, called = {one for side in scenario["conflicts"] for one in side}, _flat(disputed)
        conflict = len(wanted & called), len(called - wanted), len(wanted - called)
        quality.classes["conflict"].add(*conflict)
        if any((*pairs[1:], *conflict[1:])):
            quality.errors.append(
                scenario | {"said": [sorted(group) for group in groups], "said_conflicts": sorted(called)}
            )
        else:
            exact += 1
    quality.extra = {"exact": exact / max(1, len(scenarios))}
    return quality


def _pairs(groups: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    return {pair for group in groups for pair in itertools.combinations(sorted(set(group)), 2)}


def _flat(ids: Iterable[Any]) -> set[str]:
    return {one for given in ids for one in ([given] if isinstance(given, str) else given)}


def evaluate(learners: Learners, half: str) -> list[Quality]:
    """All five sets of a half; without the errors where it is held out, so that no rule is written for one of them."""
    merge, extraction, expert, corrections, aggregation = (path_of(name, half) for name in SETS)
    made = [
        merge_quality(learners.relation, learners.embed, merge),
        extraction_quality(learners.extract, extraction),
        expert_quality(learners.expert, expert),
        corrections_quality(learners.lessons, corrections),
        aggregation_quality(learners.clusters, aggregation),
    ]
    if half != "dev":
        for quality in made:
            quality.errors.clear()
    return made


def rows(qualities: Iterable[Quality], half: str) -> list[Row]:
    """Lines for the table of the benchmarks: precision / recall / F1 of each set and class, then the extra figures."""
    made = []
    for quality in qualities:
        what = f"{quality.name}, {half}"
        made.append(Row(f"{what}: precision / recall / F1, {quality.n} items", _figures(quality.overall)))
        for name, counts in quality.classes.items():
            figure = _figures(counts) if counts.tp + counts.fn else f"{counts.fp} false"
            made.append(Row(f"{what}, {name}, {counts.items} items", figure))
        made += [Row(f"{what}: {name}", f"{value:.3f}") for name, value in quality.extra.items()]
    return made


def _figures(counts: Counts) -> str:
    return f"{counts.precision:.3f} / {counts.recall:.3f} / {counts.f1:.3f}"


def measure(learners: Learners) -> list[Row]:
    """The held-out half as rows."""
    return rows(evaluate(learners, "heldout"), "heldout")


def wire(target: str) -> Learners:
    """Imports "package.module:factory" only now, and asks the factory, which takes no argument, for the learners.

    ValueError if the target has no such form, TypeError if the factory gives anything else.
    """
    module, _, factory = target.partition(":")
    if not module or not factory:
        raise ValueError(f"{target!r} is not of the form package.module:factory")
    learners = getattr(importlib.import_module(module), factory)()
    if not isinstance(learners, Learners):
        raise TypeError(f"{target} gave {type(learners).__name__}, not Learners")
    return learners


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.learning_quality")
    parser.add_argument("target", help="package.module:factory, which gives the learners")
    parser.add_argument("--half", choices=HALVES, default="dev")
    parser.add_argument("--errors", action="store_true", help="every error as a line of JSON, dev half only")
    given = parser.parse_args()
    qualities = evaluate(wire(given.target), given.half)
    for line in lines(rows(qualities, given.half)):
        print(line)
    if given.errors:
        for quality in qualities:
            for error in quality.errors:
                print(json.dumps({"set": quality.name} | error, ensure_ascii=False))


if __name__ == "__main__":
    # Under its own name, so that the factory's `Learners` is the one `wire` looks for.
    importlib.import_module("tests.bench.learning_quality").main()
