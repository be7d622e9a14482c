"""The examples of the README run as they stand, against a real server."""

import re
from pathlib import Path

import pytest
from interplay import Interplay

README = Path(__file__).parents[2] / "clients/python/README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def remembered(shared_server):
    """The watch of the second example needs something to have been published."""
    with Interplay(shared_server.target) as client:
        client.publish_interaction("ada", {"content": "hello"}, session_id="s")
    return shared_server


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(remembered, number, capsys):
    text = EXAMPLES[number]
    assert '"localhost:50051"' in text
    exec(compile(text.replace("localhost:50051", remembered.target), f"README example {number}", "exec"), {})
    assert capsys.readouterr().out


def test_there_are_examples():
    assert len(EXAMPLES) == 5
