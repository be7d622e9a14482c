"""Interactions published as plain mappings, with shadow and expert answers, as the second description does it."""

import re
from pathlib import Path

import pytest
from interplay import Interplay

SEED = Path(__file__).parents[3] / "shared/seeds/003-reflexio-shadow-and-expert-content.md"


def calls():
    """The calls of publish_interaction in the text, each up to the parenthesis that ends it in the first column."""
    return re.findall(r"^client\.publish_interaction\(\n.*?^\)$", SEED.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not SEED.is_file(), reason=f"the description is not at {SEED}")
def test_its_calls_run_as_written(shared_server):
    found = calls()
    assert len(found) == SEED.read_text().count("client.publish_interaction(")
    with Interplay(shared_server.target, tenant="seed-003") as client:
        for text in found:
            exec(compile(text, "seed 003", "exec"), {"client": client})
        shadow = list(client.list_interactions(session_id="support_session_001"))
        expert = list(client.list_interactions(session_id="expert_review_001"))
    assert [row.data.role for row in shadow] == ["User", "Agent"]
    assert "123-456-7890" in shadow[1].data.shadow_content
    assert expert[1].data.expert_content.startswith("Electronics can be returned within 30 days")
    assert expert[1].source == "expert_review"


def test_a_misspelt_key_is_refused_before_anything_is_sent(shared_server):
    with Interplay(shared_server.target, tenant="seed-003b") as client:
        with pytest.raises(TypeError, match="did you mean 'shadow_content'"):
            client.publish_interaction("u", [{"role": "User", "shadow_contents": "x"}])
        assert list(client.list_interactions()) == []
