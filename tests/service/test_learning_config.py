"""The configuration of learning: defaults, presets, what is refused, and that a refusal changes nothing."""

import pytest

from tests.service.kit import fresh, refused
from tests.service.learning_kit import LearningApi, lpb, reason_of

QUICK_CHAT, STANDARD, LONG_FORM, HIGH_VOLUME = range(1, 5)
KEY = "sk-ant-" + "api03-" + "A1b2C3d4E5f6G7h8I9j0" * 3


@pytest.fixture
def api(shared_server):
    made = LearningApi(shared_server.target, tenant=fresh("config"))
    yield made
    made.close()


def update(api, validate_only=False, **fields):
    request = lpb.UpdateLearningConfigRequest(config=lpb.LearningConfig(**fields), validate_only=validate_only)
    return api.UpdateLearningConfig(request).config


def extractor(name="facts", **fields):
    return lpb.Extractor(name=name, **fields)


def test_defaults_are_filled_in(api):
    config = api.config()
    assert (config.window_size, config.stride, config.preset) == (10, 8, STANDARD)
    assert [(one.name, one.window_size, one.stride) for one in config.profile_extractors] == [("profiles", 0, 0)]
    assert [one.name for one in config.playbook_extractors] == ["playbooks"]
    assert (config.idle_seconds, config.learn_from, config.revision) == (30, 1, 0)
    aggregation = config.aggregation
    assert (aggregation.min_cluster_size, aggregation.min_users, aggregation.trigger_count) == (2, 1, 1)
    assert not config.HasField("update_time")


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({"preset": QUICK_CHAT}, (5, 3)),
        ({"preset": STANDARD}, (10, 8)),
        ({"preset": LONG_FORM}, (25, 10)),
        ({"preset": HIGH_VOLUME}, (15, 8)),
        ({"window_size": 40, "stride": 7}, (40, 7)),
        ({"window_size": 3}, (3, 3)),
        ({"preset": LONG_FORM, "stride": 25}, (25, 25)),
    ],
)
def test_presets_and_explicit_windows(api, fields, window):
    for config in (update(api, **fields), api.config()):
        assert (config.window_size, config.stride) == window


def test_a_change_is_counted_and_kept(api):
    first = update(api, idle_seconds=7)
    second = update(api, idle_seconds=9, etag=first.etag)
    assert (first.revision, second.revision, second.idle_seconds) == (1, 2, 9)
    assert first.etag != second.etag
    assert second.HasField("update_time")
    assert api.config() == second


REFUSED = {
    "stride above window": ({"window_size": 4, "stride": 5}, ["config.stride"]),
    "stride above the preset's window": ({"stride": 11}, ["config.stride"]),
    "an extractor's stride above its window": (
        {"profile_extractors": [extractor(window_size=4, stride=5)]},
        ["config.profile_extractors[0].stride"],
    ),
    "window too large": ({"window_size": 1001}, ["config.window_size"]),
    "window below zero": ({"window_size": -1}, ["config.window_size"]),
    "unknown preset": ({"preset": 9}, ["config.preset"]),
    "two of one name": ({"profile_extractors": [extractor(), extractor()]}, ["config"]),
    "one name for both kinds": (
        {"profile_extractors": [extractor()], "playbook_extractors": [extractor()]},
        ["config"],
    ),
    "no name": ({"profile_extractors": [extractor("")]}, ["config.profile_extractors[0].name"]),
    "bad name": ({"playbook_extractors": [extractor("A b")]}, ["config.playbook_extractors[0].name"]),
    "a key in a definition": (
        {"playbook_extractors": [extractor(extraction_definition=f"Use {KEY} for it.")]},
        ["config.playbook_extractors[0].extraction_definition"],
    ),
    "a key as provider": ({"provider": KEY[:32]}, ["config.provider"]),
    "a cluster of one": (
        {"aggregation": lpb.AggregationConfig(min_cluster_size=1)},
        ["config.aggregation.min_cluster_size"],
    ),
    "a similarity that is none": (
        {"aggregation": lpb.AggregationConfig(similarity=1.5)},
        ["config.aggregation.similarity"],
    ),
    "too many extractors": (
        {"profile_extractors": [extractor(f"e{number}") for number in range(21)]},
        ["config.profile_extractors"],
    ),
    "an idle time of days": ({"idle_seconds": 86_401}, ["config.idle_seconds"]),
    "everything at once": (
        {
            "window_size": 4,
            "stride": 5,
            "aggregation": lpb.AggregationConfig(min_cluster_size=1),
            "profile_extractors": [extractor(), extractor()],
        },
        ["config.aggregation.min_cluster_size", "config.stride", "config"],
    ),
}


@pytest.mark.parametrize(("fields", "violated"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(api, fields, violated):
    before = update(api, idle_seconds=7)
    refusal = refused(update, api, **fields)
    assert refusal.code == "INVALID_ARGUMENT"
    assert refusal.fields == violated
    assert KEY[:20] not in str(refusal.status)
    assert api.config() == before


def test_a_provider_that_the_server_does_not_have_is_refused(api):
    before = update(api, idle_seconds=7)
    assert reason_of(update, api, provider="anthropic") == ("FAILED_PRECONDITION", "PROVIDER_NOT_CONFIGURED")
    assert reason_of(update, api, provider="nobody", validate_only=True)[0] == "FAILED_PRECONDITION"
    assert update(api, provider="rules", validate_only=True).provider == "rules"
    assert api.config() == before


def test_an_etag_that_is_not_current_is_refused(api):
    first = update(api, idle_seconds=7)
    second = update(api, idle_seconds=8)
    assert refused(update, api, idle_seconds=9, etag=first.etag).code == "ABORTED"
    assert api.config() == second
    assert update(api, idle_seconds=9, etag=second.etag).idle_seconds == 9


def test_checking_changes_nothing(api):
    checked = update(api, validate_only=True, preset=LONG_FORM)
    assert checked.window_size == 25
    assert api.config().window_size == 10
    assert api.config().revision == 0


def test_a_definition_that_speaks_of_keys_is_none(api):
    text = "Note which keyboard, house key or API key policy the user speaks of; never sk-anything."
    config = update(api, profile_extractors=[extractor(extraction_definition=text)])
    assert config.profile_extractors[0].extraction_definition == text


def test_learning_goes_on_under_a_new_configuration(api):
    update(api, window_size=2, stride=2)
    api.say("I live in Lisbon.", "I am allergic to peanuts.")
    made = update(api, window_size=6, stride=3)
    answer = api.say("I have a dog.", "I play the piano.", "I work as a nurse.")
    windows = api.provenance(profile_id=next(one.profile_id for one in api.profiles())).windows
    assert windows[0].config_revision in {1, made.revision}
    assert len(api.windows(answer.request_id)) == 2
    assert len(api.facts()) == 5
