"""Stored interactions as the turns of a window, seen by one arm."""

from collections.abc import Collection, Mapping, Sequence

from interplay_server.domain.interaction import BOTH, PRODUCTION, SHADOW, Interaction, StoredAnnotation
from interplay_server.domain.roles import AGENT, USER
from interplay_server.domain.window import CONTENT, SHADOW_CONTENT, Judgement, Turn, Window


def arms_of(learn_from: str, default: str) -> tuple[str, ...]:
    """Arms that learn from a publish; `learn_from` is empty where it named none."""
    chosen = learn_from or default
    return (PRODUCTION, SHADOW) if chosen == BOTH else (chosen,)


def make_window(
    user_id: str,
    rows: Sequence[Interaction],
    notes: Mapping[str, Sequence[StoredAnnotation]],
    *,
    arm: str,
    fresh: Collection[int],
    shadowed: Collection[str] = (),
) -> Window:
    """Turns in the order of the conversation (event time, then journal). `shadowed` are sessions in which a turn before
    the window has a shadow.
    """
    ordered = sorted(rows, key=lambda row: (row.event_time, row.seq))
    answered = set(shadowed)
    turns = []
    for row in ordered:
        data, header = row.data, row.header
        shown = arm == SHADOW and is_shadowed(row)
        turns.append(
            Turn(
                interaction_id=row.interaction_id,
                seq=row.seq,
                time=row.event_time,
                session_id=header.session_id,
                role_class=data.role_class,
                text=data.shadow_content if shown else data.content,
                text_field=SHADOW_CONTENT if shown else CONTENT,
                speaker=data.speaker,
                source=header.source,
                agent_id=header.agent_id,
                agent_version=header.agent_version,
                expert_content=data.expert_content,
                user_action=data.user_action,
                user_action_description=data.user_action_description,
                tools=tuple(tool.tool_name for tool in data.details.tools_used) if data.details else (),
                image_sha256=data.image.name if data.image else "",
                judgements=tuple(_judgement(note) for note in notes.get(row.interaction_id, ())),
                fresh=row.seq in fresh,
                reacts_to_production=data.role_class == USER and header.session_id in answered,
            )
        )
        if shown:
            answered.add(header.session_id)
    return Window(user_id, tuple(turns), arm)


def is_shadowed(row: Interaction) -> bool:
    """Whether the agent's turn has another reply, which the user never saw."""
    return row.data.role_class == AGENT and bool(row.data.shadow_content.strip())


def _judgement(note: StoredAnnotation) -> Judgement:
    said = note.annotation
    return Judgement(
        note.annotation_id,
        said.annotator,
        said.expert_content,
        said.thumb,
        said.rating,
        said.comment,
        said.corrected_content,
    )
