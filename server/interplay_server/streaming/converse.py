"""Converse: one dialogue over a stream, turn by turn (contract 9).

    driver (task)   drives the dialogue: calls models, saves, tells what is saved, asks for what the client is to say
    reader (task)   takes what the client says; an answer to what was asked goes straight into the dialogue
    run             waits for whichever ends the stream: the dialogue's end, an error, supersession, drain

A stream that ends leaves the dialogue where it is saved. One that is half-closed goes on until the client is needed.
"""

import asyncio
import contextlib
import hashlib
from typing import Any

import structlog
from interplay.v1 import dialogue_service_pb2 as pb

from interplay_server.dialogue.checks import InvalidOptions, target_violations
from interplay_server.dialogue.conversation import Opening, Talk, new_record, own_query, taken_up
from interplay_server.dialogue.conversing import Ended, Event, NeedAssistant, NeedUser, ProviderAway, Saved, converse
from interplay_server.dialogue.dialogues import Dialogues
from interplay_server.dialogue.engine import AskAssistant, AskUser, NotAsked, OtherContent, Stop
from interplay_server.dialogue.job_plan import Asked
from interplay_server.dialogue.personas import Infeasible, PersonaSpec, sample_personas
from interplay_server.dialogue.pool import RULES
from interplay_server.dialogue.queries import SourceQuery, builtin_queries
from interplay_server.dialogue.randomness import stream
from interplay_server.dialogue.speakers import Reply, SpeakerFailure
from interplay_server.dialogue.store import DialogueGone, DialogueStore
from interplay_server.dialogue.stored import CLIENT, HUMAN, Steering, now_micros
from interplay_server.domain.dialogue import ModelRef, Persona, StopReason, Turn
from interplay_server.domain.ids import new_ulid
from interplay_server.errors import (
    DialogueNotFound,
    DialogueNotResumable,
    DialogueSuperseded,
    InterplayError,
    InvalidRequest,
    PersonasInfeasible,
    ProviderNotConfigured,
    ProviderUnavailable,
    ServerDraining,
    StreamProtocol,
    TurnConflict,
    Violation,
)
from interplay_server.interceptors.call import Call
from interplay_server.services.convert.dialogue_config import config_from_pb, config_to_pb
from interplay_server.services.convert.dialogues import (
    dialogue_to_pb,
    persona_from_pb,
    source_query_from_pb,
    turn_to_pb,
    usage_from_pb,
)
from interplay_server.services.convert.structs import to_plain
from interplay_server.services.convert.times import duration
from interplay_server.streaming.registry import StreamRegistry

METHOD = "converse"
SEND_SECONDS = 5.0
"""In which a message under way is let through before a stream ends."""
_SIDES = {pb.DIALOGUE_SIDE_CLIENT: ModelRef(CLIENT), pb.DIALOGUE_SIDE_HUMAN: ModelRef(HUMAN)}
_SEED_BITS = 63
_log = structlog.get_logger(__name__)


