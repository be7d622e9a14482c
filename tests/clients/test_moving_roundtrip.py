"""What is exported from one server and imported into another is the same, and is found the same."""

import json

import pytest
from interplay import AsyncInterplay
from interplay.moving import SourceError, Unmapped, exported, for_mem0, header, line, read_interplay

from tests.clients.moving_kit import HERE, everything, imported

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0P\x0f\x00\x04\x85\x01\x80\x84\xa9\x8c!\x00\x00\x00\x00IEND\xaeB`\x82"
)
QUERIES = ["where does she live?", "noise at night", "what may she not eat", "spare part for the pump", "address"]


@pytest.fixture
async def here(shared_server, request):
    async with AsyncInterplay(shared_server.target, tenant=request.node.name.replace("_", "-")[:60].lower()) as client:
        yield client


@pytest.fixture
async def there(start_server):
    """An empty server of its own."""
    async with AsyncInterplay(start_server().target) as client:
        yield client


async def fill(client):
    said = await client.publish_interaction(
        "rosa",
        [
            {"role": "User", "speaker": "Rosa", "content": "I moved to Ghent and the pump is noisy at night.", "occur_time": "2026-03-01T20:00:00Z"},
            {"role": "Agent", "content": "Which pump is it?", "tools_used": [{"tool_name": "manual", "tool_data": {"page": 4}}],
             "shadow_content": "Send a photo.", "occur_time": "2026-03-01T20:00:09Z"},
            {"role": "User", "image": PNG, "external_id": "photo-1", "occur_time": "2026-03-01T20:01:00Z"},
            {"role": "User", "user_action": "click", "user_action_description": "Clicked: spare parts", "product_ref": "pump-9"},
        ],
        "shop", session_id="visit-1", agent_version="desk-2", evaluation_only=True, metadata={"till": 4}, request_id="rosa-1",
    )  # fmt: skip
    first, second, *_ = said.interaction_ids
    await client.publish_interaction(
        "timo", [{"content": "My address is on file."}], "shop", session_id="t", evaluation_only=True
    )
    await client.annotate_interaction(
        second, annotator="kim", thumb="down", rating=2, corrected_content="Is it the cellar pump?"
    )
    await client.create_profile(
        "rosa", "Lives in Ghent", attribute="home_city", value="Ghent", category="circumstance", tags=["home"], time_to_live="infinity",
        confidence=0.9, source_interaction_ids=[first], custom_features={"floor": 2}, notes="asked twice",
    )  # fmt: skip
    await client.create_profile("rosa", "Must not eat shellfish", tags=["food"])
    await client.create_profile("timo", "Prefers letters to calls")
    await client.create_user_playbook(
        "rosa", "Ask which pump it is.", trigger="Somebody reports a noise", pitfall="Guessing", rationale="There are two",
        blocking_issue={"kind": "missing_tool", "details": "no list of pumps"}, source_interaction_ids=[first, second], agent_id="desk",
    )  # fmt: skip
    shared = await client.create_agent_playbook(
        "Offer the spare part.", trigger="A pump is noisy", agent_id="desk", tags=["parts"]
    )
    await client.review_agent_playbook(shared.playbook_id, "approve", reviewer="kim")
    await client.create_agent_playbook("Never ask for an address twice.", trigger="An address is on file")


NEW_HERE = {
    "interaction_id", "request_id", "publish_time", "profile_id", "playbook_id", "create_time", "update_time", "confirm_time", "etag",
    "annotation_id", "expire_time", "reviewer", "review_comment", "fingerprint",
}  # fmt: skip


def same(rows, ids):
    """Rows without what a server makes anew, evidence by what it says."""

    def kept(value):
        if isinstance(value, dict):
            return {key: kept(one) for key, one in value.items() if key not in NEW_HERE and key != "evidence"}
        if isinstance(value, list):
            return [kept(one) for one in value]
        return ids.get(value, value) if isinstance(value, str) else value

    return sorted(json.dumps(kept(line(row)), sort_keys=True) for row in rows)


async def all_of(client):
    interactions, profiles, lessons, shared = await everything(client)
    ids = {one.interaction_id: f"{one.session_id}: {one.data.content}" for one in interactions}
    return same([*interactions, *profiles, *lessons, *shared], ids)


async def answers(client):
    found = []
    for query in QUERIES:
        for user in ("rosa", "timo"):
            turns = await client.search_interactions(query, user_id=user)
            facts = await client.search_profiles(query, user)
            lessons = await client.search_user_playbooks(query, user)
            found.append([hit.interaction.data.content for hit in turns.hits])
            found.append([hit.profile.content for hit in facts.hits])
            found.append([hit.playbook.instruction for hit in lessons.hits])
        shared = await client.search_agent_playbooks(query)
        found.append([hit.playbook.instruction for hit in shared.hits])
    return found


async def write(client, path, user_id=""):
    with path.open("w") as file:
        file.write(json.dumps(header(user_id)) + "\n")
        async for row in exported(client, user_id):
            file.write(json.dumps(line(row)) + "\n")


async def test_export_and_import_give_the_same(here, there, tmp_path):
    await fill(here)
    path = tmp_path / "memories.jsonl"
    await write(here, path)
    report = await imported(there, read_interplay([path]))
    assert dict(report.new) == {"interaction": 5, "profile": 3, "user_playbook": 1, "agent_playbook": 2}
    assert not report.unmapped and not report.refused
    assert await all_of(there) == await all_of(here)
    said = await answers(there)
    assert said == await answers(here) and sum(map(bool, said)) > len(QUERIES)
    photo = [one async for one in there.list_interactions(user_id="rosa", external_id="photo-1", view="full")]
    assert photo[0].data.image == PNG

    before = await everything(there)
    again = await imported(there, read_interplay([path]))
    assert not again.new and again.there.total() == 11
    assert await everything(there) == before

    # One person alone, and what holds no more is not brought back to life.
    ada = tmp_path / "timo.jsonl"
    await write(here, ada, "timo")
    kinds = [json.loads(row)["kind"] for row in ada.read_text().splitlines()]
    assert kinds == ["header", "interaction", "profile"]


async def test_what_was_superseded_is_told(tmp_path):
    path = tmp_path / "old.jsonl"
    row = {"profile_id": "p", "user_id": "u", "content": "c", "lifecycle": "LIFECYCLE_SUPERSEDED"}
    path.write_text(json.dumps(header()) + "\n" + json.dumps({"kind": "profile", "profile": row}) + "\n")
    (left,) = read_interplay([path])
    assert isinstance(left, Unmapped) and left.why == "superseded where it was exported"


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ('{"kind": "header", "format": "interplay-memories", "version": 2}', "version 2"),
        ('{"kind": "profile", "profile": {}}', "no header"),
        ("not json", ":1:"),
    ],
)
def test_other_files_are_refused(tmp_path, first, words):
    path = tmp_path / "x.jsonl"
    path.write_text(first + "\n")
    with pytest.raises(SourceError, match=words):
        list(read_interplay([path]))


async def test_the_file_that_the_real_mem0_took_is_what_is_written_today(here):
    """moving/make_mem0.py gave that file to mem0; the shapes of today's are the same."""
    await here.publish_interaction(
        "una", [{"content": "Hello", "speaker": "Una"}], session_id="u", evaluation_only=True
    )
    await here.create_profile("una", "Says hello", time_to_live="infinity")
    await here.create_user_playbook("una", "Say hello back.", agent_id="desk")
    written = [one async for one in exported(here, "una")]
    taken = json.loads((HERE / "leaving" / "for_mem0.json").read_text())

    def shape(one):
        return sorted(one), sorted(one["messages"][0]), sorted(one["metadata"]["interplay"]), one["infer"]

    shapes = [shape(one) for one in taken]
    assert [shape(for_mem0(row)) in shapes for row in written] == [True, True, True]
