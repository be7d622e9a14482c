"""Reading one user's windows: plan, extract, merge, commit, until nothing is left that may be read now.

The path of a window: `windows.next_window` plans it over the journal, `turns.make_window` renders it for an arm, an
engine proposes candidates, `profiles` or `playbooks` merge them, and output, cursor and receipt go into the ledger as
one entry. A kill before that entry repeats the window, unseen; a kill after it repeats nothing.
"""

import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from interplay_server.domain.ids import new_ulid
from interplay_server.domain.interaction import PRODUCTION, SHADOW, Interaction, StoredAnnotation
from interplay_server.domain.learning_config import PLAYBOOKS, PROFILES, Extractor
from interplay_server.domain.learnt import (
    Cursor,
    CursorKey,
    Origin,
    Profile,
    UserPlaybook,
    WindowReceipt,
)
from interplay_server.domain.query import InteractionFilter
from interplay_server.domain.window import Window
from interplay_server.learning.engines import Engine, Reading
from interplay_server.learning.grounding import Grounds
from interplay_server.learning.playbooks import learn_playbooks
from interplay_server.learning.profiles import learn_profiles
from interplay_server.learning.step import Step
from interplay_server.learning.tenant import LearningTenant, now_micros
from interplay_server.learning.turns import arms_of, is_shadowed, make_window
from interplay_server.learning.unread import Unread
from interplay_server.learning.windows import Plan, next_window

ARMS = (PRODUCTION, SHADOW)
PAGE = 500
KNOWN_ROWS = 40
"""Rows that a model is told of, so that it says nothing twice."""
ANNOTATION_CONTEXT = 8
"""Turns of the session before an annotated one that are read with it."""


@dataclass(slots=True)
class Outcome:
    """What a pass did."""

    windows: int = 0
    created: int = 0
    confirmed: int = 0
    superseded: int = 0
    row_ids: list[str] = field(default_factory=list)
    playbook_agents: set[str] = field(default_factory=set)
    """Agents whose user playbooks changed."""


@dataclass(frozen=True, slots=True)
class Run:
    """Which windows a pass reads, and into which generation it writes."""

    user_id: str
    kind: str
    extractor: Extractor
    generation: int
    flush_seq: int
    trigger: str = ""
    """Overrides the window's own: manual or rerun."""
    pending: bool = False
    only: Callable[[Interaction], bool] = lambda _: True
    engine: Engine | None = None
    """None for the tenant's."""
    rest: Callable[[float], Awaitable[None]] | None = None
    """Called after each window with the seconds it took."""


@dataclass(frozen=True, slots=True)
class Read:
    """A window and what an engine found in it. `deletions` is the tenant's count from before the rows were read."""

    engine: Engine
    window: Window
    rows: Sequence[Interaction]
    reading: Reading
    deletions: int


def eligible(row: Interaction, extractor: Extractor, arm: str, default_arm: str) -> bool:
    """Whether an extractor learns from an interaction in an arm."""
    header = row.header
    return (
        not header.evaluation_only
        and (not extractor.sources or header.source in extractor.sources)
        and arm in arms_of(header.learn_from, default_arm)
    )


async def read_windows(tenant: LearningTenant, run: Run, unread: Unread, outcome: Outcome) -> bool:
    """Reads every window of a run, in both arms; whether nothing that is eligible is left waiting.

    Raises ModelFailure; what was committed before it stays.
    """
    left = False
    for arm in ARMS:
        waiting = None
        while waiting is None:
            started = time.monotonic()
            waiting = await _read_next(tenant, run, unread, arm, outcome)
            if run.rest is not None:
                await run.rest(time.monotonic() - started)
        left = left or waiting
    return not left


async def _read_next(tenant: LearningTenant, run: Run, unread: Unread, arm: str, outcome: Outcome) -> bool | None:
    """None when a window was read, else whether interactions wait for more."""
    config = tenant.config
    size, stride = config.window(run.extractor)
    cursor = await tenant.store.learnt.cursor(CursorKey(run.user_id, run.extractor.name, arm, run.generation))
    waits = config.wait_full_first_window and not run.pending
    available = await _available(tenant, run, unread, cursor, size if waits else stride)
    plan = next_window(
        cursor,
        [row.seq for row in available],
        size=size,
        stride=stride,
        flush_seq=run.flush_seq,
        wait_full_first=waits,
    )
    if plan is None:
        return bool(available)
    context = await unread.at(plan.context)
    fresh = set(plan.fresh)
    rows = [*context, *(row for row in available if row.seq in fresh)]
    shadowed = await _shadowed_before(tenant, rows) if arm == SHADOW else ()
    judged = [row.interaction_id for row in rows if row.seq in fresh] if run.pending and arm == PRODUCTION else []
    # Live learning reads a judgement when it is given; learning anew finds it with its turn.
    notes = await tenant.store.annotations(judged) if judged else {}
    window = make_window(run.user_id, rows, notes, arm=arm, fresh=fresh, shadowed=shadowed)
    await _learn(tenant, run, window, rows, deletions=unread.deletions, plan=plan, outcome=outcome)
    return None


