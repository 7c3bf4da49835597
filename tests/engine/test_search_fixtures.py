"""Real items of every catalogue: tile, baseline, CRS and offset agree with the index written beside them."""

import json

import pytest
from allpa_engine.core.bands import ALL_BAND_KEYS, SCL, THUMBNAIL, TRUE_COLOR_60M
from allpa_engine.core.catalogues import find_catalogue
from allpa_engine.core.errors import SceneUnsupported
from allpa_engine.core.scene import Candidate, Selection
from allpa_engine.geo.mgrs_tiles import scene_footprint, tile_bounds, tile_crs
from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.search.duplicates import drop_duplicates
from allpa_engine.search.items import scene_from_item
from allpa_engine.search.product_id import read_product_id
from allpa_engine.select import SelectionRule, select_scenes
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from rustac_server import serve_items
from shapely.geometry import box

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def items(shared):
    """Each item with its line of the index."""
    folder = shared / "fixtures" / "stac"
    index = json.loads((folder / "INDEX.json").read_text())
    return [(line, json.loads((folder / line["file"]).read_text())) for line in index]


def catalogue_of(line):
    source = line["file"].split("__")[0]
    if source == "es" and "c1" not in line["collection"]:
        return find_catalogue("earth_search", line["collection"])
    keys = {"pc": "planetary_computer", "es": "earth_search", "cdse": "cdse"}
    return find_catalogue(keys.get(source, "https://stac.example.org"))


@pytest.fixture(scope="module")
def scenes(items):
    """The scenes of all items that are Level-2A, with their lines of the index."""
    return [
        (line, scene_from_item(item, catalogue_of(line))) for line, item in items if "l1c" not in line["file"].lower()
    ]


def test_there_are_enough_of_each_kind(items):
    sources = [line["file"].split("__")[0] for line, _ in items]
    assert len(items) >= 80
    assert min(sources.count(source) for source in ("pc", "es", "cdse", "stactools")) >= 2


def test_level_1c_is_refused(items):
    refused = [(line, item) for line, item in items if "l1c" in line["file"].lower()]
    assert len(refused) >= 5
    for line, item in refused:
        with pytest.raises(SceneUnsupported, match="Level-2A"):
            scene_from_item(item, catalogue_of(line))


def test_identity_agrees_with_the_index(scenes):
    for line, scene in scenes:
        name = line["file"].removesuffix(".json")
        assert scene.id == line["id"]
        assert scene.tile in name.replace("_T", "_"), name
        assert scene.sensing_time.isoformat()[:19] == line["datetime"][:19]
        assert scene.baseline == (line["baseline"] or scene.baseline)
        code = str(line["epsg"] or line["code"]).removeprefix("EPSG:")
        assert scene.crs == f"EPSG:{code}" == tile_crs(scene.tile)
        assert scene.cloud_percent == pytest.approx(line["cloud"])
        if line["nodata"] is not None:
            assert scene.nodata_percent == pytest.approx(line["nodata"])
        assert set(scene.assets) - {TRUE_COLOR_60M, THUMBNAIL} == {*ALL_BAND_KEYS, SCL}


def test_offset_agrees_with_the_index(scenes):
    for line, scene in scenes:
        source, offset = line["file"].split("__")[0], line["red_scale_offset"][1]
        if source == "pc":
            expected = 1000 if float(line["baseline"]) >= 4 else 0
        elif line["boa_offset_applied"] or offset is None:
            expected = 0
        else:
            expected = round(-offset * 10_000)
        assert (scene.radiometry.offset, scene.radiometry.pixel_test) == (expected, "none"), line["file"]


def test_the_same_granule_in_both_collections_means_the_same_reflectance(items, scenes):
    """One holds uncorrected numbers, the other harmonised ones: the offsets differ by exactly the 1000 removed."""
    by_tile = {}
    for line, scene in scenes:
        if line["file"].startswith("es__") and "20250731" in line["file"]:
            by_tile.setdefault(scene.tile, {})[scene.collection] = scene
    pairs = [pair for pair in by_tile.values() if len(pair) == 2]
    assert len(pairs) >= 6
    for pair in pairs:
        c1, v1 = pair["sentinel-2-c1-l2a"], pair["sentinel-2-l2a"]
        assert c1.radiometry.offset - v1.radiometry.offset == 1000
        assert (c1.datatake_start, c1.datastrip_start, c1.baseline) == (
            v1.datatake_start,
            v1.datastrip_start,
            v1.baseline,
        )


