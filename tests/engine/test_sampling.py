"""From labels to rows: the pixels of points and polygons with the features that stand in the rasters."""

import numpy as np
import pytest
import rasterio
import shapely
from allpa_engine.core.errors import TrainingInvalid
from allpa_engine.learn.feature_sources import find_sources
from allpa_engine.learn.label_pixels import NEIGHBOURS
from allpa_engine.learn.labels import read_labels
from allpa_engine.learn.sampling import sample_labels
from allpa_engine.raster.gdal import gtiff_profile
from learn_samples import BANDS, GRID, options, truth_names, write_features, write_points, write_shapes


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    """A feature folder with a gap, and its numbers."""
    folder = tmp_path_factory.mktemp("features")
    return folder, write_features(folder, gap=(slice(40, 60), slice(0, 20)))


def centre(row, column):
    return GRID.left + 10 * column + 5.0, GRID.top - 10 * row - 5.0


def sampled(images, path, **changes):
    chosen = options(**changes)
    scope, sources = find_sources(images[0])
    return sample_labels(read_labels(path, chosen), sources, scope, chosen, path.name)


def points_file(path, pixels, values=None, **more):
    x, y = np.array([centre(row, column) for row, column in pixels]).T
    names = truth_names()
    write_points(path, x + 3.0, y - 2.0, values or [names[row, column] for row, column in pixels], **more)


def test_a_point_gives_its_pixel_and_the_eight_around_it(features, tmp_path):
    pixels = [(5, 5), (18, 30), (70, 90), (30, 100)]
    points_file(tmp_path / "points.gpkg", pixels)
    table = sampled(features, tmp_path / "points.gpkg").table
    assert table.names == BANDS
    assert len(table) == 36
    for label, (row, column) in enumerate(pixels):
        own = table.rows(table.samples == label)
        assert own.pixels.tolist() == list(range(9))
        places = [(row, column), *((row + down, column + right) for down, right in NEIGHBOURS)]
        for values, x, y, (at_row, at_column) in zip(own.features, own.x, own.y, places):
            np.testing.assert_allclose(values, features[1][:, at_row, at_column] / 1e4, rtol=1e-6)
            assert (x, y) == centre(at_row, at_column)


def test_neighbours_stay_within_the_raster_and_out_of_its_gaps(features, tmp_path):
    points_file(tmp_path / "points.gpkg", [(0, 0), (92, 116), (39, 5), (61, 80)])
    result = sampled(features, tmp_path / "points.gpkg")
    counts = np.bincount(result.table.samples)
    assert counts.tolist() == [4, 4, 6, 9]  # two corners, and the edge of the gap


def test_longitude_and_latitude_are_those_of_the_pixel(features, tmp_path):
    """Against pyproj by itself: a label given in degrees comes back at the same place."""
    from pyproj import Transformer

    points_file(tmp_path / "points.gpkg", [(20, 20), (33, 77)])
    table = sampled(features, tmp_path / "points.gpkg", neighbours=False).table
    x, y = Transformer.from_crs(4326, 32718, always_xy=True).transform(table.longitude, table.latitude)
    np.testing.assert_allclose((x, y), (table.x, table.y), atol=1e-3)


def test_polygons_give_the_pixels_within_up_to_a_limit(features, tmp_path):
    squares = [shapely.box(700_100, 8_499_800, 700_160, 8_499_850), shapely.box(700_400, 8_499_700, 700_700, 8_499_900)]
    write_shapes(tmp_path / "fields.gpkg", shapely.to_wkb(squares), ["maíz", "alfalfa"], "Polygon")
    table = sampled(features, tmp_path / "fields.gpkg", polygon_pixels=100).table
    assert np.bincount(table.samples).tolist() == [30, 100]
    for label, square in enumerate(squares):
        own = table.rows(table.samples == label)
        assert shapely.contains_xy(square, own.x, own.y).all()
        assert len(set(zip(own.x, own.y))) == len(own)
    again = sampled(features, tmp_path / "fields.gpkg", polygon_pixels=100).table
    np.testing.assert_array_equal(again.features, table.features)
    other = sampled(features, tmp_path / "fields.gpkg", polygon_pixels=100, seed=2).table
    assert (other.x != table.x).any()


