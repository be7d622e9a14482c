"""Moves memories in from mem0, Reflexio, LangGraph stores and other Interplay servers, and out to them."""

from interplay.moving.exporting import exported, for_langgraph, for_mem0, header, line, put_all
from interplay.moving.jsonl import read_interplay
from interplay.moving.langgraph import read_langgraph
from interplay.moving.loading import MemoryImport, Report
from interplay.moving.mem0 import read_mem0
from interplay.moving.records import Fact, Lesson, Record, Settings, SourceError, Turn, Unmapped
from interplay.moving.reflexio import read_reflexio

__all__ = [
    "Fact",
    "Lesson",
    "MemoryImport",
    "Record",
    "Report",
    "Settings",
    "SourceError",
    "Turn",
    "Unmapped",
    "exported",
    "for_langgraph",
    "for_mem0",
    "header",
    "line",
    "put_all",
    "read_interplay",
    "read_langgraph",
    "read_mem0",
    "read_reflexio",
]
