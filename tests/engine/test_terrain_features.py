"""Terrain as features: planes and cones whose slope and aspect are known, in any orientation of the raster."""

import numpy as np
import pytest
import rasterio
from allpa_engine.composite.terrain import ElevationRaster
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.feature_folder import open_features
from allpa_engine.learn.terrain_features import add_terrain, terrain_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

CRS, LEFT, TOP = "EPSG:32718", 500_000, 8_500_000  # the central meridian: metres of the map are 0.9996 of the ground
GRID = Grid(CRS, LEFT, TOP, 10, 133, 97)
MARGIN_PX = 10
SCALE = 0.9996


def write_heights(path, height_at):
    """A raster of 10 m pixels around the grid; `height_at` takes metres to the east and north of the grid's corner."""
    rows, columns = GRID.height + 2 * MARGIN_PX, GRID.width + 2 * MARGIN_PX
    x = (np.arange(columns) - MARGIN_PX + 0.5) * 10
    y = -(np.arange(rows) - MARGIN_PX + 0.5) * 10
    heights = height_at(x[None, :], y[:, None]).astype(np.float64) * np.ones((rows, columns))
    profile = {"driver": "GTiff", "count": 1, "dtype": "float64", "height": rows, "width": columns, "crs": CRS}
    transform = from_origin(LEFT - 10 * MARGIN_PX, TOP + 10 * MARGIN_PX, 10, 10)
    with rasterio.open(path, "w", transform=transform, nodata=-9999, **profile) as target:
        target.write(heights, 1)
    return path


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 60), st.floats(0, 359.9))
def test_a_plane_has_its_slope_and_falls_in_its_direction(tmp_path_factory, slope, aspect):
    fall = np.tan(np.radians(slope)) / SCALE
    east, north = fall * np.sin(np.radians(aspect)), fall * np.cos(np.radians(aspect))
    path = write_heights(tmp_path_factory.mktemp("plane") / "dem.tif", lambda x, y: 3000 - east * x - north * y)
    with ElevationRaster(path) as heights:
        values = terrain_of(heights, GRID, ("aspect", "slope", "northness", "eastness"))
    turned = (values[0] - aspect + 180) % 360 - 180
    assert np.abs(turned).max() < 0.1
    np.testing.assert_allclose(values[1], slope, atol=0.05)
    np.testing.assert_allclose(values[2:, 5, 7], [np.cos(np.radians(aspect)), np.sin(np.radians(aspect))], atol=0.002)


def test_on_a_cone_the_ground_falls_away_from_the_top(tmp_path):
    top_x, top_y = 640.0, -480.0
    path = write_heights(tmp_path / "dem.tif", lambda x, y: 4000 - 0.5 * np.hypot(x - top_x, y - top_y))
    with ElevationRaster(path) as heights:
        slope, aspect = terrain_of(heights, GRID, ("slope", "aspect"))
    x = (np.arange(GRID.width) + 0.5) * 10 - top_x
    y = -(np.arange(GRID.height) + 0.5)[:, None] * 10 - top_y
    far = np.hypot(x, y) > 200
    away = np.degrees(np.arctan2(x, y)) % 360
    assert np.abs((aspect - away + 180) % 360 - 180)[far].max() < 2
    np.testing.assert_allclose(slope[far], np.degrees(np.arctan(0.5 * SCALE)), atol=0.5)


def test_level_ground_has_no_aspect_and_missing_heights_are_no_data(tmp_path):
    def plain(x, y):
        return np.where((x > 900) & (y < -500), -9999, 3000.0)

    path = write_heights(tmp_path / "dem.tif", plain)
    raster = add_terrain(tmp_path / "features", path, GRID, NullReporter())
    with open_features(tmp_path / "features") as features:
        elevation, slope, aspect, northness, eastness = features.read(None, raster.bands)
    known = np.isfinite(slope)
    assert (elevation[np.isfinite(elevation)] == 3000).all()
    assert not np.isfinite(elevation[55:, 95:]).any()
    assert 0 < known.sum() < known.size
    for values in (slope, aspect, northness, eastness):
        np.testing.assert_array_equal(np.isfinite(values), known)
        assert (values[known] == 0).all()


def test_the_folder_holds_what_is_computed_at_once_whatever_the_strips(tmp_path, monkeypatch):
    path = write_heights(tmp_path / "dem.tif", lambda x, y: 2500 + 40 * np.sin(x / 90) + 30 * np.cos(y / 70))
    monkeypatch.setattr("allpa_engine.learn.terrain_features._STRIP_PIXELS", 133 * 31)
    raster = add_terrain(tmp_path / "features", path, GRID, NullReporter(), names=("slope", "elevation", "aspect"))
    with open_features(tmp_path / "features") as features, ElevationRaster(path) as heights:
        np.testing.assert_array_equal(features.read(None, raster.bands), terrain_of(heights, GRID, raster.bands))


def test_a_raster_that_is_no_elevation_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "dem.tif").write_text("nothing")
    with pytest.raises(RasterInvalid, match=r"elevation raster dem\.tif"):
        add_terrain(tmp_path / "features", tmp_path / "dem.tif", GRID, NullReporter())
    assert not (tmp_path / "features").exists()