def test_inner_points_and_polygons_smaller_than_a_pixel(features, tmp_path):
    wide = shapely.box(700_400, 8_499_700, 700_700, 8_499_790)
    tiny = shapely.box(700_101, 8_499_801, 700_103, 8_499_803)
    write_shapes(tmp_path / "fields.gpkg", shapely.to_wkb([wide, tiny]), ["a", "b"], "Polygon")
    table = sampled(features, tmp_path / "fields.gpkg", polygons="inner_point").table
    assert np.bincount(table.samples).tolist() == [9, 9]
    assert abs(table.y[0] - 8_499_745) <= 5  # in the middle of its short side
    small = sampled(features, tmp_path / "fields.gpkg", polygons="pixels", polygon_pixels=10).table
    assert np.bincount(small.samples).tolist() == [10, 1]


def test_each_pixel_has_one_class_at_most(features, tmp_path):
    """Twice the same, twice different in one pixel, and two points side by side."""
    pixels = [(5, 5), (5, 5), (20, 20), (20, 20), (30, 30), (30, 31), (80, 50)]
    points_file(tmp_path / "points.gpkg", pixels, ["a", "a", "a", "b", "a", "b", "b"])
    result = sampled(features, tmp_path / "points.gpkg")
    table = result.table
    places = list(zip(table.x, table.y))
    assert len(set(places)) == len(places)
    assert result.labels.feature.tolist() == [1, 5, 6, 7]
    assert sorted(result.labels.left_out.feature) == [2, 3, 4]
    notes = " ".join(result.notes) + " ".join(result.labels.left_out.notes())
    assert "Labels in a pixel that has a label of the same class already: 1." in notes
    assert "Labels of another class than a label in the same pixel, all of which are left out: 2." in notes
    beside = table.rows(np.isin(table.samples, (1, 2)))
    assert set(beside.samples[beside.pixels == 0].tolist()) == {1, 2}
    assert len(beside) == 2 + 3 + 3  # what both would have as neighbours is left out


def test_indices_are_added_for_each_season(features, tmp_path):
    points_file(tmp_path / "points.gpkg", [(5, 5), (18, 40)])
    table = sampled(features, tmp_path / "points.gpkg", indices=["NDVI"], neighbours=False).table
    assert table.names == (*BANDS, "spring_NDVI")
    red, infrared = table.features[:, 1], table.features[:, 2]
    np.testing.assert_allclose(table.features[:, 3], (infrared - red) / (infrared + red), rtol=1e-5)


def test_a_feature_that_is_not_there_is_named(features, tmp_path):
    points_file(tmp_path / "points.gpkg", [(5, 5), (18, 40)])
    with pytest.raises(TrainingInvalid, match="no feature autumn_B08"):
        sampled(features, tmp_path / "points.gpkg", features=["spring_B04", "autumn_B08"])
    with pytest.raises(TrainingInvalid, match="no feature NDSI"):
        sampled(features, tmp_path / "points.gpkg", indices=["NDSI"])


def test_all_pixels_of_a_label_lie_in_one_block(features, tmp_path):
    random = np.random.default_rng(4)
    pixels = random.integers(1, 90, (60, 2)).tolist()
    points_file(tmp_path / "points.gpkg", pixels)
    result = sampled(features, tmp_path / "points.gpkg", block_size_m=200.0)
    for label in np.unique(result.table.samples):
        assert len(set(result.table.blocks[result.table.samples == label].tolist())) == 1
    assert len(np.unique(result.table.blocks)) > 5
    np.testing.assert_array_equal(
        result.block_of_labels, [result.table.blocks[result.table.samples == n][0] for n in range(len(result.labels))]
    )


