"""The reference of the API, made from the comments and rules of the proto files: a page for each file.

It reads the image that `buf build` writes as JSON, in which comments and the options of buf.validate are plain values.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from interplay_server.docs_tables import rules

Homes = Mapping[str, tuple[str, str]]
"""Page and anchor of each message and enum."""
PACKAGE = ".interplay.v1."
MADE = "<!-- made from proto/ by python -m interplay_server.docs_tables -->\n"
_FIELD, _NESTED, _ENUMS, _ONEOFS = 2, 3, 4, 8  # field numbers of DescriptorProto, which paths of comments consist of
_KINDS = {
    (False, False): "unary",
    (False, True): "server stream",
    (True, False): "client stream",
    (True, True): "bidirectional stream",
}
_COMMON = """\
# Reference of the API

Package `interplay.v1`. Every field, rule and comment here is that of [proto/interplay/v1](../../proto/interplay/v1).

What holds of every call:

- The metadata key `authorization: Bearer KEY` carries the credential where the server asks for one; its tenant is that
  of the key. Without credentials `interplay-tenant` names the tenant.
- A call without a deadline gets the server's, 30 s by default.
- An error carries `ErrorInfo` with its reason and, where it helps, `BadRequest`, `ResourceInfo`, `RetryInfo` or others:
  [errors](../errors.md).
