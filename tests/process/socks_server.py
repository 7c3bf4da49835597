"""A SOCKS5 proxy of the tests: every name leads to one port of this machine."""

import socket
import socketserver
import threading


def relay(first, second):
    """Pass bytes both ways until both ends are closed."""

    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    other = threading.Thread(target=pump, args=(second, first), daemon=True)
    other.start()
    pump(first, second)
    other.join()


class SocksServer(socketserver.ThreadingTCPServer):
    """Accepts a user name and password where `login` is given, else no authentication."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target_port, login=None):
        self.target_port, self.login, self.asked = target_port, login, []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def __exit__(self, *arguments):
        self.shutdown()
        super().__exit__(*arguments)


class Handler(socketserver.StreamRequestHandler):
    """One connection, as RFC 1928 and 1929 say."""

    def handle(self):
        _version, count = self.rfile.read(2)
        methods = self.rfile.read(count)
        wanted = 2 if self.server.login else 0
        self.request.sendall(bytes([5, wanted if wanted in methods else 255]))
        if wanted not in methods:
            return
        if wanted:
            _version, length = self.rfile.read(2)
            user = self.rfile.read(length).decode()
            password = self.rfile.read(self.rfile.read(1)[0]).decode()
            self.request.sendall(bytes([1, 0 if (user, password) == self.server.login else 1]))
            if (user, password) != self.server.login:
                return
        _version, _command, _reserved, kind = self.rfile.read(4)
        name = self.rfile.read(self.rfile.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(self.rfile.read(4))
        self.server.asked.append((name, int.from_bytes(self.rfile.read(2), "big")))
        with socket.create_connection(("127.0.0.1", self.server.target_port)) as target:
            self.request.sendall(bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
            relay(self.request, target)
