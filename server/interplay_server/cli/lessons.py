"""The two kinds of playbooks: which one is meant, what requests and rows of each hold, and how they look."""

from typing import Any, NamedTuple

import click
from interplay import NotFoundError
from interplay.v1 import playbook_service_pb2 as service
from interplay.v1.playbook_service_pb2_grpc import PlaybookServiceStub

from interplay_server.cli import learnt
from interplay_server.cli.connection import Client
from interplay_server.cli.output import clip, counted, echo_facts, terminal_width
from interplay_server.cli.times import local
from interplay_server.cli.words import APPROVALS, BLOCKING_KINDS


class Kind(NamedTuple):
    """`User` or `Agent`, as methods and messages are named after it."""

    name: str
    headings: tuple[str, ...]

    def request(self, verb: str, plural: str = "", **fields: Any) -> Any:
        """The request of `SearchUserPlaybooks` and the like."""
        return learnt.request(getattr(service, f"{verb}{self.name}Playbook{plural}Request"), **fields)

    async def call(self, client: Client, verb: str, plural: str = "", **fields: Any) -> Any:
        made = self.request(verb, plural, **fields)
        return await client.call(PlaybookServiceStub, f"{verb}{self.name}Playbook{plural}", made)

    def fitting(self, message: Any, given: dict[str, Any]) -> dict[str, Any]:
        """The options that the message has fields for. Raises UsageError where another one was given."""
        names = message.DESCRIPTOR.fields_by_name
        for name in sorted(given.keys() - names.keys()):
            if given[name] or given[name] is False:
                flag = next(one.opts[0] for one in click.get_current_context().command.params if one.name == name)
                raise click.UsageError(f"{flag} does not go with {self.name.lower()} playbooks")
        return {name: value for name, value in given.items() if name in names}


USER = Kind("User", ("playbook", "user", "kind", "state", "lesson"))
AGENT = Kind("Agent", ("playbook", "agent", "review", "state", "support", "lesson"))


def kind_of(*, agent_wide: bool) -> Kind:
    return AGENT if agent_wide else USER


async def found(client: Client, playbook_id: str) -> tuple[Kind, Any]:
    """The playbook of either kind. Raises NotFoundError."""
    try:
        return USER, (await USER.call(client, "Get", playbook_id=playbook_id)).playbook
    except NotFoundError:
        return AGENT, (await AGENT.call(client, "Get", playbook_id=playbook_id)).playbook


def row(kind: Kind, one: Any) -> tuple[str, ...]:
    """Cells under the kind's headings."""
    if kind is USER:
        return one.playbook_id, one.user_id, one.kind, learnt.state(one), one.content
    review = APPROVALS.of(one.approval_status) + (" conflict" if one.conflict else "")
    return one.playbook_id, one.agent_id, review, learnt.state(one), _support(one), one.content


def echo_playbook(kind: Kind, one: Any) -> None:
    facts = {
        "playbook": one.playbook_id,
        **(_of_user(one) if kind is USER else _of_agent(one)),
        "agent": one.agent_id,
        "when": one.trigger,
        "do": one.instruction,
        "avoid": one.pitfall,
        "because": one.rationale,
        "in the way": ": ".join(filter(None, (BLOCKING_KINDS.of(one.blocking_issue.kind), one.blocking_issue.details))),
        "state": learnt.state(one),
        "stored": local(one.create_time),
        "changed": local(one.update_time),
        "superseded": local(one.end_time),
        "confidence": f"{one.confidence:.2f}",
        "made": learnt.origin(one.origin),
        "tags": ", ".join(one.tags),
        "etag": one.etag,
    }
    echo_facts(facts)
    if kind is USER:
        learnt.echo_spans(one)
        return
    for dissent in one.support.dissent:
        text = f"others say ({len(dissent.playbook_ids)}): {dissent.instruction}"
        click.echo(clip(text, terminal_width()))


def _of_user(one: Any) -> dict[str, str]:
    return {
        "user": one.user_id,
        "kind": one.kind,
        "agent version": one.agent_version,
        "session": one.session_id,
        "source": one.source,
        "seen": local(one.confirm_time),
    }


def _of_agent(one: Any) -> dict[str, str]:
    return {
        "review": ": ".join(filter(None, (APPROVALS.of(one.approval_status), one.review_comment))),
        "reviewer": one.reviewer,
        "conflict": "yes" if one.conflict else "",
        "support": _support(one),
        "share of vote": f"{one.support.winner_share:.2f}" if one.support.member_count else "",
        "members": ", ".join(one.member_ids),
        "replaces": one.supersedes,
        "agent versions": ", ".join(one.support.agent_versions),
    }


def _support(one: Any) -> str:
    """How many lessons of how many users, and how many of those came from experts."""
    support = one.support
    if not support.member_count:
        return "-"
    experts = f", {support.expert_count} by experts" if support.expert_count else ""
    return f"{support.member_count} of {counted(support.distinct_users, 'user')}{experts}"
