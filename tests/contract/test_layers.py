"""Imports point down only, and each library has one home.

The layers, each of which may import those below it:

    app, composition, cli, demo, report, web
    services                 one class a service
    streaming                streams that live
    services.convert/batches messages <-> domain: used by both of the above, knows neither
    interceptors             what every call passes
    custody                  what an operator does with people and tenants, across all of the below
    evaluation               whether what was learnt, and the agent, are better
    monitoring, dialogue     how a product is used; dialogues that are generated
    learning, features       what is published becomes what is known
    retrieval
    domain                   pure types, rules and ports
    errors, settings         leaves

`storage` and `models` implement ports of `domain`; `app` alone puts them in, `cli.keys` opens the keys offline, and the
rest of the command line knows the errors of `storage.disk`.
"""

import ast

import pytest

from tests.conftest import ROOT

SERVER = ROOT / "server" / "interplay_server"
FILES = sorted(SERVER.rglob("*.py"))

# From the top; a module belongs to the longest name that begins its own.
LAYERS = [
    {"app", "composition", "cli", "demo", "report", "web", "__main__", "docs_tables", "healthcheck"},
    {"services"},
    {"streaming"},
    {"services.batches"},
    {"services.convert"},
    {"interceptors"},
    {"custody"},
    {"evaluation", "monitoring", "dialogue"},
    {"learning", "features"},
    {"retrieval"},
    {"storage", "models"},
    {"telemetry", "memory"},
    {"domain"},
    {"errors", "settings"},
]
HEIGHT = {name: -at for at, names in enumerate(LAYERS) for name in names}
# Between siblings of a layer nothing is imported, but for these: a command line starts servers, a demo shows commands.
SIBLINGS = {
    ("cli", "app"),
    ("cli", "demo"),
    ("demo", "cli"),
    ("__main__", "cli"),
    ("demo", "app"),
    ("cli", "report"),
    ("demo", "report"),
    ("app", "web"),
    ("app", "composition"),
}
# Who may import what is not for everybody.
HOMES = {
    "storage": {"app", "composition", "storage", "cli.keys", "cli.serve", "cli.failure"},
    "models": {"app", "composition", "models"},
}
LIBRARIES = {
    "lancedb": {"storage"},
    "pyarrow": {"storage", "models", "memory", "domain", "features", "monitoring", "dialogue", "custody"},
    "duckdb": {"features", "monitoring"},
    "datasketches": {"monitoring"},
    "cryptography": {"monitoring", "storage", "custody"},
    "ray": {"features", "learning"},
    "sqlite3": {"storage", "cli.failure", "cli.moving"},
    "grpc": {"app", "composition", "interceptors", "services", "streaming", "healthcheck", "web"},
    "grpc_health": {"app", "healthcheck", "web"},
    "grpc_reflection": {"app"},
    "google": {"services", "streaming", "interceptors", "cli", "demo", "web"},
    "interplay.v1": {"services", "streaming", "interceptors", "cli", "demo", "report"},
    "interplay": {"services", "streaming", "interceptors", "cli", "demo"},
    "protovalidate": {"interceptors"},
    "prometheus_client": {"telemetry"},
    "wordllama": {"models"},
    "safetensors": {"models"},
    "tokenizers": {"models"},
    "anthropic": {"models"},
    "openai": {"models"},
    "httpx2": {"models"},
    "jsonschema": {"models"},
    "referencing": {"models"},
    "click": {"cli", "demo"},
    "starlette": {"web"},
    "uvicorn": {"web"},
}


def module(path):
    name = ".".join(path.relative_to(SERVER).with_suffix("").parts)
    return name.removesuffix(".__init__") or "__init__"


def imports(path):
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module in {"interplay_server", "interplay_server.storage", "interplay_server.services"}:
                yield from (f"{node.module}.{one.name}" for one in node.names)
            else:
                yield node.module


def belongs(name, names):
    """The longest of `names` that is `name` or a package of it."""
    fitting = [one for one in names if name == one or name.startswith(f"{one}.")]
    return max(fitting, key=len, default=None)


@pytest.mark.parametrize("path", FILES, ids=module)
def test_own_imports_point_down(path):
    here = module(path)
    if here == "__init__":
        assert not list(imports(path))
        return
    own = belongs(here, HEIGHT)
    assert own, f"{here} belongs to no layer"
    for name in imports(path):
        if not name.startswith("interplay_server."):
            continue
        there = name.removeprefix("interplay_server.")
        if there == "__version__":
            continue
        layer = belongs(there, HEIGHT)
        assert layer, f"{there} belongs to no layer"
        if layer != own and (own, layer) not in SIBLINGS:
            assert HEIGHT[layer] < HEIGHT[own], f"{here} imports {there}"
        home = belongs(there, HOMES)
        assert home is None or belongs(here, HOMES[home]), f"{here} imports {there}"


@pytest.mark.parametrize("path", FILES, ids=module)
def test_each_library_has_a_home(path):
    here = module(path)
    for name in imports(path):
        library = belongs(name, LIBRARIES)
        assert library is None or belongs(here, LIBRARIES[library]), f"{here} imports {name}"


def test_errors_and_settings_are_leaves():
    for path in (*(SERVER / "errors").rglob("*.py"), SERVER / "settings.py"):
        own = "interplay_server.errors." if path.name != "settings.py" else " "
        assert not [one for one in imports(path) if not is_standard(one) and not one.startswith(own)]


def is_standard(name):
    import sys  # noqa: PLC0415 - only here

    return name.partition(".")[0] in sys.stdlib_module_names


def test_the_domain_knows_no_wire_and_no_disk():
    allowed = {"interplay_server", "msgspec", "numpy", "pyarrow"}
    for path in (SERVER / "domain").rglob("*.py"):
        foreign = {name.partition(".")[0] for name in imports(path) if not is_standard(name)} - allowed
        assert not foreign, f"{module(path)} imports {foreign}"


def test_values_do_not_become_sql():
    """In lancedb, Expr.to_sql leaves a quote behind a backslash as it is: only values of our own making may pass it."""
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert ".to_sql(" not in line or "lit(sha256)" in line, f"{module(path)}: {line.strip()}"


def test_the_rules_name_what_exists():
    modules = {module(path) for path in FILES}
    for name in HEIGHT:
        assert any(one == name or one.startswith(f"{name}.") for one in modules), f"no module {name}"
