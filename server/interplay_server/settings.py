"""Settings: frozen groups, read once from a TOML file, then the environment, then flags; a later one wins.

A setting `group.name` is `[group] name = …` in the file, `INTERPLAY_GROUP_NAME` in the environment and `--group-name`
on the command line; those of the group `server` go without the group's name.
"""

import dataclasses
import ipaddress
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class SettingsError(Exception):
    """A setting is unknown, of the wrong kind or out of range, or settings contradict each other."""


def _setting(default: Any, doc: str, *, least: float | None = None, choices: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"doc": doc, "least": least, "choices": choices})


@dataclass(frozen=True)
class Server:
    listen: str = _setting("127.0.0.1:50051", "Address and port; port 0 picks a free one.")
    data: str = _setting("data", "Folder of all tenants; one process owns it.")
    workers: int = _setting(4, "Threads for storage and ranking.", least=1)
    drain_seconds: float = _setting(10.0, "Time that open streams get after SIGTERM.", least=0)
    default_deadline_seconds: float = _setting(30.0, "Deadline of a unary call that states none.", least=0.1)
    calls_per_second: float = _setting(0.0, "Calls a second and tenant; 0 is without limit.", least=0)
    metrics_listen: str = _setting("", "Address and port of the Prometheus endpoint; empty for none.")


DEFAULT_WEB = "127.0.0.1:8080"


@dataclass(frozen=True)
class Auth:
    required: bool = _setting(False, "Ask for an API key or client certificate; must be true beyond loopback.")
    first_key: bool = _setting(False, "Make and print an API key with all rights at a start that finds none.")


@dataclass(frozen=True)
class Tls:
    certificate: str = _setting("", "PEM file of the server's certificate chain; empty serves plaintext.")
    key: str = _setting("", "PEM file of the certificate's private key.")
    client_ca: str = _setting("", "PEM file of authorities for client certificates; setting it asks for mutual TLS.")


@dataclass(frozen=True)
class Web:
    listen: str = _setting("", "Address and port of the gateway for browsers; port 0 picks a free one; empty for none.")
    console: bool = _setting(False, "Serve the console there too; without web.listen at 127.0.0.1:8080.")
    origins: str = _setting(
        "", "Origins whose pages may call the gateway, such as https://shop.example, with commas; * for all."
    )
    hosts: str = _setting(
        "",
        "Names by which browsers may call the gateway, with commas; those of loopback always, beyond it any if empty.",
    )
    stalled_seconds: float = _setting(
        60.0, "Time in which a request must arrive, and after which a reader who takes nothing is cut off.", least=0.1
    )


@dataclass(frozen=True)
class Stream:
    max_open: int = _setting(4096, "Open streams of the whole server.", least=1)
    max_outstanding: int = _setting(256, "Unanswered appends of a stream that names no number.", least=1)
    max_bytes: int = _setting(32 * 2**20, "Unanswered bytes of a stream after which it is not read.", least=2**20)
    max_total_bytes: int = _setting(256 * 2**20, "Unanswered bytes of all streams.", least=2**20)
    heartbeat_seconds: float = _setting(15.0, "Time between heart-beats of the server.", least=0.05)


@dataclass(frozen=True)
class Storage:
    apply_milliseconds: int = _setting(150, "Longest time a committed row waits for LanceDB.", least=1)
    apply_rows: int = _setting(4096, "Committed rows that are applied without waiting.", least=1)
    max_pending_rows: int = _setting(100_000, "Committed rows of a tenant beyond which publishing waits.", least=1)
    max_pending_bytes: int = _setting(256 * 2**20, "The same in bytes.", least=2**20)
    optimize_commits: int = _setting(120, "Commits to a table after which it is optimised.", least=1)
    optimize_rows: int = _setting(200_000, "Rows outside the indexes after which a table is optimised.", least=1)
    prune_seconds: float = _setting(20.0, "Age at which old table versions are pruned.", least=0)
    cache_bytes: int = _setting(64 * 2**20, "Size of each of LanceDB's two caches, shared by all tenants.", least=2**20)
    max_open_tenants: int = _setting(64, "Open tenants beyond which idle ones are closed.", least=1)
    idle_seconds: float = _setting(300.0, "Idle time after which a tenant is closed.", least=0.1)
    backups: str = _setting("", "Folder of backups, best on another disk; empty for .backups beside the tenants.")
    retention_minutes: float = _setting(60.0, "Time between two runs of retention; 0 leaves them to callers.", least=0)
    embedder: str = _setting("wordllama-256", "Embedder of new tenants; ReembedTables changes that of one.")
    bucket: str = _setting("", "Object store of the tables, s3://BUCKET/PREFIX; empty keeps them in server.data.")
    ship_seconds: float = _setting(
        1.0, "Time between two segments of a ledger shipped to storage.bucket: what a lost disk may cost.", least=0.05
    )


