"""A file server on loopback that honours ranges and misbehaves as it is told, for tests of downloads."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FAULTS = (
    "429",
    "500",
    "503",
    "busy",
    "403",
    "truncated",
    "long_length",
    "short_length",
    "changed_etag",
    "stall",
    "reset",
)
BUSY_BODY = (
    b'<?xml version="1.0" encoding="utf-8"?><Error><Code>ServerBusy</Code>'
    b"<Message>Egress is over the account limit.</Message></Error>"
)


@dataclass
class Faults:
    """When the server misbehaves, and how."""

    fail_every: int = 0
    """Each so-many-th request to a file fails, by file name and count (never two in a row); 0 never."""
    kinds: tuple[str, ...] = FAULTS
    missing: tuple[str, ...] = ()
    """Parts of paths that answer 404."""
    forbidden: tuple[str, ...] = ()
    """Parts of paths that always answer 403."""
    retry_after: str = "0"
    stall_s: float = 1.0
    ranges: bool = True
    """Whether ranges are honoured."""
    tags: bool = True
    """Whether answers say which content of the file they are of."""
    required_query: str = ""
    """What a URL's query must hold, or the answer is 403."""
    delay_s: float = 0.0
    """Before each answer."""
    queued: dict[str, list[str]] = field(default_factory=dict)
    """Faults of a path's next requests, in order."""

    def draw_fault(self, path: str, count: int) -> str:
        queue_of_path = next((queue for part, queue in self.queued.items() if part in path and queue), None)
        if queue_of_path:
            return queue_of_path.pop(0)
        draw = zlib.crc32(f"{path}#{count}".encode())
        if not self.fail_every or (count + zlib.crc32(path.encode())) % self.fail_every:
            return ""
        return self.kinds[draw % len(self.kinds)]


class FaultServer:
    """Serves a folder; `with FaultServer(folder) as server: server.url`."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self.folder, self.faults = folder, faults or Faults()
        self.requests: list[str] = []
        self.ranges: list[tuple[str, str]] = []
        self.fault_counts: Counter[str] = Counter()
        self.sent_bytes = 0
        """Of files, as far as their clients took them."""
        self._counts: Counter[str] = Counter()
        self._tags: dict[tuple[Path, int, int], str] = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(_Handler):
            server_of_faults = outer

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def size_and_etag(self, path: Path) -> tuple[int, str]:
        """Size and tag of a file; the tag is that of its content."""
        file_stat = path.stat()
        key = (path, file_stat.st_mtime_ns, file_stat.st_size)
        if key not in self._tags:
            self._tags[key] = f'"{zlib.crc32(path.read_bytes()):08x}"'
        return file_stat.st_size, self._tags[key]

    def count_sent(self, count: int) -> None:
        with self._lock:
            self.sent_bytes += count

    def next_fault(self, path: str, query: str, range_header: str) -> str:
        with self._lock:
            self.requests.append(f"{path}?{query}" if query else path)
            self.ranges.append((path, range_header))
            self._counts[path] += 1
            fault = self.faults.draw_fault(path, self._counts[path])
            self.fault_counts[fault] += 1
            return fault


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with the usual 5, connections made at the same time wait for seconds
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up, as they may."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of_faults: FaultServer
    wbufsize = 1 << 16

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        path = self.server_of_faults.folder / urlsplit(self.path).path.lstrip("/")
        self.send_response(200 if path.is_file() else 404)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(path.stat().st_size if path.is_file() else 0))
        self.end_headers()

    def do_GET(self) -> None:
        outer, parts = self.server_of_faults, urlsplit(self.path)
        faults = outer.faults
        time.sleep(faults.delay_s)
        path = outer.folder / parts.path.lstrip("/")
        fault = outer.next_fault(parts.path, parts.query, self.headers.get("Range", ""))
        if any(part in parts.path for part in faults.missing) or not path.is_file():
            self._plain(404, b"<Error><Code>BlobNotFound</Code></Error>")
        elif any(part in parts.path for part in faults.forbidden) or faults.required_query not in parts.query:
            self._plain(403, b"<Error><Code>AuthenticationFailed</Code></Error>")
        elif fault == "429":
            self._plain(429, b"slow down", {"Retry-After": faults.retry_after})
        elif fault == "busy":
            self._plain(503, BUSY_BODY)
        elif fault in ("403", "500", "503"):
            self._plain(int(fault), b"no")
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        else:
            self._file(path, fault)

    def _plain(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, path: Path, fault: str) -> None:
        size, etag = self.server_of_faults.size_and_etag(path)
        if fault == "changed_etag":
            etag = '"feedbeef"'
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        ranged = self.server_of_faults.faults.ranges and match and self.headers.get("If-Range", etag) == etag
        first, last = 0, size - 1
        if ranged and match:
            first, last = int(match[1]), min(int(match[2] or last), last)
            if first > last:
                self._plain(416, b"", {"Content-Range": f"bytes */{size}"})
                return
        with path.open("rb") as source:
            source.seek(first)
            body = source.read(last + 1 - first)
        length = len(body) + {"long_length": 1000, "short_length": -(len(body) // 2)}.get(fault, 0)
        self.send_response(206 if ranged else 200)
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        if self.server_of_faults.faults.tags:
            self.send_header("ETag", etag)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self._body(body, fault)

    def _body(self, body: bytes, fault: str) -> None:
        try:
            if fault in ("truncated", "stall"):
                self._send(body[: len(body) // 2])
                if fault == "stall":
                    time.sleep(self.server_of_faults.faults.stall_s)
                self.close_connection = True
            else:
                self._send(body)
                self.close_connection = fault == "long_length"
        except OSError:
            self.close_connection = True  # the client has hung up, as it may

    def _send(self, body: bytes) -> None:
        for start in range(0, len(body), 1 << 18):
            chunk = memoryview(body)[start : start + (1 << 18)]
            self.server_of_faults.count_sent(len(chunk))
            self.wfile.write(chunk)
            self.wfile.flush()
