"""Every fragment of the guide to the Python client runs as it stands and prints what the guide says it prints."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/python-client.md"
FRAGMENTS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", GUIDE.read_text(), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(FRAGMENTS)))
def test_a_fragment_runs(shared_server, monkeypatch, number, capsys):
    text, shown = FRAGMENTS[number]
    monkeypatch.setenv("INTERPLAY_TENANT", f"guide-{number}")
    assert '"localhost:50051"' in text
    exec(compile(text.replace("localhost:50051", shared_server.target), f"fragment {number}", "exec"), {})
    printed = capsys.readouterr().out
    assert printed
    if shown:
        assert printed.strip() == shown.strip()


def test_there_are_fragments_and_most_show_what_they_print():
    assert len(FRAGMENTS) == GUIDE.read_text().count("```python") == 8
    assert sum(bool(shown) for _, shown in FRAGMENTS) == 7
