"""The server under a profiler: `python -m tests.bench.profiled serve ...`, BENCH_PROFILE names the folder.

Every thread has its own cProfile by CPU time, so that neither other work of the machine nor waiting counts. When the
server ends, `<folder>/<pid>.txt` lists the functions of each kind of thread by their own and by their total time.
"""

import cProfile
import os
import pstats
import sys
import threading
import time
from pathlib import Path

import interplay_server.app  # noqa: F401 - imports are not what is measured
from interplay_server.cli import main

LINES = 50
_profiles: dict[str, list[cProfile.Profile]] = {}


def _start(name: str) -> cProfile.Profile:
    profile = cProfile.Profile(time.thread_time)
    _profiles.setdefault(name, []).append(profile)
    profile.enable()
    return profile


class _Thread(threading.Thread):
    def run(self) -> None:
        profile = _start(self.name.rstrip("0123456789").rstrip("_"))
        try:
            super().run()
        finally:
            profile.disable()


def _write(path: Path) -> None:
    with path.open("w") as out:
        for name, profiles in _profiles.items():
            for key in ("tottime", "cumtime"):
                print(f"\n== {name} by {key}", file=out)
                stats = pstats.Stats(*profiles, stream=out)
                stats.sort_stats(key).print_stats(LINES)


if __name__ == "__main__":
    threading.Thread = _Thread
    own = _start("event loop")
    try:
        main()
    except SystemExit as end:
        code = end.code
    own.disable()
    _write(Path(os.environ["BENCH_PROFILE"]) / f"{os.getpid()}.txt")
    sys.exit(code)
