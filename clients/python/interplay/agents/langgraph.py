"""LangGraph with a memory: its store, the prompt of an agent, and nodes that brief and remember."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

try:
    from langchain_core.messages import SystemMessage
    from langchain_core.runnables import RunnableConfig, RunnableLambda
except ImportError as missing:
    raise ImportError("install the library with `pip install langgraph`") from missing

from interplay.agents._reading import langchain_messages
from interplay.agents._turns import Heard, Turn, Watcher, sparing
from interplay.agents.langgraph_store import InterplayStore
from interplay.agents.memory import AgentMemory

__all__ = ["GraphMemory", "InterplayStore"]


class GraphMemory:
    """Briefs and remembers the turns of a graph whose state holds `messages` (of LangChain, or as OpenAI's).

    Whose they are is said by the configuration of the run: `configurable` has `user_id` (`user_id` of the memory
    where it has none), and `thread_id` is the session. Nothing here raises what the server did.
    """

    def __init__(self, memory: AgentMemory, *, key: str = "messages") -> None:
        self._memory, self._key = memory, key
        self._watchers: dict[tuple[str, str], Watcher] = {}
        self._lock = threading.Lock()

    def prompt(self, text: str = "") -> Any:
        """For `prompt=` of create_react_agent: your system prompt with the briefing at its end."""

        def brief(state: Any, config: RunnableConfig) -> list[Any]:
            watcher, turn = self._turn(state, config)
            return self._prompted(text, watcher.brief(turn), state)

        async def abrief(state: Any, config: RunnableConfig) -> list[Any]:
            watcher, turn = self._turn(state, config)
            return self._prompted(text, await watcher.abrief(turn), state)

        return RunnableLambda(brief, afunc=abrief, name="interplay_prompt")

    def brief(self, state_key: str = "briefing") -> Any:
        """A node that puts the text of the briefing into the state under a key."""

        def node(state: Any, config: RunnableConfig) -> dict[str, str]:
            watcher, turn = self._turn(state, config)
            return {state_key: watcher.brief(turn)}

        async def anode(state: Any, config: RunnableConfig) -> dict[str, str]:
            watcher, turn = self._turn(state, config)
            return {state_key: await watcher.abrief(turn)}

        return RunnableLambda(node, afunc=anode, name="interplay_brief")

    def remember(self) -> Any:
        """A node, or `post_model_hook=` of create_react_agent, that publishes the turn once the agent has answered."""

        def node(state: Any, config: RunnableConfig) -> dict[str, Any]:
            watcher, turn, said = self._said(state, config)
            if said is not None and (rows := watcher.rows(turn, lambda: said)):
                watcher.memory.publish(rows)
            return {}

        async def anode(state: Any, config: RunnableConfig) -> dict[str, Any]:
            watcher, turn, said = self._said(state, config)
            if said is not None and (rows := watcher.rows(turn, lambda: said)):
                await watcher.memory.apublish(rows)
            return {}

        return RunnableLambda(node, afunc=anode, name="interplay_remember")

    def tools(self) -> list[Any]:
        """The memory's tools for ToolNode and create_react_agent; each call says in its configuration whose it is."""
        from langchain_core.tools import StructuredTool  # noqa: PLC0415 - slow to import

        def made(tool: Mapping[str, Any]) -> Any:
            name = str(tool["name"])

            def run(config: RunnableConfig, **given: Any) -> str:
                outcome = self._watcher(config).memory.call(name, given)
                return f"error: {outcome.text}" if outcome.failed else outcome.text

            async def arun(config: RunnableConfig, **given: Any) -> str:
                outcome = await self._watcher(config).memory.acall(name, given)
                return f"error: {outcome.text}" if outcome.failed else outcome.text

            return StructuredTool(
                name=name,
                description=tool["description"],
                args_schema=dict(tool["parameters"]),
                func=run,
                coroutine=arun,
            )

        return [made(tool) for tool in self._memory.tools]

    def _watcher(self, config: Mapping[str, Any]) -> Watcher:
        given = (config or {}).get("configurable") or {}
        who = str(given.get("user_id") or self._memory.user_id), str(given.get("thread_id") or self._memory.session_id)
        with self._lock:
            if who not in self._watchers:
                if len(self._watchers) >= 1024:
                    self._watchers.pop(next(iter(self._watchers)))
                self._watchers[who] = Watcher(self._memory.of(*who))
            return self._watchers[who]

    def _turn(self, state: Any, config: Mapping[str, Any]) -> tuple[Watcher, Turn | None]:
        watcher = self._watcher(config)
        return watcher, watcher.turn(lambda: (langchain_messages(self._messages(state)), ""))

    def _said(self, state: Any, config: Mapping[str, Any]) -> tuple[Watcher, Turn | None, Heard | None]:
        watcher = self._watcher(config)
        with sparing("remember the turn of", lost=watcher.memory):
            return watcher, *self._heard(watcher, self._messages(state))
        return watcher, None, None

    def _heard(self, watcher: Watcher, messages: Sequence[Any]) -> tuple[Turn | None, Heard | None]:
        read = langchain_messages(messages)
        if not read or read[-1].role != "assistant":
            return None, None
        said_id = read[-1].external_id
        if said_id and said_id == watcher.answer_id:
            return None, None  # a graph may remember in several places, or run a node again
        turn = watcher.turn(lambda: (read[:-1], ""))
        used = getattr(messages[-1], "usage_metadata", None) or {}
        told = getattr(messages[-1], "response_metadata", None) or {}
        usage = {name: used[name] for name in ("input_tokens", "output_tokens") if name in used}
        said = Heard(
            read[-1],
            goes_on=bool(read[-1].calls),
            model=str(told.get("model_name") or told.get("model") or ""),
            stop_reason=str(told.get("finish_reason") or told.get("stop_reason") or ""),
            usage=usage,
        )
        if turn is not None and not said.goes_on:
            watcher.answer_id = said_id
        return turn, said

    def _messages(self, state: Any) -> Sequence[Any]:
        found: Any = state.get(self._key) if isinstance(state, Mapping) else getattr(state, self._key, ())
        return list(found or ())

    def _prompted(self, text: str, briefing: str, state: Any) -> list[Any]:
        system = "\n\n".join(filter(None, (text, briefing)))
        return [*([SystemMessage(system)] if system else []), *self._messages(state)]