async def _shadowed_before(tenant: LearningTenant, rows: Sequence[Interaction]) -> set[str]:
    """Sessions in which an earlier window has seen a shadowed turn: what the user says now answers another reply."""
    found = set()
    for session_id in {row.header.session_id for row in rows}:
        start = min((row.event_time, row.seq) for row in rows if row.header.session_id == session_id)
        where = InteractionFilter(user_id=rows[0].header.user_id, session_id=session_id)
        session = await tenant.store.interactions(where, limit=PAGE, newest_first=True)
        if any(is_shadowed(one) and (one.event_time, one.seq) < start for one in session):
            found.add(session_id)
    return found


async def _available(
    tenant: LearningTenant, run: Run, unread: Unread, cursor: Cursor, wanted: int
) -> list[Interaction]:
    """The next eligible interactions beyond the cursor, as many as a window may take or fewer at the end."""
    found: list[Interaction] = []
    after, arm = max(cursor.seq, tenant.scanned.get(cursor.key, 0)), cursor.key.arm
    default = tenant.config.learn_from
    while len(found) < wanted and (page := await unread.after(after)):
        found += [row for row in page if eligible(row, run.extractor, arm, default) and run.only(row)]
        after = page[-1].seq
        if not found:
            tenant.scanned[cursor.key] = after
    return found[:wanted]


async def _learn(
    tenant: LearningTenant,
    run: Run,
    window: Window,
    rows: Sequence[Interaction],
    *,
    deletions: int,
    outcome: Outcome,
    plan: Plan,
) -> None:
    """Extracts outside the user's lock, since a model may take a minute; merges and commits inside. `deletions` is the
    tenant's count from before the rows were read.
    """
    engine = run.engine or tenant.engine()
    reading = await _extract(tenant, engine, run, window)
    read = Read(engine, window, rows, reading, deletions)
    await _store(tenant, run, read, outcome=outcome, plan=plan)


async def _extract(tenant: LearningTenant, engine: Engine, run: Run, window: Window) -> Reading:
    row_type = Profile if run.kind == PROFILES else UserPlaybook
    known = await _known_near(tenant, run, row_type, window)
    return await engine.read(tenant.store, run.kind, window, run.extractor, known)


async def _store(
    tenant: LearningTenant,
    run: Run,
    read: Read,
    *,
    outcome: Outcome,
    plan: Plan | None = None,
    annotation_seq: int | None = None,
) -> None:
    engine, window, rows, reading = read.engine, read.window, read.rows, read.reading
    window_id = new_ulid()
    origin = Origin(
        method=engine.method,
        provider=engine.provider,
        engine_version=reading.engine_version,
        extractor=run.extractor.name,
        config_revision=tenant.config.revision,
        prompt_digest=reading.prompt_digest,
        window_id=window_id,
        arm=window.arm,
        generation=run.generation,
    )
    async with tenant.lock(run.user_id):
        step = Step(now_micros())
        there = {row.interaction_id for row in rows}
        if read.deletions != tenant.deletions:
            # One that was committed while the window was read must not leave evidence behind.
            there = set(await tenant.store.existing_ids(sorted(there)))
        by_id = {row.interaction_id: row for row in rows if row.interaction_id in there}
        turns = tuple(turn for turn in window.turns if turn.interaction_id in there)
        grounds = Grounds(msgspec.structs.replace(window, turns=turns), by_id)
        if run.kind == PROFILES:
            known_facts = await tenant.known(Profile, run.user_id, run.generation)
            dropped = learn_profiles(
                step, reading.profiles, grounds, known_facts, user_id=run.user_id, origin=origin, pending=run.pending
            )
        else:
            known_lessons = await tenant.known(UserPlaybook, run.user_id, run.generation)
            dropped = learn_playbooks(
                step, reading.lessons, grounds, known_lessons, user_id=run.user_id, origin=origin, pending=run.pending
            )
        receipt = _receipt(run, window, reading, origin, plan)
        step.receipts.append(
            msgspec.structs.replace(
                receipt, time=step.now, row_ids=step.row_ids, dropped={**reading.dropped, **dropped}
            )
        )
        if plan is not None:
            step.cursors.append(plan.after)
        if annotation_seq is not None:
            step.annotations_done.append(annotation_seq)
        if run.pending and run.generation not in _writable(tenant, run.kind, run.user_id):
            return
        await tenant.commit(step.entry())
    _count(outcome, step)


