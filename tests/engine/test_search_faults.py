"""Search against a server on loopback that fails: it waits, asks for less, pages on, or gives up in time."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
from allpa_engine.core.catalogues import CATALOGUES
from allpa_engine.core.errors import Cancelled, CatalogueUnreachable, JobInvalid, NoScenes
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.geo.region import Region
from allpa_engine.search import retrying_io, search_scenes
from allpa_engine.search.http_request import CatalogueRequest
from fault_server import Faults, FaultServer
from shapely.geometry import box
from stac_api import StacApi, serve_api
from stac_items import TILE, data_space_item, earth_search_item, planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
DAYS = [f"202006{day:02d}" for day in range(1, 29)]
JUNE = ("2020-06-01", "2020-06-30")
ITEMS = [planetary_computer_item(day) for day in DAYS]
USUAL_POLICY = retrying_io.SEARCH_POLICY
BUSY = b'<?xml version="1.0"?><Error><Code>ServerBusy</Code></Error>'


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Back-off by milliseconds, so that the tests do not sleep."""
    monkeypatch.setattr(retrying_io, "SEARCH_POLICY", RetryPolicy(pause_s=0.002, max_pause_s=0.01))


def search(api, catalogue="planetary_computer", dates=JUNE, **options):
    """Search `api` by the rules of a catalogue of the table."""
    with serve_api(api) as url:
        asked = replace(CATALOGUES[catalogue], url=url)
        return search_scenes(REGION, *dates, catalogue=asked, **{"answer_timeout_s": 20, **options})


def days(found):
    return [scene.date.replace("-", "") for scene in found.scenes]


@pytest.mark.parametrize(
    "faults",
    [
        [(503, {}, BUSY)] * 3,
        [(429, {"Retry-After": "0"}, b"slow down")],
        [(500, {}, b'{"message": "Internal server error"}')] * 2,
        [(502, {}, b"")],
        [(200, {}, b"<html>captive portal</html>")] * 2,
        [(200, {}, b'{"type": "FeatureCollection", "features": [')],
        [(200, {}, b"[1, 2]")],
        [(0, {}, b"")] * 2,  # hangs up
        [(200, {"Content-Length": 100}, b'{"type"')],  # cut short
        [(504, {}, b"")],
        [(400, {}, b'{"detail": "The request exceeded the maximum allowed time, please try again."}')],
    ],
)
def test_passing_faults_change_nothing(faults):
    assert days(search(StacApi(ITEMS, faults=faults))) == DAYS


def test_retry_after_is_waited_for(monkeypatch):
    waits = []
    monkeypatch.setattr(retrying_io.RetryingIO, "_wait", lambda self, wait_s, cause: waits.append(wait_s))
    search(
        StacApi(
            ITEMS,
            faults=[(429, {"Retry-After": "7.5"}, b""), (503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"")],
        )
    )
    assert waits[0] == 7.5
    assert waits[1] < 1  # a date in the past


def test_a_long_wait_is_reported(monkeypatch):
    monkeypatch.setattr(retrying_io, "MIN_REPORTED_WAIT_S", 0.9)
    messages = []

    class Listener:
        def progress(self, stage, done, total):
            """Ignore progress."""

        def log(self, text, level="info"):
            messages.append(text)

    search(StacApi(ITEMS, faults=[(429, {"Retry-After": "1"}, b"slow down")]), reporter=Listener())
    assert messages == [
        "Waiting 1 s before the next request to Microsoft Planetary Computer. It answered 429: slow down."
    ]


def test_a_retry_after_beyond_the_limit_is_not_waited_for():
    with pytest.raises(CatalogueUnreachable, match="within 5 s"):
        search(StacApi(ITEMS, faults=[(429, {"Retry-After": "3600"}, b"")]), answer_timeout_s=5)


def test_a_catalogue_that_never_answers_is_given_up():
    api = StacApi(ITEMS, faults=[(503, {}, BUSY)] * 10_000)
    with pytest.raises(CatalogueUnreachable, match="Microsoft Planetary Computer did not answer") as caught:
        search(api, answer_timeout_s=1)
    assert "503" in caught.value.why
    assert 2 < len(api.searches) < 1000


def test_a_refused_search_is_reported_at_once():
    api = StacApi(ITEMS, faults=[(403, {}, b"forbidden")])
    with pytest.raises(CatalogueUnreachable, match="cannot be searched"):
        search(api)
    assert len(api.searches) == 1


@pytest.fixture
def waits(monkeypatch):
    """The pauses before each repetition, which are not waited for."""
    made = []
    monkeypatch.setattr(retrying_io.RetryingIO, "_wait", lambda self, wait_s, cause: made.append(wait_s))
    return made