class Conversation:
    """Must be `run` once. `configured` is the server's own model, None where it has none."""

    def __init__(self, call: Call, registry: StreamRegistry, dialogues: Dialogues, configured: ModelRef | None) -> None:
        self._call, self._registry, self._dialogues, self._configured = call, registry, dialogues, configured
        self._writing = asyncio.Lock()
        self._end: InterplayError | None = None
        self._ended = asyncio.Event()
        self._settled = asyncio.Event()
        self._wake = asyncio.Event()
        self._half_closed = self._steered = False
        self._asked = 0
        """Sequence of the last need that was told on this stream."""
        self._id = ""
        self._talk: Talk | None = None
        self._work: asyncio.Future[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    # --- what the registry may do

    def supersede(self) -> None:
        self._stop(DialogueSuperseded(self._id))

    def go_away(self, time_left: float) -> None:
        task = asyncio.create_task(self._write(go_away=pb.ConverseGoAway(time_left=duration(time_left))))
        self._telling.add(task)
        task.add_done_callback(self._told)

    def cut(self) -> None:
        self._stop(ServerDraining())

    async def settled(self) -> None:
        await self._settled.wait()

    def _stop(self, end: InterplayError) -> None:
        if self._end is None:
            self._end = end
            self._ended.set()

    def _told(self, task: "asyncio.Task[None]") -> None:
        self._telling.discard(task)
        if not task.cancelled():
            task.exception()  # a peer that is gone cannot be told

    # --- the life of a stream

    async def run(self) -> None:
        self._registry.enter(self)
        key: tuple[str, str, str] | None = None
        store: DialogueStore | None = None
        try:
            start = await self._read_start()
            opening = None if start.resume else self._opening(start)
            tenant = await self._call.writable()
            self._id = start.dialogue_id if opening is None else opening.dialogue_id
            key = (tenant.name, METHOD, self._id)
            await self._registry.own(key, self)
            store = self._dialogues.of(tenant)
            store.begin(self._id)
            await self._until_stopped(self._converse(store, start, opening))
        finally:
            for task in self._telling:
                task.cancel()

            def over(_: object = None) -> None:
                if store is not None:
                    store.leave(self._id)
                self._settled.set()
                self._registry.leave(self, key)

            # A client that goes away may cancel this, too: whoever comes next waits for what is still being saved.
            try:
                if store is not None:
                    await self._leave()
            finally:
                if self._work is None or self._work.done():
                    over()
                else:
                    self._work.add_done_callback(over)

    async def _leave(self) -> None:
        if self._talk is None:
            return
        self._talk.close()
        if not isinstance(self._end, DialogueSuperseded):
            try:
                await self._talk.leave()
            except (InterplayError, DialogueGone) as error:
                _log.warning("cannot note that a dialogue was left", dialogue=self._id, error=repr(error))

    async def _until_stopped(self, work: Any) -> None:
        """Raises what ends the stream from outside, or what the work raises."""
        working = self._work = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.wait([working])
                assert self._end is not None  # noqa: S101 - that is what was waited for
                raise self._end
            working.result()
        finally:
            working.cancel()
            stopped.cancel()
            await asyncio.gather(working, stopped, return_exceptions=True)

    async def _converse(self, store: DialogueStore, start: pb.ConverseStart, opening: Opening | None) -> None:
        try:
            talk = self._talk = await self._open(store, start, opening)
            await self._tell_start(talk, start.last_sequence if opening is None else 0)
            driver = asyncio.create_task(self._drive(talk), name="dialogue driver")
            reader = asyncio.create_task(self._read(talk), name="dialogue reader")
            try:
                await asyncio.wait([driver, reader], return_when=asyncio.FIRST_COMPLETED)
                if not driver.done():
                    reader.result()
                    # Half-closed: it goes on for as long as nobody is asked.
                    self._half_closed = True
                    self._wake.set()
                await driver
            finally:
                driver.cancel()
                reader.cancel()
                await asyncio.gather(driver, reader, return_exceptions=True)
        except InvalidOptions as error:
            raise InvalidRequest(error.violations) from error
        except DialogueGone as error:
            raise DialogueNotFound(self._id) from error
        except ProviderAway as away:
            raise ProviderUnavailable(away.ref.provider, away.kind) from away

    # --- the beginning

    async def _read_start(self) -> pb.ConverseStart:
        reading, ended = asyncio.ensure_future(self._call.read()), asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait([reading, ended], return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise ServerDraining
            message = reading.result()
        finally:
            reading.cancel()
            ended.cancel()
        if message is None:
            raise StreamProtocol("the stream ended before start", "start")
        kind = message.WhichOneof("message")
        if kind != "start":
            raise StreamProtocol("the first message must be start", kind)
        start: pb.ConverseStart = message.start
        if start.resume and not start.dialogue_id:
            raise InvalidRequest([Violation("start.dialogue_id", "must be given to go on with a dialogue")])
        return start

    def _opening(self, start: pb.ConverseStart) -> Opening:
        """Raises InvalidRequest, ProviderNotConfigured, PersonasInfeasible."""
        violations: list[Violation] = []
        user, assistant = _SIDES.get(start.user), _SIDES.get(start.assistant)
        config = config_from_pb(start.config, self._configured, "start.config", outside_user=user is not None)
        dialogue_id = start.dialogue_id or f"dialogue_{new_ulid().lower()}"
        query: SourceQuery | None = None
        if start.HasField("query"):
            query = source_query_from_pb(start.query, "start.query", violations)
            if user is None:
                violations += target_violations(start.query.target_turns, config.limits, "start.query")
        persona = None
        if start.HasField("persona"):
            persona = persona_from_pb(start.persona, "start.persona", violations)
        if violations:
            raise InvalidRequest(violations)
        # Without a seed that was given, a dialogue of another id is another one (D05).
        drawn_by = start.dialogue_id if config.seed else dialogue_id
        persona = persona or _persona(config.seed, drawn_by if user is None else dialogue_id, drawn=user is None)
        asked = None
        if user is None:
            drawn = query or stream(config.seed, "converse", "query", drawn_by).choice(builtin_queries())
            asked = Asked(drawn, start.query.adapted_query.strip(), start.query.target_turns)
        return Opening(
            dialogue_id=dialogue_id,
            config=config,
            persona=persona,
            asked=asked,
            about=own_query(query, start.query.target_turns) if query is not None else None,
            user=user,
            assistant=assistant,
            agent_version=start.agent_version,
        )

    async def _open(self, store: DialogueStore, start: pb.ConverseStart, opening: Opening | None) -> Talk:
        """Raises DialogueNotFound, DialogueNotResumable, InvalidRequest."""
        known = await store.get(self._id) if start.dialogue_id else None
        if opening is not None:
            if known is not None:
                said = "is there already: say resume to go on with it"
                raise InvalidRequest([Violation("start.dialogue_id", said)])
            talk = Talk(self._dialogues, store, await new_record(self._dialogues, store, opening), ())
            await talk.begin()
            return talk
        if known is None:
            raise DialogueNotFound(self._id)
        if known.config is None:
            raise DialogueNotResumable(self._id, "one of an operation, which goes on with it")
        record, turns = await taken_up(self._dialogues, store, known)
        if record.ended:
            raise DialogueNotResumable(self._id, record.status.value)
        try:
            return Talk(self._dialogues, store, record, turns)
        except (LookupError, InvalidOptions) as error:
            raise ProviderNotConfigured(record.assistant.provider) from error

    async def _tell_start(self, talk: Talk, last_sequence: int) -> None:
        turns = talk.state.turns
        started = pb.ConverseStarted(dialogue=dialogue_to_pb(talk.record, turns), config=config_to_pb(talk.config))
        await self._write(started=started)
        for text in talk.warnings:
            await self._warn(text)
        for turn in turns:
            if 2 * turn.number > last_sequence:
                await self._tell_turn(turn)

    # --- driving

    async def _drive(self, talk: Talk) -> None:
        """Until the dialogue ends, or asks a client that has nothing more to say."""
        while True:
            self._steered = False
            events = converse(talk.state, talk.scene(self._tell_delta, self._tell_failure))
            async with contextlib.aclosing(events):
                async for event in events:
                    if await self._handle(talk, event):
                        return
                    if self._steered:
                        break

    async def _handle(self, talk: Talk, event: Event) -> bool:
        """Whether the stream is at its end."""
        if isinstance(event, Ended):
            await talk.end(event.stop)
            completed = pb.ConverseCompleted(dialogue=dialogue_to_pb(talk.record, talk.state.turns))
            await self._write(completed=completed)
            return True
        if isinstance(event, Saved):
            await self._tell_turn(event.turn)
            return False
        await self._ask(talk, event)
        step = talk.state.step
        while isinstance(step, AskUser | AskAssistant) and step.sequence == event.sequence and talk.state.step is step:
            if talk.cancelled or self._steered:
                return False
            if isinstance(event, NeedUser) and talk.full:
                talk.state.stop(StopReason.MAX_TURNS)
                return False
            if self._half_closed:
                return True
            self._wake.clear()
            await self._wake.wait()
        return False

    async def _ask(self, talk: Talk, event: NeedUser | NeedAssistant) -> None:
        """Tells the client once what it is to say."""
        if event.sequence == self._asked:
            return
        self._asked = event.sequence
        if isinstance(event, NeedUser):
            said = talk.state.turns[-1].assistant.content if talk.state.turns else ""
            need = pb.NeedUserTurn(sequence=event.sequence, assistant_message=said)
            await self._write(need_user_turn=need)
        else:
            await self._write(
                need_assistant_turn=pb.NeedAssistantTurn(
                    sequence=event.sequence, user_message=event.message.content, system_prompt=talk.system_prompt
                )
            )

    # --- reading

    async def _read(self, talk: Talk) -> None:
        """Until the client has nothing more to say. Raises InvalidRequest, TurnConflict and what reading raises."""
        while (message := await self._call.read()) is not None:
            kind = message.WhichOneof("message")
            if kind == "start":
                raise StreamProtocol("start must be sent once", "start")
            if kind == "user_turn":
                self._user_turn(talk, message.user_turn)
            elif kind == "assistant_turn":
                self._assistant_turn(talk, message.assistant_turn)
            elif kind == "steer":
                await self._steer(talk, message.steer)
            else:
                talk.cancelled = True
            self._wake.set()

    def _user_turn(self, talk: Talk, given: pb.UserTurn) -> None:
        if not talk.outside_user:
            raise InvalidRequest([Violation("user_turn", "the user is not played by the client")])
        if given.sequence % 2 == 0:
            raise InvalidRequest([Violation("user_turn.sequence", "must be odd: those of the assistant are even")])
        state, step = talk.state, talk.state.step
        if given.done:
            if given.content.strip():
                said = "must be empty with done: send the last words as a turn, and done after its answer"
                raise InvalidRequest([Violation("user_turn.content", said)])
            if isinstance(step, AskUser) and step.sequence == given.sequence:
                state.user_left()
            elif not talk.cancelled and not isinstance(step, Stop):
                raise InvalidRequest([Violation("user_turn.sequence", f"message {given.sequence} is not asked for")])
        elif self._is_new(talk, given.sequence, given.content, "user_turn"):
            try:
                state.user_said(given.content)
            except InvalidOptions as error:
                raise _at(error, "user_turn.content") from error

    def _assistant_turn(self, talk: Talk, given: pb.AssistantTurn) -> None:
        if not talk.outside_assistant:
            raise InvalidRequest([Violation("assistant_turn", "the assistant is not played by the client")])
        if given.sequence % 2:
            raise InvalidRequest([Violation("assistant_turn.sequence", "must be even: those of the user are odd")])
        if not self._is_new(talk, given.sequence, given.content, "assistant_turn"):
            return
        violations: list[Violation] = []
        metadata = to_plain(given.metadata, "assistant_turn.metadata", violations)
        if violations:
            raise InvalidRequest(violations)
        reply = Reply(
            text=given.content,
            usage=usage_from_pb(given.usage),
            latency_ms=max(0.0, given.usage.latency_ms),
            metadata=metadata or {},
        )
        try:
            talk.state.assistant_said(reply, now_micros())
        except InvalidOptions as error:
            raise _at(error, "assistant_turn.content") from error

    def _is_new(self, talk: Talk, sequence: int, text: str, path: str) -> bool:
        """Raises TurnConflict, InvalidRequest."""
        if talk.cancelled or isinstance(talk.state.step, Stop):
            return False  # it crossed the end
        try:
            return talk.state.is_new(sequence, text)
        except OtherContent as error:
            raise TurnConflict(self._id, sequence) from error
        except NotAsked as error:
            raise InvalidRequest([Violation(f"{path}.sequence", f"message {sequence} is not asked for")]) from error

    async def _steer(self, talk: Talk, given: pb.SteerDialogue) -> None:
        instruction = given.user_instruction if given.HasField("user_instruction") else None
        prompt = given.system_prompt if given.HasField("system_prompt") else None
        if instruction is not None and (talk.outside_user or talk.record.user.provider == RULES):
            await self._warn("user_instruction has no effect: no model plays the user")
        if prompt is not None and talk.outside_assistant:
            await self._warn("system_prompt has no effect: no model plays the assistant")
        await talk.steer(Steering(user_instruction=instruction, system_prompt=prompt, max_turns=given.max_turns))
        self._steered = True

    # --- telling

    async def _tell_turn(self, turn: Turn) -> None:
        await self._write(turn=pb.ConverseTurn(sequence=2 * turn.number, turn=turn_to_pb(turn)))

    async def _tell_delta(self, text: str) -> None:
        await self._write(delta=pb.ConverseDelta(role="assistant", text=text))

    async def _tell_failure(self, side: str, count: int, failure: SpeakerFailure, wait: float | None) -> None:
        after = "it is given up" if wait is None else f"the next one follows in {wait:.1f} s"
        await self._warn(f"attempt {count} of the {side} failed ({failure.kind}): {after}; its deltas are void")

    async def _warn(self, text: str) -> None:
        await self._write(warning=pb.ConverseWarning(message=text))

    async def _write(self, **message: Any) -> None:
        async with self._writing:
            sending = asyncio.ensure_future(self._call.write(pb.ConverseResponse(**message)))
            # Nobody asks a message that outlives its cancelled call how it ended.
            sending.add_done_callback(lambda task: task.cancelled() or task.exception())
            try:
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                # A status that is sent while a message still is would be lost.
                await asyncio.wait([sending], timeout=SEND_SECONDS)
                raise


def _persona(seed: int, dialogue_id: str, *, drawn: bool) -> Persona:
    """Somebody for a model to play, or somebody of whom nothing is known. Raises PersonasInfeasible."""
    if not drawn:
        return Persona(f"persona_{hashlib.sha256(dialogue_id.encode()).hexdigest()[:16]}", {})
    own = stream(seed, "converse", "persona", dialogue_id).getrandbits(_SEED_BITS)
    try:
        return sample_personas(PersonaSpec(count=1), own)[0]
    except Infeasible as error:
        raise PersonasInfeasible(error.best_distance, error.made) from error


def _at(error: InvalidOptions, path: str) -> InvalidRequest:
    return InvalidRequest([Violation(path, one.description) for one in error.violations])