def _writable(tenant: LearningTenant, kind: str, user_id: str) -> list[int]:
    """Generations of a user that may be read: the active one, the one before it and the one to come."""
    of_kind = tenant.generations.of(kind)
    covering = [one.number for one in of_kind.promoted if one.covers(user_id)][-2:]
    if of_kind.pending is not None and of_kind.pending.covers(user_id):
        covering.insert(0, of_kind.pending.number)
    return covering


async def _known_near(
    tenant: LearningTenant, run: Run, row_type: type[Profile] | type[UserPlaybook], window: Window
) -> list[str]:
    """What a model is told is known: the rows nearest to the window's own words."""
    if tenant.engine().provider == "rules":
        return []
    known = await tenant.known(row_type, run.user_id, run.generation)  # type: ignore[type-var]
    said = " ".join(turn.text[:500] for turn in window.turns)
    return [row.content for row, _ in known.near(known.embed(said))[:KNOWN_ROWS]]


def _receipt(run: Run, window: Window, reading: Reading, origin: Origin, plan: Plan | None) -> WindowReceipt:
    seqs = [turn.seq for turn in window.turns]
    return WindowReceipt(
        window_id=origin.window_id,
        user_id=run.user_id,
        extractor=run.extractor.name,
        arm=window.arm,
        generation=run.generation,
        interaction_ids=tuple(turn.interaction_id for turn in window.turns),
        first_seq=min(seqs),
        last_seq=max(seqs),
        time=0,
        provider=origin.provider,
        engine_version=origin.engine_version,
        config_revision=origin.config_revision,
        trigger=run.trigger or (plan.trigger if plan is not None else "annotation"),
        prompt_digest=origin.prompt_digest,
        input_tokens=reading.usage.input_tokens,
        output_tokens=reading.usage.output_tokens,
        ignored_images=reading.ignored_images,
    )


def _count(outcome: Outcome, step: Step) -> None:
    outcome.windows += 1
    outcome.created += step.counts["created"]
    outcome.confirmed += step.counts["confirmed"]
    outcome.superseded += step.counts["superseded"]
    outcome.row_ids += step.row_ids
    outcome.playbook_agents |= {row.agent_id for row in step.touched() if isinstance(row, UserPlaybook)}


async def read_annotation(
    tenant: LearningTenant, seq: int, row: Interaction, note: StoredAnnotation, outcome: Outcome
) -> None:
    """Reads a turn that was judged afterwards, with what was said before it in its session."""
    header, deletions = row.header, tenant.deletions
    user_id = tenant.store.links.account(header.user_id)
    where = InteractionFilter(user_id=header.user_id, session_id=header.session_id)
    session = await tenant.store.interactions(where, limit=PAGE, newest_first=True)
    before = [
        one
        for one in session
        if (one.event_time, one.seq) < (row.event_time, row.seq) and not one.header.evaluation_only
    ]
    rows = [*before[:ANNOTATION_CONTEXT], row]
    extractors = [
        one
        for one in tenant.config.playbook_extractors
        if not (one.disabled or one.manual_only) and eligible(row, one, PRODUCTION, tenant.config.learn_from)
    ]
    if not extractors:
        await forget_annotation(tenant, seq)
        return
    window = make_window(user_id, rows, {row.interaction_id: [note]}, arm=PRODUCTION, fresh={row.seq})
    for place, extractor in enumerate(extractors, 1):
        active = tenant.active_generation(PLAYBOOKS, user_id)
        run = Run(user_id, PLAYBOOKS, extractor, active, 0, trigger="annotation")
        engine = tenant.engine()
        read = Read(engine, window, rows, await _extract(tenant, engine, run, window), deletions)
        # It is read once: neither a promotion nor a rollback may lose it. The active generation is the last.
        *others, last = _writable(tenant, PLAYBOOKS, user_id)
        for generation in others:
            await _store(tenant, dataclasses.replace(run, generation=generation, pending=True), read, outcome=outcome)
        done = seq if place == len(extractors) else None
        await _store(tenant, dataclasses.replace(run, generation=last), read, outcome=outcome, annotation_seq=done)


async def forget_annotation(tenant: LearningTenant, seq: int) -> None:
    """Takes an annotation off the queue that nothing is to be learnt from."""
    step = Step(now_micros())
    step.annotations_done.append(seq)
    await tenant.commit(step.entry())
