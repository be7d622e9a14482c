"""The tree: sizes of files, docstrings of packages, no traces of a machine or a registry."""

import ast
import re
import subprocess

import pytest

from tests.conftest import ROOT

CEILING = 500
GENERATED = (
    "clients/python/interplay/v1/",
    "clients/python/buf/",
    "clients/typescript/src/gen/",
    "clients/go/interplay/",
    "clients/rust/src/gen/",
)
CODE = (".py", ".ts", ".mjs", ".js", ".go", ".java", ".rs", ".css", ".html")
BINARY = {".png", ".jpg", ".gif", ".webp", ".bin", ".binpb", ".arrow", ".parquet", ".npz", ".gz"}


def tracked():
    """Files of the repository, those not yet committed too."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


FILES = tracked()
OURS = [
    name for name in FILES
    if name.endswith(CODE) and name.startswith(("server/", "clients/", "tests/")) and not name.startswith(GENERATED)
    and not name.endswith("/generated.rs")
]  # fmt: skip
IMPORTED = [name for name in OURS if name.endswith(".py") and name.startswith(("server/", "clients/python/interplay/"))]
PACKAGES = [name for name in IMPORTED if name.endswith("/__init__.py")]


@pytest.mark.parametrize("name", OURS)
def test_no_file_is_too_long(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= CEILING


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_say_in_a_sentence_what_they_are(name):
    said = ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))
    assert said, "no docstring"
    first = said.partition("\n\n")[0]
    assert re.fullmatch(r"[A-Z`].*\.", first, re.DOTALL)
    assert len(said.splitlines()) <= 4


def test_every_folder_with_modules_is_a_package():
    folders = {name.rpartition("/")[0] for name in IMPORTED}
    assert folders <= {name.rpartition("/")[0] for name in PACKAGES}


REGISTRIES = (
    "pypi",
    "pythonhosted",
    "npmjs",
    "crates.io",
    "artifactory",
    "nexus",
    "devpi",
    "docker.io",
    "ghcr",
    "quay.io",
)
# Put together here so that this file does not name what it looks for.
MACHINE = re.compile(
    "|".join(
        [
            r"/(?:home|Users)/\w+/", r"/ro" + r"ot/", r"/wo" + r"rk/", r"[A-Z]:\\Users\\",
            r"(?:index|extra-index|find-links)[-_]?" + r"url\s*[=:]?\s*http", r"https?://[^\s/\"']*(?:" + "|".join(
                re.escape(name) for name in REGISTRIES
            ) + ")",
        ]
    )
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_no_file_names_a_machine_or_a_registry(name):
    path = ROOT / name
    if path.suffix in BINARY:
        return
    text = path.read_text(encoding="utf-8")
    found = MACHINE.search(text)
    assert not found, f"{name}:{text[: found.start()].count(chr(10)) + 1}: {found[0]}"


def test_the_search_for_traces_finds_some():
    """Else the test above could not fail."""
    for trace in ("/ho" + "me/ada/x", "/ro" + "ot/.venv", "/wo" + "rk/main", "https://files." + "python" + "hosted.org/x",
                  "--index-" + "url https://x", "https://registry." + "npm" + "js.org"):  # fmt: skip
        assert MACHINE.search(trace), trace
    assert not MACHINE.search("https://example.org/interplay and ./data")


def test_the_lock_names_no_index():
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 100
    assert not [
        line for line in lines if "://" in line or line.startswith(("-i", "--index", "--extra-index", "--find-links"))
    ]
    pinned = [line for line in lines if line and not line.startswith((" ", "#", "-"))]
    assert all("==" in line for line in pinned)


def test_the_lock_has_what_is_asked_for():
    import tomllib  # noqa: PLC0415 - only here

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {
        re.match(r"[A-Za-z0-9_.-]+", line)[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if re.match(r"[A-Za-z0-9]", line)
    }
    for wanted in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name = re.match(r"[A-Za-z0-9_.-]+", wanted)[0].lower().replace("_", "-")
        assert name in locked or name == "interplay", f"{name} is not in requirements.lock"
