"""A server with a gateway, and HTTP by hand: what a browser sends, byte for byte."""

import base64
import json
import re
import socket
import struct
from http.client import HTTPConnection
from urllib.parse import urlsplit

from google.rpc import code_pb2, error_details_pb2, status_pb2

from tests.conftest import ServerProcess
from tests.service.kit import METHODS

SECONDS = 60
JSON, PROTO = "application/json", "application/proto"
STREAM_JSON, STREAM_PROTO = "application/connect+json", "application/connect+proto"
WEB, WEB_TEXT, WEB_JSON = "application/grpc-web+proto", "application/grpc-web-text", "application/grpc-web+json"
CONNECT_END, WEB_TRAILERS = 2, 0x80


class WebServer:
    """A server process that says where browsers find it; `page` asks as one."""

    def __init__(self, folder, *flags, environment=None):
        self.process = ServerProcess(folder, "--web", "127.0.0.1:0", *flags, environment=environment)

    def start(self):
        self.process.start()
        line = self.process.process.stdout.readline()
        found = re.fullmatch(r"browsers at (https?://\S+/)\n", line)
        assert found, f"no second line: {line!r}\n{self.log()}"
        self.url = found[1]
        return self

    @property
    def target(self):
        return self.process.target

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port

    def log(self):
        return self.process.log.read_text()

    def page(self, **headers):
        return Page(self.address, headers)

    def stop(self):
        self.process.stop()


def path(name):
    return f"/{METHODS[name].containing_service.full_name}/{name}"


def framed(payload, flags=0):
    return struct.pack(">BI", flags, len(payload)) + payload


def frames(body):
    """(flags, payload) of each."""
    found = []
    while body:
        flags, size = struct.unpack_from(">BI", body)
        found.append((flags, body[5 : 5 + size]))
        assert len(body) >= 5 + size, "the body ends within a frame"
        body = body[5 + size :]
    return found


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return Failure.of_connect(self.json)

    @property
    def messages(self):
        """JSON of each message of a stream, without its end."""
        return [json.loads(payload) for flags, payload in frames(self.body) if not flags]

    @property
    def end(self):
        flags, payload = frames(self.body)[-1]
        assert flags == CONNECT_END
        return json.loads(payload)

    @property
    def trailers(self):
        flags, payload = frames(self.body)[-1]
        assert flags == WEB_TRAILERS
        return dict(line.split(": ", 1) for line in payload.decode().split("\r\n") if line)


class Failure:
    """Code, reason and violations, from the bytes of the details, not from their words."""

    def __init__(self, code, message, details):
        self.code, self.message = code, message
        self.details = details
        self.reason = next((one.reason for one in details if isinstance(one, error_details_pb2.ErrorInfo)), "")
        self.violations = {
            one.field: one.description
            for detail in details if isinstance(detail, error_details_pb2.BadRequest)
            for one in detail.field_violations
        }  # fmt: skip

    @classmethod
    def of_connect(cls, error):
        details = []
        for one in error.get("details", ()):
            made = getattr(error_details_pb2, one["type"].removeprefix("google.rpc."))()
            made.ParseFromString(base64.b64decode(one["value"] + "=="))
            assert one["debug"]
            details.append(made)
        return cls(error["code"], error.get("message", ""), details)

    @classmethod
    def of_trailers(cls, trailers):
        status = status_pb2.Status()
        status.ParseFromString(base64.b64decode(trailers["grpc-status-details-bin"] + "=="))
        details = []
        for packed in status.details:
            made = getattr(error_details_pb2, packed.type_url.rpartition(".")[2])()
            assert packed.Unpack(made)
            details.append(made)
        assert int(trailers["grpc-status"]) == status.code
        return cls(code_pb2.Code.Name(status.code).lower(), status.message, details)


class Page:
    """Asks with headers of its own, on a new connection each time."""

    def __init__(self, address, headers):
        self._address = address
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def ask(self, method, where, body=None, **headers):
        connection = HTTPConnection(*self._address, timeout=SECONDS)
        try:
            given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, where, body, given)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def call(self, name, body, kind=JSON, **headers):
        """POSTs bytes, or an object as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path(name), raw, content_type=kind, **headers)

    def stream(self, name, body, kind=STREAM_JSON, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path(name), framed(raw), content_type=kind, **headers)

    def publish(self, *contents, user="u", session="s"):
        rows = [{"content": one} for one in contents]
        answer = self.call("PublishInteractions", {"userId": user, "sessionId": session, "interactions": rows})
        assert answer.status == 200, answer.body
        return answer.json["interactionIds"]

    def open(self, name, body, kind=STREAM_JSON, **headers):
        return Open(self._address, self.headers | headers, path(name), framed(json.dumps(body).encode()), kind)


class Open:
    """A stream that is read message by message."""

    def __init__(self, address, headers, where, body, kind, *, buffer=None):
        self.socket = socket.socket()
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(SECONDS)
        self.socket.connect(address)
        lines = [f"POST {where} HTTP/1.1", f"host: {address[0]}:{address[1]}", f"content-type: {kind}"]
        lines += [f"content-length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        self._file = None

    def _reading(self):
        if self._file is None:
            self._file = self.socket.makefile("rb")
            self.status = int(self._file.readline().split()[1])
            while self._file.readline().strip():
                pass
            self._held = b""
        return self._file

    def _more(self):
        size = int(self._reading().readline(), 16)
        chunk = self._file.read(size)
        self._file.readline()
        self._held += chunk
        return bool(size)

    def take(self):
        """(flags, JSON) of the next frame; None at the end of the body."""
        self._reading()
        while len(self._held) < 5 or len(self._held) < 5 + struct.unpack_from(">BI", self._held)[1]:
            if not self._more():
                assert not self._held
                return None
        flags, size = struct.unpack_from(">BI", self._held)
        payload, self._held = self._held[5 : 5 + size], self._held[5 + size :]
        return flags, json.loads(payload)

    def close(self):
        if self._file is not None:
            self._file.close()
        self.socket.close()


def published(message):
    return [one["data"]["content"] for one in message.get("published", {}).get("interactions", ())]