@dataclass(frozen=True)
class Bucket:
    endpoint: str = _setting("", "Address of the object store, such as http://127.0.0.1:9000; empty for Amazon's.")
    region: str = _setting("us-east-1", "Region of the bucket.")
    allow_http: bool = _setting(False, "Speak without TLS; meant for loopback.")
    access_key_env: str = _setting("AWS_ACCESS_KEY_ID", "Environment variable of the access key, never the key itself.")
    secret_key_env: str = _setting("AWS_SECRET_ACCESS_KEY", "The same for the secret key.")
    session_token_env: str = _setting("AWS_SESSION_TOKEN", "The same for a session token.")
    timeout_seconds: float = _setting(10.0, "Longest time of one request; large objects get ten times that.", least=0.1)
    lease_seconds: float = _setting(
        15.0, "Time after its last sign of life after which another server may take a server's tenants over.", least=0.5
    )
    copy_seconds: float = _setting(300.0, "Least time between two whole copies of a tenant's ledger.", least=0.1)
    recover: bool = _setting(False, "Take over at start all tenants of the bucket that no living server has.")


@dataclass(frozen=True)
class Search:
    cached_turns: int = _setting(20_000, "Turns of hot users kept in memory for search, all tenants together.", least=0)
    user_turns: int = _setting(10_000, "Turns of one user up to which all of them are scored.", least=1)
    cosine: float = _setting(0.5, "Weight of the cosine of turn and query.")
    soft_match: float = _setting(1.0, "Weight of the soft match of words.")
    window_bm25: float = _setting(0.8, "Weight of BM25 over the turn and its neighbours.")
    session: float = _setting(0.45, "Weight of the best turns of the session.")
    role: float = _setting(0.3, "Weight of a turn whose speaker the query names.")
    question: float = _setting(-0.2, "Weight of a turn that ends in a question mark.")


@dataclass(frozen=True)
class Statements:
    cosine: float = _setting(1.0, "Weight of the cosine of query and profile or playbook.")
    soft_match: float = _setting(-1.0, "Weight of the soft match of words; -1 takes the embedder's measured one.")
    soft_floor: float = _setting(0.35, "Cosine of two words below which they do not match softly.")
    minilm_folder: str = _setting("", "Folder of all-MiniLM-L6-v2 (safetensors, tokenizer) to rank by; empty for none.")
    cached_rows: int = _setting(200_000, "Profiles and playbooks kept in memory, all tenants together.", least=1000)


@dataclass(frozen=True)
class Model:
    provider: str = _setting(
        "rules",
        "Who does the steps that ask for a model; rules are the built-in engines, which need none.",
        choices=("rules", "anthropic", "openai", "replay"),
    )
    model: str = _setting("", "The provider's name of the model.")
    base_url: str = _setting("", "Endpoint other than the provider's own: for openai also vLLM, Ollama, OpenRouter.")
    api_key_env: str = _setting("", "Name of the environment variable that holds the key, never the key itself.")
    timeout_seconds: float = _setting(120.0, "Longest time of one call, retries included.", least=0.1)
    max_concurrent: int = _setting(8, "Calls at once; fewer while the provider asks for patience.", least=1)
    record: str = _setting("", "Folder to which every answer of the provider is written, for replay.")
    cassettes: str = _setting("", "Folder of recorded answers, for replay.")
    vision: bool = _setting(False, "The model behind openai can be given images.")


