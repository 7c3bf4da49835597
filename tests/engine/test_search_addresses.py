"""Addresses of catalogues and items mean what HTTP and STAC say: redirects, relative links, folders, buckets."""

import functools
import gzip
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from allpa_engine.core.catalogues import CATALOGUES, find_catalogue
from allpa_engine.core.errors import CatalogueUnreachable, SceneUnsupported
from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.search.items import scene_from_item
from shapely.geometry import box
from stac_api import StacApi, serve_api
from stac_items import data_space_item, planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
JUNE = ("2020-06-01", "2020-06-30")
DAYS = [f"202006{day:02d}" for day in range(3, 27, 2)]
ITEMS = [planetary_computer_item(day) for day in DAYS]
UNKNOWN = find_catalogue("https://stac.example.org/api")


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def redirecting(target, status, *, keep_query=True):
    """A handler that sends every request on to the same path of another server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path if keep_query else self.path.partition("?")[0]
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Location", f"{target}{path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self):
            self.do_GET()

        def log_message(self, *args):
            """Say nothing."""

    return Handler


def days(found):
    return [scene.date.replace("-", "") for scene in found.scenes]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_search_keeps_its_method_and_its_conditions(status):
    landsat = [{**planetary_computer_item(f"202006{n:02d}"), "collection": "landsat-c2-l2"} for n in range(1, 29)]
    api = StacApi([*landsat, *ITEMS])
    with serve_api(api) as url, serving(redirecting(url, status)) as front:
        found = search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=front))
    assert days(found) == DAYS
    assert all(body["collections"] == ["sentinel-2-l2a"] for body in api.searches)


def test_a_redirect_that_drops_the_search_is_refused_with_its_status():
    api = StacApi(ITEMS)

    class SearchMoved(StacApi):
        def search(self, body):
            return 303, {"Location": f"{api.url}/"}, b""

    with serve_api(api), serve_api(SearchMoved(ITEMS)) as url, pytest.raises(CatalogueUnreachable) as caught:
        search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
    assert caught.value.why == "It redirects the search with status 303, which drops what is searched."


def test_a_redirected_get_search_keeps_its_query():
    api = StacApi(ITEMS, extensions=(), post=False)
    with serve_api(api) as url, serving(redirecting(url, 301, keep_query=False)) as front:
        root = api.root()
        root["links"][-1] = {"rel": "search", "href": f"{front}/search", "method": "GET"}
        api.root = lambda: root
        found = search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
    assert days(found) == DAYS


def test_redirects_in_a_circle_end():
    class Circle(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    with serving(Circle) as url, pytest.raises(CatalogueUnreachable) as caught:
        search_scenes(REGION, *JUNE, catalogue=url)
    assert caught.value.why == "It redirects more than 5 times."


def test_relative_links_of_an_api_are_followed():
    class Relative(StacApi):
        def root(self):
            root = super().root()
            for link in root["links"]:
                link["href"] = link["href"].replace(self.url, ".")
            return root

        def search(self, body):
            status, headers, text = super().search(body)
            return status, headers, text.replace(f'"{self.url}/search"'.encode(), b'"./search"')

    api = Relative(ITEMS)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(find_catalogue(url), page_size=5))
    assert days(found) == DAYS
    assert len(api.searches) == 3


def static_folder(folder, name="catalog.json"):
    """A static catalogue of one collection with relative links and assets."""
    items = [planetary_computer_item(day) for day in DAYS[:2]]
    links = []
    (folder / "s2").mkdir(parents=True)
    for item in items:
        item["assets"] = {key: {"href": f"./{key}.tif"} for key in item["assets"]}
        (folder / "s2" / f"{item['id']}.json").write_text(json.dumps(item))
        links.append({"rel": "item", "href": f"./{item['id']}.json"})
    collection = {"type": "Collection", "stac_version": "1.0.0", "id": "s2", "links": links}
    (folder / "s2" / "collection.json").write_text(json.dumps(collection))
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "root", "description": "x"}
    root["links"] = [{"rel": "child", "href": "./s2/collection.json"}]
    (folder / name).write_text(json.dumps(root))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""

    def list_directory(self, path):
        self.send_error(404)


@pytest.mark.parametrize("ending", ["", "/", "/catalog.json"])
def test_a_folder_address_is_its_catalogue_with_and_without_a_slash(tmp_path, ending):
    static_folder(tmp_path / "data" / "v1.0")
    with serving(functools.partial(Quiet, directory=str(tmp_path))) as url:
        found = search_scenes(REGION, *JUNE, catalogue=f"{url}/data/v1.0{ending}")
    assert days(found) == DAYS[:2]
    assert found.scenes[0].assets["B02"].href == f"{url}/data/v1.0/s2/B02.tif"


def test_a_folder_whose_index_is_the_catalogue_needs_no_slash(tmp_path):
    static_folder(tmp_path / "stac", "index.html")
    with serving(functools.partial(Quiet, directory=str(tmp_path))) as url:
        for address in (f"{url}/stac", f"{url}/stac/"):
            assert days(search_scenes(REGION, *JUNE, catalogue=address)) == DAYS[:2]


@pytest.mark.parametrize("ending", ["", "/", "/catalog.json"])
def test_a_folder_on_this_machine_is_a_catalogue(tmp_path, ending):
    static_folder(tmp_path / "stac")
    found = search_scenes(REGION, *JUNE, catalogue=f"{tmp_path / 'stac'}{ending}")
    assert Path(found.scenes[0].assets["B02"].href) == tmp_path / "stac" / "s2" / "B02.tif"


def test_one_file_that_cannot_be_read_leaves_the_others_and_is_reported(tmp_path):
    static_folder(tmp_path)
    broken = next(path for path in sorted((tmp_path / "s2").glob("S2*.json")))
    broken.write_text("<html>")
    found = search_scenes(REGION, *JUNE, catalogue=str(tmp_path / "catalog.json"))
    assert len(found.scenes) == 1
    assert "that could not be read: 1; scenes may be missing" in found.warnings[0]
    assert broken.name in found.warnings[0]


def test_a_catalogue_of_the_network_names_no_file_of_this_machine(tmp_path):
    static_folder(tmp_path / "secret")
    item = json.loads(next((tmp_path / "secret" / "s2").glob("S2*.json")).read_text())
    public = tmp_path / "public"
    public.mkdir()
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "root", "description": "x"}
    good = planetary_computer_item(DAYS[5])
    (public / "good.json").write_text(json.dumps(good))
    item["assets"]["B02"]["href"] = f"file://{tmp_path}/B02.tif"
    (public / "bad.json").write_text(json.dumps(item))
    links = [
        {"rel": "child", "href": f"file://{tmp_path}/secret/catalog.json"},
        {"rel": "item", "href": "good.json"},
        {"rel": "item", "href": "bad.json"},
    ]
    (public / "catalog.json").write_text(json.dumps({**root, "links": links}))
    with serving(functools.partial(Quiet, directory=str(public))) as url:
        found = search_scenes(REGION, *JUNE, catalogue=f"{url}/catalog.json")
    assert [scene.id for scene in found.scenes] == [good["id"]]
    assert "has a link that cannot be followed" in found.warnings[0]
    assert any("is a file of this computer" in note for note in found.notes)


@pytest.mark.parametrize("self_link", [None, "./items/a.json"])
def test_relative_assets_in_a_file_of_items_start_from_the_item_or_the_file(tmp_path, self_link):
    item = planetary_computer_item(DAYS[0])
    item["assets"]["B02"]["href"] = "./B02.tif"
    item["links"] = [{"rel": "self", "href": self_link}] if self_link else []
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    (scene,) = search_scenes(REGION, *JUNE, catalogue=str(tmp_path / "items.json")).scenes
    folder = tmp_path / "items" if self_link else tmp_path
    assert Path(scene.assets["B02"].href) == folder / "B02.tif"


def asset_href(asset, catalogue=UNKNOWN, item=None):
    item = item or planetary_computer_item()
    item["assets"]["B02"] = asset
    return scene_from_item(item, catalogue).assets["B02"].href


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_the_alternate_of_an_asset_in_a_bucket_is_taken(scheme):
    other = {"s3": {"href": "s3://x/y.tif"}, "https": {"href": "https://files.test/y.tif?file=B02"}, "odd": 3}
    assert asset_href({"href": f"{scheme}://x/y.tif", "alternate": other}) == "https://files.test/y.tif?file=B02"


def test_a_bucket_without_an_alternate_has_its_public_address():
    assert asset_href({"href": "gs://bucket/a b/B02.tif"}) == "https://storage.googleapis.com/bucket/a%20b/B02.tif"
    assert asset_href({"href": "s3://bucket/B02.tif"}) == "https://bucket.s3.amazonaws.com/B02.tif"


def test_a_catalogue_that_is_read_with_s3_keys_keeps_its_buckets():
    item = data_space_item()
    item["assets"]["B02_10m"]["alternate"] = {"https": {"href": "https://files.test/needs-a-login"}}
    assert scene_from_item(item, CATALOGUES["cdse"]).assets["B02"].href.startswith("s3://eodata/")


@pytest.mark.parametrize("href", ["https://files.test/download?file=B02", "https://files.test/B02.tif?sig=abc&se=2027"])
def test_the_query_of_an_asset_is_kept_where_we_do_not_sign_it(href):
    assert asset_href({"href": href}) == href


def test_a_signature_that_is_renewed_is_cut_off_and_other_words_stay():
    signed = {"href": "https://files.test/download?file=B02&sig=abc&se=2027"}
    assert asset_href(signed, CATALOGUES["planetary_computer"]) == "https://files.test/download?file=B02"


@pytest.mark.parametrize("href", [None, "", " ", 3, [], {"a": 1}])
def test_an_asset_without_an_address_is_named(href):
    with pytest.raises(SceneUnsupported, match="B02"):
        asset_href({"href": href})


def test_answers_in_any_unicode_and_packed_are_read():
    class Coded(StacApi):
        def search(self, body):
            status, headers, text = super().search(body)
            return status, headers, self.code(text)

    for code in (
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: b" \n" + text,
    ):
        api = Coded(ITEMS)
        api.code = code
        with serve_api(api) as url:
            found = search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
        assert days(found) == DAYS

    class Packed(StacApi):
        def search(self, body):
            status, _, text = super().search(body)
            return status, {"Content-Encoding": "gzip"}, gzip.compress(text)

    api = Packed(ITEMS)
    with serve_api(api) as url:
        found = search_scenes(REGION, *JUNE, catalogue=replace(CATALOGUES["planetary_computer"], url=url))
    assert days(found) == DAYS
