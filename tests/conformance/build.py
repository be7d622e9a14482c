"""Builds the clients that LANGUAGES names, side by side: `python -m tests.conformance.build`."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.languages import IN_CI, RESULTS, Language, chosen

_SECONDS = 1200
_printing = threading.Lock()


def say(language: Language, text: str) -> None:
    with _printing:
        print(f"{language.title:>10}: {text}", flush=True)


def build(language: Language) -> bool:
    """Whether it may be tested: it is built, or its tool chain is missing and nobody insists."""
    language.built.unlink(missing_ok=True)
    shutil.rmtree(RESULTS / "results" / language.name, ignore_errors=True)
    if language.missing:
        say(language, f"left out, {', '.join(language.missing)} is missing")
        return not IN_CI
    began = time.monotonic()
    for command in language.build:
        say(language, shlex.join(command))
        try:
            done = subprocess.run(
                command, cwd=language.folder, capture_output=True, text=True, timeout=_SECONDS, check=False,
                env=os.environ | language.environment,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            say(language, f"not built: {shlex.join(command)} took longer than {_SECONDS} s")
            return False
        if done.returncode:
            say(language, f"not built:\n{(done.stdout + done.stderr)[-6000:]}")
            return False
    language.built.parent.mkdir(parents=True, exist_ok=True)
    language.built.touch()
    say(language, f"built in {time.monotonic() - began:.0f} s")
    return True


def main() -> int:
    languages = chosen(" ".join(sys.argv[1:]) or None)
    with ThreadPoolExecutor(len(languages)) as pool:
        # The one that takes longest begins first.
        built = list(pool.map(build, sorted(languages, key=lambda one: one.name != "rust")))
    return 0 if all(built) else 1


if __name__ == "__main__":
    sys.exit(main())
