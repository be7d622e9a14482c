"""Weights and windows: what is refused, what changes the version, and that they reach the computation."""

import math

import msgspec
import pytest
from interplay_server.domain.commerce import FeatureEvent
from interplay_server.features import kernel
from interplay_server.features.config import (
    DEFAULT_CONFIG,
    FeatureConfig,
    Intent,
    InvalidConfigError,
    Windows,
    literals,
    problems,
    values,
)
from interplay_server.features.inputs import inputs

MINUTE = 60_000_000


def with_value(name, value):
    group, _, field = name.partition(".")
    changed = msgspec.structs.replace(getattr(DEFAULT_CONFIG, group), **{field: value})
    return msgspec.structs.replace(DEFAULT_CONFIG, **{group: changed})


def test_the_defaults_are_valid():
    assert problems(DEFAULT_CONFIG) == []


@pytest.mark.parametrize("name", sorted(values(DEFAULT_CONFIG)))
@pytest.mark.parametrize("value", [math.nan, math.inf, -1e9])
def test_values_out_of_range_are_named(name, value):
    assert name in {field for field, _ in problems(with_value(name, value))}


@pytest.mark.parametrize("group", ["engagement", "quality", "loyalty", "recommendation"])
def test_weights_sum_to_one(group):
    first = getattr(DEFAULT_CONFIG, group).__struct_fields__[0]
    assert [field for field, _ in problems(with_value(f"{group}.{first}", 0.99))] == [group]


def test_all_problems_are_raised_at_once():
    broken = FeatureConfig(windows=Windows(search=-1), intent=Intent(view=99))
    with pytest.raises(InvalidConfigError) as caught:
        kernel.compute(inputs(), 0, broken)
    assert [field for field, _ in caught.value.problems] == ["windows.search", "intent.view"]


@pytest.mark.parametrize("name", sorted(values(DEFAULT_CONFIG)))
def test_every_value_is_in_the_version_and_in_the_sql(name):
    changed = with_value(name, values(DEFAULT_CONFIG)[name] + 1)
    assert kernel.definition_version(changed) != kernel.definition_version()
    assert any(a != b for a, b in zip(kernel.statements(changed, 0), kernel.statements(DEFAULT_CONFIG, 0), strict=True))
    assert literals(changed).keys() == literals(DEFAULT_CONFIG).keys()


def test_the_revision_is_no_part_of_the_definition():
    assert kernel.definition_version(FeatureConfig(revision=7)) == kernel.definition_version()


def test_weights_and_windows_reach_the_rows():
    told = inputs([FeatureEvent("1", 0, "view", "c", "p"), FeatureEvent("2", 20 * MINUTE, "view", "c", "p")])
    short = with_value("windows.session_gap", 600.0)
    row, other = (kernel.compute(told, 20 * MINUTE, config).to_pylist()[0] for config in (DEFAULT_CONFIG, short))
    assert (row["unique_views"], other["unique_views"]) == (1, 2)
    assert row["definition_version"] != other["definition_version"]
    strong = kernel.compute(told, 20 * MINUTE, with_value("intent.view", 0.5)).to_pylist()[0]
    assert strong["intent_score"] > 0.6 > row["intent_score"]
