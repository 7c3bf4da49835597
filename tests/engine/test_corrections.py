"""Corrections of a map: which files are read, which classes are taken, and which pixels they name."""

import json

import numpy as np
import pyogrio
import pytest
import shapely
from allpa_engine.core.errors import ReferenceInvalid, TrainingInvalid
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.corrections import MAX_PIXELS, Corrections, pixels_on_grid, read_corrections
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, box, mapping

GRID = Grid("EPSG:32718", 700_000, 8_500_000, 10, 40, 30)


def write_geojson(path, rows):
    features = [
        {"type": "Feature", "geometry": shape and mapping(shape), "properties": properties}
        for shape, properties in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def at(row, column, side=0.0):
    x, y = GRID.left + 10 * column + 5, GRID.top - 10 * row - 5
    return Point(x, y) if not side else box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def corrections(shapes, codes=None):
    return Corrections(np.array(shapes, object), np.array(codes or [2] * len(shapes), np.uint8), GRID.crs)


def places(found):
    return sorted(zip(found.row.tolist(), found.column.tolist(), found.correction.tolist()))


def test_codes_and_names_of_classes_are_read(tmp_path):
    path = write_geojson(
        tmp_path / "c.geojson",
        [(Point(-73, -13), {"class": value}) for value in (2, "3", "Crops", "  built AREA ", 5.0)],
    )
    assert read_corrections(path, BUNDLED_LEGEND).codes.tolist() == [2, 3, 5, 7, 5]


def test_a_geopackage_in_a_projected_crs_with_another_field(tmp_path):
    shapes = shapely.to_wkb(np.array([at(1, 2, 30), at(20, 9, 10)], object))
    pyogrio.raw.write(
        tmp_path / "ñandú.gpkg", shapes, [np.array([2, 8])], ["clase"], geometry_type="Polygon", crs="EPSG:32718"
    )
    found = read_corrections(tmp_path / "ñandú.gpkg", BUNDLED_LEGEND, "clase")
    assert found.codes.tolist() == [2, 8]
    assert places(pixels_on_grid(found, GRID))[-1] == (20, 9, 1)


@pytest.mark.parametrize("value", [11, "Wood", 0, -2, 2.5, 10, "Clouds", [1]])
def test_classes_that_the_legend_does_not_have_and_clouds_are_refused(tmp_path, value):
    path = write_geojson(tmp_path / "c.geojson", [(Point(0, 0), {"class": 2}), (Point(0, 1), {"class": value})])
    with pytest.raises(TrainingInvalid, match="legend"):
        read_corrections(path, BUNDLED_LEGEND)


def test_an_own_legend_allows_its_classes(tmp_path):
    legend = Legend((*BUNDLED_LEGEND.classes, LandClass(200, "Bofedal", "#112233", 1.0, "")))
    path = write_geojson(tmp_path / "c.geojson", [(Point(0, 0), {"class": "bofedal"})])
    assert read_corrections(path, legend).codes.tolist() == [200]


def test_what_has_no_class_or_no_place_is_left_out_and_counted(tmp_path):
    path = write_geojson(
        tmp_path / "c.geojson",
        [
            (Point(0, 0), {"class": 2}), (Point(0, 0), {"class": None}), (Point(0, 0), {"class": ""}),
            (LineString([(0, 0), (1, 1)]), {"class": 2}), (None, {"class": 2}),
        ],
    )  # fmt: skip
    found = read_corrections(path, BUNDLED_LEGEND)
    assert len(found) == 1
    assert [note.endswith(": 2.") for note in found.notes] == [True, True]


def test_a_file_without_corrections_or_the_field_is_refused(tmp_path):
    with pytest.raises(TrainingInvalid, match="no field"):
        read_corrections(write_geojson(tmp_path / "a.geojson", [(Point(0, 0), {"kind": 2})]), BUNDLED_LEGEND)
    with pytest.raises(TrainingInvalid, match="no correction"):
        read_corrections(write_geojson(tmp_path / "b.geojson", [(Point(0, 0), {"class": None})]), BUNDLED_LEGEND)
    metres = write_geojson(tmp_path / "c.geojson", [(Point(700_000, 8_500_000), {"class": 2})])
    with pytest.raises(ReferenceInvalid, match="CRS"):
        read_corrections(metres, BUNDLED_LEGEND)


@settings(deadline=None, max_examples=60)
@given(st.floats(-50, 450), st.floats(-50, 350))
def test_a_point_names_the_pixel_that_holds_it(east, south):
    x, y = GRID.left + east, GRID.top - south
    found = pixels_on_grid(corrections([Point(x, y)]), GRID)
    inside = 0 <= x - GRID.left < 400 and 0 <= GRID.top - y < 300
    column, row = (x - GRID.left) // 10, (GRID.top - y) // 10
    assert places(found) == ([(int(row), int(column), 0)] if inside else [])


def test_a_polygon_names_the_pixels_whose_centre_it_covers():
    shape = MultiPolygon([box(GRID.left + 8, GRID.top - 27, GRID.left + 31, GRID.top - 4), at(10, 20, 12)])
    found = pixels_on_grid(corrections([shape]), GRID)
    covered = [(row, column, 0) for row in range(30) for column in range(40) if shape.contains(at(row, column))]
    assert places(found) == covered
    assert len(covered) == 7


def test_a_large_polygon_gives_pixels_all_over_it():
    found = pixels_on_grid(corrections([box(*GRID.bounds)]), GRID)
    assert len(found.row) == MAX_PIXELS
    assert found.row.min() < 3
    assert found.row.max() > 26


def test_a_polygon_smaller_than_a_pixel_names_the_one_it_lies_in():
    shape = box(GRID.left + 41, GRID.top - 42, GRID.left + 43, GRID.top - 41)
    assert places(pixels_on_grid(corrections([shape]), GRID)) == [(4, 4, 0)]


def test_a_pixel_counts_once_and_the_later_of_two_classes_holds():
    found = pixels_on_grid(corrections([at(3, 3), at(3, 3), at(5, 5), at(5, 5)], [2, 8, 3, 3]), GRID)
    assert places(found) == [(3, 3, 1), (5, 5, 3)]
    assert list(found.notes) == [
        "Pixels with corrections of different classes: 1. The later correction in the file counts."
    ]


def test_corrections_outside_and_far_away_name_nothing():
    far = Corrections(np.array([Point(10, 50), box(10, 50, 11, 51)], object), np.array([2, 2], np.uint8), "EPSG:4326")
    assert places(pixels_on_grid(far, GRID)) == []