@pytest.mark.parametrize(
    ("catalogue", "proxy", "why"),
    [
        ("http://127.0.0.1:9", "", "No connection to it can be made"),
        ("https://catalogue.invalid/v1", "", "host name could not be resolved"),
        ("http://catalogue.invalid/v1", "http://127.0.0.1:9", "proxy cannot be reached"),
        ("https://catalogue.invalid/v1", "http://127.0.0.1:9", "proxy cannot be reached"),
    ],
)
def test_an_unreachable_catalogue_is_reported_at_once(monkeypatch, waits, catalogue, proxy, why):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setattr(retrying_io, "SEARCH_POLICY", USUAL_POLICY)
    with pytest.raises(CatalogueUnreachable, match="cannot be reached") as caught:
        search_scenes(REGION, *JUNE, catalogue=catalogue)
    assert why in caught.value.why
    assert len(waits) == 2
    assert sum(waits) <= 1.5


def test_a_proxy_that_asks_for_a_login_is_reported_at_once(monkeypatch, waits):
    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_error(407)

        def log_message(self, *args):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_port}")
        with pytest.raises(CatalogueUnreachable, match="cannot be reached") as caught:
            search_scenes(REGION, *JUNE, catalogue="https://catalogue.invalid/v1")
        proxy.shutdown()
    assert "requires a user name and password" in caught.value.why
    assert len(waits) == 2


def test_an_untrusted_certificate_is_reported_at_once(monkeypatch, waits):
    def refuse(*given, **options):
        raise requests.exceptions.SSLError("certificate verify failed: [SSL: CERTIFICATE_VERIFY_FAILED]")

    io = retrying_io.RetryingIO("The catalogue", 1000)
    monkeypatch.setattr(io.session, "request", refuse)
    with pytest.raises(CatalogueUnreachable, match="certificate is not trusted"):
        io.read(CatalogueRequest("https://catalogue.invalid/v1"))
    assert len(waits) == 2


def test_without_any_answer_the_limit_is_shorter(monkeypatch, tmp_path):
    monkeypatch.setattr(retrying_io, "FIRST_ANSWER_TIMEOUT_S", 0.2)
    (tmp_path / "catalogue").write_text("{}")
    with (
        FaultServer(tmp_path, Faults(queued={"catalogue": ["503"] * 10_000})) as server,
        pytest.raises(CatalogueUnreachable, match=r"within 0\.2 s"),
    ):
        search_scenes(REGION, *JUNE, catalogue=f"{server.url}/catalogue")


def test_a_way_that_is_lost_after_an_answer_is_waited_for_no_longer_than_a_first_answer(monkeypatch):
    monkeypatch.setattr(retrying_io, "FIRST_ANSWER_TIMEOUT_S", 0.3)
    io = retrying_io.RetryingIO("The catalogue", 1000)
    with serve_api(StacApi(ITEMS)) as url:
        io.read(CatalogueRequest(url))
    with pytest.raises(CatalogueUnreachable, match=r"within 0\.3 s"):
        io.read(CatalogueRequest(url))


def test_an_address_that_is_no_catalogue():
    with serve_api(StacApi(ITEMS)) as url, pytest.raises(CatalogueUnreachable):
        search_scenes(REGION, *JUNE, catalogue=f"{url}/nothing-here", answer_timeout_s=1)


def test_cancel_while_waiting(monkeypatch):
    monkeypatch.setattr(retrying_io, "SEARCH_POLICY", RetryPolicy(pause_s=60, max_pause_s=60))

    class Impatient:
        calls = 0

        def progress(self, stage, done, total):
            self.calls += 1
            if self.calls > 5:
                raise Cancelled("The user stopped the job.")

        def log(self, text, level="info"):
            """Ignore text."""

    with pytest.raises(Cancelled):
        search(StacApi(ITEMS, faults=[(503, {}, BUSY)] * 100), reporter=Impatient(), answer_timeout_s=100)


def small_pages(catalogue="planetary_computer"):
    return replace(CATALOGUES[catalogue], page_size=10)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("extensions", [("query",), ("filter",), ()])
def test_next_links_are_followed(extensions, merge):
    api = StacApi(ITEMS, extensions=extensions, merge=merge)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(small_pages(), url=url))
    assert days(found) == DAYS
    assert len(api.searches) == 3


@pytest.mark.parametrize("extensions", [("query", "sort"), ("filter", "sort")])
def test_full_pages_without_a_next_link_are_continued_by_id(extensions):
    api = StacApi(ITEMS, extensions=extensions, next_links=False)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(small_pages(), url=url))
    assert days(found) == DAYS
    assert all("sortby" in body for body in api.searches[1:])


