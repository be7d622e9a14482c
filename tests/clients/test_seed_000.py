"""Every Python fragment of the description that Interplay grew from runs as written, against a real server."""

import base64
import re
from pathlib import Path

import pytest
from interplay import InteractionData, Interplay, UserActionType

SEED = Path(__file__).parents[3] / "shared/seeds/000-reflexio-interactions.md"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def fragments():
    if not SEED.is_file():
        return []
    return re.findall(r"^```python\n(.*?)^```", SEED.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not SEED.is_file(), reason=f"the description is not at {SEED}")
def test_every_fragment_runs(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("design_mockup.png", "product_issue_photo.jpg"):
        Path(name).write_bytes(PIXEL)
    turn = {"role": "User", "content": "Where is my order?"}
    with Interplay(server.target) as client:
        client.publish_interaction("user_123", InteractionData(content="My product preferences: blue laptops"))
        names = {
            "InteractionData": InteractionData,
            "UserActionType": UserActionType,
            "client": client,
            "initial_message": InteractionData(content="Where is my order?"),
            "followup_messages": turn,
            "user_id": "user_7",
            "timestamp": 1_734_220_800,
            "user_actions": [
                InteractionData(user_action=UserActionType.VIEW, user_action_description="viewed a laptop"),
                InteractionData(user_action=UserActionType.SUBMIT, user_action_description="submitted the order"),
            ],
            "interaction_batches": [
                {"user_id": "user_8", "interactions": [turn], "session_id": "batch", "source": "chat"},
                {"user_id": "user_8", "interactions": [turn, turn], "request_group": "batch"},
            ],
            "initial_problem": InteractionData(content="It does not start"),
            "agent_response": InteractionData(role="Agent", content="Is it plugged in?"),
            "user_clarification": InteractionData(content="It is"),
        }
        for source in ("support_ticket", "chat"):
            client.publish_interaction(
                "user_123",
                InteractionData(content=f"I use a ThinkPad for work and I have technical issues with my {source} app"),
                source,
                wait_for_response=True,
            )
        found = fragments()
        for number, text in enumerate(found):
            exec(compile(text, f"fragment {number}", "exec"), names)
        assert len(found) == text_fences()

        profiles = [hit.profile for hit in names["support_profiles"].hits]
        assert profiles
        assert {(profile.user_id, profile.source) for profile in profiles} == {("user_123", "support_ticket")}
        assert "product preferences" in names["chat_interactions"].hits[0].interaction.data.content
        rows = {}
        for row in client.list_interactions():
            rows.setdefault((row.user_id, row.session_id), []).append(row)
        thread = rows["user_123", "support_conversation_20241215"]
        assert [row.source for row in thread] == ["support_chat"] * 2
        session = rows["user_7", "shopping_session_user_7_1734220800"]
        assert [row.data.user_action_description for row in session] == ["viewed a laptop", "submitted the order"]
        chain = rows["user_123", "technical_support_user_123"]
        assert [row.data.content for row in chain] == ["It does not start", "Is it plugged in?", "It is"]
        assert len(rows["user_8", "batch"]) == 3
        assert [len(answer.interaction_ids) for answer in names["batch_results"]] == [1, 2]

        for key in (
            "conversation",
            "shopping_actions",
            "visual_feedback",
            "shadow_test_interaction",
            "product_feedback",
        ):
            given = names[key] if isinstance(names[key], list) else [names[key]]
            client.publish_interaction("user_9", given, session_id=key)
        shadow = list(client.list_interactions(session_id="shadow_test_interaction"))
        assert shadow[1].data.shadow_content.startswith("I can help with that. I see your recent order")
        visual = next(client.list_interactions(session_id="visual_feedback", view="full"))
        assert visual.data.image == PIXEL
        assert visual.image_info.media_type == "image/png"


def text_fences():
    return SEED.read_text().count("```python")