@dataclass(frozen=True)
class Features:
    refresh_seconds: float = _setting(
        1.0,
        "Least time between two refreshes of a tenant's features; 0 leaves them to ComputeInteractionFeatures.",
        least=0,
    )
    threads: int = _setting(0, "Threads of a computation of features; 0 takes one for each core.", least=0)
    memory_mb: int = _setting(2048, "Memory of a computation of features in MiB, beyond which it spills.", least=64)
    ray: str = _setting(
        "",
        "Address of a Ray cluster that computes whole runs and reads what is learnt anew, or local for one on this "
        "machine; empty for none.",
    )
    part_events: int = _setting(700_000, "Events that a part of a whole computation holds, about.", least=1000)
    held_events: int = _setting(
        6_000_000,
        "Events that a whole computation reads at once and holds, about; 150 to 300 bytes each.",
        least=1000,
    )


@dataclass(frozen=True)
class Monitor:
    key_file: str = _setting("", "File of the key that seals what is private; empty for monitor.key in server.data.")
    sweep_seconds: float = _setting(3600.0, "Time between two sweeps that let monitored events expire.", least=1)
    own_calls: bool = _setting(False, "Record each call of this server as a monitored event of its tenant.")


@dataclass(frozen=True)
class Dialogues:
    max_at_once: int = _setting(1000, "Dialogues of one GenerateDialogues at once, whatever it asks for.", least=1)
    left_seconds: float = _setting(
        86_400.0, "Time for which a Converse that broke off can be resumed; then it is cancelled.", least=0.1
    )
    prices: str = _setting(
        "",
        "Prices of a million tokens, for the cost of dialogues: MODEL=READ/WRITTEN, several with commas between them.",
    )


@dataclass(frozen=True)
class Replica:
    of: str = _setting(
        "", "Data folder of another server, to be served read-only beside it; empty for a server of its own."
    )
    refresh_seconds: float = _setting(
        0.5, "Age beyond which a tenant is looked at anew before a call reads it.", least=0.01
    )
    max_staleness_seconds: float = _setting(
        30.0,
        "Time without a sign of life of the other server after which reads are refused; 0 is without limit.",
        least=0,
    )


@dataclass(frozen=True)
class Log:
    level: str = _setting("info", "Least level.", choices=("debug", "info", "warning", "error"))
    format: str = _setting("console", "How lines look.", choices=("console", "json"))


@dataclass(frozen=True)
class Telemetry:
    otlp_endpoint: str = _setting(
        "",
        "Address of a collector of OTLP over HTTP, such as http://127.0.0.1:4318; empty for none.",
    )
    export_seconds: float = _setting(5.0, "Time between exports to it.", least=0.05)


@dataclass(frozen=True)
class Settings:
    server: Server = field(default_factory=Server)
    auth: Auth = field(default_factory=Auth)
    tls: Tls = field(default_factory=Tls)
    web: Web = field(default_factory=Web)
    stream: Stream = field(default_factory=Stream)
    storage: Storage = field(default_factory=Storage)
    bucket: Bucket = field(default_factory=Bucket)
    search: Search = field(default_factory=Search)
    statements: Statements = field(default_factory=Statements)
    model: Model = field(default_factory=Model)
    features: Features = field(default_factory=Features)
    monitor: Monitor = field(default_factory=Monitor)
    dialogues: Dialogues = field(default_factory=Dialogues)
    replica: Replica = field(default_factory=Replica)
    log: Log = field(default_factory=Log)
    telemetry: Telemetry = field(default_factory=Telemetry)


class Setting(NamedTuple):
    """One row of the table of settings."""

    group: str
    name: str
    kind: type
    default: Any
    doc: str
    least: float | None
    choices: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.group}.{self.name}"

    @property
    def environment(self) -> str:
        return "INTERPLAY_" + (self.name if self.group == "server" else f"{self.group}_{self.name}").upper()

    @property
    def flag(self) -> str:
        if self.key in _SHORT_FLAGS:
            return _SHORT_FLAGS[self.key]
        return "--" + (self.name if self.group == "server" else f"{self.group}-{self.name}").replace("_", "-")


