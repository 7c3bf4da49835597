"""Quick looks of scenes: what they show, where they lie, and how little of the files they need."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.core.protocol import NullReporter
from allpa_engine.fetch.preview import SIDE_PX, write_previews
from fault_server import FaultServer
from tile_maker import LEFT, TOP, make_scene, region_from_metres, write_layers

SIDE = 2048
"""Pixels of 10 m of the made-up tile; its files have blocks and overviews as those of catalogues have."""
REGION = region_from_metres(2010, 1010, 16990, 12990)


def write_scene(folder, name, offset=0):
    """A tile whose west half is red and whose east half is green; its first 3 km in the north have no data."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    noise = np.random.default_rng(4).integers(0, 200, (SIDE, SIDE))
    red = np.where(columns < SIDE // 2, 2400, 600) + noise + offset
    green = np.where(columns < SIDE // 2, 600, 2400) + noise + offset
    layers = {"B04": red, "B03": green, "B02": np.full((SIDE, SIDE), 300) + noise + offset}
    layers = {key: np.where(rows < 300, 0, values).astype("uint16") for key, values in layers.items()}
    write_layers(folder / name, layers, driver="COG", blocksize=512, tiled=None, blockxsize=None, blockysize=None)


def scene_at(root, name, offset=0):
    scene = replace(make_scene(root, name, 0), tile="18LYL")
    return replace(scene, radiometry=replace(scene.radiometry, offset=offset))


@pytest.mark.parametrize("offset", [0, 1000])
def test_a_preview_shows_the_region_in_true_colours_where_it_lies(tmp_path, offset):
    write_scene(tmp_path, "one", offset)
    made = write_previews([scene_at(str(tmp_path), "one", offset)], REGION, tmp_path / "looks", NullReporter())
    assert made.failed == ()
    with rasterio.open(made.files["one"]) as picture:
        assert max(picture.width, picture.height) == SIDE_PX
        assert picture.crs.to_epsg() == 32718
        assert picture.bounds == pytest.approx((LEFT + 2000, TOP - 13000, LEFT + 17000, TOP - 1000), abs=1)
        red, green, blue, opacity = picture.read().astype(float)
    north = int(2000 / 12000 * picture.height) - 1  # no data down to 3 km below the top of the tile
    assert (opacity[:north] == 0).all()
    assert (opacity[north + 3 :] == 255).all()
    west = (slice(north + 5, None), slice(5, 60))
    assert red[west].mean() == pytest.approx(2500 / 3000 * 255, abs=3)
    assert green[west].mean() == pytest.approx(700 / 3000 * 255, abs=3)
    assert blue[west].mean() == pytest.approx(400 / 3000 * 255, abs=3)
    assert green[north + 5 :, -60:].mean() > 200


def test_a_preview_needs_a_small_part_of_the_files_and_is_made_once(tmp_path):
    write_scene(tmp_path, "one")
    whole = sum((tmp_path / "one" / f"{key}.tif").stat().st_size for key in ("B04", "B03", "B02"))
    with FaultServer(tmp_path) as server:
        scene = scene_at(server.url, "one")
        made = write_previews([scene], REGION, tmp_path / "looks", NullReporter())
        assert list(made.files) == ["one"]
        assert 0 < made.received_bytes < whole / 5
        again = write_previews([scene], REGION, tmp_path / "looks", NullReporter())
    assert again.files == made.files
    assert again.received_bytes == 0


def test_scenes_that_cannot_be_read_are_named_and_the_others_are_made(tmp_path):
    write_scene(tmp_path, "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "B04.tif").write_bytes(b"no picture")
    scenes = [scene_at(str(tmp_path), name) for name in ("one", "two", "three")]
    made = write_previews(scenes, REGION, tmp_path / "looks", NullReporter())
    assert list(made.files) == ["one"]
    assert made.failed == ("three", "two")
    assert sorted(path.suffix for path in (tmp_path / "looks").iterdir()) == [".png", ".xml"]
