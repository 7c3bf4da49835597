"""A server before the sample archive that keeps downloads waiting while a file is there, so that a job runs on."""

import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

_PASSED_ON = ("Range", "Content-Type", "Accept")
_LOOK_S = 0.05
_LOCAL = re.compile(rb"http://127\.0\.0\.1:(\d+)")
_OF_PORT = re.compile(r"/(\d{4,5})(?=/|$)(.*)")


@contextmanager
def held_archive(stac_url, gate):
    """The address of the archive at `stac_url` through a server that holds files while the path `gate` exists.

    While a request for a file waits, `gate` with the ending `.held` is there.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stac_url, gate))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _address(stac_url, path):
    """Where a request belongs: the archive's own servers stand in the path by their ports."""
    of_port = _OF_PORT.match(path)
    return f"http://127.0.0.1:{of_port[1]}{of_port[2]}" if of_port else stac_url + path


def _handler(stac_url, gate):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            if ".tif" in self.path and gate.exists():
                gate.with_suffix(".held").touch()
                while gate.exists():
                    time.sleep(_LOOK_S)
            url = _address(stac_url, self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
            body = self.rfile.read(length) if length else None
            request = Request(url, data=body, headers=headers, method=self.command)
            own_url = f"http://127.0.0.1:{self.server.server_port}/".encode()
            with urlopen(request) as reply:
                content = reply.read()
                if "json" in reply.headers.get("Content-Type", ""):
                    content = _LOCAL.sub(lambda found: own_url + found[1], content)
                self.send_response(reply.status)
                for name in ("Content-Type", "Content-Range", "Accept-Ranges"):
                    if reply.headers.get(name):
                        self.send_header(name, reply.headers[name])
                size = reply.headers.get("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", size)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - the names of http.server

        def handle_one_request(self):
            try:
                super().handle_one_request()
            except OSError:  # who asked has been ended
                self.close_connection = True

        def log_message(self, *_arguments):
            """Say nothing."""

    return Handler
