"""The rehearsed disaster and a short soak end well."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


def ran(*command, seconds):
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )
    return run.returncode, run.stdout + run.stderr


@pytest.mark.timeout(300)
def test_a_disaster_rehearsed():
    code, said = ran("tests.drill", "--seconds", "1", seconds=280)
    assert code == 0, said
    assert said.count(" yes") == 7, said


@pytest.mark.endurance
def test_five_minutes_of_everything(tmp_path):
    code, said = ran("tests.soak", "--minutes", "5", "--plot", str(tmp_path / "soak.svg"), seconds=900)
    # Five minutes are too short for what is to be flat after half an hour.
    assert "wrong answers" in said and "clean end: yes; tracebacks in the log: 0" in said, said
    assert "wrong:" not in said, said
    assert code in (0, 1) and (tmp_path / "soak.svg").read_text().startswith("<svg")
