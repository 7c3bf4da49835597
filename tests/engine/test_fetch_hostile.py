"""Addresses, ids and servers that cannot be used: only their scene fails, at once, with its cause."""

import os
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests
from allpa_engine.core.errors import AllScenesFailed, SceneUnreadable
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import Asset, FailedScene, FetchedScene
from allpa_engine.fetch import fetch_selection, remote_file
from allpa_engine.fetch.band_reader import BandOpener
from allpa_engine.fetch.http import Connection, RetryState
from allpa_engine.fetch.remote_file import RemoteFile
from allpa_engine.fetch.resume import ResumableFile, resume_path
from allpa_engine.fetch.signing import NoSigner, PlanetarySigner
from fault_server import FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

REGION = region_from_metres(300, 300, 1500, 900)


@pytest.fixture(autouse=True)
def no_repetition(monkeypatch):
    """No test here may wait for a repetition: each failure is final."""

    def refuse(self, error):
        raise AssertionError(f"would be requested again: {error.reason}")

    monkeypatch.setattr(RetryState, "record_failure", refuse)


@pytest.fixture
def archive(tmp_path):
    for number, name in enumerate(("bad", "good")):
        write_layers(tmp_path / "archive" / name, random_layers(number))
    return tmp_path / "archive"


def fetch(scenes, folder):
    return list(fetch_selection(make_selection(scenes), REGION, folder, reporter=NullReporter()))


def with_href(scene, href, band="B08"):
    return replace(scene, assets={**scene.assets, band: Asset(href)})


@pytest.mark.parametrize(
    ("href", "reason"),
    [
        ("http://[bad/x.tif", "its address is malformed"),
        (f"http://{'a' * 64}.org/x.tif", "its address is malformed"),
        ("http://a..org/x.tif", "its address is malformed"),
        ("http://a.org:99999/x.tif", "its address is malformed"),
        ("http:///x.tif", "its address names no host"),
        ("http://a.org/x\0.tif", "its address holds a character that no address may hold"),
        ("ftp://a.org/x.tif", "addresses that begin with ftp: cannot be read"),
        ("abfs://container/x.tif", "addresses that begin with abfs: cannot be read"),
        ("//server/share/x.tif", "its address names a folder that another machine shares"),
        ("\\\\server\\share\\x.tif", "its address names a folder that another machine shares"),
        ("file://server/share/x.tif", "its address names a folder that another machine shares"),
        ("x" * 300 + ".tif", "does not exist"),
        ("/x\0.tif", "does not exist"),
        ("", "does not exist"),
    ],
)
def test_one_bad_address_fails_its_scene_only(archive, tmp_path, href, reason):
    scenes = [with_href(make_scene(str(archive), "bad"), href), make_scene(str(archive), "good", 1)]
    failed, fetched = fetch(scenes, tmp_path / "out")
    assert isinstance(failed, FailedScene)
    assert reason in failed.reason
    assert isinstance(fetched, FetchedScene)


@pytest.mark.parametrize("identifier", ["", "a\0b", "a\nb", "\ud800", " a", "x" * 2000])
def test_an_id_that_no_tag_can_hold_fails_its_scene_only(archive, tmp_path, identifier):
    scenes = [replace(make_scene(str(archive), "bad"), id=identifier), make_scene(str(archive), "good", 1)]
    failed, fetched = fetch(scenes, tmp_path / "out")
    assert "id is empty, too long, or has characters that cannot be printed" in failed.reason
    assert isinstance(fetched, FetchedScene)


@pytest.mark.parametrize("identifier", ["../../x", "/x", "a/b", "C:" + "x" * 290, "CON", "ñ=&<>\"'%"])
def test_any_other_id_is_found_again_in_the_file(archive, tmp_path, identifier):
    scene = replace(make_scene(str(archive), "good"), id=identifier)
    (first,) = fetch([scene], tmp_path / "a" / "out")
    assert first.path.parent == tmp_path / "a" / "out"
    before = first.path.stat().st_ino
    (again,) = fetch([scene], tmp_path / "a" / "out")
    assert (again.scene.id, again.path.stat().st_ino) == (identifier, before)
    assert [path.name for path in tmp_path.iterdir() if path.name != "archive"] == ["a"]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY"])
