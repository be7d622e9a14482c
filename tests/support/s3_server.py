"""An object store that speaks enough of S3 for LanceDB and obstore: in memory, on loopback, with faults to inject.

Conditional writes (If-None-Match: *, If-Match), ranges, listing with prefix and delimiter, deletes one by one and many at
once, multipart uploads, copies. Signatures are not verified, the access key is.
"""

import hashlib
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

ACCESS_KEY, SECRET_KEY = "loopback-access", "loopback-secret-" + "x" * 16


@dataclass
class Faults:
    """What goes wrong for requests that `among(method, path)` takes; all of them by default."""

    refuse: int = 0
    """A status instead of an answer: 403, 500, 503."""
    slow_seconds: float = 0.0
    cut: bool = False
    """Closes the connection instead of answering, before anything is done."""
    cut_after: bool = False
    """The same after it was done."""
    per_second: int = 0
    """Requests beyond it get 503 SlowDown; 0 is without limit."""
    ignore_conditions: bool = False
    """Conditional writes overwrite."""
    among: Callable[[str, str], bool] = lambda method, path: True


@dataclass
class _Object:
    data: bytes
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


class S3Server:
    """`with S3Server() as s3`: `s3.endpoint`, `s3.url("prefix")`, `s3.environment`, `s3.faults`, `s3.objects`."""

    bucket = "memories"

    def __init__(self) -> None:
        self.objects: dict[str, _Object] = {}
        self.uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self.faults = Faults()
        self.lock = threading.RLock()
        self.seen: Counter[str] = Counter()
        self.window: tuple[int, int] = (0, 0)
        handler = type("Handler", (_Handler,), {"store": self})
        self._http = _Threads(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def url(self, prefix: str = "") -> str:
        return f"s3://{self.bucket}/{prefix}".rstrip("/")

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def flags(self, prefix: str = "") -> list[str]:
        """Of `interplay serve`."""
        return ["--storage-bucket", self.url(prefix), "--bucket-endpoint", self.endpoint, "--bucket-allow-http"]

    def keys(self, prefix: str = "") -> list[str]:
        with self.lock:
            return sorted(key for key in self.objects if key.startswith(prefix))

    def heal(self) -> None:
        self.faults = Faults()


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request, client_address) -> None: ...


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    store: S3Server

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - names of the base class

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        _, bucket, *key = unquote(parts.path).split("/", 2)
        self.key = key[0] if key else ""
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        store, faults = self.store, self.store.faults
        self.conditions = True
        store.seen[self.command] += 1
        if faults.among(self.command, self.key or query.get("prefix", "")):
            if faults.slow_seconds:
                time.sleep(faults.slow_seconds)
            if faults.cut:
                return self._cut()
            if faults.refuse:
                return self._error(faults.refuse, "SlowDown" if faults.refuse == 503 else "AccessDenied")
            if faults.per_second and self._over(faults.per_second):
                return self._error(503, "SlowDown")
            self.conditions = not faults.ignore_conditions
            if faults.cut_after:
                self._answer = lambda *_, **__: self._cut()
        if f"Credential={ACCESS_KEY}/" not in self.headers.get("Authorization", ""):
            return self._error(403, "InvalidAccessKeyId")
        if bucket != store.bucket:
            return self._error(404, "NoSuchBucket")
        with store.lock:
            return getattr(self, f"_{self.command.lower()}")(query, body)

    def _over(self, limit: int) -> bool:
        second, count = self.store.window
        now = int(time.monotonic())
        self.store.window = (now, count + 1 if now == second else 1)
        return self.store.window[1] > limit

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    # --- requests

    def _get(self, query: dict[str, str], body: bytes) -> None:
        if not self.key:
            return self._list(query)
        found = self.store.objects.get(self.key)
        if found is None:
            return self._error(404, "NoSuchKey")
        data, status, headers = found.data, 200, {}
        if wanted := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "")):
            first, last = wanted[1], wanted[2]
            size = len(data)
            start = int(first) if first else max(0, size - int(last))
            end = min(size - 1, int(last)) if first and last else size - 1
            if start >= size:
                return self._error(416, "InvalidRange")
            data, status = data[start : end + 1], 206
            headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        return self._answer(status, data, found, headers)

    _head = _get

    def _put(self, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            if query["uploadId"] not in self.store.uploads:
                return self._error(404, "NoSuchUpload")
            self.store.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
            return self._answer(200, b"", _Object(body))
        if not self._may_write():
            return self._error(412, "PreconditionFailed")
        if (source := self.headers.get("x-amz-copy-source")) is not None:
            copied = self.store.objects.get(unquote(source).lstrip("/").split("/", 1)[1])
            if copied is None:
                return self._error(404, "NoSuchKey")
            made = self.store.objects[self.key] = _Object(copied.data)
            text = f"<CopyObjectResult><ETag>{made.etag}</ETag></CopyObjectResult>"
            return self._answer(200, text.encode())
        made = self.store.objects[self.key] = _Object(body)
        return self._answer(200, b"", made)

    def _may_write(self) -> bool:
        there = self.store.objects.get(self.key)
        if not self.conditions:
            return True
        if self.headers.get("If-None-Match") == "*" and there is not None:
            return False
        wanted = self.headers.get("If-Match")
        return wanted is None or (there is not None and there.etag == wanted)

    def _post(self, query: dict[str, str], body: bytes) -> None:
        store = self.store
        if "delete" in query:
            names = [element.text or "" for element in ET.fromstring(body).iter() if element.tag.endswith("Key")]
            for name in names:
                store.objects.pop(name, None)
            gone = "".join(f"<Deleted><Key>{escape(name)}</Key></Deleted>" for name in names)
            return self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())
        if "uploads" in query:
            upload = f"upload-{len(store.uploads)}-{time.monotonic_ns()}"
            store.uploads[upload] = (self.key, {})
            text = (
                f"<InitiateMultipartUploadResult><Bucket>{store.bucket}</Bucket><Key>{escape(self.key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            )
            return self._answer(200, text.encode())
        if query.get("uploadId") not in store.uploads:
            return self._error(404, "NoSuchUpload")
        if not self._may_write():
            return self._error(412, "PreconditionFailed")
        _, pieces = store.uploads.pop(query["uploadId"])
        made = store.objects[self.key] = _Object(b"".join(data for _, data in sorted(pieces.items())))
        text = f"<CompleteMultipartUploadResult><ETag>{made.etag}</ETag></CompleteMultipartUploadResult>"
        return self._answer(200, text.encode())

    def _delete(self, query: dict[str, str], body: bytes) -> None:
        if "uploadId" in query:
            self.store.uploads.pop(query["uploadId"], None)
        else:
            self.store.objects.pop(self.key, None)
        return self._answer(204, b"")

    def _list(self, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = max(query.get("start-after", ""), query.get("continuation-token", ""))
        most = int(query.get("max-keys", "1000"))
        entries, folders, last, more = [], {}, "", False
        for key in sorted(self.store.objects):
            if not key.startswith(prefix) or key <= after:
                continue
            if len(entries) + len(folders) >= most:
                more = True
                break
            rest = key[len(prefix) :]
            last = key
            if delimiter and delimiter in rest:
                folders[prefix + rest.split(delimiter, 1)[0] + delimiter] = None
                continue
            found = self.store.objects[key]
            entries.append(
                f"<Contents><Key>{escape(key)}</Key><LastModified>{found.modified.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}"
                f"</LastModified><ETag>{escape(found.etag)}</ETag><Size>{len(found.data)}</Size></Contents>"
            )
        common = "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders)
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>{self.store.bucket}</Name>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{''.join(entries)}{common}</ListBucketResult>"
        )
        return self._answer(200, text.encode())

    # --- answers

    def _answer(
        self, status: int, data: bytes, of: _Object | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if of is not None:
            self.send_header("ETag", of.etag)
            self.send_header("Last-Modified", format_datetime(of.modified, usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()

    def _error(self, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
        _Handler._answer(self, status, text.encode())