_SHORT_FLAGS = {"web.listen": "--web", "web.console": "--console"}


def settings_table() -> Iterator[Setting]:
    for group in dataclasses.fields(Settings):
        for item in dataclasses.fields(group.default_factory):  # type: ignore[arg-type]
            about = item.metadata
            kind = type(item.default)
            yield Setting(group.name, item.name, kind, item.default, about["doc"], about["least"], about["choices"])


def load_settings(config_file: Path | None = None, flags: Mapping[str, object] | None = None) -> Settings:
    """Settings from a file, the environment and `flags` (keys `group.name`; None means not given).

    Raises SettingsError naming the setting and where it came from.
    """
    table = {setting.key: setting for setting in settings_table()}
    values: dict[str, object] = {}
    for key, value in _read_file(config_file).items():
        if key not in table:
            raise SettingsError(f"{config_file}: unknown setting {key}")
        values[key] = _convert(table[key], value, f"{config_file}: {key}")
    for setting in table.values():
        if (text := os.environ.get(setting.environment)) is not None:
            values[setting.key] = _convert(setting, text, setting.environment)
    for key, value in (flags or {}).items():
        if value is not None:
            values[key] = _convert(table[key], value, table[key].flag)
    groups: dict[str, Any] = {}
    for group in dataclasses.fields(Settings):
        make: Any = group.default_factory
        own = {key.split(".")[1]: value for key, value in values.items() if key.split(".")[0] == group.name}
        groups[group.name] = make(**own)
    settings = Settings(**groups)
    check(settings)
    return settings


def split_address(address: str) -> tuple[str, int]:
    """Host and port of HOST:PORT or [IPv6]:PORT. Raises SettingsError."""
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535 or not host:
        raise SettingsError(f"not an address of the form HOST:PORT: {address!r}")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(settings: Settings) -> None:
    """Raises SettingsError where settings contradict each other."""
    host, _ = split_address(settings.server.listen)
    if settings.server.metrics_listen:
        split_address(settings.server.metrics_listen)
    if not settings.auth.required and not is_loopback(host):
        raise SettingsError(
            f"refusing to serve {settings.server.listen} without authentication: set auth.required "
            "(--auth-required, INTERPLAY_AUTH_REQUIRED=true) and make a key with `interplay keys create --data DIR`, "
            "or listen on a loopback address"
        )
    tls = settings.tls
    if bool(tls.certificate) != bool(tls.key):
        raise SettingsError("tls.certificate and tls.key must be set together")
    if tls.client_ca and not tls.certificate:
        raise SettingsError("tls.client_ca needs tls.certificate and tls.key")
    _check_web(settings)
    _check_replica(settings)
    if settings.telemetry.otlp_endpoint:
        _check_endpoint("telemetry.otlp_endpoint", settings.telemetry.otlp_endpoint)
    check_model(settings.model)
    prices_of(settings.dialogues)


def names_of(listed: str) -> list[str]:
    """The parts of a setting that holds several with commas between them."""
    return [one.strip() for one in listed.split(",") if one.strip()]


def web_address(settings: Settings) -> str:
    """Where browsers are served; empty for nowhere."""
    return settings.web.listen or (DEFAULT_WEB if settings.web.console else "")


def _check_replica(settings: Settings) -> None:
    source = settings.replica.of
    if not source:
        return
    if "://" in source or settings.storage.bucket:
        raise SettingsError("a replica follows a folder that holds its tables: one of a bucket is not built")
    if not Path(source).is_dir():
        raise SettingsError(f"replica.of is no folder: {source}")
    if Path(source).resolve() == Path(settings.server.data).resolve():
        raise SettingsError("replica.of must be another folder than server.data, which is the replica's own")
    if settings.auth.first_key:
        raise SettingsError("auth.first_key and replica.of exclude each other: a replica makes no keys")