def test_two_deliveries_of_one_granule_leave_the_later(items, scenes):
    twins = [scene for line, scene in scenes if "T01WCP" in line["file"]]
    kept, notes = drop_duplicates(twins)
    assert len(twins) == 2
    assert len(kept) == len(notes) == 1
    assert kept[0].generation_time == "20230626T022158"


def test_one_datatake_sorts_into_three_zones(scenes):
    datatake = [scene for _, scene in scenes if scene.datatake_start == "20190101T000001"]
    kept, notes = drop_duplicates(datatake)
    assert len(kept) == len(datatake) >= 25
    assert notes == ()
    assert {scene.crs for scene in kept} == {"EPSG:32658", "EPSG:32659", "EPSG:32660"}


def test_tiles_lie_where_the_items_say(items):
    for line, item in items:
        if line["file"].endswith("T34LBQ_20220401T090142_L2A.json"):
            continue  # made up by its authors: another tile's corners under this name
        corners = {
            (asset["proj:transform"][2], asset["proj:transform"][5])
            for asset in item["assets"].values()
            if "proj:transform" in asset
        }
        left, _, _, top = tile_bounds(read_product_id(item).tile)
        assert corners <= {(left, top)}, line["file"]


def test_footprints_lie_in_their_tiles_also_at_the_antimeridian(scenes):
    boxed_backwards = 0
    for line, scene in scenes:
        boxed_backwards += line["bbox"][0] > line["bbox"][2]
        if "T34LBQ" in line["file"]:
            continue
        ground, tile = scene_footprint(scene), box(*tile_bounds(scene.tile))
        assert ground.area > 0
        assert ground.difference(tile.buffer(1500)).area < 0.001 * ground.area, line["file"]  # outlines are simplified
        if scene.nodata_percent is not None and scene.nodata_percent < 90:
            assert ground.area / tile.area == pytest.approx(1 - scene.nodata_percent / 100, abs=0.05), line["file"]
    assert boxed_backwards >= 4


@pytest.fixture(scope="module")
def server(items, tmp_path_factory):
    """A real STAC server with the real items of Planetary Computer."""
    wanted = [item for line, item in items if line["file"].startswith("pc__") and "v2" not in line["file"]]
    with serve_items(wanted, tmp_path_factory.mktemp("real")) as url:
        yield url


def test_a_region_over_three_zones_finds_the_datatake_in_all_of_them(server):
    region = Region(box(167.0, 55.0, 174.0, 58.2))
    found = search_scenes(region, "2019-01-01", "2019-01-31", catalogue=server)
    assert {scene.crs for scene in found.scenes} == {"EPSG:32658", "EPSG:32659", "EPSG:32660"}
    assert {scene.radiometry.offset for scene in found.scenes} == {0}
    selection = select_scenes(found.scenes, region, SelectionRule(5, 1))
    assert len({scene.tile for scene in selection.chosen}) > 5


def test_the_clearest_dates_of_a_dry_season_are_chosen(server):
    region = Region(box(27.3, -7.9, 27.6, -7.6))
    found = search_scenes(region, "2020-06-01", "2020-08-31", catalogue=server)
    assert {scene.tile for scene in found.scenes} == {"35MNM"}
    selection = select_scenes(found.scenes, region, SelectionRule(4, 4), found.notes)
    assert max(scene.cloud_percent for scene in selection.chosen) < 1.1
    left = [candidate.scene.cloud_percent for candidate in selection.candidates if not candidate.chosen]
    assert max(left) > 25
    assert {scene.sensing_time.month for scene in selection.chosen} == {6, 7}


def test_every_real_scene_survives_the_scene_list(scenes, tmp_path):
    real = list({scene.id: scene for _, scene in scenes}.values())
    selection = Selection(tuple(Candidate(scene, True, "chosen", 1.0, n) for n, scene in enumerate(real, 1)))
    path = tmp_path / "scenes.json"
    write_scene_list(selection, Region(box(0, 0, 1, 1)), path)
    assert read_scene_list(path)[0] == selection
    assert "?" not in path.read_text()
