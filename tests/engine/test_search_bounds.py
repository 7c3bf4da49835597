"""A hostile or broken catalogue ends in a sentence that names the cause, soon and in bounded memory."""

import gzip
import json
import socketserver
import threading
import time
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace

import pytest
from allpa_engine.core.catalogues import CATALOGUES, find_catalogue
from allpa_engine.core.errors import Cancelled, CatalogueUnreachable
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.geo.region import Region
from allpa_engine.search import http_request, query, retrying_io, search_scenes
from shapely.geometry import box
from stac_api import StacApi, serve_api
from stac_items import planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
JUNE = ("2020-06-01", "2020-06-30")
ITEMS = [planetary_computer_item(f"202006{day:02d}") for day in range(1, 29)]


@pytest.fixture
def waits(monkeypatch):
    """The pauses before each repetition, which are not waited for."""
    made = []
    monkeypatch.setattr(retrying_io.RetryingIO, "_wait", lambda self, wait_s, cause: made.append(wait_s))
    return made


@contextmanager
def serving(answer):
    """A server that lets `answer` write to the socket of each request once its head has come; counts requests."""
    requests = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            lines = []
            while (line := self.rfile.readline()).strip():
                lines.append(line)
            requests.append(lines[:1])
            try:
                answer(self.wfile.write)
            except OSError:  # the other side hung up, as it should
                return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", requests
        finally:
            server.shutdown()


