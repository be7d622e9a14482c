"""What a policy removes, as a pure choice of rows; and which policies there are."""

import random

import pyarrow as pa
import pytest
from interplay_server.domain.retention import AGES, LEAST_AGE, Policy, Rule, due, load, read_before, save, violations

AS_OF = 1_000 * LEAST_AGE


def rows(*of, source="web"):
    """`of` are (key, age in hours), or (key, age, source)."""
    made = [(key, AS_OF - int(age * LEAST_AGE), *(rest or [source])) for key, age, *rest in of]
    return pa.table([[one[n] for one in made] for n in range(3)] + [list(range(len(made)))], schema=AGES)


def chosen(table, *rules, as_of=AS_OF):
    return {name: found["key"].to_pylist() for name, found in due(rules, table, as_of).items()}


def test_a_row_at_exactly_the_limit_stays():
    table = rows(("at", 5), ("older", 5 + 1 / LEAST_AGE), ("younger", 5 - 1 / LEAST_AGE))
    assert chosen(table, Rule("interactions", max_age=5 * LEAST_AGE)) == {"interactions": ["older"]}


@pytest.mark.parametrize(("most", "gone"), [(1, ["d", "c", "b"]), (3, ["d"]), (4, []), (5, [])])
def test_the_oldest_beyond_a_count_go(most, gone):
    table = rows(("a", 1), ("d", 4), ("b", 2), ("c", 3))
    assert chosen(table, Rule("profiles", max_count=most)) == {"profiles": gone}


def test_a_row_goes_that_breaks_one_limit():
    table = rows(("a", 1), ("b", 2), ("c", 3), ("d", 4))
    assert chosen(table, Rule("profiles", max_age=2 * LEAST_AGE, max_count=3)) == {"profiles": ["d", "c"]}
    assert chosen(table, Rule("profiles", max_age=4 * LEAST_AGE, max_count=3)) == {"profiles": ["d"]}


def test_of_one_instant_the_lesser_key_is_older():
    table = rows(("b", 1), ("a", 1), ("c", 1))
    assert chosen(table, Rule("dialogues", max_count=1)) == {"dialogues": ["a", "b"]}


def test_a_source_without_a_rule_falls_under_the_empty_one():
    table = rows(("w", 9, "web"), ("a", 9, "app"), ("n", 9, ""), ("m", 1, "mail"))
    named = Rule("interactions", "web", max_age=20 * LEAST_AGE)
    others = Rule("interactions", max_age=5 * LEAST_AGE)
    assert chosen(table, named, others) == {"interactions/web": [], "interactions": ["a", "n"]}
    assert chosen(table, Rule("interactions", "web", max_age=5 * LEAST_AGE)) == {"interactions/web": ["w"]}


def test_the_count_is_of_all_sources_under_a_rule_together():
    table = rows(("a", 3, "app"), ("b", 2, "mail"), ("c", 1, "mail"), ("w", 9, "web"))
    rules = (Rule("interactions", "web", max_count=1), Rule("interactions", max_count=2))
    assert chosen(table, *rules) == {"interactions/web": [], "interactions": ["a"]}


@pytest.mark.parametrize("seed", range(30))
def test_choosing_again_after_some_went_chooses_the_rest(seed):
    """So that a run that was interrupted removes what it would have."""
    draw = random.Random(seed)
    table = rows(*((f"k{n:03}", draw.randint(0, 9), draw.choice(["web", "app", ""])) for n in range(60)))
    rules = (
        Rule("interactions", "web", max_age=draw.randint(1, 9) * LEAST_AGE, max_count=draw.randint(0, 30)),
        Rule("interactions", max_count=draw.randint(1, 60)),
    )
    first = due(rules, table, AS_OF)
    gone = [key for found in first.values() for key in found["key"].to_pylist()]
    went = set(draw.sample(gone, draw.randint(0, len(gone))))
    left = table.filter(pa.array([key not in went for key in table["key"].to_pylist()]))
    # What goes first is the oldest: of the rest of each rule as many are chosen as are missing.
    for name, found in due(rules, left, AS_OF).items():
        missing = set(first[name]["key"].to_pylist()) - went
        if went == set(gone) or not went:
            assert set(found["key"].to_pylist()) == missing
        assert found.num_rows == len(missing)


def test_only_what_can_be_too_old_is_read_where_nothing_is_counted():
    rules = (Rule("interactions", "web", max_age=LEAST_AGE), Rule("interactions", max_age=9 * LEAST_AGE))
    assert read_before(rules, AS_OF) == AS_OF - LEAST_AGE
    assert read_before((*rules, Rule("interactions", "app", max_count=1)), AS_OF) is None


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule("interactions"), ""),
        (Rule("interactions", max_age=LEAST_AGE - 1), "max_age"),
        (Rule("interactions", max_age=-LEAST_AGE), "max_age"),
        (Rule("features", "web", max_count=1), "source"),
        (Rule("dialogues", "web", max_count=1), "source"),
        (Rule("monitor_events", "web", max_count=1), "source"),
        (Rule("interactions", max_count=1, keep_aggregates=True), "keep_aggregates"),
        (Rule("profiles", max_count=1, keep_aggregates=True), "keep_aggregates"),
    ],
)
def test_policies_that_there_are_not(rule, field):
    assert [(place, name) for place, name, _ in violations([Rule("profiles", max_count=1), rule])][-1] == (1, field)


def test_one_rule_for_a_kind_and_source():
    twice = [Rule("profiles", "web", max_count=1), Rule("profiles", max_count=1), Rule("profiles", "web", max_count=2)]
    assert violations(twice) == [(2, "", "must be the only rule for its kind and source")]
    assert not violations(
        [Rule("profiles", max_age=LEAST_AGE), Rule("evaluations", "x", max_count=1, keep_aggregates=True)]
    )


def test_a_policy_survives_the_ledger():
    policy = Policy((Rule("profiles", "web", 5, 6), Rule("monitor_events", max_count=9, keep_aggregates=True)), 7, 8)
    assert load(save(policy)) == policy
    assert load(None) == Policy()
