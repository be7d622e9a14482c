"""Settings: one table, three sources, and what is refused."""

import dataclasses

import pytest
from interplay_server import settings as module
from interplay_server.settings import Settings, SettingsError, check, load_settings, settings_table, split_address

TABLE = {setting.key: setting for setting in settings_table()}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for setting in TABLE.values():
        monkeypatch.delenv(setting.environment, raising=False)


@pytest.fixture
def load(tmp_path):
    def from_text(text, **flags):
        path = tmp_path / "settings.toml"
        path.write_text(text)
        return load_settings(path, {key.replace("__", "."): value for key, value in flags.items()})

    return from_text


def test_defaults():
    assert load_settings() == Settings()


def test_groups_are_frozen():
    for group in dataclasses.fields(Settings):
        made = getattr(Settings(), group.name)
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, dataclasses.fields(made)[0].name, 1)


@pytest.mark.parametrize("key", TABLE)
def test_every_setting_has_names_and_a_meaning(key):
    setting = TABLE[key]
    assert setting.doc.endswith(".") and len(setting.doc) > 10
    assert setting.environment.startswith("INTERPLAY_") and setting.environment.isupper()
    assert setting.flag.startswith("--") and setting.flag.islower() and "_" not in setting.flag
    assert setting.kind in {bool, int, float, str}


@pytest.mark.parametrize("kind", ["environment", "flag"])
def test_names_are_unique(kind):
    assert len({getattr(setting, kind) for setting in TABLE.values()}) == len(TABLE)


OTHER = {
    "server.listen": "127.0.0.1:1",
    "server.metrics_listen": "127.0.0.1:2",
    "log.level": "debug",
    "log.format": "json",
    "telemetry.otlp_endpoint": "http://127.0.0.1:4318",
    "web.listen": "127.0.0.1:3",
    "web.origins": "https://shop.example",
    "dialogues.prices": "a-model=1/2",
    "replica.of": "/",
}
# TLS settings need each other.
ALONE = [key for key in TABLE if not key.startswith(("tls.", "model."))]


def other(setting):
    if setting.key in OTHER:
        return OTHER[setting.key]
    if setting.kind is bool:
        return not setting.default
    return "elsewhere" if setting.kind is str else setting.kind(setting.default + 2**20)


def value(settings, key):
    group, name = key.split(".")
    return getattr(getattr(settings, group), name)


@pytest.mark.parametrize("key", ALONE)
def test_each_from_each_source(load, monkeypatch, key):
    setting = TABLE[key]
    wanted = other(setting)
    group, name = key.split(".")
    written = f'"{wanted}"' if isinstance(wanted, str) else str(wanted).lower()
    assert value(load(f"[{group}]\n{name} = {written}\n"), key) == wanted
    monkeypatch.setenv(setting.environment, str(wanted))
    assert value(load_settings(), key) == wanted
    monkeypatch.delenv(setting.environment)
    assert value(load_settings(flags={key: wanted}), key) == wanted


def test_a_later_source_wins(load, monkeypatch):
    text = "[server]\nworkers = 5\n"
    assert load(text).server.workers == 5
    monkeypatch.setenv("INTERPLAY_WORKERS", "6")
    assert load(text).server.workers == 6
    assert load(text, server__workers=7).server.workers == 7
    assert load(text, server__workers=None).server.workers == 6


