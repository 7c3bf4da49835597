"""How much of the region the selected scenes cover is measured, told with its gap, and a small share is a warning."""

import json

import pytest
from allpa_engine.geo.mgrs_tiles import tile_bounds, tile_crs, tile_to_lonlat
from allpa_engine.geo.region import Region, region_from_geojson
from allpa_engine.select import SelectionRule, select_scenes
from allpa_engine.select.region_coverage import measure_region_coverage
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from shapely.geometry import MultiPolygon, Polygon, box, mapping, shape
from stac_items import scene, tuples_to_lists

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))


def covering(west, south, east, north, number=0, **facts):
    """A scene with a footprint in degrees."""
    return scene(number, footprint=tuples_to_lists(mapping(box(west, south, east, north))), **facts)


@pytest.mark.parametrize(("east", "share"), [(-72.85, 1.0), (-72.86, 0.9), (-72.9, 0.5), (-72.949, 0.01)])
def test_the_share_is_that_of_the_footprints(east, share):
    found = measure_region_coverage([covering(-73.0, -13.6, east, -13.4)], REGION)
    assert found.share == pytest.approx(share, abs=2e-3)
    if share < 1:
        gap = shape(found.gap)
        assert gap.bounds == pytest.approx((east, -13.55, -72.85, -13.45), abs=2e-3)
        assert gap.area == pytest.approx((1 - share) * REGION.geometry.area, rel=0.03)
    else:
        assert found.gap is None


def test_less_than_95_percent_is_a_warning_that_names_the_share():
    found = measure_region_coverage([covering(-73.0, -13.6, -72.9, -13.4)], REGION)
    assert found.warnings[0] == "The scenes cover only 50.0% of the region; the rest of the map has no data."
    assert found.notes == ("Tile 18LYL contains 100.0% of the region; scenes cover 50.0% of that part.",)
    nearly = measure_region_coverage([covering(-73.0, -13.6, -72.853, -13.4)], REGION)
    assert nearly.warnings == ()
    assert nearly.notes[-1] == "The scenes cover 97.0% of the region."


def test_several_scenes_cover_together():
    parts = [covering(-73.0, -13.6, -72.9, -13.4), covering(-72.91, -13.6, -72.8, -13.4, 1)]
    assert measure_region_coverage(parts, REGION).share == pytest.approx(1, abs=1e-6)


def test_tiles_without_a_scene_are_named():
    """A region over two tiles of which one has scenes."""
    wide = Region(box(-72.9, -13.5, -72.1, -13.45))
    found = measure_region_coverage([covering(-73.0, -13.6, -72.2, -13.4)], wide)
    assert found.share < 0.95
    assert found.warnings[-1] == "No scene was found for these tiles of the region: 18LZL."


def test_a_tile_in_two_latitude_bands_is_not_missing_under_its_other_name():
    region = Region(box(-72.9, -16.2, -72.7, -15.8))  # bands L and K meet at 16 degrees south
    tiles = [covering(-73.1, -16.4, -72.5, -15.0, tile=tile) for tile in ("18LYH", "18LYJ", "18KYG", "18LYG", "18KYH")]
    for used in (tiles[:4], [*tiles[:2], tiles[4]]):
        found = measure_region_coverage(used, region)
        if found.share > 0.99:
            assert found.warnings == ()


def test_a_region_across_the_antimeridian_is_measured():
    parts = [box(179.5, 66.0, 180, 66.4), box(-180, 66.0, -179.2, 66.4)]
    region = region_from_geojson(mapping(MultiPolygon(parts)))
    corners = box(*tile_bounds("01WCP"))
    whole = tile_to_lonlat(corners, "01WCP")
    assert isinstance(whole, MultiPolygon)
    assert all(-180 <= part.bounds[0] <= part.bounds[2] <= 180 for part in whole.geoms)
    cut = scene(tile="01WCP", footprint=tuples_to_lists(mapping(whole)), crs=tile_crs("01WCP"))
    found = measure_region_coverage([cut], region)
    assert 0.5 < found.share <= 1
    if found.gap:
        assert shape(found.gap).difference(region.geometry.buffer(1e-4)).is_empty


def test_the_selection_carries_share_and_gap_through_its_file(tmp_path):
    selection = select_scenes([covering(-73.0, -13.6, -72.9, -13.4)], REGION, SelectionRule(3, 1), ["A note."])
    assert selection.covered_share == pytest.approx(0.5, abs=2e-3)
    assert set(selection.warnings) < set(selection.notes)
    assert "A note." in selection.notes
    path = tmp_path / "scenes.json"
    write_scene_list(selection, REGION, path)
    assert read_scene_list(path)[0] == selection
    document = json.loads(path.read_text())
    assert document["allpa:covered_share"] == selection.covered_share
    assert isinstance(shape(document["allpa:gap"]), (Polygon, MultiPolygon))
    assert document["allpa:warnings"] == list(selection.warnings)


def test_clouds_are_no_gap():
    cloudy = covering(-73.0, -13.6, -72.8, -13.4, cloud_percent=90.0)
    assert select_scenes([cloudy], REGION, SelectionRule(3, 1)).covered_share == pytest.approx(1, abs=1e-6)
