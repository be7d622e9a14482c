"""Who is in which arm: shares, stability, independence; and what an experiment may look like."""

import hashlib
import itertools
import math
from collections import Counter

import msgspec
import pytest
from interplay_server.domain.evaluation import Arm
from interplay_server.domain.tokens import TokenSigner
from interplay_server.evaluation.experiments import assign, shares, violations
from scipy import stats

from tests.unit.evaluation_reports.made import BOTH, experiment

SECRET = b"a secret of a tenant"
USERS = [f"user-{place}" for place in range(20_000)]
THREE = (Arm("all", 7.0), Arm("some", 2.0), Arm("none", 1.0, holdout=True))


def arms_of(one, secret=SECRET, users=USERS):
    return [assign(secret, one, user).name for user in users]


def test_arms_get_their_shares():
    for arms, parts in ((BOTH, (0.5, 0.5)), (THREE, (0.7, 0.2, 0.1))):
        found = Counter(arms_of(experiment(arms=arms)))
        expected = [part * len(USERS) for part in parts]
        assert stats.chisquare([found[arm.name] for arm in arms], expected).pvalue > 1e-4


def test_shares_are_relative_to_their_sum():
    wide = tuple(msgspec.structs.replace(arm, share=arm.share * 1e300) for arm in THREE)
    assert arms_of(experiment(arms=THREE), users=USERS[:3000]) == arms_of(experiment(arms=wide), users=USERS[:3000])
    assert shares(experiment(arms=(Arm("a", 1.7e308), Arm("b", 1.7e308)))) == [0.5, 0.5]


def test_an_assignment_is_the_keyed_hash_among_the_shares():
    for user in ("ada", "", "ünïcode 🐘", "x" * 256):
        text = b"\0\0\0\5trial" + user.encode()
        point = int(hashlib.blake2b(text, digest_size=8, key=SECRET).hexdigest(), 16) / 16**16
        expected = next(arm for arm, end in zip(THREE, (0.7, 0.9, 1.0), strict=True) if point < end)
        assert assign(SECRET, experiment(arms=THREE), user) is expected


def test_an_assignment_depends_on_nothing_but_name_shares_and_user():
    first = experiment(arms=THREE)
    other = msgspec.structs.replace(first, description="x", agent_id="bot", start_time=1, stop_time=2)
    assert arms_of(first, users=USERS[:2000]) == arms_of(other, users=USERS[:2000])


def test_experiments_and_tenants_are_independent():
    """The table of two assignments is that of independent draws."""
    assignments = [
        arms_of(experiment("one")),
        arms_of(experiment("two")),
        arms_of(experiment("trial-1")),
        arms_of(experiment("one"), b"another secret"),
    ]
    for first, second in itertools.combinations(assignments, 2):
        both = Counter(zip(first, second, strict=True))
        table = [[both[a, b] for b in ("learned", "holdout")] for a in ("learned", "holdout")]
        assert stats.chi2_contingency(table).pvalue > 1e-4
        assert first != second


def test_where_name_ends_and_user_begins_matters():
    shifted = [
        (assign(SECRET, experiment("a"), f"bc{place}").name, assign(SECRET, experiment("ab"), f"c{place}").name)
        for place in range(200)
    ]
    assert len(set(shifted)) == 4


def test_a_share_near_nothing_and_the_last_arm():
    tiny = experiment(arms=(Arm("a", 1.0), Arm("b", 1e-5)))
    assert set(arms_of(tiny, users=USERS[:2000])) <= {"a", "b"}
    # Ten thirds of floats add up to a little less or more than one: the last arm takes what is left.
    ten = experiment(arms=tuple(Arm(f"arm-{place}", 1 / 3) for place in range(10)))
    assert len(Counter(arms_of(ten))) == 10


def test_keys_are_derived_for_each_purpose_and_tenant():
    signer = TokenSigner(b"secret", "epoch")
    keys = {
        signer.derived_key(b"a"),
        signer.derived_key(b"b"),
        TokenSigner(b"other", "epoch").derived_key(b"a"),
    }
    assert len(keys) == 3 and {len(key) for key in keys} == {32}
    assert TokenSigner(b"secret", "a later epoch").derived_key(b"a") == signer.derived_key(b"a")


def test_a_sound_experiment_has_no_violations():
    assert violations(experiment(arms=THREE)) == []
    assert violations(experiment("a" * 64, tuple(Arm(f"{place}_-z", 0.1) for place in range(10)))) == []


def test_everything_wrong_is_said_at_once():
    arms = (
        Arm("Upper", 1.0),
        Arm("a", math.nan),
        Arm("a", math.inf),
        Arm("", 0.0),
        Arm("b" * 65, -1.0),
        *(Arm(f"more-{place}", 1.0) for place in range(6)),
    )
    found = violations(experiment("no spaces", arms, description="d" * 10_001, agent_id="g" * 257))
    assert [one.field for one in found] == [
        "experiment.experiment_id",
        "experiment.description",
        "experiment.agent_id",
        "experiment.arms",
        "experiment.arms[0].name",
        "experiment.arms[2].name",
        "experiment.arms[3].name",
        "experiment.arms[4].name",
        *(f"experiment.arms[{place}].share" for place in (1, 2, 3, 4)),
    ]
    assert all(one.description for one in found)


@pytest.mark.parametrize("arms", [(), (Arm("only", 1.0),)])
def test_too_few_arms(arms):
    assert [one.field for one in violations(experiment(arms=arms))] == ["experiment.arms"]


@pytest.mark.parametrize("share", [1e-7, 5e-324])
def test_a_share_that_never_comes_about(share):
    found = violations(experiment(arms=(Arm("a", 1.0), Arm("b", share))))
    assert [one.field for one in found] == ["experiment.arms[1].share"]


def test_a_name_with_a_line_break_at_its_end():
    found = violations(experiment("trial\n", (Arm("a\n", 1.0), Arm("b", 1.0))))
    assert [one.field for one in found] == ["experiment.experiment_id", "experiment.arms[0].name"]