def _check_web(settings: Settings) -> None:
    web = settings.web
    for origin in names_of(web.origins):
        parts = urlsplit(origin)
        if origin != "*" and origin != f"{parts.scheme}://{parts.netloc}".lower():
            raise SettingsError(
                f"web.origins must be origins such as https://shop.example or http://localhost:3000, not {origin!r}"
            )
    if "*" in names_of(web.origins) and not settings.auth.required:
        raise SettingsError("web.origins * lets every page in the world ask: it needs auth.required")
    address = web_address(settings)
    if not address:
        return
    host, _ = split_address(address)
    if not settings.auth.required and not is_loopback(host):
        raise SettingsError(f"refusing to serve browsers at {address} without authentication: set auth.required")
    if not settings.auth.required and settings.tls.client_ca:
        raise SettingsError(
            "web.listen with tls.client_ca needs auth.required: browsers are asked for API keys, not for certificates"
        )


def prices_of(dialogues: Dialogues) -> dict[str, tuple[float, float]]:
    """(read, written) by model. Raises SettingsError."""
    made: dict[str, tuple[float, float]] = {}
    for part in filter(None, (one.strip() for one in dialogues.prices.split(","))):
        name, equals, price = part.rpartition("=")
        read, slash, written = price.partition("/")
        try:
            pair = (float(read), float(written))
        except ValueError:
            pair = (math.nan, math.nan)
        if not (name and equals and slash and all(math.isfinite(one) and one >= 0 for one in pair)):
            raise SettingsError(f"dialogues.prices must be MODEL=READ/WRITTEN with commas between, not {part!r}")
        made[name.strip()] = pair
    return made


def check_model(model: Model) -> None:
    """Raises SettingsError where the settings of the model contradict each other; never repeats what may be a key."""
    if model.api_key_env and not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", model.api_key_env):
        raise SettingsError(
            "model.api_key_env must be the name of an environment variable, such as MODEL_API_KEY, never the key itself"
        )
    if model.base_url:
        _check_endpoint("model.base_url", model.base_url)
    if model.provider in {"anthropic", "openai"} and not model.model:
        raise SettingsError(f"model.provider {model.provider} needs model.model (--model-model), the name of the model")
    if model.provider == "anthropic" and not model.api_key_env:
        raise SettingsError(
            "model.provider anthropic needs model.api_key_env (--model-api-key-env), the name of the environment "
            "variable that holds the key"
        )
    if model.provider == "replay" and not model.cassettes:
        raise SettingsError("model.provider replay needs model.cassettes (--model-cassettes), a folder of recordings")
    if model.record and model.provider not in {"anthropic", "openai"}:
        raise SettingsError(f"model.record has nothing to record with model.provider {model.provider}")


def _check_endpoint(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise SettingsError(f"{name} must be an http or https address, such as http://127.0.0.1:8000/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise SettingsError(f"{name} must be an address alone: no user, password, query or fragment")


def _read_file(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        groups = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    flat: dict[str, object] = {}
    for group, members in groups.items():
        if not isinstance(members, dict):
            raise SettingsError(f"{path}: {group} must stand in a group, for example [server]")
        flat |= {f"{group}.{name}": value for name, value in members.items()}
    return flat


def _convert(setting: Setting, value: object, where: str) -> object:
    converted: object
    try:
        if setting.kind is bool:
            converted = value if isinstance(value, bool) else _WORDS[str(value).strip().lower()]
        else:
            converted = str(value) if setting.kind is str else _number(setting.kind, value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise SettingsError(f"{where} must be {_KINDS[setting.kind]}, not {value!r}") from None
    if setting.least is not None and not float(converted) >= setting.least:
        raise SettingsError(f"{where} must be at least {setting.least:g}, not {value}")
    if setting.choices and converted not in setting.choices:
        raise SettingsError(f"{where} must be one of {', '.join(setting.choices)}, not {value!r}")
    return converted


def _number(kind: type, value: object) -> float:
    """Raises ValueError, TypeError, OverflowError for what is none, or not a whole one where that is asked for."""
    number: float = kind(value)
    if isinstance(value, bool) or not math.isfinite(number) or (isinstance(value, float) and number != value):
        raise ValueError(value)
    return number


_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
