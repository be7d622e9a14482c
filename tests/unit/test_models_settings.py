"""Settings of the model: what they open, what they refuse, and that a key is never repeated."""

import importlib.util
import json
import subprocess
import sys

import pytest
from interplay_server.models.providers import open_provider
from interplay_server.settings import Model, SettingsError, load_settings, settings_table

from tests.support.fake_models import FakeModels

TABLE = {setting.key: setting for setting in settings_table() if setting.group == "model"}
KEY = "sk-" + "ant-api03-q7Vt2LxR9mKw4ZbN8cHjq7Vt2LxR9mKw4ZbN8cHj"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for setting in TABLE.values():
        monkeypatch.delenv(setting.environment, raising=False)
    monkeypatch.setenv("KEY_OF_THIS_TEST", "k-0123")


def test_rules_are_the_default_and_ask_no_model():
    assert load_settings().model == Model() and Model().provider == "rules"
    assert open_provider(Model()) is None


FULL = {
    "model.provider": "openai", "model.model": "m-1", "model.base_url": "http://127.0.0.1:1/v1",
    "model.api_key_env": "KEY_OF_THIS_TEST", "model.timeout_seconds": 7.5, "model.max_concurrent": 3,
    "model.record": "tapes", "model.cassettes": "other", "model.vision": True,
}  # fmt: skip


def test_the_list_here_is_whole():
    assert set(FULL) == set(TABLE)


def test_each_from_each_source(tmp_path, monkeypatch):
    wanted = Model(**{key.partition(".")[2]: value for key, value in FULL.items()})
    assert load_settings(flags=FULL).model == wanted
    file = tmp_path / "settings.toml"
    file.write_text("[model]\n" + "".join(f"{key[6:]} = {json.dumps(value)}\n" for key, value in FULL.items()))
    assert load_settings(file).model == wanted
    for key, value in FULL.items():
        monkeypatch.setenv(TABLE[key].environment, str(value))
    assert load_settings().model == wanted


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"provider": "anthropic", "api_key_env": "KEY_OF_THIS_TEST"}, r"needs model\.model \(--model-model\)"),
        ({"provider": "openai"}, r"needs model\.model"),
        ({"provider": "anthropic", "model": "m"}, r"needs model\.api_key_env \(--model-api-key-env\)"),
        ({"provider": "replay"}, r"needs model\.cassettes"),
        ({"record": "x"}, r"model\.record has nothing to record with model\.provider rules"),
        ({"provider": "replay", "cassettes": "y", "record": "x"}, r"model\.record has nothing"),
        ({"provider": "gpt"}, "must be one of rules, anthropic, openai, replay"),
        *(({"api_key_env": name}, "the name of an environment variable") for name in ("a_b", "1A", "A-B", "A B", KEY, "X" * 65, "A\n")),
        *(({"base_url": url}, "http or https address") for url in ("x", "ftp://x", "http://", "http://x:y/", "//x", "http://x:99999")),
        *(({"base_url": url}, "no user, password") for url in ("http://u:p@x/v1", "http://u@x", "http://x?key=1", "http://x#y")),
    ],
)  # fmt: skip
def test_refused_by_the_check(flags, said):
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(flags={f"model.{name}": value for name, value in flags.items()})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [KEY, "AKIA" + "IOSFODNN7EXAMPLE", "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"])
@pytest.mark.parametrize("field", ["api_key_env", "base_url"])
def test_a_literal_key_is_refused_and_not_repeated(name, field):
    value = name if field == "api_key_env" else f"https://user:{name}@example.org"
    with pytest.raises(SettingsError) as caught:
        open_provider(
            Model(**({"provider": "anthropic", "model": "m", "api_key_env": "KEY_OF_THIS_TEST"} | {field: value}))
        )
    assert name not in str(caught.value) and f"model.{field}" in str(caught.value)


