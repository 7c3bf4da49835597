"""Serve a folder on loopback, whole files or byte ranges: `python -m sample_archive.range_server FOLDER [LOG]`.

It runs as a process of its own, because rasterio keeps Python's lock while it opens a file over HTTP: a server in a
thread of the same process would never answer. One line on stdout is the URL; it ends when stdin closes.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class RangeServer(ThreadingHTTPServer):
    """Files of one folder; writes `method path status bytes` of every answer into a log, if there is one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, log: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), RangeHandler)
        self.folder = folder.resolve()
        self.log = log.open("a", buffering=1, encoding="utf-8") if log else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class RangeHandler(BaseHTTPRequestHandler):
    """GET and HEAD with `Range: bytes=a-b`, `a-` and `-n`."""

    protocol_version = "HTTP/1.1"
    server: RangeServer

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: answers are logged where a log is asked for, not printed."""

    def _answer(self, *, with_body: bool) -> None:
        path = (self.server.folder / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        if not path.is_relative_to(self.server.folder) or not path.is_file():
            return self._head(404, 0)
        facts = path.stat()
        size, etag = facts.st_size, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
        range_header = self.headers.get("Range") if self.headers.get("If-Range", etag) == etag else None
        first, last = (0, size - 1) if range_header is None else _byte_range(range_header, size)
        if first > last:
            return self._head(416, 0, {"Content-Range": f"bytes */{size}"})
        headers = {"Accept-Ranges": "bytes", "Content-Type": "image/tiff", "ETag": etag}
        if range_header is not None:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self._head(200 if range_header is None else 206, last - first + 1, headers)
        if with_body:
            with path.open("rb") as stream:
                stream.seek(first)
                self.wfile.write(stream.read(last - first + 1))
        return None

    def _head(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
        if self.server.log:
            self.server.log.write(f"{self.command} {self.path} {status} {length}\n")
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _byte_range(header: str, size: int) -> tuple[int, int]:
    """First and last byte of `bytes=a-b`; first > last where it cannot be satisfied."""
    start, _, end = header.removeprefix("bytes=").split(",")[0].strip().partition("-")
    if not start:
        return max(size - int(end), 0), size - 1
    return int(start), min(int(end), size - 1) if end else size - 1


def main() -> None:
    """Serve until stdin closes."""
    log = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    server = RangeServer(Path(sys.argv[1]), log)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
