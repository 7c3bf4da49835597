"""Feature folders: what was written is read by name, wherever blocks begin, and nothing outside of the folder is."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import FeaturesInvalid
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.feature_folder import find_feature_folders, open_features
from allpa_engine.learn.feature_manifest import FeatureManifest, FeatureRaster, read_manifest, write_manifest
from allpa_engine.learn.feature_writer import (
    FLOAT32,
    add_facts,
    add_feature_raster,
    create_feature_raster,
    reflectance_raster,
)
from rasterio.windows import Window

GRID = Grid("EPSG:32718", 699_960, 8_500_020, 10, 701, 613)
SPRING = reflectance_raster("spring.tif", ("spring_B04", "spring_B08"))
TERRAIN = FeatureRaster("terrain/terrain.tif", ("elevation", "slope"))


def numbers(seed=1):
    rng = np.random.default_rng(seed)
    values = rng.integers(1, 9000, (2, GRID.height, GRID.width)).astype(np.uint16)
    values[:, :20, 30:50] = 0
    return values


def write(folder, raster, values, dtype="uint16", rows=137):
    with create_feature_raster(folder, raster, GRID, dtype) as writer:
        for row in range(0, GRID.height, rows):
            writer.write(values[:, row : row + rows])
    add_feature_raster(folder, raster, GRID)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, SPRING, numbers())
    heights = np.random.default_rng(2).normal(3000, 400, (2, GRID.height, GRID.width)).astype(np.float32)
    heights[:, 600:, :] = np.nan
    write(tmp_path, TERRAIN, heights, FLOAT32)
    return tmp_path


def test_features_come_back_in_their_units_and_in_the_order_asked_for(folder):
    window = Window(13, 5, 300, 111)
    with open_features(folder) as features:
        assert features.names == ("spring_B04", "spring_B08", "elevation", "slope")
        assert features.grid == GRID
        values = features.read(window, ("slope", "spring_B08"))
    part = numbers()[1, 5:116, 13:313]
    expected = np.where(part == 0, np.nan, part / 10000)
    np.testing.assert_allclose(values[1], expected, rtol=1e-6)
    assert values.dtype == np.float32
    with rasterio.open(folder / TERRAIN.path) as source:
        np.testing.assert_array_equal(values[0], source.read(2, window=window))
        assert source.descriptions == TERRAIN.bands
        assert source.overviews(1)


def test_an_index_is_computed_of_the_bands_of_its_season(folder):
    with open_features(folder) as features:
        assert features.has("spring_NDVI")
        assert not features.has("autumn_NDVI")
        index, red, near_infrared = features.read(None, ("spring_NDVI", "spring_B04", "spring_B08"))
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(index, (near_infrared - red) / (near_infrared + red), rtol=1e-5, atol=1e-6)
    assert np.isnan(index[:20, 30:50]).all()


def test_points_get_the_features_of_the_pixel_that_holds_them(folder):
    rng = np.random.default_rng(3)
    x = GRID.left + rng.uniform(-500, GRID.width * 10 + 500, 400)
    y = GRID.top - rng.uniform(-500, GRID.height * 10 + 500, 400)
    names = ("spring_B08", "elevation", "spring_NDVI")
    with open_features(folder) as features:
        found, whole = features.sample(x, y, names), features.read(None, names)
    inside = 0
    for number, (east, north) in enumerate(zip(x, y, strict=True)):
        column, row = int((east - GRID.left) // 10), int((GRID.top - north) // 10)
        if 0 <= column < GRID.width and 0 <= row < GRID.height:
            np.testing.assert_array_equal(found[number], whole[:, row, column])
            inside += 1
        else:
            assert np.isnan(found[number]).all()
    assert 0 < inside < len(x)


def test_no_points_and_points_without_coordinates_do_no_harm(folder):
    with open_features(folder) as features:
        assert features.sample(np.array([]), np.array([]), ["slope"]).shape == (0, 1)
        assert np.isnan(features.sample(np.array([np.nan, np.inf]), np.array([0.0, 0.0]), ["slope"])).all()


def test_threads_read_the_same_as_one(folder):
    windows = list(GRID.block_windows(200))
    with open_features(folder) as features:
        alone = [features.read(window, features.names) for window in windows]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda window: features.read(window, features.names), windows))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_feature_that_is_missing_is_named(folder):
    with open_features(folder) as features, pytest.raises(FeaturesInvalid, match=r"autumn_B02, nonsense"):
        features.read(Window(0, 0, 1, 1), ("slope", "autumn_B02", "nonsense"))


def test_a_raster_that_is_written_again_replaces_its_entry(folder):
    write(folder, SPRING, numbers(7))
    add_facts(folder, {"seasons": {"spring": ["2020-03-01", "2020-05-31"]}})
    manifest = read_manifest(folder)
    assert sorted(manifest.names) == ["elevation", "slope", "spring_B04", "spring_B08"]
    assert manifest.facts["seasons"]["spring"][0] == "2020-03-01"


def test_a_raster_on_another_grid_is_refused(folder, tmp_path):
    other = Grid(GRID.crs, GRID.left + 10, GRID.top, 10, GRID.width, GRID.height)
    with pytest.raises(FeaturesInvalid, match=r"origins differ"):
        add_feature_raster(folder, FeatureRaster("x.tif", ("x",)), other)
    manifest = read_manifest(folder)
    write_manifest(folder, FeatureManifest(other, manifest.rasters))
    with open_features(folder) as features, pytest.raises(FeaturesInvalid, match=r"origins differ"):
        features.read(Window(0, 0, 1, 1), ["slope"])


def test_a_stopped_writer_leaves_nothing(tmp_path):
    def stopped():
        with create_feature_raster(tmp_path, SPRING, GRID) as writer:
            writer.write(numbers()[:, :100])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_one_folder_for_each_tile_is_found(folder, tmp_path_factory):
    assert find_feature_folders(folder) == (folder,)
    root = tmp_path_factory.mktemp("tiles")
    for tile in ("18LYL", "18LYF"):
        write_manifest(root / tile, FeatureManifest(GRID, (SPRING,)))
    assert [path.name for path in find_feature_folders(root)] == ["18LYF", "18LYL"]
    with pytest.raises(FeaturesInvalid, match=r"no features"):
        find_feature_folders(root / "nothing")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"),
        ("version", 2),
        ("grid", None),
        ("grid", {"crs": "EPSG:32718", "left": 0, "top": 0, "resolution": 0, "width": 1, "height": 1}),
        ("grid", {"crs": "EPSG:32718", "left": 0, "top": 0, "resolution": 10, "width": 1e9, "height": 1}),
        ("grid", {"crs": "no CRS", "left": 0, "top": 0, "resolution": 10, "width": 1, "height": 1}),
        ("rasters", {}),
        ("rasters", [1]),
        ("rasters", [{"path": "../x.tif", "bands": ["a"]}]),
        ("rasters", [{"path": "/etc/x.tif", "bands": ["a"]}]),
        ("rasters", [{"path": "C:\\x.tif", "bands": ["a"]}]),
        ("rasters", [{"path": "x.tif", "bands": []}]),
        ("rasters", [{"path": "x.tif", "bands": ["a", "a"]}]),
        ("rasters", [{"path": "x.tif", "bands": ["a/b"]}]),
        ("rasters", [{"path": "x.tif", "bands": [None]}]),
        ("rasters", [{"path": "x.tif", "bands": ["a"], "scale": 0}]),
        ("rasters", [{"path": "x.tif", "bands": ["a"], "no_data": "0"}]),
    ],
)
def test_a_manifest_that_no_writer_made_is_refused(folder, key, value):
    path = folder / "features.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, key: value}))
    with pytest.raises(FeaturesInvalid, match=r"features\.json"):
        open_features(folder)


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "terrain.tif"
    (folder / TERRAIN.path).rename(outside)
    (folder / TERRAIN.path).symlink_to(outside)
    with open_features(folder) as features, pytest.raises(FeaturesInvalid, match=r"leads out of the folder"):
        features.read(Window(0, 0, 1, 1), ["slope"])


@pytest.mark.parametrize("damage", ["missing", "text", "other bands"])
def test_a_raster_that_is_not_what_the_manifest_says_is_refused(folder, damage):
    path = folder / TERRAIN.path
    if damage == "missing":
        path.unlink()
    elif damage == "text":
        path.write_text("no raster")
    else:
        path.write_bytes((folder / SPRING.path).read_bytes())
    with open_features(folder) as features, pytest.raises(FeaturesInvalid, match=r"terrain\.tif cannot be used"):
        features.read(Window(0, 0, 1, 1), ["slope"])
