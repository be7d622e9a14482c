"""Generates the code of the clients that commit theirs: `python -m tests.conformance.generate [FOLDER]`.

Python's own comes from the Makefile, Java's from every build of Maven.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conformance.languages import ALL, ROOT, Language

SERVICE_CONFIG = ROOT / "clients" / "service_config.json"
_SECONDS = 900


def generate(language: Language, out: Path) -> None:
    """Writes below `out` what is committed below the repository's root. Raises RuntimeError with what was said."""
    # Whoever uses what is installed must not lose it meanwhile.
    prepare = () if (language.folder / "node_modules").is_dir() else language.generator
    for command in (*prepare, ("buf", "generate", "--template", template(language), "--output", str(out))):
        folder = ROOT if command[0] == "buf" else language.folder
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


def template(language: Language) -> str:
    return str(language.folder.relative_to(ROOT) / "buf.gen.yaml")


def service_configs() -> list[Path]:
    """Copies of clients/service_config.json that packages ship."""
    places = ("", "src", "interplay", "src/main/resources", "src/main/resources/interplay")
    files = [language.folder / place / "service_config.json" for language in ALL for place in places]
    return [file for file in files if file.is_file()]


def main() -> int:
    out = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    for language in ALL:
        if not language.generated:
            continue
        if language.missing:
            print(f"{language.title} is left as it is: {', '.join(language.missing)} is missing")
            continue
        print(f"generating {language.title} ...", flush=True)
        # Messages that are gone must not stay behind.
        for folder in language.generated:
            shutil.rmtree(out / folder, ignore_errors=True)
        generate(language, out)
    for file in service_configs():
        shutil.copyfile(SERVICE_CONFIG, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
