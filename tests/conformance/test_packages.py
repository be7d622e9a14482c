"""Each client is what its ecosystem expects: tested and linted by its own tools, packed, installed, and used from outside."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tarfile

import pytest
from interplay import AsyncInterplay

from tests.conformance import generate
from tests.conformance.languages import ROOT
from tests.conformance.test_golden import feature
from tests.conftest import ServerProcess

_SECONDS = 560


def run(*command, cwd, variables=None):
    """What a command prints; fails with it where it fails. Nothing that it started outlives it."""
    process = subprocess.Popen(
        [str(word) for word in command], cwd=cwd, env={**os.environ, **(variables or {})}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        pytest.fail(f"{' '.join(map(str, command))} took longer than {_SECONDS} s:\n{said[-6000:]}")
    assert process.returncode == 0, f"{' '.join(map(str, command))}\n{said[-6000:]}"
    return said


@feature("Its own tests and linters")
def test_its_own_tests_and_linters_are_content(language):
    assert language.checks
    for command in language.checks:
        run(*command, cwd=language.folder, variables=language.environment)


@feature("Package is installed by its ecosystem's tool")
async def test_its_package_is_installed_and_used_by_another_project(language, tmp_path, borrowed_server):
    server: ServerProcess = borrowed_server()
    variables = {"INTERPLAY_TARGET": server.target, **language.environment}
    said = await asyncio.to_thread(INSTALL[language.name], language, tmp_path, variables)
    async with AsyncInterplay(server.target) as client:
        newest = [row.data.content async for row in client.list_interactions(newest_first=True, page_size=1000)]
    assert any(content and content in said for content in newest), f"nothing that is stored was found: {said}"


def python(language, tmp_path, variables):
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ".", cwd=language.folder)
    (wheel,) = tmp_path.glob("interplay-*.whl")
    run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        tmp_path / "site",
        wheel,
        cwd=tmp_path,
    )
    shutil.copy(language.folder / "examples/publish_and_search.py", tmp_path)
    return run(sys.executable, "publish_and_search.py", cwd=tmp_path,
               variables=variables | {"PYTHONPATH": str(tmp_path / "site")})  # fmt: skip


def typescript(language, tmp_path, variables):
    run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", tmp_path, cwd=language.folder)
    (packed,) = tmp_path.glob("*.tgz")
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "scratch", "private": true, "type": "module"}')
    run("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", packed, cwd=project)
    shutil.copy(language.folder / "dist/examples/publish_and_search.js", project / "index.js")
    return run("node", "index.js", cwd=project, variables=variables)


def go(language, tmp_path, variables):
    shutil.copytree(language.folder / "examples/publish_and_search", tmp_path, dirs_exist_ok=True)
    shutil.copy(language.folder / "go.sum", tmp_path)
    module = (language.folder / "go.mod").read_text().splitlines()
    name = module[0].removeprefix("module ")
    version = next(line for line in module if line.startswith("go "))
    (tmp_path / "go.mod").write_text(
        f"module scratch.example/main\n\n{version}\n\nrequire {name} v0.0.0\n\nreplace {name} => {language.folder}\n"
    )
    run("go", "mod", "tidy", cwd=tmp_path)
    run("go", "build", "-o", "scratch", ".", cwd=tmp_path)
    return run("./scratch", cwd=tmp_path, variables=variables)


def java(language, tmp_path, variables):
    (jar,) = [one for one in (language.folder / "target").glob("*.jar") if "sources" not in one.name
              and "javadoc" not in one.name]  # fmt: skip
    path = f"{jar}:{language.folder}/target/lib/*"
    (source,) = (language.folder / "src/examples").rglob("PublishAndSearch.java")
    run("javac", "-d", tmp_path, "-cp", path, source, cwd=tmp_path)
    (made,) = tmp_path.rglob("PublishAndSearch.class")
    name = ".".join(made.relative_to(tmp_path).with_suffix("").parts)
    return run("java", "-cp", f"{path}:{tmp_path}", name, cwd=tmp_path, variables=variables)


def rust(language, tmp_path, variables):
    target = language.folder / "target"
    run("cargo", "package", "--quiet", "--allow-dirty", "--no-verify", cwd=language.folder)
    (packed,) = (target / "package").glob("*.crate")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    (crate,) = [one for one in tmp_path.iterdir() if one.is_dir()]
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    name, version = crate.name.rsplit("-", 1)
    (project / "Cargo.toml").write_text(
        f'[package]\nname = "scratch"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n'
        f'{name} = {{ path = "{crate}", version = "{version}" }}\n'
        'tokio = { version = "1", features = ["macros", "rt-multi-thread", "time"] }\n'
        '[profile.suite]\ninherits = "release"\nopt-level = 1\ncodegen-units = 16\n'
    )
    shutil.copy(language.folder / "examples/publish_and_search.rs", project / "src/main.rs")
    return run(
        "cargo", "run", "--quiet", "--profile", "suite", "--target-dir", target, cwd=project, variables=variables
    )


INSTALL = {install.__name__: install for install in (python, typescript, go, java, rust)}


def test_its_generated_code_is_current(language, tmp_path):
    if not language.generated:
        pytest.skip("generated by make generate itself, or by every build")
    generate.generate(language, tmp_path)
    for folder in language.generated:
        made = {
            str(one.relative_to(tmp_path)): one.read_bytes() for one in (tmp_path / folder).rglob("*") if one.is_file()
        }
        kept = {str(one.relative_to(ROOT)): one.read_bytes() for one in (ROOT / folder).rglob("*") if one.is_file()}
        assert len(made) > 1
        assert sorted(made) == sorted(kept), f"{folder} is not current: make generate"
        for one, text in made.items():
            assert kept[one] == text, f"{one} is not current: make generate"


def test_every_client_ships_the_shared_service_config():
    copies = generate.service_configs()
    assert len(copies) >= 2
    for copy in copies:
        assert copy.read_bytes() == generate.SERVICE_CONFIG.read_bytes(), f"{copy} is not current: make generate"