def test_tiles_that_overlap_give_each_label_once(tmp_path):
    """Two feature folders side by side, 20 columns of which are common."""
    right = GRID.__class__("EPSG:32718", GRID.left + 970, GRID.top, 10.0, 117, 93)
    write_features(tmp_path / "tiles" / "a")
    write_features(tmp_path / "tiles" / "b", right)
    points_file(tmp_path / "points.gpkg", [(10, 10), (10, 100), (10, 150), (40, 110)], ["a", "b", "a", "b"])
    result = sampled((tmp_path / "tiles",), tmp_path / "points.gpkg", neighbours=False)
    assert sorted(result.table.samples.tolist()) == [0, 1, 2, 3]
    assert [result.table.source_names[index] for index in result.table.sources] == ["a", "a", "a", "b"]


def write_scene(path, name, numbers, scl):
    """A scene as a run leaves it: bands by description, then the scene classification."""
    bands = ("B03", "B04", "B08", "SCL")
    with rasterio.open(path, "w", **gtiff_profile(GRID, 4, "uint16", nodata=0)) as target:
        target.write(np.concatenate((numbers, scl[None])).astype(np.uint16))
        target.descriptions = bands
        target.update_tags(ALLPA_SCENE=name)


def test_scenes_give_a_row_for_each_clear_date(tmp_path):
    """Two dates; on the second one point lies under a cloud and its neighbours are partly in shadow."""
    (tmp_path / "scenes").mkdir()
    numbers = write_features(tmp_path / "features")
    clear = np.full((GRID.height, GRID.width), 4)
    cloudy = clear.copy()
    cloudy[30, 100], cloudy[31, 99:102] = 9, 3
    write_scene(tmp_path / "scenes" / "S2A_20200110.tif", "S2A_20200110", numbers, clear)
    write_scene(tmp_path / "scenes" / "S2B_20200205.tif", "S2B_20200205", numbers // 2, cloudy)
    points_file(tmp_path / "points.gpkg", [(5, 5), (30, 100)], ["a", "b"])
    table = sampled((tmp_path / "scenes",), tmp_path / "points.gpkg", indices=["NDVI"]).table
    assert table.names == ("B03", "B04", "B08", "NDVI")
    assert table.source_names == ("S2A_20200110", "S2B_20200205")
    counts = np.zeros((2, 2), int)
    np.add.at(counts, (table.samples, table.sources), 1)
    assert counts.tolist() == [[9, 9], [9, 5]]
    second = table.rows((table.samples == 0) & (table.sources == 1) & (table.pixels == 0))
    np.testing.assert_allclose(second.features[0, :3], (numbers[:, 5, 5] // 2) / 1e4, rtol=1e-6)
    assert len(set(table.blocks[table.samples == 1].tolist())) == 1


def test_a_raster_that_is_no_scene_is_refused(tmp_path):
    (tmp_path / "scenes").mkdir()
    with rasterio.open(tmp_path / "scenes" / "photo.tif", "w", **gtiff_profile(GRID, 1, "uint16")) as target:
        target.write(np.ones((1, GRID.height, GRID.width), np.uint16))
    points_file(tmp_path / "points.gpkg", [(5, 5), (30, 100)], ["a", "b"])
    with pytest.raises(TrainingInvalid, match="neither features nor scenes in scenes"):
        sampled((tmp_path / "scenes",), tmp_path / "points.gpkg")
    with pytest.raises(TrainingInvalid, match=r"photo\.tif is no scene"):
        sampled((tmp_path / "scenes" / "photo.tif",), tmp_path / "points.gpkg")


def test_the_scenes_of_a_run_are_found_beside_its_map_and_elevation(tmp_path):
    numbers = write_features(tmp_path / "features")
    (tmp_path / "run" / "scenes").mkdir(parents=True)
    clear = np.full((GRID.height, GRID.width), 4)
    write_scene(tmp_path / "run" / "scenes" / "S2A_20200110.tif", "S2A_20200110", numbers, clear)
    for name in ("landcover_2020.tif", "scenes/elevation.tif"):
        with rasterio.open(tmp_path / "run" / name, "w", **gtiff_profile(GRID, 1, "uint16")) as target:
            target.write(np.ones((1, GRID.height, GRID.width), np.uint16))
    scope, sources = find_sources(tmp_path / "run")
    assert scope == "scene"
    assert [path.name for path in sources] == ["S2A_20200110.tif"]
