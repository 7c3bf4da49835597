"""Search against a real STAC server that understands boxes and periods alone, and against static catalogues."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from allpa_engine.core.catalogues import find_catalogue
from allpa_engine.core.errors import JobInvalid, NoScenes
from allpa_engine.geo.region import Region, region_from_geojson
from allpa_engine.search import search_scenes
from rustac_server import serve_items
from shapely.geometry import MultiPolygon, box, mapping
from stac_items import TILE, planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
NEIGHBOUR = mapping(box(-72.15, -13.6, -72.05, -13.4))


def archive():
    """A year of one tile, a neighbour that does not touch the region, a duplicate, an L1C item."""
    days = [f"2020{month:02d}{day:02d}" for month in range(1, 13) for day in (5, 15, 25)]
    items = [planetary_computer_item(day, cloud=(number * 7) % 100) for number, day in enumerate(days)]
    items.append(planetary_computer_item("20200105", baseline="05.00", generation_time="20230101T000000"))
    items += [planetary_computer_item(day, tile="18LZL", geometry=NEIGHBOUR) for day in days[:4]]
    level_1c = planetary_computer_item("20200605", **{"s2:product_type": "S2MSI1C"})
    level_1c["id"] = "S2A_MSIL1C_20200605T150731_R139_T18LYL_20200605T200000"
    return [*items, level_1c, planetary_computer_item("20191225"), planetary_computer_item("20210105")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The URL of a real STAC API server with the archive."""
    with serve_items(archive(), tmp_path_factory.mktemp("archive")) as url:
        yield url


def test_a_year_of_the_region(server):
    found = search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server)
    assert len(found.scenes) == 36
    assert {scene.tile for scene in found.scenes} == {TILE}
    assert {scene.date[:4] for scene in found.scenes} == {"2020"}
    first = min(found.scenes, key=lambda scene: scene.sensing_time)
    assert (first.baseline, first.radiometry.offset) == ("05.00", 1000)  # the duplicate that was reprocessed
    notes = " ".join(found.notes)
    assert "36 acquisition days" in notes
    assert "another product of the same acquisition" in notes
    assert "rejected (1)" in notes
    assert "L1C" in notes


def test_months_and_days_are_kept_to(server):
    found = search_scenes(REGION, "2020-03-06", "2020-08-15", catalogue=server, months=(3, 4, 8))
    assert [scene.date for scene in found.scenes] == [
        "2020-03-15", "2020-03-25", "2020-04-05", "2020-04-15", "2020-04-25", "2020-08-05", "2020-08-15",
    ]  # fmt: skip


def test_clouds_are_filtered_on_this_side(server):
    everything = search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server)
    clear = search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server, max_cloud_percent=50)
    assert {scene.id for scene in clear.scenes} == {
        scene.id for scene in everything.scenes if scene.cloud_percent <= 50
    }
    assert any("more than 50 % cloud" in note for note in clear.notes)
    assert any("36 acquisition days" in note for note in clear.notes)  # clouds are no holes


def test_a_region_that_touches_both_tiles(server):
    both = Region(box(-72.9, -13.5, -72.1, -13.45))
    found = search_scenes(both, "2020-01-01", "2020-02-15", catalogue=server)
    assert {scene.tile for scene in found.scenes} == {TILE, "18LZL"}


def test_small_pages_are_put_together(server):
    small = replace(find_catalogue(server), page_size=2)
    pages = search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=small)
    assert pages == search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server)


def test_the_same_search_twice_gives_the_same(server):
    searches = [search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server) for _ in range(2)]
    assert searches[0] == searches[1]


@pytest.mark.parametrize(
    ("region", "start", "end", "clouds", "what"),
    [
        (Region(box(-110, -30, -109, -29)), "2020-01-01", "2020-12-31", 100, "no Sentinel-2 scene"),
        (REGION, "2016-01-01", "2016-12-31", 100, "no Sentinel-2 scene"),
        (REGION, "2020-01-15", "2020-01-31", 1, "All 2 scenes .* more than 1 % cloud"),
    ],
)
def test_nothing_found_says_why_in_one_sentence(server, region, start, end, clouds, what):
    with pytest.raises(NoScenes, match=what) as caught:
        search_scenes(region, start, end, catalogue=server, max_cloud_percent=clouds)
    assert caught.value.what.count(". ") == 0


def test_an_unknown_collection_finds_nothing(server):
    with pytest.raises(NoScenes):
        search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server, collection="landsat-c2-l2")


def test_progress_ends_at_its_total(server):
    steps = []

    class Listener:
        def progress(self, stage, done, total):
            steps.append((stage, done, total))

        def log(self, text, level="info"):
            """Ignore text."""

    search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=server, reporter=Listener())
    assert {stage for stage, _, _ in steps} == {"search"}
    assert steps[-1][1] == steps[-1][2] == 12
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)


def test_a_file_of_items(tmp_path):
    file = tmp_path / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": archive()}))
    found = search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=str(file))
    assert len(found.scenes) == 36


def test_a_static_catalogue(tmp_path):
    """Two collections below a catalogue; relative asset addresses become absolute."""
    links = []
    for name in ("sentinel-2-l2a", "other"):
        folder = tmp_path / name
        folder.mkdir()
        items = [planetary_computer_item(f"202006{day:02d}") for day in (5, 15)]
        for item in items:
            item["collection"] = name
            item["assets"]["B02"]["href"] = f"./{item['id']}/B02.tif"
            item["links"] = [{"rel": "collection", "href": "./collection.json"}]
            (folder / f"{item['id']}.json").write_text(json.dumps(item))
        collection = {
            "type": "Collection", "stac_version": "1.0.0", "id": name, "description": "x", "license": "other",
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
            "links": [{"rel": "item", "href": f"./{item['id']}.json"} for item in items],
        }  # fmt: skip
        (folder / "collection.json").write_text(json.dumps(collection))
        links.append({"rel": "child", "href": f"./{name}/collection.json"})
    root = {"type": "Catalog", "stac_version": "1.0.0", "id": "root", "description": "x", "links": links}
    (tmp_path / "catalog.json").write_text(json.dumps(root))
    found = search_scenes(
        REGION, "2020-01-01", "2020-12-31", catalogue=str(tmp_path / "catalog.json"), collection="sentinel-2-l2a"
    )
    assert [scene.date for scene in found.scenes] == ["2020-06-05", "2020-06-15"]
    assert {scene.collection for scene in found.scenes} == {"sentinel-2-l2a"}
    first = found.scenes[0]
    assert Path(first.assets["B02"].href) == tmp_path / "sentinel-2-l2a" / first.id / "B02.tif"


def test_a_catalogue_that_does_not_exist():
    with pytest.raises(JobInvalid, match="does not exist"):
        search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue="nowhere")


def test_a_region_across_the_antimeridian(tmp_path):
    """Items of a tile whose footprint is cut in two, found from a region cut in two."""
    parts = [box(179.3, 66.0, 180, 66.4), box(-180, 66.0, -179.2, 66.4)]
    item = planetary_computer_item(tile="01WCP", geometry=mapping(MultiPolygon(parts)), **{"proj:epsg": 32601})
    elsewhere = planetary_computer_item("20200715")
    file = tmp_path / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [item, elsewhere]}))
    region = region_from_geojson(mapping(MultiPolygon([box(179.9, 66.1, 180, 66.2), box(-180, 66.1, -179.9, 66.2)])))
    found = search_scenes(region, "2020-01-01", "2020-12-31", catalogue=str(file))
    assert [scene.tile for scene in found.scenes] == ["01WCP"]
