"""Personal data in everything that a publisher writes freely: found, and with MASK replaced."""

from collections.abc import Mapping
from typing import Any

import msgspec

from interplay_server.domain import journal
from interplay_server.domain.interaction import Annotation, Details, InteractionData
from interplay_server.monitoring.redaction import redact

_TEXTS = ("content", "speaker", "shadow_content", "expert_content", "user_action_description", "image_url")
_NOTES = ("annotator", "expert_content", "comment", "corrected_content")
_DEPTH = 64


class Redaction:
    """Of one entry. `counts` holds what was found, by kind; pure: may run in any thread."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def published(self, entry: journal.Published) -> journal.Published:
        rows = tuple([self._row(one) for one in entry.interactions])
        header = entry.header
        if header.metadata is not None:
            header = msgspec.structs.replace(header, metadata=self._mapping(header.metadata))
        return msgspec.structs.replace(entry, header=header, interactions=rows)

    def annotated(self, entry: journal.Annotated) -> journal.Annotated:
        given = entry.annotation
        made: Annotation = msgspec.structs.replace(given, **{name: self.text(getattr(given, name)) for name in _NOTES})
        return msgspec.structs.replace(entry, annotation=made)

    def text(self, text: str) -> str:
        if not text:
            return text
        found = redact(text, said=True)
        for kind, number in found.counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + number
        return found.text

    def _row(self, data: InteractionData) -> InteractionData:
        made = {name: self.text(getattr(data, name)) for name in _TEXTS if getattr(data, name)}
        if data.details is not None:
            made["details"] = self._details(data.details)  # type: ignore[assignment]
        return msgspec.structs.replace(data, **made)

    def _details(self, details: Details) -> Details:
        replace = msgspec.structs.replace
        return replace(
            details,
            tools_used=tuple(
                replace(
                    one,
                    tool_name=self.text(one.tool_name),
                    tool_data=None if one.tool_data is None else self._mapping(one.tool_data),
                    status=self.text(one.status),
                )
                for one in details.tools_used
            ),
            citations=tuple(replace(one, title=self.text(one.title)) for one in details.citations),
            metadata=None if details.metadata is None else self._mapping(details.metadata),
        )

    def _mapping(self, given: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in given.items():
            name = told = self.text(key)
            number = 1
            while name in made:  # two keys that become one placeholder
                number += 1
                name = f"{told}{number}"
            made[name] = self._value(value, depth)
        return made

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if depth < _DEPTH and isinstance(value, Mapping):
            return self._mapping(value, depth + 1)
        if depth < _DEPTH and isinstance(value, list | tuple):
            return [self._value(one, depth + 1) for one in value]
        if isinstance(value, Mapping | list | tuple):
            self.counts["text"] = self.counts.get("text", 0) + 1
            return "{text}"
        return value


def size_of(entry: journal.Published | journal.Annotated) -> int:
    """About how many characters there are to read."""
    if isinstance(entry, journal.Annotated):
        return sum(len(getattr(entry.annotation, name)) for name in _NOTES)
    return sum(
        len(one.content) + len(one.shadow_content) + len(one.expert_content) + (2000 if one.details else 0)
        for one in entry.interactions
    )