def test_full_pages_without_next_link_or_sorting_are_asked_for_by_shorter_periods():
    api = StacApi(ITEMS, extensions=("query",), next_links=False)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(small_pages(), url=url))
    assert days(found) == DAYS


@pytest.mark.parametrize("extensions", [("query", "sort"), ("query",)])
def test_pages_smaller_than_asked_for_are_noticed_by_the_number_matched(extensions):
    api = StacApi(ITEMS, extensions=extensions, next_links=False, max_page_size=10)
    assert days(search(api)) == DAYS


def test_a_service_that_knows_no_post_is_asked_by_get():
    api = StacApi(ITEMS, extensions=(), post=False)
    assert days(search(api)) == DAYS
    assert len(api.searches) == 1


def test_what_is_not_an_item_is_passed_over():
    page = {"type": "FeatureCollection", "features": [None, 3, "x", {}, ITEMS[0]], "links": None}
    faults = [(200, {}, json.dumps(page).encode().replace(b"5.0", b"NaN"))]
    assert days(search(StacApi(ITEMS, faults=faults))) == DAYS[:1]


def test_a_list_that_cannot_be_read_to_its_end_is_not_taken_for_whole():
    crowd = [
        planetary_computer_item("20200601", generation_time=f"20200602T{n:06d}", strip=f"20200601T15{n:04d}")
        for n in range(40)
    ]
    api = StacApi(crowd, extensions=("query",), next_links=False)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(small_pages(), url=url), answer_timeout_s=2)
    assert found.warnings == (
        f"Microsoft Planetary Computer returned only 10 of 40 items for {TILE} in 2020-06: scenes may be missing.",
    )
    assert found.notes[0] == found.warnings[0]


def test_pages_that_are_too_big_are_halved():
    api = StacApi(ITEMS, max_limit=30)
    assert days(search(api)) == DAYS
    assert min(body["limit"] for body in api.searches) == 25


def test_periods_that_are_too_long_are_split():
    api = StacApi(ITEMS, timeout_after_days=10)
    assert days(search(api)) == DAYS


def test_a_service_too_slow_for_any_period_is_given_up():
    with pytest.raises(CatalogueUnreachable):
        search(StacApi(ITEMS, timeout_after_days=0), answer_timeout_s=0.3)


@pytest.mark.parametrize(
    ("catalogue", "item", "month"),
    [
        ("planetary_computer", planetary_computer_item(), "2020-06"),
        ("cdse", data_space_item(), "2020-03"),
    ],
)
def test_tiles_are_asked_for_by_name_and_by_month(catalogue, item, month):
    api = StacApi([item])
    found = search(api, catalogue, (f"{month}-01", f"{month}-28"))
    assert [scene.tile for scene in found.scenes] == [TILE]
    assert all("bbox" not in body and "query" in body for body in api.searches)


def test_earth_search_is_asked_for_the_parts_of_the_tile_s_name():
    item = earth_search_item("sentinel-2-c1-l2a", baseline="05.11")
    item["properties"].update({"mgrs:utm_zone": 18, "mgrs:latitude_band": "L", "mgrs:grid_square": "YL"})
    found = search(StacApi([item], extensions=("filter",)), "earth_search", ("2025-07-01", "2025-07-31"))
    assert [scene.tile for scene in found.scenes] == [TILE]


def test_a_catalogue_without_filters_is_asked_by_box():
    api = StacApi(ITEMS, extensions=())
    assert days(search(api)) == DAYS
    assert all("bbox" in body and "query" not in body for body in api.searches)


def test_another_catalogue_takes_over_for_the_whole_period_and_says_so():
    """The first answers for one month and then fails: none of its scenes is mixed in."""
    other = [earth_search_item("sentinel-2-c1-l2a", "05.00", day=day) for day in ("20200610", "20200710")]
    for item in other:
        item["properties"].update({"mgrs:utm_zone": 18, "mgrs:latitude_band": "L", "mgrs:grid_square": "YL"})

    class FailsInJuly(StacApi):
        def search(self, body):
            return (503, {}, BUSY) if body["datetime"].startswith("2020-07") else super().search(body)

    broken = FailsInJuly(ITEMS)
    with serve_api(broken) as url, serve_api(StacApi(other)) as second:
        found = search_scenes(
            REGION,
            "2020-06-01",
            "2020-07-31",
            catalogue=replace(CATALOGUES["planetary_computer"], url=url),
            fallback=replace(CATALOGUES["earth_search"], url=second),
            answer_timeout_s=0.3,
        )
    assert {scene.catalogue for scene in found.scenes} == {"earth_search"}
    assert len(found.scenes) == 2
    assert "Earth Search, Collection 1 replaces Microsoft Planetary Computer" in found.notes[0]
    assert TILE in found.notes[0]


