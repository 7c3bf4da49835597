"""How clear a scene is over the region, measured on its scene classification layer."""

from dataclasses import replace

import numpy as np
import pytest
from allpa_engine.core.errors import Cancelled
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.scene import Asset
from allpa_engine.fetch.region_cloud import measure_clear_shares
from allpa_engine.geo.mgrs_tiles import region_in_tile_crs, reproject_between_tiles
from allpa_engine.geo.region import Region
from allpa_engine.select import SelectionRule, select_scenes
from shapely.geometry import box
from tile_maker import LEFT, TOP, make_scene, random_layers, to_lonlat_polygon, write_layers

SIDE = 120
"""Pixels of 20 m."""


def region_of(left, top, right, bottom):
    """A region by columns and rows of 20 m pixels, a little inside their edges."""
    return Region(
        to_lonlat_polygon(box(LEFT + 20 * left + 1, TOP - 20 * bottom + 1, LEFT + 20 * right - 1, TOP - 20 * top - 1))
    )


def made(folder, name, scl, day=0):
    layers = {**random_layers(1, 2 * SIDE), "SCL": scl.astype(np.uint8)}
    write_layers(folder / name, layers)
    return replace(make_scene(str(folder), name, day), tile="18LYL")


def test_the_share_is_that_of_the_region_s_pixels(tmp_path):
    scl = np.full((SIDE, SIDE), 4)
    scl[:, :60] = 9  # the west half of the tile is cloud
    scene = made(tmp_path, "half", scl)
    for left, expected in ((0, 0.0), (30, 0.5), (45, 0.75), (60, 1.0)):
        shares = measure_clear_shares([scene], region_of(left, 20, left + 60, 80))
        assert shares[scene.id] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("code", "clear"), [(2, 1), (3, 0), (4, 1), (5, 1), (6, 1), (7, 1), (8, 0), (9, 0), (10, 0), (11, 1)]
)
def test_what_counts_as_clear(tmp_path, code, clear):
    scene = made(tmp_path, "one", np.full((SIDE, SIDE), code))
    assert measure_clear_shares([scene], region_of(0, 0, 50, 50)) == {"one": clear}


def test_clouds_beside_the_region_count_where_clouds_are_dilated(tmp_path):
    scl = np.full((SIDE, SIDE), 4)
    scl[:, :60] = 9
    scene = made(tmp_path, "half", scl)
    region = region_of(60, 20, 120, 80)
    assert measure_clear_shares([scene], region) == {"half": 1}
    # a pixel's window reaches 14 pixels of 20 m to the west; three columns of 30 cloud pixels are 7.5 % of it
    assert measure_clear_shares([scene], region, dilate=True) == {"half": pytest.approx(1 - 12 / 60, abs=1e-9)}


def test_a_region_narrower_than_a_pixel_has_the_share_of_the_pixels_around_it(tmp_path):
    scene = made(tmp_path, "clear", np.full((SIDE, SIDE), 4))
    assert measure_clear_shares([scene], region_of(30.6, 30.6, 30.9, 30.9)) == {"clear": 1}


def test_pixels_without_data_are_not_counted(tmp_path):
    scl = np.zeros((SIDE, SIDE))
    scl[:, 60:] = 4
    scl[:30, 60:] = 8
    edge = made(tmp_path, "edge", scl)
    empty = made(tmp_path, "empty", np.zeros((SIDE, SIDE)))
    shares = measure_clear_shares([edge, empty], region_of(0, 0, 120, 120))
    assert shares["edge"] == pytest.approx(0.75)
    assert shares["empty"] == 0


def test_what_cannot_be_read_keeps_the_catalogue_s_word(tmp_path):
    good = made(tmp_path, "good", np.full((SIDE, SIDE), 4))
    broken = made(tmp_path, "broken", np.full((SIDE, SIDE), 4), day=1)
    (tmp_path / "broken" / "SCL.tif").write_bytes(b"not an image")
    gone = make_scene(str(tmp_path), "gone", day=2)
    jpeg = replace(good, id="jpeg", assets={**good.assets, "SCL": Asset("https://files.test/SCL_20m.jp2")})
    assert measure_clear_shares([good, broken, gone, jpeg], region_of(0, 0, 50, 50)) == {"good": 1.0}


def test_a_server_that_is_gone_is_not_waited_for(tmp_path):
    scene = make_scene("http://127.0.0.1:9", "remote")
    assert (
        measure_clear_shares([scene], region_of(0, 0, 50, 50), retry_policy=RetryPolicy(attempts=2, pause_s=0.01)) == {}
    )


def test_large_regions_are_not_measured(tmp_path):
    scene = made(tmp_path, "good", np.full((SIDE, SIDE), 4))
    assert measure_clear_shares([scene], Region(to_lonlat_polygon(box(LEFT, TOP - 60_000, LEFT + 60_000, TOP)))) == {}


def test_cancel(tmp_path):
    scenes = [made(tmp_path, f"s{n}", np.full((SIDE, SIDE), 4), n) for n in range(3)]

    class Stops:
        def progress(self, stage, done, total):
            raise Cancelled("The user stopped the job.")

        def log(self, text, level="info"):
            """Ignore text."""

    with pytest.raises(Cancelled):
        measure_clear_shares(scenes, region_of(0, 0, 50, 50), reporter=Stops())


def test_the_selection_follows_the_region_not_the_tile(tmp_path):
    cloudy_here = np.full((SIDE, SIDE), 4)
    cloudy_here[:50, :50] = 9
    clear_here = np.full((SIDE, SIDE), 9)
    clear_here[:50, :50] = 4
    scenes = [
        replace(made(tmp_path, "tile-clear", cloudy_here), cloud_percent=5.0),
        replace(made(tmp_path, "tile-cloudy", clear_here, day=1), cloud_percent=75.0),
    ]
    region = region_of(5, 5, 45, 45)
    shares = measure_clear_shares(scenes, region)
    rule = SelectionRule(1, 1)
    assert [scene.id for scene in select_scenes(scenes, region, rule).chosen] == ["tile-clear"]
    measured = select_scenes(scenes, region, rule, clear_share=lambda scene: shares.get(scene.id))
    assert [scene.id for scene in measured.chosen] == ["tile-cloudy"]


def test_between_tiles_of_two_zones():
    """A square at the border of zones 18 and 19 keeps its ground and its size."""
    border = Region(box(-72.1, -13.6, -71.9, -13.4))
    there = region_in_tile_crs(border, "19LBF")
    back = reproject_between_tiles(there, "19LBF", "18LZL")
    here = region_in_tile_crs(border, "18LZL")
    assert back.symmetric_difference(here).area < 1e-4 * here.area