- Pages go on with `page_token`; the token belongs to its query.
- Creates and publishes take a `request_id`: the same id and payload give the first answer again.
- Rules are checked before anything else, and INVALID_ARGUMENT tells of all violations at once.
- What is promised for later versions: [compatibility](../compatibility.md).
"""


def image(root: Path) -> dict[str, Any]:
    """What `buf build` makes of the proto files below `root`. Raises RuntimeError where buf is absent or refuses."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    buf = shutil.which("buf", path=search)
    if buf is None:
        raise RuntimeError("buf is not installed: make install")
    done = subprocess.run([buf, "build", "-o", "-#format=json"], cwd=root, capture_output=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def pages(built: Mapping[str, Any]) -> dict[str, str]:
    """Name and text of each page; the same image gives the same bytes."""
    files = sorted(
        (_File(one) for one in built["file"] if one.get("package") == "interplay.v1"), key=lambda one: one.name
    )
    homes = {name: (file.page, anchor) for file in files for name, anchor in file.anchors()}
    made = {file.page: _page(file, homes) for file in files}
    return {"README.md": _index(files), **made}


class _File:
    """A proto file with the comments of its elements."""

    def __init__(self, descriptor: Mapping[str, Any]) -> None:
        self._raw = descriptor
        self.name = descriptor["name"].rpartition("/")[2]
        self.page = f"{self.name.removesuffix('.proto').replace('_', '-')}.md"
        self._comments = {
            tuple(one.get("path", ())): one.get("leadingComments", "")
            for one in descriptor.get("sourceCodeInfo", {}).get("location", ())
        }

        self.services: Sequence[Mapping[str, Any]] = descriptor.get("service", ())

    def comment(self, *path: int) -> str:
        """As one paragraph; lines that begin with `{` or `-` stay lines of their own."""
        lines = [line.strip() for line in self._comments.get(path, "").strip().splitlines()]
        return " ".join(f"`{line}`" if line.startswith("{") else line for line in lines)

    def messages(self) -> Iterator[tuple[str, Mapping[str, Any], tuple[int, ...]]]:
        """Name below the package, descriptor and path of every message, nested ones after theirs."""

        def below(many: Sequence[Any], path: tuple[int, ...], above: str) -> Iterator[Any]:
            for at, one in enumerate(many):
                if one.get("options", {}).get("mapEntry"):
                    continue
                here, name = (*path, at), f"{above}{one['name']}"
                yield name, one, here
                yield from below(one.get("nestedType", ()), (*here, _NESTED), f"{name}.")

        yield from below(self._raw.get("messageType", ()), (4,), "")

    def enums(self) -> Iterator[tuple[str, Mapping[str, Any], tuple[int, ...]]]:
        for at, one in enumerate(self._raw.get("enumType", ())):
            yield one["name"], one, (5, at)
        for name, message, path in self.messages():
            for at, one in enumerate(message.get("enumType", ())):
                yield f"{name}.{one['name']}", one, (*path, _ENUMS, at)

    def names(self) -> Iterator[str]:
        yield from (name for name, _, _ in self.messages())
        yield from (name for name, _, _ in self.enums())

    def anchors(self) -> Iterator[tuple[str, str]]:
        """Messages of methods stand under headings that say so, all others under their own name."""
        said = {}
        for service in self.services:
            for method in service["method"]:
                said[method["inputType"].removeprefix(PACKAGE)] = "request-"
                said[method["outputType"].removeprefix(PACKAGE)] = "response-"
        for name in self.names():
            yield name, said.get(name, "") + re.sub(r"[^a-z0-9_-]", "", name.lower())


def _page(file: _File, homes: Homes) -> str:
    title = file.services[0]["name"] if file.services else file.name
    out = [MADE, f"# {title}\n", f"[`interplay/v1/{file.name}`](../../proto/interplay/v1/{file.name})\n"]
    told: set[str] = set()
    by_name = {name: (message, path) for name, message, path in file.messages()}
    for place, service in enumerate(file.services):
        out += [f"{file.comment(6, place)}\n", _methods(file, service, place)]
        for at, method in enumerate(service["method"]):
            out += [f"## {method['name']}\n", f"{_kind(method)}. {file.comment(6, place, 2, at)}\n"]
            for what, key in (("Request", "inputType"), ("Response", "outputType")):
                name = method[key].removeprefix(PACKAGE)
                if name in by_name:
                    told.add(name)
                    out += [f"### {what}: {name}\n", _message(file, *by_name[name], homes)]
                else:
                    out.append(f"{what}: {_link(method[key], homes, file.page)}\n")
    rest = [one for one in file.messages() if one[0] not in told]
    if rest:
        out += ["## Messages\n"] if file.services else []
        for name, message, path in rest:
            out += [f"### {name}\n", _message(file, message, path, homes)]
    for name, enum, path in file.enums():
        out += [f"### {name}\n", f"{file.comment(*path)}\n", _enum(file, enum, path)]
    if file.services:
        out.append("Errors by reason: [errors](../errors.md). Limits and metadata: [index](README.md).\n")
    return "\n".join(out)


def _kind(method: Mapping[str, Any]) -> str:
    word = _KINDS[bool(method.get("clientStreaming")), bool(method.get("serverStreaming"))]
    safe = method.get("options", {}).get("idempotencyLevel") == "NO_SIDE_EFFECTS"
    return f"{word[0].upper()}{word[1:]}{', without side effects' if safe else ''}"


def _methods(file: _File, service: Mapping[str, Any], place: int) -> str:
    rows = [
        (
            f"[{one['name']}](#{one['name'].lower()})",
            _kind(one).lower(),
            file.comment(6, place, 2, at).partition(". ")[0].rstrip("."),
        )
        for at, one in enumerate(service["method"])
    ]
    return _table(("method", "kind", "what it does"), rows)


def _message(file: _File, message: Mapping[str, Any], path: tuple[int, ...], homes: Homes) -> str:
    out = [f"{file.comment(*path)}\n"]
    checks = message.get("options", {}).get("[buf.validate.message]", {})
    out += [f"Rule: {text}.\n" for text in rules.of_message(checks)]
    if not message.get("field"):
        return "\n".join([*out, "It has no fields.\n"])
    rows = [
        (
            f"`{one['name']}`", str(one["number"]), _type(one, message, homes, file.page), _rules(one, message),
            file.comment(*path, _FIELD, at),
        )
        for at, one in enumerate(message["field"])
    ]  # fmt: skip
    out.append(_table(("field", "number", "type", "rules", "what it says"), rows))
    for at, one in enumerate(message.get("oneofDecl", ())):
        members = [field["name"] for field in message["field"] if field.get("oneofIndex", -1) == at]
        if one["name"].startswith("_"):  # of an optional field
            continue
        needed = one.get("options", {}).get("[buf.validate.oneof]", {}).get("required")
        amount = "Exactly one" if needed else "At most one"
        out.append(f"{amount} of {', '.join(f'`{name}`' for name in members)}. {file.comment(*path, _ONEOFS, at)}\n")
    return "\n".join(out)


def _rules(field: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    said = []
    if "oneofIndex" in field and not field.get("proto3Optional"):
        said.append(f"one of `{message['oneofDecl'][field['oneofIndex']]['name']}`")
    if checks := field.get("options", {}).get("[buf.validate.field]"):
        said.append(rules.of_field(checks))
    return "; ".join(said)


def _type(field: Mapping[str, Any], message: Mapping[str, Any], homes: Homes, page: str) -> str:
    word = field["type"].removeprefix("TYPE_").lower()
    if word == "message":
        entry: Mapping[str, Any] = next(
            (one for one in message.get("nestedType", ()) if field["typeName"].endswith(f".{one['name']}")), {}
        )
        if entry.get("options", {}).get("mapEntry"):
            key, value = (_type(one, entry, homes, page) for one in entry["field"])
            return f"map of {key} to {value}"
    shown = _link(field["typeName"], homes, page) if word in {"message", "enum"} else word
    if field.get("label") == "LABEL_REPEATED":
        return f"repeated {shown}"
    return f"optional {shown}" if field.get("proto3Optional") else shown


def _link(full: str, homes: Homes, page: str) -> str:
    name = full.removeprefix(PACKAGE)
    if name not in homes:
        return full.removeprefix(".")
    home, anchor = homes[name]
    return f"[{name}]({'' if home == page else home}#{anchor})"


def _enum(file: _File, enum: Mapping[str, Any], path: tuple[int, ...]) -> str:
    rows = [
        (f"`{one['name']}`", str(one["number"]), file.comment(*path, 2, at)) for at, one in enumerate(enum["value"])
    ]
    return _table(("value", "number", "what it says"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _index(files: Sequence[_File]) -> str:
    services = [
        (
            f"[{service['name']}]({file.page})",
            str(len(service["method"])),
            file.comment(6, at).partition(". Errors")[0].rstrip("."),
        )
        for file in files
        for at, service in enumerate(file.services)
    ]
    types = [
        (f"[{file.name}]({file.page})", ", ".join([name for name in file.names() if "." not in name]))
        for file in files
        if not file.services
    ]
    tables = ["## Services\n", _table(("service", "methods", "what it is for"), services)]
    tables += ["## Messages and enums that they share\n", _table(("file", "holds"), types)]
    return "\n".join([MADE, _COMMON, *tables])
