"""The programs of docs/evaluation.md run as they stand and print what stands below them."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/evaluation.md"
FRAGMENTS = re.findall(
    r"^```python\n(from .*?)^```\n\n```text\n(.*?)^```\n", GUIDE.read_text(), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(FRAGMENTS)))
def test_a_program_runs(shared_server, monkeypatch, number, capsys):
    text, shown = FRAGMENTS[number]
    monkeypatch.setenv("INTERPLAY_TENANT", f"evaluation-guide-{number}")
    assert '"localhost:50051"' in text
    exec(compile(text.replace("localhost:50051", shared_server.target), f"program {number}", "exec"), {})
    assert capsys.readouterr().out == shown


def test_there_are_programs():
    assert len(FRAGMENTS) == 2
