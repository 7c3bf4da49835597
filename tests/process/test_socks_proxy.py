"""QGIS's SOCKS5 proxy: uv and the engine speak SOCKS, and pip gets a bridge that does."""

import http.client
import http.server
import threading

import pytest
from socks_server import SocksServer


class Handler(http.server.BaseHTTPRequestHandler):
    """Says which host was asked for."""

    def do_GET(self):
        content = f"{self.headers['Host']} {self.path}".encode() + b"x" * 300_000
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def index():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def get(bridge, authorization, host="index.example"):
    connection = http.client.HTTPConnection("127.0.0.1", bridge.server_address[1], timeout=20)
    connection.set_tunnel(host, 8080, {"Proxy-Authorization": authorization})
    connection.request("GET", "/simple/")
    return connection.getresponse().read()


@pytest.mark.parametrize("login", [None, ("ana", "a:b/ñ")])
def test_a_client_without_socks_gets_through_and_the_proxy_resolves_the_name(allpa, index, login):
    from urllib.parse import quote

    from allpa.plugin.worker.socks_bridge import SocksBridge

    user = f"{login[0]}:{quote(login[1], safe='')}@" if login else ""
    with (
        SocksServer(index.server_port, login) as socks,
        SocksBridge(f"socks5h://{user}127.0.0.1:{socks.port}") as bridge,
    ):
        content = get(bridge, bridge.authorization)
        assert content == b"index.example:8080 /simple/" + b"x" * 300_000
        assert socks.asked == [("index.example", 8080)]


def test_a_stranger_cannot_use_the_bridge(allpa, index):
    from allpa.plugin.worker.socks_bridge import SocksBridge

    with SocksServer(index.server_port) as socks, SocksBridge(f"socks5h://127.0.0.1:{socks.port}") as bridge:
        with pytest.raises(OSError, match="407"):
            get(bridge, "Basic YWxscGE6d3Jvbmc=")
        assert socks.asked == []


def test_a_wrong_login_and_a_proxy_that_is_not_there_are_refused(allpa, index):
    from allpa.plugin.worker.socks_bridge import SocksBridge

    with SocksServer(index.server_port, ("ana", "right")) as socks:
        for url in (f"socks5h://ana:wrong@127.0.0.1:{socks.port}", "socks5h://127.0.0.1:9"):
            with SocksBridge(url) as bridge, pytest.raises(OSError, match="502"):
                get(bridge, bridge.authorization)
    assert socks.asked == []


def test_pip_gets_the_bridge_and_uv_the_proxy_itself(places, feedback, monkeypatch):
    started = []

    def record(_watcher, command, _folder, _feedback, variables, _on_poll=None):
        started.append((command, variables["https_proxy"]))
        return "python 3 11"

    proxy = "socks5h://ana:secret@proxy.example:1080"
    monkeypatch.setattr(places.build, "run_installer", record)
    monkeypatch.setattr(places.build, "probe", lambda engine, feedback: None)
    monkeypatch.setattr(places.build, "installer_variables", lambda: {"https_proxy": proxy})
    monkeypatch.setattr(places.build.Build, "_move_into_place", lambda build, kept: None)
    places.installation.install_engine(feedback)
    by_pip = [value for command, value in started if "install" in command and "pip" in command[2]]
    by_uv = [value for command, value in started if command[0].endswith("uv")]
    assert len(by_pip) == 1
    assert by_pip[0].startswith("http://allpa:")
    assert by_uv
    assert set(by_uv) == {proxy}
