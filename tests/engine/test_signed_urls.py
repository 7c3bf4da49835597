"""Files that only a signed URL opens are read, while no signature stands in any file that a run leaves."""

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from allpa_engine.select.scene_list import read_scene_list
from shapely.geometry import box, mapping

SMALL = box(-72.876, -13.690, -72.862, -13.676)
SECRET = "s3cr3t" + "x" * 20


@pytest.fixture
def signed_catalogue(sample, tmp_path):
    """A file of items whose files a server gives out as `download?file=...` and only with a signature."""

    class Guarded(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            words = parse_qs(urlsplit(path).query)
            if words.get("sig") != [SECRET]:
                return "/nowhere/at/all"
            return super().translate_path("/" + words["file"][0])

        def log_message(self, *args):
            """Say nothing."""

    document = json.loads((sample / "items.json").read_text())
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Guarded, directory=str(sample / "files")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/download"
    for item in document["features"]:
        for asset in item["assets"].values():
            asset["href"] = f"{address}?file={asset['href']}&sig={SECRET}&se=2099"
    file = tmp_path / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": document["features"]}))
    yield file
    server.shutdown()
    server.server_close()


def test_signed_files_are_read_at_once_and_from_a_list(signed_catalogue, tmp_path):
    shared = {"region": mapping(SMALL), "start": "2020-01-01", "end": "2020-12-31", "max_scenes": 2, "threads": 1}
    job = Job(folder=str(tmp_path / "run"), task="fetch", catalogue=str(signed_catalogue), **shared)
    made = run_job(job, NullReporter())
    assert (made["fetched"], made["failed_scenes"]) == (2, 0)
    path = next((tmp_path / "run").glob("scenes_2020*.json"))
    text = path.read_text()
    assert SECRET not in text
    assert "download?file=" in text
    selection, _ = read_scene_list(path)
    assert selection.signed
    given = Job(folder=str(tmp_path / "given"), task="fetch", catalogue=str(signed_catalogue), scenes=str(path))
    made = run_job(given, NullReporter())
    assert (made["fetched"], made["failed_scenes"]) == (2, 0)
    for file in (tmp_path / "given").rglob("*.json"):
        assert SECRET not in file.read_text()
