"""What the demo shows of learning: facts with their evidence, one that changes, an expert's lesson, a briefing."""

from collections.abc import Mapping, Sequence

import click
from interplay import AsyncInterplay, InteractionData
from interplay.v1 import interaction_pb2, learning_pb2, profile_pb2

from interplay_server.cli.lines import Line
from interplay_server.cli.output import clip
from interplay_server.demo.stage import Narrator, bar

MOVER = "ines.duarte"
NEWS = "Actually I moved again: I live in Braga now, near my office."
NEXT_REQUEST = "What is good for dinner near where I live now? You know what I eat."
WIDTH = 100
SHOWN = 8


async def show_learning(narrator: Narrator, client: AsyncInterplay, people: Mapping[str, Sequence[Line]]) -> None:
    """Prints what was learnt, with a proof, or a failure, for each promise."""
    await _facts(narrator, client, people)
    await _change(narrator, client)
    await _expert(narrator, client)
    await _briefing(narrator, client)


async def _facts(narrator: Narrator, client: AsyncInterplay, people: Mapping[str, Sequence[Line]]) -> None:
    narrator.heading("What was learnt meanwhile, by the built-in rules, without a model")
    for done, user_id in enumerate(people, 1):
        # What is left of a window would be read by itself after 30 quiet seconds.
        await client.generate_profiles(user_id)
        await client.generate_playbooks(user_id)
        if done == len(people) or not done % 4:
            narrator.say(f"{bar(done, len(people))} {done:>2}/{len(people)} people")
    found = [one async for one in client.list_profiles()]
    lessons = [one async for one in client.list_user_playbooks()]
    narrator.say(f"{len(found)} facts about {len({one.user_id for one in found})} people, {len(lessons)} lessons")
    said = {one.interaction_id: one async for one in client.list_interactions()}
    for one in _one_each(found)[:SHOWN]:
        quote = _quote(one.evidence[0], said)
        click.echo(f"   {one.user_id:<15} {click.style(clip(one.content, 44), bold=True):<52} “{clip(quote, 44)}”")
    spans = [evidence for one in found for evidence in one.evidence]
    standing = [evidence for evidence in spans if _quote(evidence, said)]
    narrator.proof(
        "every fact has its evidence in what was said",
        f"{len(standing)} of {len(spans)} spans of {len(found)} facts exist",
        holds=len(standing) == len(spans) > 0,
    )
    await narrator.pause(1.5)


async def _change(narrator: Narrator, client: AsyncInterplay) -> None:
    narrator.heading("A correction changes a fact, and nothing is overwritten")
    narrator.say(f"{MOVER}: “{NEWS}”")
    await client.publish_interaction(
        MOVER, [InteractionData(role="User", content=NEWS)], session_id="ines-braga", wait="learned"
    )
    every = {one.profile_id: one async for one in client.list_profiles(MOVER, lifecycles=("current", "superseded"))}
    closed = [one for one in every.values() if one.superseded_by]
    for one in closed:
        narrator.say(f"{one.content}  →  {every[one.superseded_by].content}")
    narrator.proof(
        "the old fact is kept, closed, and points to its successor",
        f"{len(closed)} of {len(every)} facts",
        holds=any("Braga" in every[one.superseded_by].content for one in closed if one.superseded_by in every),
    )
    await narrator.pause(1.5)


async def _expert(narrator: Narrator, client: AsyncInterplay) -> None:
    narrator.heading("Experts' replies become lessons for the agent, whoever asks next")
    operation = await client.aggregate_playbooks()
    await operation.wait(60)
    found = [one async for one in client.list_agent_playbooks()]
    experts = [one for one in found if one.support.expert_count]
    experts.sort(key=lambda one: not one.trigger.startswith("User asks what"))
    for one in experts[:4]:
        narrator.say(f"{clip(one.content, WIDTH)}")
        narrator.say(
            f"  {one.support.member_count} entry of {one.support.distinct_users} user, "
            f"{one.support.expert_count} from an expert, confidence {one.confidence:.2f}"
        )
    narrator.proof(
        "an expert's word is enough for a lesson",
        f"{len(experts)} of {len(found)} agent playbooks",
        holds=bool(experts),
    )
    if experts:
        approved = await client.review_agent_playbook(experts[0].playbook_id, "approve", reviewer="demo")
        narrator.say(f"approved: {clip(approved.content, WIDTH)}")
    await narrator.pause(1.5)


async def _briefing(narrator: Narrator, client: AsyncInterplay) -> None:
    narrator.heading("The next conversation begins with a briefing")
    narrator.say(f"{MOVER} asks: “{NEXT_REQUEST}”; the agent's system prompt gets")
    context = await client.context(MOVER, NEXT_REQUEST, token_budget=500)
    for line in str(context).splitlines():
        click.echo(f"   {click.style(clip(line, 116), dim=True)}")
    known = " ".join(one.profile.content for one in context.profiles)
    narrator.proof(
        "it knows where she lives now, and only that",
        f"{len(context.profiles)} facts, {len(context.playbooks)} lessons, {len(context.interactions)} turns, "
        f"{context.rendered_tokens} tokens",
        holds="Braga" in known and "Porto" not in known and context.rendered_tokens <= 500,
    )
    await narrator.pause(1.5)


def _one_each(found: Sequence[profile_pb2.Profile]) -> list[profile_pb2.Profile]:
    """The surest fact of each person."""
    best: dict[str, profile_pb2.Profile] = {}
    for one in found:
        if one.user_id not in best or one.confidence > best[one.user_id].confidence:
            best[one.user_id] = one
    return list(best.values())


def _quote(evidence: learning_pb2.Evidence, said: Mapping[str, interaction_pb2.Interaction]) -> str:
    """The words of a span; empty where it does not exist."""
    found = said.get(evidence.interaction_id)
    text = getattr(found.data, evidence.field, "") if found else ""
    return text[evidence.start : evidence.end] if evidence.end <= len(text) else ""
