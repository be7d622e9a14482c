"""Agents built with other libraries: briefed before they answer, remembered afterwards, their transcripts imported."""

from interplay.agents.memory import AgentMemory, MemoryCounts
from interplay.agents.tools import ToolOutcome

__all__ = ["AgentMemory", "MemoryCounts", "ToolOutcome"]
