"""Makes reflexio.tar.gz anew with the real Reflexio; run in an environment of its own with Python 3.12 or newer:

    python3.12 -m venv scratch && scratch/bin/pip install reflexio-ai==0.2.32
    scratch/bin/python tests/clients/moving/make_reflexio.py

Written with reflexio-ai 0.2.32, Python 3.12. Its own storage writes the SQLite file; its own models make the JSON that
its API answers. The embedder is swapped for zeros, and nothing is asked of a model.
"""

import importlib.util
import json
import os
import sys
import tarfile
import tempfile
from pathlib import Path

os.environ["OPENAI_API_KEY"] = "none"
os.environ["REFLEXIO_TELEMETRY"] = "off"
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
# The table of tokens comes with litellm; else tiktoken would fetch it.
LITELLM = Path(importlib.util.find_spec("litellm").origin).parent
os.environ["TIKTOKEN_CACHE_DIR"] = str(LITELLM / "litellm_core_utils" / "tokenizers")

from reflexio.models.api_schema.common import BlockingIssue, ToolUsed  # noqa: E402 - reads the environment first
from reflexio.models.api_schema.domain.entities import (  # noqa: E402
    AgentPlaybook,
    Citation,
    Interaction,
    Request,
    UserPlaybook,
    UserProfile,
)  # fmt: skip
from reflexio.models.api_schema.retriever_schema import (  # noqa: E402
    GetAgentPlaybooksResponse,
    GetInteractionsResponse,
    GetRequestsResponse,
    GetUserPlaybooksResponse,
    GetUserProfilesResponse,
    RequestData,
    Session,
)  # fmt: skip
from reflexio.server.services.storage.sqlite_storage import SQLiteStorage  # noqa: E402

HERE = Path(__file__).parent
SPRING = 1_772_400_000
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="


def filled(storage):
    zeros = [0.0] * 512
    for name in ("_get_embedding", "_get_embeddings_batch"):
        if hasattr(storage, name):
            setattr(
                storage,
                name,
                (lambda texts, *_, **__: [zeros for _ in texts]) if "batch" in name else lambda *_, **__: zeros,
            )
    requests = [
        Request(
            request_id="req-1",
            user_id="mara",
            created_at=SPRING,
            source="web",
            agent_version="desk-2",
            session_id="s-1",
        ),
        Request(
            request_id="req-2",
            user_id="mara",
            created_at=SPRING + 60,
            source="web",
            agent_version="desk-2",
            session_id="s-1",
        ),
        Request(request_id="req-3", user_id="noor", created_at=SPRING + 90, session_id="s-2", evaluation_only=True),
    ]
    said = [
        ("req-1", "mara", Interaction(user_id="mara", request_id="req-1", created_at=SPRING, content="I moved to Leeds last week.")),
        ("req-1", "mara", Interaction(
            user_id="mara", request_id="req-1", created_at=SPRING + 5, role="Agent", content="Which address shall I send it to?",
            shadow_content="Noted.", expert_content="Welcome to Leeds! Which street?",
            tools_used=[ToolUsed(tool_name="address_book", tool_data={"hits": 0}, status="success")],
            citations=[Citation(kind="profile", real_id="p-1", tag="p1", title="Home")],
        )),
        ("req-2", "mara", Interaction(
            user_id="mara", request_id="req-2", created_at=SPRING + 60, user_action="click",
            user_action_description="Clicked: change address", image_encoding=PNG,
        )),
        ("req-3", "noor", Interaction(user_id="noor", request_id="req-3", created_at=SPRING + 90, content="Is the library open?")),
    ]  # fmt: skip
    profiles = [
        UserProfile(
            profile_id="p-1", user_id="mara", content="Lives in Leeds", last_modified_timestamp=SPRING + 30,
            generated_from_request_id="req-1", profile_time_to_live="infinity", source="web", tags=["home"],
            source_interaction_ids=[1], custom_features={"city": "Leeds"}, notes="said once",
        ),
        UserProfile(
            profile_id="p-0", user_id="mara", content="Lives in York", last_modified_timestamp=SPRING - 900,
            generated_from_request_id="req-0", status="superseded", superseded_by="p-1",
        ),
        UserProfile(
            profile_id="p-2", user_id="noor", content="Borrows crime novels", last_modified_timestamp=SPRING + 95,
            generated_from_request_id="req-3", source_interaction_ids=[4],
        ),
    ]  # fmt: skip
    lessons = [
        UserPlaybook(
            user_id="mara", agent_version="desk-2", request_id="req-1", playbook_name="moving", created_at=SPRING + 40,
            content="Ask for the street as well as the town.", trigger="A customer says that they moved",
            rationale="A town alone cannot be delivered to", source_interaction_ids=[1, 2], source="web", tags=["address"],
        ),
        UserPlaybook(
            user_id="noor", agent_version="desk-2", request_id="req-3", content="Say the opening hours of today first.",
            trigger="Someone asks whether a place is open", created_at=SPRING + 99,
            blocking_issue=BlockingIssue(kind="missing_tool", details="no calendar of holidays"),
        ),
    ]  # fmt: skip
    shared = [
        AgentPlaybook(
            playbook_name="moving", agent_version="desk-2", created_at=SPRING + 500, content="Confirm a new address by reading it back.",
            trigger="A customer gives a new address", playbook_status="approved",
        ),
        AgentPlaybook(
            agent_version="desk-2", created_at=SPRING + 600, content="Offer a discount to everybody who moves.",
            trigger="A customer says that they moved", playbook_status="rejected",
        ),
    ]  # fmt: skip
    for one in requests:
        storage.add_request(one)
    for _, user, one in said:
        storage.add_user_interaction(user, one)
    for user in ("mara", "noor"):
        storage.add_user_profile(user, [one for one in profiles if one.user_id == user])
    storage.save_user_playbooks(lessons)
    storage.save_agent_playbooks(shared)
    interactions = [storage_id(one, at + 1) for at, (_, _, one) in enumerate(said)]
    return requests, interactions, profiles, lessons, shared


def storage_id(interaction, number):
    interaction.interaction_id = interaction.interaction_id or number
    return interaction


def main():
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "reflexio"
        out.mkdir()
        storage = SQLiteStorage("demo", db_path=str(out / "reflexio.db"))
        requests, interactions, profiles, lessons, shared = filled(storage)
        storage.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        storage.conn.close()
        sessions = [
            Session(session_id=session, requests=[
                RequestData(request=one, interactions=[said for said in interactions if said.request_id == one.request_id])
                for one in requests if one.session_id == session
            ])
            for session in ("s-1", "s-2")
        ]  # fmt: skip
        answers = {
            "get_requests": GetRequestsResponse(success=True, sessions=sessions),
            "get_interactions": GetInteractionsResponse(success=True, interactions=interactions),
            "get_profiles": GetUserProfilesResponse(success=True, user_profiles=profiles),
            "get_user_playbooks": GetUserPlaybooksResponse(success=True, user_playbooks=lessons),
            "get_agent_playbooks": GetAgentPlaybooksResponse(success=True, agent_playbooks=shared),
        }
        (out / "answers").mkdir()
        for answer, held in answers.items():
            (out / "answers" / f"{answer}.json").write_text(json.dumps(held.model_dump(mode="json"), indent=1) + "\n")
        for path in out.glob("*.db-*"):
            path.unlink()
        with tarfile.open(HERE / "reflexio.tar.gz", "w:gz") as archive:
            archive.add(out, "reflexio", filter=anonymous)


def anonymous(info):
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


if __name__ == "__main__":
    sys.exit(main())