def thin_and_rich(rich_days, thin_days, **options):
    """Search a catalogue that knows the tile on `thin_days`, with another that knows `rich_days` to fall back on."""
    rich = [earth_search_item("sentinel-2-c1-l2a", "05.00", day=day) for day in rich_days]
    for item in rich:
        item["properties"].update({"mgrs:utm_zone": 18, "mgrs:latitude_band": "L", "mgrs:grid_square": "YL"})
    thin = StacApi([planetary_computer_item(day) for day in thin_days])
    with serve_api(thin) as url, serve_api(StacApi(rich, **options)) as second:
        return search_scenes(
            REGION,
            *JUNE,
            catalogue=replace(CATALOGUES["planetary_computer"], url=url),
            fallback=replace(CATALOGUES["earth_search"], url=second),
            answer_timeout_s=1,
        )


def test_a_tile_with_suspiciously_few_acquisitions_is_taken_from_the_catalogue_that_has_more():
    found = thin_and_rich(DAYS[::5], DAYS[:2])
    assert {scene.catalogue for scene in found.scenes} == {"earth_search"}
    assert days(found) == DAYS[::5]
    assert "it has 6 acquisition days, not 2" in found.notes[0]


def test_a_tile_that_the_first_cannot_list_whole_is_taken_from_the_catalogue_that_has_more():
    """Every fifth day is what two satellites give, so the few days that the first lists are not suspicious."""
    found = thin_and_rich(DAYS, DAYS[::4], next_links=True)
    assert {scene.catalogue for scene in found.scenes} == {"planetary_computer"}

    class Short(StacApi):
        def search(self, body):
            status, headers, text = super().search(body)
            return status, headers, json.dumps({**json.loads(text), "numberMatched": 28}).encode()

    rich = [earth_search_item("sentinel-2-c1-l2a", "05.00", day=day) for day in DAYS]
    for item in rich:
        item["properties"].update({"mgrs:utm_zone": 18, "mgrs:latitude_band": "L", "mgrs:grid_square": "YL"})
    short = Short([planetary_computer_item(day) for day in DAYS[::4]])
    with serve_api(short) as url, serve_api(StacApi(rich)) as second:
        found = search_scenes(
            REGION,
            *JUNE,
            catalogue=replace(CATALOGUES["planetary_computer"], url=url),
            fallback=replace(CATALOGUES["earth_search"], url=second),
        )
    assert {scene.catalogue for scene in found.scenes} == {"earth_search"}


def test_a_tile_that_the_first_does_not_know_at_all_is_taken_from_the_second():
    found = thin_and_rich(DAYS, [])
    assert {scene.catalogue for scene in found.scenes} == {"earth_search"}
    assert "not 0" in found.notes[0]


def test_a_thin_tile_stays_where_the_other_has_no_more_or_does_not_answer():
    for found in (
        thin_and_rich(DAYS[:2], DAYS[:2]),
        thin_and_rich([], DAYS[:2]),
        thin_and_rich(DAYS, DAYS[:2], faults=[(403, {}, b"")]),
    ):
        assert {scene.catalogue for scene in found.scenes} == {"planetary_computer"}
        assert days(found) == DAYS[:2]


def test_a_well_covered_tile_does_not_ask_the_second():
    found = thin_and_rich(DAYS, DAYS[::4])
    assert {scene.catalogue for scene in found.scenes} == {"planetary_computer"}
    assert not any("replaces" in note for note in found.notes)


def test_when_the_second_fails_as_well_the_search_fails():
    with pytest.raises(CatalogueUnreachable):
        search_scenes(
            REGION, *JUNE, catalogue="http://127.0.0.1:9", fallback="http://127.0.0.1:9/b", answer_timeout_s=0.2
        )


def test_a_catalogue_that_knows_other_collections_only():
    landsat = {**planetary_computer_item(), "collection": "landsat"}
    with serve_api(StacApi([landsat])) as url, pytest.raises(JobInvalid, match="Sentinel-2 L2A"):
        search_scenes(REGION, *JUNE, catalogue=url)


def test_items_that_are_garbage_do_not_end_the_search():
    broken = {**planetary_computer_item("20200605"), "id": "broken", "assets": {}}
    found = search(StacApi([broken, *ITEMS[:3]]))
    assert len(found.scenes) == 3
    assert any("broken" in note for note in found.notes)
    with pytest.raises(NoScenes, match="None of the 1 items"):
        search(StacApi([broken]))
