"""Content policies as requests, and texts in which everything that may be private has a mark of its own."""

from interplay.v1 import custody_pb2

from tests.service.kit import PNG, admin_pb, batch, data, ipb, pb

OFF, DETECT, MASK = custody_pb2.REDACTION_MODE_OFF, custody_pb2.REDACTION_MODE_DETECT, custody_pb2.REDACTION_MODE_MASK
PLAIN, INDEXED, SEALED = (
    custody_pb2.ENCRYPTION_MODE_PLAIN,
    custody_pb2.ENCRYPTION_MODE_INDEXED,
    custody_pb2.ENCRYPTION_MODE_SEALED,
)
_TEXTS = (
    "content", "shadow", "expert", "description", "tooldata", "toolname", "metadata", "header", "url", "speaker", "comment",
    "correction",
)  # fmt: skip
MARKS = tuple(f"{name}canary" for name in _TEXTS)


def rule(source="", redaction=OFF, encryption=PLAIN):
    return custody_pb2.ContentRule(source=source, redaction=redaction, encryption=encryption)


def policy(api, *rules, revision=0):
    request = admin_pb.SetContentPolicyRequest(policy=custody_pb2.ContentPolicy(rules=rules, revision=revision))
    return api.SetContentPolicy(request).policy


def policy_of(api):
    return api.GetContentPolicy(admin_pb.GetContentPolicyRequest()).policy


def telling(wrapped="{}", image=PNG):
    """Interactions with a mark in every text; `wrapped` puts something around each."""
    mark = {name.removesuffix("canary"): wrapped.format(name) for name in MARKS}
    tool = ipb.ToolUse(tool_name=mark["toolname"], status="ok")
    tool.tool_data.update({"query": mark["tooldata"], "deep": [{"inside": mark["tooldata"]}]})
    turn = data(
        f"I am allergic to {mark['content']} and I live in {mark['content']}.",
        role="User",
        speaker=mark["speaker"],
        shadow_content=mark["shadow"],
        expert_content=mark["expert"],
        tools_used=[tool],
    )
    turn.metadata.update({"note": mark["metadata"]})
    click = data(
        user_action=ipb.USER_ACTION_CLICK,
        user_action_description=mark["description"],
        interacted_image_url=f"https://example.com/{mark['url']}",
    )
    return [turn, click, *([data("a picture", image=image)] if image else [])]


def told(*interactions, **fields):
    """A request with metadata of its own."""
    request = batch(*interactions, **fields)
    request.metadata.update({"header": MARKS[7]})
    return request


def annotated(api, interaction_id):
    note = ipb.Annotation(
        annotator="reviewer-7", thumb=ipb.THUMB_DOWN, rating=2, comment=MARKS[10], corrected_content=MARKS[11],
        expert_content=MARKS[2],
    )  # fmt: skip
    return api.AnnotateInteraction(pb.AnnotateInteractionRequest(interaction_id=interaction_id, annotation=note))


def shown(api, interaction_id):
    request = pb.GetInteractionRequest(interaction_id=interaction_id, view=pb.INTERACTION_VIEW_FULL)
    return api.GetInteraction(request).interaction


def warned(answer):
    return list(answer.warnings)