@pytest.mark.parametrize("value", [None, "", "  \n"])
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_variable_without_a_key(monkeypatch, provider, value):
    if value is None:
        monkeypatch.delenv("KEY_OF_THIS_TEST")
    else:
        monkeypatch.setenv("KEY_OF_THIS_TEST", value)
    with pytest.raises(SettingsError, match=r"model\.api_key_env names KEY_OF_THIS_TEST, which is not set, or empty"):
        open_provider(Model(provider=provider, model="m", api_key_env="KEY_OF_THIS_TEST"))


@pytest.mark.parametrize("value", ["two words", "new\nline", "schlüssel"])
def test_a_key_that_no_header_carries(monkeypatch, value):
    monkeypatch.setenv("KEY_OF_THIS_TEST", value)
    with pytest.raises(SettingsError, match="characters that no key has") as caught:
        open_provider(Model(provider="anthropic", model="m", api_key_env="KEY_OF_THIS_TEST"))
    assert value not in str(caught.value)


def test_the_extra_that_is_missing_is_named(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "openai" else found(name, *rest)
    )
    with pytest.raises(SettingsError) as caught:
        open_provider(Model(provider="openai", model="m"))
    assert 'pip install "interplay-server[openai]"' in str(caught.value)


@pytest.mark.parametrize("made", [False, True], ids=["absent", "empty"])
def test_a_folder_without_cassettes(tmp_path, made):
    if made:
        (tmp_path / "tapes").mkdir()
    with pytest.raises(SettingsError, match=r"model\.cassettes: .*tapes"):
        open_provider(Model(provider="replay", cassettes=str(tmp_path / "tapes")))


def test_a_folder_that_cannot_be_recorded_to(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match=r"model\.record: "):
        open_provider(Model(provider="openai", model="m", record=str(tmp_path / "file" / "tapes")))


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_what_is_opened(provider):
    model = open_provider(Model(provider=provider, model="m-1", api_key_env="KEY_OF_THIS_TEST", max_concurrent=5))
    assert (model.name, model.model, model.vision) == (provider, "m-1", provider == "anthropic")
    assert model.limiter.limit == 5
    await model.close()
    assert open_provider(Model(provider="openai", model="m-1", vision=True)).vision


IMPORTS = """
import sys
from interplay_server.settings import Model
import interplay_server.app, interplay_server.models.providers as providers
assert providers.open_provider(Model()) is None
loaded = {"anthropic", "openai", "httpx2", "jsonschema"} & set(sys.modules)
assert not loaded, loaded
"""


def test_libraries_of_providers_are_imported_where_configured_only():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_their_import_warns_of_nothing(provider):
    code = (
        "from interplay_server.settings import Model; from interplay_server.models.providers import open_provider;"
        f"open_provider(Model(provider={provider!r}, model='m', api_key_env='KEY_OF_THIS_TEST'))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_the_fake_provider_serves_other_processes():
    """As tests of a whole server use it: from a thread, with answers made here."""
    code = """
import asyncio, sys
from interplay_server.domain.model import Message
from interplay_server.settings import Model
from interplay_server.models.providers import open_provider
async def main():
    model = open_provider(Model(provider="anthropic", model="m", base_url=sys.argv[1], api_key_env="KEY_OF_THIS_TEST"))
    print([step async for step in model.complete([Message("user", "ping")], deadline=60)][-1].text)
    await model.close()
asyncio.run(main())
"""
    with FakeModels(lambda seen: f"{seen.prompt} pong").in_thread() as fake:
        done = subprocess.run(
            [sys.executable, "-c", code, fake.base_url("anthropic")], capture_output=True, text=True, check=False
        )
        assert done.stdout == "ping pong\n", done.stderr
    command = [sys.executable, "-m", "tests.support.fake_models", "--text", "from afar"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[-1]
        done = subprocess.run(
            [sys.executable, "-c", code, f"http://{address}"], capture_output=True, text=True, check=False
        )
        process.terminate()
    assert done.stdout == "from afar\n", done.stderr
