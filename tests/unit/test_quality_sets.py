"""The gold sets of tests/quality: form, sizes, labels, halves apart; and what measures on them."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from tests.bench.learning_quality import (
    FOLDER,
    HALVES,
    RELATIONS,
    SETS,
    Learners,
    aggregation_quality,
    corrections_quality,
    evaluate,
    expert_quality,
    extraction_quality,
    holds,
    load,
    matches,
    merge_quality,
    path_of,
    rows,
    wire,
)

KINDS = {"explicit", "none", "update", "retraction", "answer", "hedged"}
LEAST = {"merge_pairs": 180, "extraction": 150, "expert_pairs": 25, "corrections": 50, "aggregation": 15}
KEYS = {
    "merge_pairs": {"new", "old", "relation", "topic"},
    "extraction": {"turns", "facts", "kind"},
    "expert_pairs": {"question", "agent", "expert", "gaps", "pitfall_any"},
    "corrections": {"turns", "lessons"},
    "aggregation": {"entries", "clusters", "conflicts"},
}
ITEMS = {(name, half): load(path_of(name, half)) for name in SETS for half in HALVES}
both_halves = pytest.mark.parametrize("half", HALVES)


def statements(name, item):
    """What was written for an item, as separate texts."""
    if name == "merge_pairs":
        return [item["new"], item["old"]]
    if name == "expert_pairs":
        return [item["question"], item["agent"], item["expert"]]
    if name == "aggregation":
        return [f"{entry['trigger']}. {entry['instruction']}" for entry in item["entries"]]
    return [" ".join(turn["content"] for turn in item["turns"])]


def words(text):
    return frozenset(re.findall(r"\w+", text.lower()))


def likeness(one, other):
    return len(one & other) / len(one | other)


def check_term(term):
    assert set(term) <= {"all", "any", "optional"}
    assert term["all"] or term["any"]
    assert all(isinstance(word, str) and word == word.strip() != "" for word in [*term["all"], *term["any"]])
    assert term.get("optional", True) is True


def check_turns(turns):
    assert 1 <= len(turns) <= 6
    assert all(set(turn) == {"role", "content"} and turn["role"] in {"User", "Agent"} for turn in turns)
    assert all(turn["content"].strip() for turn in turns)
    assert any(turn["role"] == "User" for turn in turns)


def test_each_set_has_two_halves_and_a_description():
    names = {path.name for path in FOLDER.iterdir() if path.is_file()}
    further = {name for name in names if name.removesuffix(".jsonl").endswith(("_dev2", "_train"))}
    assert names - further == {path_of(name, half).name for name in SETS for half in HALVES} | {"README.md"}
    described = (FOLDER / "README.md").read_text()
    assert all(f"`{name.removesuffix('.jsonl')}`" in described for name in further)


def test_what_is_tuned_on_holds_no_line_of_a_held_out_half():
    for name in SETS:
        kept = {tuple(statements(name, item)) for item in ITEMS[name, "heldout"]}
        for path in FOLDER.glob(f"{name}_*.jsonl"):
            if path.stem.endswith(("_dev2", "_train")):
                assert kept.isdisjoint(tuple(statements(name, json.loads(line))) for line in path.open())


@pytest.mark.parametrize(("name", "half"), list(ITEMS))
def test_sizes_and_keys(name, half):
    items = ITEMS[name, half]
    assert len(items) >= LEAST[name]
    assert all(set(item) == KEYS[name] for item in items)
    whole = [tuple(statements(name, item)) for item in items]
    assert len(set(whole)) == len(whole)


@pytest.mark.parametrize("name", SETS)
def test_halves_share_no_statement(name):
    dev, held = ({text for item in ITEMS[name, half] for text in statements(name, item)} for half in HALVES)
    assert not {text.lower() for text in dev} & {text.lower() for text in held}


@pytest.mark.parametrize("name", SETS)
def test_halves_have_no_near_duplicates(name):
    dev, held = ([words(" ".join(statements(name, item))) for item in ITEMS[name, half]] for half in HALVES)
    for one in held:
        nearest = max(dev, key=lambda other: likeness(one, other))
        assert likeness(one, nearest) < 0.6, (sorted(one), sorted(nearest))


@pytest.mark.parametrize("name", SETS)
def test_halves_are_of_one_size(name):
    dev, held = (len(ITEMS[name, half]) for half in HALVES)
    assert abs(dev - held) <= 0.05 * dev


@both_halves
def test_relations_are_shared_out(half):
    items = ITEMS["merge_pairs", half]
    share = {name: count / len(items) for name, count in Counter(item["relation"] for item in items).items()}
    due = {"DISTINCT": 0.40, "DUPLICATE": 0.22, "REFINES": 0.16, "CONTRADICTS": 0.22}
    assert share == pytest.approx(due, abs=0.02)
    assert all(item["topic"] and item["new"] != item["old"] for item in items)
    assert len({item["topic"] for item in items}) >= 15
    assert max(Counter(item["topic"] for item in items).values()) <= len(items) / 8


@both_halves
def test_every_relation_has_pairs_with_many_and_with_few_common_words(half):
    for relation in RELATIONS:
        alike = [
            likeness(words(item["new"]), words(item["old"]))
            for item in ITEMS["merge_pairs", half]
            if item["relation"] == relation
        ]
        assert min(alike) < 0.2, relation
        assert max(alike) > 0.45, relation


@both_halves
def test_extraction_items(half):
    items = ITEMS["extraction", half]
    for item in items:
        check_turns(item["turns"])
        text = "\n".join(turn["content"] for turn in item["turns"])
        due = [fact for fact in item["facts"] if not fact.get("optional")]
        assert item["kind"] in KINDS
        assert len(due) <= 3
        assert item["kind"] == "hedged" or (item["kind"] == "none") == (not due), text
        for fact in item["facts"]:
            check_term(fact)
            assert all(holds(text, word) for word in fact["all"]), (text, fact)
            assert fact["all"] or any(holds(text, word) for word in fact["any"]), (text, fact)
    stated = sum(any(not fact.get("optional") for fact in item["facts"]) for item in items)
    assert stated / len(items) == pytest.approx(0.55, abs=0.04)
    kinds = Counter(item["kind"] for item in items)
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 5
    assert {len(item["turns"]) for item in items} >= {1, 2, 3, 4}


@both_halves
def test_expert_gaps_are_in_the_expert_answer_alone(half):
    items = ITEMS["expert_pairs", half]
    for item in items:
        assert len(item["gaps"]) <= 4
        for gap in item["gaps"]:
            check_term(gap)
            assert matches(item["expert"], gap), (item["expert"], gap)
            assert not matches(item["question"] + ". " + item["agent"], gap), (item["question"], gap)
        if not item["gaps"]:
            assert words(item["expert"]) == words(item["agent"]) or not item["pitfall_any"]
        assert all(holds(item["agent"], word) for word in item["pitfall_any"]), item["pitfall_any"]
    sizes = Counter(len(item["gaps"]) for item in items)
    assert set(sizes) == {0, 1, 2, 3, 4}
    assert sizes[0] >= 5
    assert sum(bool(item["pitfall_any"]) for item in items) >= 8


@both_halves
def test_correction_items(half):
    items = ITEMS["corrections", half]
    for item in items:
        check_turns(item["turns"])
        text = "\n".join(turn["content"] for turn in item["turns"])
        said = "\n".join(turn["content"] for turn in item["turns"][1:] if turn["role"] == "User")
        for lesson in item["lessons"]:
            assert set(lesson) == {"instruction", "trigger_any"}
            check_term(lesson["instruction"])
            assert all(holds(said, word) for word in lesson["instruction"]["all"]), (said, lesson)
            assert lesson["instruction"]["all"] or any(holds(said, word) for word in lesson["instruction"]["any"]), said
            assert any(holds(text, word) for word in lesson["trigger_any"]), (text, lesson)
    assert sum(not item["lessons"] for item in items) / len(items) == pytest.approx(0.4, abs=0.04)


@both_halves
def test_aggregation_scenarios(half):
    scenarios = ITEMS["aggregation", half]
    for scenario in scenarios:
        ids = [entry["id"] for entry in scenario["entries"]]
        assert len(set(ids)) == len(ids) >= 3
        for entry in scenario["entries"]:
            assert set(entry) == {"id", "user", "session", "expert", "trigger", "instruction", "pitfall"}
            assert isinstance(entry["expert"], bool)
            assert entry["trigger"]
            assert entry["instruction"]
        assert sorted(one for group in scenario["clusters"] for one in group) == sorted(ids)
        for conflict in scenario["conflicts"]:
            sides = [group for group in scenario["clusters"] if set(group) <= set(conflict)]
            assert len(sides) == 2
            assert sorted(one for side in sides for one in side) == sorted(conflict)
    assert sum(bool(scenario["conflicts"]) for scenario in scenarios) >= 4
    assert sum(any(entry["expert"] for entry in scenario["entries"]) for scenario in scenarios) >= 3
    assert all(len({entry["user"] for entry in scenario["entries"]}) > 1 for scenario in scenarios)


def embed(texts):
    """Every text on the same spot."""
    return np.tile(np.array([[0.6, 0.8]], np.float32), (len(texts), 1))


def gold_learners(half):
    """Those who know the answers."""
    by_turns = {str(item["turns"]): item for name in ("extraction", "corrections") for item in ITEMS[name, half]}
    relations = {(item["new"], item["old"]): item["relation"] for item in ITEMS["merge_pairs", half]}
    experts = {item["question"]: item for item in ITEMS["expert_pairs", half]}
    scenarios = {str(item["entries"]): item for item in ITEMS["aggregation", half]}

    def text(term):
        return " ".join([*term["all"], *term["any"][:1]])

    def answer(question, agent, expert):
        item = experts[question]
        warning = {"pitfall": item["pitfall_any"][0]} if item["pitfall_any"] else {}
        return [{"trigger": "", "instruction": text(gap), **warning} for gap in item["gaps"]]

    return Learners(
        embed,
        lambda new, old, cosine: relations[new, old],
        lambda turns: [text(fact) for fact in by_turns[str(turns)]["facts"]],
        answer,
        lambda turns: [
            {"trigger": one["trigger_any"][0], "instruction": text(one["instruction"])}
            for one in by_turns[str(turns)]["lessons"]
        ],
        lambda entries: (scenarios[str(entries)]["clusters"], scenarios[str(entries)]["conflicts"]),
    )


@both_halves
def test_the_right_answers_score_one(half):
    for quality in evaluate(gold_learners(half), half):
        assert (quality.precision, quality.recall, quality.f1) == (1, 1, 1), quality.errors
        assert quality.errors == []
        assert all(counts.fp == counts.fn == 0 for counts in quality.classes.values())
        assert quality.n == len(ITEMS[next(name for name in SETS if name.startswith(quality.name)), half])


SILENT = Learners(
    embed,
    lambda new, old, cosine: "DISTINCT",
    lambda turns: [],
    lambda question, agent, expert: [],
    lambda turns: [],
    lambda entries: ([], []),
)
LOUD = Learners(
    embed,
    lambda new, old, cosine: "DUPLICATE",
    lambda turns: ["zebra crossing"],
    lambda question, agent, expert: [{"trigger": "zebra", "instruction": "cross"}],
    lambda turns: [{"trigger": "zebra", "instruction": "cross"}],
    lambda entries: ([[entry["id"] for entry in entries]], [entry["id"] for entry in entries]),
)


def test_silence_finds_nothing_and_is_wrong_in_nothing():
    for quality in evaluate(SILENT, "dev"):
        assert (quality.recall, quality.f1, quality.overall.fp) == (0, 0, 0)
        assert quality.overall.fn > 0
        assert quality.errors


def test_noise_costs_precision():
    merge, extraction, expert, corrections, aggregation = evaluate(LOUD, "dev")
    duplicates = Counter(item["relation"] for item in ITEMS["merge_pairs", "dev"])["DUPLICATE"]
    assert merge.precision == duplicates / merge.n == merge.extra["accuracy"]
    assert merge.extra["lost"] == 1
    for quality in (extraction, expert, corrections):
        assert (quality.overall.tp, quality.overall.fp) == (0, quality.n)
    assert extraction.extra == {"silent": 0, "words": 2, "compound": 0}
    assert aggregation.recall == 1 > aggregation.precision > 0
    assert aggregation.classes["conflict"].recall == 1 > aggregation.classes["conflict"].precision


def test_held_out_errors_are_not_shown():
    assert all(not quality.errors and quality.f1 < 1 for quality in evaluate(LOUD, "heldout"))


def test_the_cosine_is_that_of_the_embedder():
    seen = []
    merge_quality(lambda new, old, cosine: seen.append(cosine) or "DISTINCT", embed, path_of("merge_pairs", "dev"))
    assert seen == pytest.approx([1.0] * len(ITEMS["merge_pairs", "dev"]))


def test_an_unknown_relation_is_refused():
    with pytest.raises(ValueError, match="SAME"):
        merge_quality(lambda new, old, cosine: "SAME", embed, path_of("merge_pairs", "dev"))


@pytest.mark.parametrize(
    ("text", "term", "due"),
    [
        ("Lives in Lisbon", "LISBON", True),
        ("Is allergic to nuts", "allerg", True),
        ("Is relived", "live", False),
        ("Pays 400 euros", "40", False),
        ("Pays 40 euros", "40", True),
        ("Pays 1,200", "200", False),
        ("Pays 1,200", "1", False),
        ("Opens at 16:00", "16", True),
        ("Now has a car", "no", False),
        ("Has no car", "no", True),
        ("Doesn\u2019t smoke", "doesn't", True),
        ("Pays 80€", "€", True),
    ],
)
def test_words_match_from_their_start_and_numbers_whole(text, term, due):
    assert holds(text, term) is due


def write(folder, *lines):
    path = folder / "set.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_optional_facts_are_neither_missed_nor_false(tmp_path):
    path = write(
        tmp_path,
        '{"turns": [{"role": "User", "content": "x"}], "kind": "explicit", "facts": '
        '[{"all": ["nurse"], "any": []}, {"all": ["oslo"], "any": ["live"], "optional": true}]}',
    )
    quality = extraction_quality(lambda turns: ["Is a nurse", "Works as a nurse", "Lives in Oslo", "Likes tea"], path)
    assert (quality.overall.tp, quality.overall.fp, quality.overall.fn) == (1, 1, 0)
    assert quality.errors[0]["false"] == ["Likes tea"]
    assert extraction_quality(lambda turns: ["Is a nurse"], path).f1 == 1


def test_an_entry_may_cover_several_gaps_and_is_counted_as_compound(tmp_path):
    path = write(
        tmp_path,
        '{"question": "q", "agent": "red", "expert": "a b", "pitfall_any": ["red"], "gaps": '
        '[{"all": ["alpha"], "any": []}, {"all": ["beta"], "any": []}]}',
    )
    quality = expert_quality(lambda *of: [{"trigger": "alpha", "instruction": "beta", "pitfall": "Red"}], path)
    assert quality.f1 == 1
    assert quality.extra == {"pitfall": 1, "compound": 1}
    assert expert_quality(lambda *of: [{"trigger": "alpha", "instruction": ""}], path).extra["pitfall"] == 0


def test_a_lesson_needs_its_trigger(tmp_path):
    path = write(
        tmp_path,
        '{"turns": [{"role": "User", "content": "x"}], "lessons": '
        '[{"instruction": {"all": ["short"], "any": []}, "trigger_any": ["mail"]}]}',
    )
    quality = corrections_quality(lambda turns: [{"trigger": "a letter", "instruction": "Keep it short"}], path)
    assert (quality.overall.tp, quality.overall.fp, quality.overall.fn) == (0, 1, 1)
    assert quality.extra["instruction_recall"] == 1


@pytest.mark.parametrize("groups", [[["a", "b", "c"]], [["a", "b"], ["c"]]])
def test_sides_of_a_conflict_may_share_a_group(tmp_path, groups):
    path = write(
        tmp_path, '{"entries": [{"id": "a"}], "clusters": [["a", "b"], ["c"]], "conflicts": [["a", "b", "c"]]}'
    )
    quality = aggregation_quality(lambda entries: (groups, [["a", "b"], ["c"]]), path)
    assert (quality.f1, quality.classes["conflict"].f1, quality.extra["exact"]) == (1, 1, 1)


def test_rows_show_each_class():
    shown = [row.what for row in rows(evaluate(SILENT, "dev"), "dev")]
    assert any("merge, dev, CONTRADICTS" in what for what in shown)
    assert any("extraction, dev: silent" in what for what in shown)
    assert len(set(shown)) == len(shown)


def test_learners_are_imported_by_name(monkeypatch):
    monkeypatch.setattr("tests.bench.learning_quality.silent", lambda: SILENT, raising=False)
    monkeypatch.setattr("tests.bench.learning_quality.wrong", dict, raising=False)
    assert wire("tests.bench.learning_quality:silent") is SILENT
    with pytest.raises(TypeError, match="dict"):
        wire("tests.bench.learning_quality:wrong")
    with pytest.raises(ValueError, match="form"):
        wire("tests.bench.learning_quality")