@pytest.mark.parametrize(("word", "expected"), [("true", True), ("1", True), ("YES", True), (" on ", True), ("false", False), ("0", False), ("No", False), ("off", False)])  # fmt: skip
def test_words_for_true_and_false(monkeypatch, word, expected):
    monkeypatch.setenv("INTERPLAY_AUTH_REQUIRED", word)
    assert load_settings().auth.required is expected


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("workers = 4", "workers must stand in a group"), ("[server]\nworker = 4", "unknown setting server.worker"),
            ("[sever]\nworkers = 4", "unknown setting sever.workers"), ("[server", "not TOML"),
            ("[server]\nworkers = 'x'", "server.workers must be a whole number"),
            ("[server]\nworkers = 1.5", "server.workers must be a whole number"),
            ("[server]\nworkers = true", "server.workers must be a whole number"),
            ("[server]\nworkers = nan", "server.workers must be a whole number"),
            ("[server]\nworkers = inf", "server.workers must be a whole number"),
            ("[server]\nworkers = []", "server.workers must be a whole number"),
            ("[server]\nworkers = 0", "at least 1, not 0"), ("[server]\nworkers = -3", "at least 1"),
            ("[search]\ncosine = nan", "search.cosine must be a number"), ("[search]\ncosine = inf", "must be a number"),
            ("[auth]\nrequired = 'maybe'", "auth.required must be true or false"),
            ("[log]\nlevel = 'loud'", "log.level must be one of debug, info, warning, error"),
        ],
    )  # fmt: skip
    def test_in_the_file(self, load, tmp_path, text, said):
        with pytest.raises(SettingsError) as caught:
            load(text)
        assert said in str(caught.value) and "settings.toml" in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "setting", [one for one in TABLE.values() if one.least is not None], ids=lambda one: one.key
    )
    def test_below_the_least(self, monkeypatch, setting):
        monkeypatch.setenv(
            setting.environment, str(setting.least - 1 if setting.kind is float else int(setting.least) - 1)
        )
        with pytest.raises(SettingsError, match=f"{setting.environment} must be at least"):
            load_settings()

    @pytest.mark.parametrize(
        "setting", [one for one in TABLE.values() if one.kind in {int, float}], ids=lambda one: one.key
    )
    @pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e999", "0x10"])
    def test_no_numbers(self, monkeypatch, setting, text):
        monkeypatch.setenv(setting.environment, text)
        with pytest.raises(SettingsError, match=setting.environment):
            load_settings()

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(SettingsError, match=r"nowhere\.toml: No such file"):
            load_settings(tmp_path / "nowhere.toml")

    def test_a_flag_is_named_as_a_flag(self):
        with pytest.raises(SettingsError, match="--stream-max-open must be at least 1"):
            load_settings(flags={"stream.max_open": 0})

    @pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "example.org:1", "192.0.2.1:1", "[2001:db8::1]:1"])
    def test_beyond_loopback_without_authentication(self, listen):
        with pytest.raises(SettingsError, match=r"auth.required.*INTERPLAY_AUTH_REQUIRED=true.*interplay keys create"):
            load_settings(flags={"server.listen": listen})
        assert load_settings(flags={"server.listen": listen, "auth.required": True}).auth.required

    @pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.8.8.8:1", "[::1]:0", "localhost:65535"])
    def test_loopback_needs_none(self, listen):
        check(load_settings(flags={"server.listen": listen}))

    @pytest.mark.parametrize(
        "tls", [{"certificate": "x"}, {"key": "x"}, {"client_ca": "x"}, {"certificate": "x", "client_ca": "x"}], ids=str
    )
    def test_half_of_tls(self, tls):
        with pytest.raises(SettingsError, match=r"tls\."):
            load_settings(flags={f"tls.{name}": text for name, text in tls.items()})

    @pytest.mark.parametrize(
        "address", ["", ":", "host", "host:", ":1", "host:x", "host:-1", "host:65536", "1", "host:1 "]
    )
    def test_no_addresses(self, address):
        with pytest.raises(SettingsError, match="HOST:PORT"):
            split_address(address)


@pytest.mark.parametrize(
    ("address", "expected"), [("h:1", ("h", 1)), ("[::1]:0", ("::1", 0)), ("127.0.0.1:65535", ("127.0.0.1", 65535))]
)
def test_addresses(address, expected):
    assert split_address(address) == expected


def test_the_module_reads_no_environment_when_imported():
    assert "environ" not in {name for name in vars(module) if not name.startswith("_")}
