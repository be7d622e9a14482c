"""Every fragment of the guide to features from Python runs as it stands and prints what the guide says it prints."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/features-client.md"
FRAGMENTS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", GUIDE.read_text(), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(FRAGMENTS)))
def test_a_fragment_runs(shared_server, monkeypatch, number, capsys):
    text, shown = FRAGMENTS[number]
    monkeypatch.setenv("INTERPLAY_TENANT", f"features-{number}")
    assert text.count('"localhost:50051"') == 1
    exec(compile(text.replace("localhost:50051", shared_server.target), f"fragment {number}", "exec"), {})
    assert capsys.readouterr().out.strip() == shown.strip()


def test_every_fragment_shows_what_it_prints():
    assert len(FRAGMENTS) == GUIDE.read_text().count("```python") == 6
    assert all(shown for _, shown in FRAGMENTS)