def test_a_socks_proxy_without_its_package_is_named_at_once(archive, tmp_path, monkeypatch, variable):
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", _no_socks)
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "socks5h://127.0.0.1:9")
    with pytest.raises(AllScenesFailed, match="SOCKS proxy") as caught:
        fetch([make_scene("http://catalogue.invalid", "good")], tmp_path / "out")
    assert "Check the network and the proxy settings" in caught.value.next_step


def _no_socks(*given, **options):
    raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")


def test_the_package_for_socks_proxies_is_there():
    assert requests.adapters.SOCKSProxyManager.__module__ == "urllib3.contrib.socks"


def test_a_proxy_that_wants_a_login_is_named_at_once(tmp_path, monkeypatch):
    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_error(407)

        def log_message(self, *given):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_port}")
        with pytest.raises(AllScenesFailed, match="The proxy requires a user name and password"):
            fetch([make_scene("https://catalogue.invalid", "good")], tmp_path / "out")
        proxy.shutdown()


def test_the_network_is_blamed_only_where_it_is_the_cause(archive, tmp_path):
    (archive / "bad" / "B04.tif").unlink()
    with pytest.raises(AllScenesFailed) as caught:
        fetch([make_scene(str(archive), "bad")], tmp_path / "out")
    assert "network" not in str(caught.value)


@pytest.mark.parametrize("text", ["<!DOCTYPE html><html>Log in</html>", '\n{"error": "moved"}', "\ufeff<?xml?>"])
def test_a_page_in_place_of_a_file_is_named_at_once(archive, tmp_path, text):
    (archive / "bad" / "B04.tif").write_text(text, encoding="utf-8")
    with FaultServer(archive) as server:
        with pytest.raises(AllScenesFailed, match=r'is not an image: the server sent "[<{]'):
            fetch([make_scene(server.url, "bad")], tmp_path / "out")
        assert server.requests.count("/bad/B04.tif") == 1


@pytest.mark.parametrize("content_range", ["bytes nonsense", "bytes 0-63/99999999999999999999", "bytes 5-68/9000", ""])
def test_a_server_that_never_sends_the_requested_bytes_is_given_up_soon(archive, tmp_path, monkeypatch, content_range):
    class Wrong(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(206)
            self.send_header("Content-Range", content_range)
            self.send_header("Content-Length", "64")
            self.end_headers()
            self.wfile.write(b"II*\0" + bytes(60))

        def log_message(self, *_):
            pass

    failures = []
    monkeypatch.setattr(RetryState, "record_failure", lambda self, error: failures.append(error.reason))
    with HTTPServer(("127.0.0.1", 0), Wrong) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        scene = with_href(make_scene(str(archive), "bad"), f"http://127.0.0.1:{server.server_port}/B08.tif")
        with pytest.raises(AllScenesFailed, match="its server never sends the requested bytes") as caught:
            fetch([scene], tmp_path / "out")
        server.shutdown()
    assert failures == ["the server sent a different byte range"] * 2
    assert "network" not in caught.value.next_step


def test_a_query_is_part_of_an_address_and_its_secrets_reach_no_file(archive, tmp_path):
    class Router(FaultServer):
        """Files by `download?file=`, for those who know the word."""

        def next_fault(self, path, query, range_header):
            assert "token=hidden" in query
            return super().next_fault(path, query, range_header)

    with Router(archive) as server:
        scene = make_scene(server.url, "good")
        assets = {key: replace(a, href=f"{a.href}?file={key}&token=hidden") for key, a in scene.assets.items()}
        (fetched,) = fetch([replace(scene, assets=assets)], tmp_path / "out")
        assert any("file=B02" in request for request in server.requests)
    assert b"hidden" not in fetched.path.read_bytes()


def test_resumed_bytes_of_one_query_do_not_serve_another(tmp_path):
    (tmp_path / "download").write_bytes(b"x" * 1000)
    with FaultServer(tmp_path) as server:
        path = tmp_path / "kept"
        for band in ("B02", "B03"):
            remote = RemoteFile(Asset(f"{server.url}/download?file={band}&sig=hidden"), Connection(), NoSigner())
            ResumableFile(remote, path).read(0, 100)
        assert [request for request in server.requests if "B03" in request]
    journal = path.with_name("kept.journal").read_text()
    assert "file=B03" in journal
    assert "hidden" not in journal


def test_files_in_public_buckets_are_requested_by_https():
    assert NoSigner().sign("s3://sentinel-cogs/a/B02.tif") == "https://sentinel-cogs.s3.amazonaws.com/a/B02.tif"
    assert NoSigner().sign("gs://public/B02.jp2") == "https://storage.googleapis.com/public/B02.jp2"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_without_end_is_given_up(tmp_path, monkeypatch, ranges):
    monkeypatch.setattr(remote_file, "MAX_FILE_BYTES", 100_000)
    (tmp_path / "file.tif").write_bytes(b"II*\0" + b"x" * 200_000)
    with FaultServer(tmp_path) as server:
        server.faults.ranges = ranges
        opener = BandOpener(Connection(), NoSigner(), tmp_path / "out.tif")
        with pytest.raises(SceneUnreadable, match="larger than"):
            opener.open(Asset(f"{server.url}/file.tif"))


def test_an_answer_without_length_has_a_bound_too(tmp_path, monkeypatch):
    class Endless(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b"x" * 10_000)

        def log_message(self, *given):
            """Say nothing."""

    monkeypatch.setattr(remote_file, "MAX_FILE_BYTES", 100_000)
    with HTTPServer(("127.0.0.1", 0), Endless) as server:
        server.handle_error = lambda *given: None
        Thread(target=server.serve_forever, daemon=True).start()
        remote = RemoteFile(Asset(f"http://127.0.0.1:{server.server_port}/x"), Connection(), NoSigner())
        with pytest.raises(SceneUnreadable, match="larger than"):
            ResumableFile(remote, tmp_path / "copy").whole()
        server.shutdown()
    assert (tmp_path / "copy").stat().st_size <= 100_000


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"token": "x"}', b"x" * 1_000_000])
def test_an_answer_that_is_no_signature_is_named_at_once(tmp_path, body):
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "container").write_bytes(body)
    with FaultServer(tmp_path) as server:
        signer = PlanetarySigner(Connection(), server.url, ".test")
        with pytest.raises(SceneUnreadable, match="is not a signature"):
            signer.sign("https://account.test/container/B02.tif")
        assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system has no links that are followed")
