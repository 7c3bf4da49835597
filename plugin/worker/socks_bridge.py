"""An HTTP proxy on this machine that leads through a SOCKS5 proxy, for the one program that knows no SOCKS: pip.

It serves `CONNECT` alone, to clients that know its random password, while uv is installed. Protocols: RFC 1928 and
RFC 1929.
"""

from __future__ import annotations

import base64
import secrets
import socket
import socketserver
import threading
from contextlib import ExitStack
from urllib.parse import unquote, urlsplit

CONNECT_TIMEOUT_S = 30.0
IDLE_TIMEOUT_S = 300.0
_CHUNK_BYTES = 65_536
_ADDRESS_LENGTHS = {1: 4, 4: 16}
"""Bytes of an address in a SOCKS5 answer by its type; type 3 is a name after its length."""


class SocksBridge(socketserver.ThreadingTCPServer):
    """The proxy; a context manager, which starts and ends it.

    Parameters
    ----------
    socks_url : address of the SOCKS5 proxy, such as `socks5h://host:1080, with or without a login`.

    """

    daemon_threads = True

    def __init__(self, socks_url: str) -> None:
        parts = urlsplit(socks_url)
        self.socks_address = (parts.hostname or "", parts.port or 1080)
        self.login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._password = secrets.token_urlsafe(24)
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Address of the bridge, with the password that it asks for."""
        return f"http://allpa:{self._password}@127.0.0.1:{self.server_address[1]}"

    @property
    def authorization(self) -> str:
        """The header by which a client shows the password."""
        return "Basic " + base64.b64encode(f"allpa:{self._password}".encode()).decode()

    def __enter__(self) -> SocksBridge:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(socketserver.StreamRequestHandler):
    server: SocksBridge
    timeout = CONNECT_TIMEOUT_S

    def handle(self) -> None:
        method, _, rest = self.rfile.readline(8192).decode("latin-1").partition(" ")
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(8192).strip()) and len(headers) < 100:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if not secrets.compare_digest(headers.get("proxy-authorization", ""), self.server.authorization):
            self._answer("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="allpa"\r\n')
            return
        host, _, port = rest.split(" ")[0].rpartition(":")
        if method != "CONNECT" or not host or not port.isdigit():
            self._answer("405 Method Not Allowed")
            return
        try:
            target = connect_through_socks(self.server.socks_address, self.server.login, host.strip("[]"), int(port))
        except (OSError, ValueError):
            self._answer("502 Bad Gateway")
            return
        with target:
            self._answer("200 Connection established")
            _relay(self.connection, target)

    def _answer(self, status: str, header: str = "") -> None:
        self.wfile.write(f"HTTP/1.1 {status}\r\n{header}\r\n".encode("latin-1"))


def connect_through_socks(
    socks_address: tuple[str, int], login: tuple[str, str], host: str, port: int
) -> socket.socket:
    """Connect to a host through a SOCKS5 proxy, which resolves the host's name (RFC 1928 and 1929).

    Parameters
    ----------
    socks_address : host and port of the proxy.
    login : user name and password, 255 bytes at most each; an empty name offers the proxy no login.
    host : name or IPv4 address of the server.
    port : of the server.

    Returns
    -------
    The open connection; the caller closes it.

    Raises
    ------
    OSError : where the proxy does not answer, refuses the login, or cannot reach the host.
    ValueError : where the name of the host, or the login, cannot be sent.

    """
    connection = socket.create_connection(socks_address, CONNECT_TIMEOUT_S)
    with ExitStack() as on_failure:
        on_failure.callback(connection.close)
        user, password = (part.encode() for part in login)
        connection.sendall(b"\x05\x02\x00\x02" if user else b"\x05\x01\x00")
        method = _read(connection, 2)[1]
        if method == 2 and user:
            connection.sendall(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
            if _read(connection, 2)[1] != 0:
                raise PermissionError("The SOCKS5 proxy refused the user name or the password")
        elif method != 0:
            raise PermissionError("The SOCKS5 proxy wants another kind of authentication")
        name = host.encode("idna")
        connection.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
        _version, failure, _reserved, kind = _read(connection, 4)
        _read(connection, (_ADDRESS_LENGTHS.get(kind) or _read(connection, 1)[0]) + 2)
        if failure:
            raise ConnectionError(f"The SOCKS5 proxy cannot reach {host} (answer {failure})")
        on_failure.pop_all()
    return connection


def _read(connection: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        piece = connection.recv(count - len(content))
        if not piece:
            raise ConnectionError("The SOCKS5 proxy closed the connection")
        content += piece
    return content


def _relay(first: socket.socket, second: socket.socket) -> None:
    for connection in (first, second):
        connection.settimeout(IDLE_TIMEOUT_S)
    other = threading.Thread(target=_pump, args=(second, first), daemon=True)
    other.start()
    _pump(first, second)
    other.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_CHUNK_BYTES):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for connection in (source, target):
            connection.close()
