"""Rewrites what the docs repeat of code and proto: `python -m interplay_server.docs_tables`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from interplay_server.errors import InterplayError
from interplay_server.settings import Setting, settings_table

ROOT = Path(__file__).parents[3]
START, END = "<!-- made by interplay_server.docs_tables -->\n", "<!-- end -->"
_DETAILS = {
    "INVALID_ARGUMENT": "BadRequest",
    "NOT_FOUND": "ResourceInfo",
    "ALREADY_EXISTS": "ResourceInfo",
    "FAILED_PRECONDITION": "PreconditionFailure",
    "RESOURCE_EXHAUSTED": "QuotaFailure",
    "INTERNAL": "RequestInfo",
}
_NO_FIELDS = {"INVALID_MESSAGE"}
_VALUE = re.compile(r"((?:  //[^\n]*\n)+)  ERROR_REASON_(\w+) = \d+;")


def leaves(base: type[InterplayError] = InterplayError) -> Iterator[type[InterplayError]]:
    """Errors that are raised, in the order of the tree."""
    below = base.__subclasses__()
    if not below:
        yield base
    for one in below:
        yield from leaves(one)


def errors() -> str:
    said = _reasons()
    rows = []
    for leaf in leaves():
        details = [] if leaf.reason in _NO_FIELDS else [_DETAILS.get(leaf.code, "")]
        if leaf.retry_after is not None:
            details.append(f"RetryInfo ({leaf.retry_after:g} s)")
        rows.append((f"`{leaf.reason}`", leaf.code, said[leaf.reason], ", ".join(filter(None, details))))
    return _table(("reason", "code", "when", "details beside ErrorInfo"), rows)


def configuration() -> str:
    rows = [
        (f"`{one.key}`", _shown(one), f"`{one.environment}`", f"`{one.flag}`", _meaning(one))
        for one in settings_table()
    ]
    return _table(("setting", "default", "environment", "flag", "meaning"), rows)


def _reasons() -> dict[str, str]:
    """What the proto says of each reason, without code and example."""
    text = (ROOT / "proto/interplay/v1/error_reason.proto").read_text(encoding="utf-8")
    said = {}
    for comment, reason in _VALUE.findall(text):
        words = " ".join(line.strip().removeprefix("//").strip() for line in comment.splitlines())
        said[reason] = re.sub(r"^[A-Z_]+\. ", "", words.partition('{"reason"')[0].strip())
    return said


def _shown(setting: Setting) -> str:
    if setting.default == "":
        return "none"
    return f"`{str(setting.default).lower() if setting.kind is bool else setting.default}`"


def _meaning(setting: Setting) -> str:
    notes = []
    if setting.least is not None:
        notes.append(f"At least {setting.least:.10g}.")
    if setting.choices:
        notes.append(f"One of {', '.join(setting.choices)}.")
    return " ".join([setting.doc, *notes])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


TABLES = {"docs/errors.md": errors, "docs/configuration.md": configuration}


def rewritten(text: str, table: str) -> str:
    """The page with its table replaced. Raises ValueError where the page has no place for it."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"no place for a table between {START.strip()} and {END}")
    return f"{before}{START}\n{table}\n{END}{after}"