def whole(body, content_type="application/json", status="200 OK", **headers):
    """A function that writes one whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    return lambda write: write(head + body)


PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(PAGE, "text/html"), 'type text/html and begins with "<!DOCTYPE html>'),
        (whole(b"", "text/plain"), "is not a JSON object"),
        (whole(b"[1, 2]"), 'begins with "[1, 2]"'),
        (whole(b'{"type": "Catalog", "links": '), "is not a JSON object"),
        (whole(b"[" * 200_000), "is not a JSON object"),
        (whole(b"\xff\xfe\x00"), "is not a JSON object"),
        (whole(b"{}", Content_Encoding="br"), "It has no links|has no links|encoding br"),
        (whole(b"x", Content_Encoding="gzip, gzip, gzip"), "encoding gzip, gzip, gzip"),
        (whole(b"not packed", Content_Encoding="gzip"), "Its answer is not compressed as it says."),
        (whole(b"no", status="404 Not Found"), "It answered 404: no."),
        (whole(b"no", status="501 Not Implemented"), "It answered 501: no."),
        (whole(b"", status="304 Not Modified"), "It answered 304"),
    ],
)
def test_what_no_repetition_mends_is_reported_at_once(waits, answer, why):
    with (
        serving(answer) as (url, requests),
        pytest.raises(CatalogueUnreachable, match="is not a STAC catalogue") as caught,
    ):
        search_scenes(REGION, *JUNE, catalogue=f"{url}/catalog.json")
    assert any(text in caught.value.why for text in why.split("|"))
    assert "proxy settings" not in caught.value.next_step
    assert len(requests) == 1
    assert waits == []


@pytest.mark.parametrize(
    "url",
    [
        "http://[bad/x",
        "http://" + "a" * 64 + ".test/x",
        "http:///x",
        "https://exa mple.test/x",
        "https://host.test:99999/x",
        "http://host.test/" + "x" * 9000,
        "HTTP://\x00",
    ],
)
def test_a_malformed_address_is_reported_at_once(waits, url):
    with pytest.raises(CatalogueUnreachable) as caught:
        search_scenes(REGION, *JUNE, catalogue=replace(find_catalogue("https://x.test"), url=url))
    assert "address" in caught.value.why
    assert waits == []


@pytest.mark.parametrize("href", ["ftp://files.test/search", "http://[bad/x", "file:///etc/passwd"])
def test_a_next_link_with_an_unusable_address_is_reported_at_once(waits, href):
    class Odd(StacApi):
        def search(self, body):
            status, headers, text = super().search(body)
            page = {**json.loads(text), "links": [{"rel": "next", "href": href}]}
            return status, headers, json.dumps(page).encode()

    with serve_api(Odd(ITEMS)) as url, pytest.raises(CatalogueUnreachable, match="cannot be searched"):
        search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
    assert waits == []


def test_a_socks_proxy_without_its_package_is_named(waits, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "socks", None)
    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", _no_socks)
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(CatalogueUnreachable) as caught:
        search_scenes(REGION, *JUNE, catalogue="http://catalogue.invalid/v1")
    assert caught.value.what == "The catalogue http://catalogue.invalid/v1 cannot be reached."
    assert "SOCKS proxy" in caught.value.why
    assert "choose an HTTP proxy or none" in caught.value.next_step
    assert waits == []


def _no_socks(*args, **options):
    from requests.exceptions import InvalidSchema

    raise InvalidSchema("Missing dependencies for SOCKS support.")


@pytest.mark.parametrize("layers", [1, 2])
def test_an_answer_that_unpacks_to_too_much_ends_in_little_memory(monkeypatch, waits, layers):
    monkeypatch.setattr(http_request, "MAX_ANSWER_BYTES", 3_000_000)
    body = b'{"a": "' + b"x" * 120_000_000 + b'"}'
    for _ in range(layers):
        body = gzip.compress(body, 1)
    answer = whole(body, Content_Encoding=", ".join(["gzip"] * layers))
    tracemalloc.start()
    try:
        with serving(answer) as (url, _), pytest.raises(CatalogueUnreachable) as caught:
            search_scenes(REGION, *JUNE, catalogue=f"{url}/catalog.json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "more than 3 MB, unpacked" in caught.value.why or "encoding gzip, gzip" in caught.value.why
    assert peak < 40_000_000


def test_an_answer_of_empty_lists_is_not_taken_into_memory(waits):
    """Sixty megabytes of text would be more than a gigabyte of lists."""
    body = b'{"type": "Catalog", "links": [' + b"[]," * 9_000_000 + b"[]]}"
    with serving(whole(body)) as (url, _):
        tracemalloc.start()
        try:
            with pytest.raises(CatalogueUnreachable) as caught:
                search_scenes(REGION, *JUNE, catalogue=f"{url}/catalog.json")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert caught.value.why == "One of its answers has more than 3,000,000 lists and objects."
    assert peak < 4 * len(body)


def test_all_answers_of_a_query_are_bounded_together(monkeypatch):
    monkeypatch.setattr(retrying_io, "MAX_QUERY_BYTES", 30_000)
    api = StacApi(ITEMS)
    with serve_api(api) as url, pytest.raises(CatalogueUnreachable, match="too large") as caught:
        search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url, page_size=3))
    assert caught.value.why == "It sent more than 0 MB for one query."
    assert len(api.searches) < 10


def drip(parts, pause_s):
    def answer(write):
        for part in parts:
            write(part)
            time.sleep(pause_s)

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 OK\r\n", *[b"X-A: 1\r\n"] * 1000],
        [HEAD, *[b" "] * 1000],
        [HEAD[:-2], *[b"X"] * 1000],
    ],
)
def test_a_server_that_drips_is_given_up(monkeypatch, parts):
    monkeypatch.setattr(retrying_io, "SEARCH_POLICY", RetryPolicy(pause_s=0.01, max_pause_s=0.01))
    with serving(drip(parts, 0.05)) as (url, _), pytest.raises(CatalogueUnreachable, match="did not answer within 1 s"):
        search_scenes(REGION, *JUNE, catalogue=url, answer_timeout_s=1)


def test_a_search_of_many_slow_answers_ends(monkeypatch):
    monkeypatch.setattr(query, "SEARCH_TIME_S", 0.5)
    monkeypatch.setattr(query, "TIME_PER_QUERY_S", 0.5)

    class Slow(StacApi):
        def search(self, body):
            time.sleep(0.2)
            status, headers, text = super().search(body)
            return status, headers, text

    api = Slow(ITEMS)
    with serve_api(api) as url, pytest.raises(CatalogueUnreachable, match="too large") as caught:
        search_scenes(
            REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url, page_size=1), answer_timeout_s=9
        )
    assert caught.value.why == "The search took too long."
    assert len(api.searches) < 28


def test_a_certificate_file_that_is_not_there_is_reported_at_once(waits, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
    with pytest.raises(CatalogueUnreachable, match="cannot be reached") as caught:
        search_scenes(REGION, *JUNE, catalogue="https://catalogue.invalid/v1")
    assert "/nowhere/bundle.pem" in caught.value.why
    assert waits == []


def test_a_cancel_is_noticed_while_a_server_says_nothing():
    class Stopping(NullReporter):
        calls = 0

        def progress(self, stage, done, total):
            self.calls += 1
            if self.calls > 3:
                raise Cancelled("The user stopped the job.")

    with serving(lambda write: time.sleep(30)) as (url, _), pytest.raises(Cancelled):
        search_scenes(REGION, *JUNE, catalogue=url, reporter=Stopping())


def test_a_search_has_a_bound_of_items(monkeypatch):
    monkeypatch.setattr(query, "MAX_SEARCH_ITEMS", 20)
    with serve_api(StacApi(ITEMS)) as url, pytest.raises(CatalogueUnreachable) as caught:
        search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
    assert caught.value.why == "It has more than 20 items."


def test_a_static_catalogue_of_a_long_chain_is_read_to_its_end(tmp_path):
    """Deeper than Python's own stack."""
    for number in range(1500):
        links = [{"rel": "child", "href": f"{number + 1}.json"}]
        if number == 1499:
            links = [{"rel": "item", "href": "item.json"}]
        document = {"type": "Catalog", "stac_version": "1.0.0", "id": str(number), "description": "x", "links": links}
        (tmp_path / f"{number}.json").write_text(json.dumps(document))
    (tmp_path / "item.json").write_text(json.dumps(ITEMS[3]))
    found = search_scenes(REGION, *JUNE, catalogue=str(tmp_path / "0.json"))
    assert [scene.date for scene in found.scenes] == ["2020-06-04"]


def test_items_that_share_an_id_and_differ_are_used_once(tmp_path):
    items = [{**planetary_computer_item(day), "id": "S2A_MSIL2A_same"} for day in ("20200603", "20200608")]
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    found = search_scenes(REGION, *JUNE, catalogue=str(tmp_path / "items.json"))
    assert len(found.scenes) == 1
    assert any("used by several items that differ" in note for note in found.notes)


@pytest.mark.parametrize(
    ("status", "headers", "next_step"),
    [
        (401, {}, "the key that it needs"),
        (404, {}, "Check the URL, or choose another catalogue."),
        (302, {"Location": "/search"}, "Check the URL, or choose another catalogue."),
        (302, {"Location": "file:///etc/hosts"}, "Check the URL, or choose another catalogue."),
        (400, {}, "Choose a smaller region"),
    ],
)
def test_a_smaller_region_is_advised_only_where_it_can_help(waits, status, headers, next_step):
    class Refusing(StacApi):
        def search(self, body):
            return status, headers, b"no"

    with serve_api(Refusing(ITEMS)) as url, pytest.raises(CatalogueUnreachable, match="cannot be searched") as caught:
        search_scenes(REGION, *JUNE, catalogue=url)
    assert next_step in caught.value.next_step
    assert waits == []