@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["symbolic", "hard"])
@pytest.mark.parametrize("suffix", ["", ".journal"])
def test_planted_links_lead_no_bytes_into_foreign_files(tmp_path, link, suffix):
    foreign, folder = tmp_path / "foreign", tmp_path / "shared"
    foreign.write_bytes(b"mine")
    folder.mkdir()
    (tmp_path / "file").write_bytes(b"x" * 5000)
    path = resume_path(folder / "scene.tif", 1)
    link(foreign, path.with_name(path.name + suffix))
    with FaultServer(tmp_path) as server:
        resumable = ResumableFile(RemoteFile(Asset(f"{server.url}/file"), Connection(), NoSigner()), path)
        assert resumable.read(0, 1000) == b"x" * 1000
        resumable.discard()
    assert foreign.read_bytes() == b"mine"


@pytest.mark.parametrize(
    "journal",
    [
        '{"etag": 7, "size": "many", "href": "HREF"}\n0 3 1\n',
        '{"etag": "x", "size": "many", "href": "HREF"}\n',
        '{"etag": "x", "size": 3, "href": ["HREF"]}\n-5 99999999999 1\n',
        "{" * 100_000,
        '{"a":' * 100_000 + "\n",
        "\xb2 3 4\n",
        "9" * 5000 + " 3 4\n",
    ],
)
def test_a_journal_that_is_not_ours_is_begun_anew(tmp_path, journal):
    (tmp_path / "file").write_bytes(b"x" * 5000)
    path = resume_path(tmp_path / "scene.tif", 1)
    with FaultServer(tmp_path) as server:
        href = f"{server.url}/file"
        path.with_name(path.name + ".journal").write_text(journal.replace("HREF", href), encoding="utf-8")
        path.write_bytes(b"y" * 3)
        resumable = ResumableFile(RemoteFile(Asset(href), Connection(), NoSigner()), path)
        resumable.discard_if_changed()
        assert resumable.read(0, 1000) == b"x" * 1000


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-3", "1e3", ""])
def test_a_length_that_is_no_number_counts_as_none(tmp_path, length):
    class Odd(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(b"II*\0" + b"x" * 100)

        def log_message(self, *given):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Odd) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        remote = RemoteFile(Asset(f"http://127.0.0.1:{server.server_port}/x"), Connection(), NoSigner())
        assert ResumableFile(remote, tmp_path / "copy").whole().stat().st_size == 104
        server.shutdown()
