"""Interactions published as plain mappings, with shadow and expert answers, as the second description does it."""

import re
from pathlib import Path

import pytest
from interplay import Interplay
from interplay.v1 import learning_pb2

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


@pytest.fixture
def expert_and_shadow():
    """The two calls as written: the one with expert_content, the one with shadow_content."""
    if not SEED.is_file():
        pytest.skip(f"the description is not at {SEED}")
    found = calls()
    return [next(text for text in found if name in text) for name in ('"expert_content"', '"shadow_content"')]


def test_an_expert_teaches_what_the_agent_left_out(shared_server, expert_and_shadow):
    with Interplay(shared_server.target, tenant="seed-003-expert") as client:
        exec(compile(learned(expert_and_shadow[0]), "seed 003", "exec"), {"client": client})
        lessons = list(client.list_user_playbooks("user_123"))
        assert {lesson.kind for lesson in lessons} == {"expert"}
        assert {(lesson.source, lesson.agent_version) for lesson in lessons} == {("expert_review", "v1.0")}
        assert all("return policy for electronics" in lesson.trigger for lesson in lessons)
        assert all(lesson.pitfall for lesson in lessons)
        told = [lesson.instruction.lower() for lesson in lessons]
        for words in (
            ("original packaging",),
            ("final sale",),
            ("defective", "90 days"),
            ("refunds", "5-7 business days"),
        ):
            assert [text for text in told if all(word in text for word in words)], words
        client.aggregate_playbooks().wait(30)
        shared = list(client.list_agent_playbooks())
        assert {playbook.support.expert_count for playbook in shared} == {1}
        for other in ("somebody else", "user_123"):
            context = client.context(other, "What is your return policy for electronics?", top_k=10)
            assert all(
                word in str(context) for word in ("original packaging", "final sale", "90 days", "5-7 business days")
            )


def test_shadow_answers_are_learnt_from_where_that_is_asked_for(shared_server, expert_and_shadow):
    text = learned(expert_and_shadow[1])
    with Interplay(shared_server.target, tenant="seed-003-shadow") as client:
        told = {"role": "User", "content": "No, always use my email address. I live in Oslo."}
        for user_id, arm in (("both", "both"), ("shadow", "shadow"), ("production", "production")):
            call = text.replace('"user_123"', repr(user_id)).replace('wait="learned"', f"learn_from={arm!r}")
            assert f"learn_from={arm!r}" in call
            exec(compile(call, "seed 003", "exec"), {"client": client})
            client.publish_interaction(
                user_id, told, session_id="support_session_001", learn_from=arm, wait="learned", session_finished=True
            )
            home = {
                learning_pb2.Arm.Name(row.origin.arm)
                for name in ("production", "shadow")
                for row in client.list_profiles(user_id, arm=name)
                if "Oslo" in row.content
            }
            assert home == {
                "both": {"ARM_PRODUCTION", "ARM_SHADOW"}, "shadow": {"ARM_SHADOW"}, "production": {"ARM_PRODUCTION"},
            }[arm]  # fmt: skip
            lessons = {name: list(client.list_user_playbooks(user_id, arm=name)) for name in ("production", "shadow")}
            assert bool(lessons["production"]) is (arm != "shadow")
            assert all("email or phone number" in lesson.pitfall for lesson in lessons["production"])
            assert not any("email or phone number" in lesson.pitfall for lesson in lessons["shadow"])


def learned(text):
    """The call, waiting until it is learnt from."""
    return text.removesuffix("\n)") + ',\n    wait="learned",\n)'


def test_a_misspelt_key_is_refused_before_anything_is_sent(shared_server):
    with Interplay(shared_server.target, tenant="seed-003b") as client:
        with pytest.raises(TypeError, match="did you mean 'shadow_content'"):
            client.publish_interaction("u", [{"role": "User", "shadow_contents": "x"}])
        assert list(client.list_interactions()) == []
