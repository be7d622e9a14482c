"""Where grpcurl is: on the PATH, in .tools/, or built there from the Go module proxy, once."""

import fcntl
import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

VERSION = "v1.9.4"
TOOLS = ROOT / ".tools"


@functools.cache
def _found():
    """The path, or why there is none."""
    if there := shutil.which("grpcurl", path=f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}"):
        return there, ""
    if not (go := shutil.which("go")):
        return None, "grpcurl is neither on the PATH nor in .tools/, and there is no Go to build it with"
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of one run build it once
        if not (TOOLS / "grpcurl").exists():
            done = subprocess.run(
                [go, "install", f"github.com/fullstorydev/grpcurl/cmd/grpcurl@{VERSION}"],
                env=os.environ | {"GOBIN": str(TOOLS)},
                capture_output=True, text=True, timeout=600, check=False,
            )  # fmt: skip
            if done.returncode:
                return None, f"grpcurl {VERSION} could not be built: {done.stderr[-500:]}"
    return str(TOOLS / "grpcurl"), ""


def grpcurl():
    """Its path. Skips with the reason where there is none; in CI that is a failure."""
    path, why = _found()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return path


def path_with_tools():
    """PATH with grpcurl and buf on it."""
    folders = [str(Path(grpcurl()).parent), str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")]
    return os.pathsep.join(folders)
