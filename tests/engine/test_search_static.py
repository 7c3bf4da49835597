"""Static catalogues: only what place and time can need is read, and never without an end."""

import functools
import json
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from allpa_engine.core.errors import Cancelled, CatalogueUnreachable, NoScenes
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.search import static_catalogue as static
from shapely.geometry import MultiPolygon, box
from stac_items import planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
YEAR = ("2020-01-01", "2020-12-31")
HERE = [-73.5, -14.0, -72.0, -13.0]


def collection(name, bboxes, start, end, days):
    """A collection and its items, as documents by their paths."""
    folder = f"{name}/"
    items = [planetary_computer_item(day) for day in days]
    for item in items:
        item["collection"] = name
        item["links"] = [{"rel": "collection", "href": "./collection.json"}]
    extent = {"spatial": {"bbox": bboxes}, "temporal": {"interval": [[start, end]]}}
    links = [{"rel": "item", "href": f"./{item['id']}.json"} for item in items]
    collection = {
        "type": "Collection", "stac_version": "1.0.0", "id": name, "description": "x", "license": "other",
        "extent": extent, "links": [*links, {"rel": "child", "href": "../catalog.json"}],
    }  # fmt: skip
    return {f"{folder}collection.json": collection, **{f"{folder}{item['id']}.json": item for item in items}}


def written(folder, *collections):
    """A catalogue of collections; each of them has a link back to the root among its children."""
    files = {path: document for documents in collections for path, document in documents.items()}
    links = [{"rel": "child", "href": f"./{path}"} for path in files if path.endswith("collection.json")]
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "root", "description": "x", "links": links}
    for path, document in {"catalog.json": root, **files}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(json.dumps(document))


@contextmanager
def served(folder):
    """The folder on loopback, and the paths that were asked for."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/catalog.json", asked
    finally:
        server.shutdown()
        server.server_close()


def test_collections_elsewhere_and_of_other_years_are_left_unread(tmp_path):
    written(
        tmp_path,
        collection("here", [HERE], "2020-01-01T00:00:00Z", None, ["20200605", "20200615"]),
        collection("elsewhere", [[10, 40, 12, 42]], None, None, ["20200705"]),
        collection("before", [HERE], "2017-01-01T00:00:00Z", "2019-12-31T23:59:59Z", ["20200805"]),
        collection("scattered", [[-180, -90, 180, 90], [10, 40, 12, 42], [20, 40, 22, 42]], None, None, ["20200905"]),
        collection("untold", [], None, None, ["20201005"]),
        collection("high", [[-73.5, -14.0, 0, -72.0, -13.0, 9000]], None, None, ["20201105"]),
    )
    with served(tmp_path) as (url, asked):
        found = search_scenes(REGION, *YEAR, catalogue=url)
    assert [scene.date for scene in found.scenes] == ["2020-06-05", "2020-06-15", "2020-10-05", "2020-11-05"]
    folders = {path.split("/")[1] for path in asked if "S2A" in path}
    assert folders == {"here", "untold", "high"}


@pytest.mark.parametrize(("bbox", "meets"), [([179, 66, -179, 67], True), ([10, 66, 170, 67], False)])
def test_extents_across_the_antimeridian(tmp_path, bbox, meets):
    written(tmp_path, collection("far", [bbox], None, None, ["20200605"]))
    region = Region(MultiPolygon([box(179.9, 66.1, 180, 66.2), box(-180, 66.1, -179.9, 66.2)]))
    with served(tmp_path) as (url, asked), pytest.raises(NoScenes):  # the item itself lies elsewhere
        search_scenes(region, *YEAR, catalogue=url)
    assert any("S2A" in path for path in asked) == meets


@pytest.mark.parametrize("limit", ["items", "time"])
def test_a_catalogue_without_end_is_given_up(tmp_path, monkeypatch, limit):
    days = [f"202006{day:02}" for day in range(1, 29)]
    written(tmp_path, collection("here", [HERE], None, None, days))
    if limit == "items":
        monkeypatch.setattr(static, "MAX_ITEMS", 10)
    else:
        monkeypatch.setattr(static, "MAX_READ_S", -1.0)
    with served(tmp_path) as (url, asked), pytest.raises(CatalogueUnreachable, match="too large") as caught:
        search_scenes(REGION, *YEAR, catalogue=url)
    assert "search service" in caught.value.next_step
    assert len(asked) < 15


def test_reading_is_reported_and_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(static, "_LOG_EVERY_ITEMS", 5)
    monkeypatch.setattr("allpa_engine.search.query._REPORT_INTERVAL_S", 0.0)
    written(tmp_path, collection("here", [HERE], None, None, [f"202006{day:02}" for day in range(1, 29)]))

    class Stopping(NullReporter):
        """A reporter whose user stops at the first word about items."""

        last_text = ""

        def log(self, text, level="info"):
            self.last_text = text

        def progress(self, stage, done, total):
            if self.last_text:
                raise Cancelled("Stopped.")

    reporter = Stopping()
    with served(tmp_path) as (url, asked), pytest.raises(Cancelled):
        search_scenes(REGION, *YEAR, catalogue=url, reporter=reporter)
    assert reporter.last_text.startswith("5 items of http://127.0.0.1")
    assert len([path for path in asked if "S2A" in path]) < 10
