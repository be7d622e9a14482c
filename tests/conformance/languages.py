"""The five clients: what builds each, and what it has then."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "build" / "conformance"
EXAMPLES = ("publish_and_search", "stream_with_context", "converse", "pair_features", "monitor_event")
IN_CI = os.environ.get("CI", "").lower() == "true"


@dataclass(frozen=True)
class Language:
    """Commands are run in `folder`, paths in them are absolute or of that folder."""

    name: str
    title: str
    tools: tuple[str, ...]
    """Programs that must be there."""
    build: tuple[tuple[str, ...], ...]
    """Makes driver and examples from the sources alone."""
    driver: tuple[str, ...]
    example: str
    """Command of an example, words with {name} or {camel} in them: publish_and_search or PublishAndSearch."""
    checks: tuple[tuple[str, ...], ...] = ()
    """The language's own tests and linters."""
    version: tuple[str, ...] = ()
    """Prints which tool chain it is."""
    generated: tuple[str, ...] = ()
    """Folders of committed code that buf.gen.yaml makes."""
    generator: tuple[tuple[str, ...], ...] = ()
    """Makes the plugin ready."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Said to all of these commands."""

    @property
    def folder(self) -> Path:
        return ROOT / "clients" / self.name

    @property
    def missing(self) -> list[str]:
        """Tools that are not installed, and the sources if they are absent."""
        found = [tool for tool in self.tools if shutil.which(tool) is None]
        return found if self.folder.is_dir() else [*found, f"clients/{self.name}"]

    def example_command(self, name: str) -> list[str]:
        camel = "".join(part.capitalize() for part in name.split("_"))
        return [word.format(name=name, camel=camel) for word in self.example.split()]

    @property
    def built(self) -> Path:
        """There once the client is built."""
        return RESULTS / "built" / self.name


PYTHON = Language(
    name="python",
    title="Python",
    tools=(),
    build=(),
    driver=(sys.executable, "conformance/driver.py"),
    example=f"{sys.executable} examples/{{name}}.py",
    checks=(
        (sys.executable, "-m", "ruff", "check", "conformance"),
        (
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *(
                f"../../tests/clients/test_{part}.py"
                for part in ("publisher_window", "publisher_core", "errors", "config")
            ),
        ),
    ),
    version=(sys.executable, "--version"),
)
TYPESCRIPT = Language(
    name="typescript",
    title="TypeScript",
    tools=("node", "npm"),
    build=(("npm", "ci", "--no-audit", "--no-fund"), ("npm", "run", "build")),
    driver=("node", "dist/conformance/driver.js"),
    example="node dist/examples/{name}.js",
    checks=(("npm", "run", "check"), ("npm", "test")),
    version=("node", "--version"),
    generated=("clients/typescript/src/gen",),
    generator=(("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"),),
)
GO = Language(
    name="go",
    title="Go",
    tools=("go",),
    build=(("go", "build", "-o", "build/", "./conformance", "./examples/..."),),
    driver=("build/conformance",),
    example="build/{name}",
    checks=(("go", "vet", "./..."), ("go", "test", "./...")),
    version=("go", "version"),
    generated=("clients/go/interplay",),
)
_JAVA_PATH = "target/classes:target/test-classes:target/lib/*"
JAVA = Language(
    name="java",
    title="Java",
    tools=("java", "mvn"),
    build=(("mvn", "-q", "-B", "-DskipTests", "package"),),
    driver=("java", "-cp", _JAVA_PATH, "example.interplay.conformance.Driver"),
    example=f"java -cp {_JAVA_PATH} example.interplay.examples.{{camel}}",
    # Not `test`: it would compile anew what other processes of the suite are running.
    checks=(("mvn", "-q", "-B", "surefire:test"),),
    version=("java", "-version"),
)
RUST = Language(
    name="rust",
    title="Rust",
    tools=("cargo",),
    build=(("cargo", "build", "--quiet", "--profile", "suite", "--features", "json", "--examples"),),
    driver=("target/suite/examples/conformance",),
    example="target/suite/examples/{name}",
    checks=(
        ("cargo", "test", "--quiet", "--profile", "suite", "--features", "json"),
        ("cargo", "clippy", "--quiet", "--profile", "suite", "--all-targets", "--all-features", "--", "-D", "warnings"),
        ("cargo", "fmt", "--check"),
    ),
    version=("cargo", "--version"),
    generated=("clients/rust/src/gen",),
)
ALL = (PYTHON, TYPESCRIPT, GO, JAVA, RUST)
BY_NAME = {language.name: language for language in ALL}


def chosen(names: str | None = None) -> Sequence[Language]:
    """Those that LANGUAGES names, with blanks or commas between them; all if it names none. Raises ValueError."""
    asked = (os.environ.get("LANGUAGES", "") if names is None else names).replace(",", " ").split()
    if unknown := [name for name in asked if name not in BY_NAME]:
        raise ValueError(f"LANGUAGES knows {', '.join(BY_NAME)}, not {', '.join(unknown)}")
    return [BY_NAME[name] for name in asked] or ALL
