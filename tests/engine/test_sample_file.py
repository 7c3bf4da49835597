"""The GeoPackage of a sample: what is written comes back, and what was changed by hand is refused with a reason."""

import sqlite3
from dataclasses import replace

import numpy as np
import pyogrio
import pytest
from allpa_engine.accuracy.labelled_sample import read_labelled_sample
from allpa_engine.accuracy.sample_design import MapCount, SampleDesign, Stratum
from allpa_engine.accuracy.sample_file import (
    SamplePoints,
    map_digest,
    read_design,
    read_labels,
    read_points,
    write_sample,
)
from allpa_engine.core.agreement import Label
from allpa_engine.core.errors import FolderNotWritable, SampleInvalid, SampleOfAnotherMap
from sample_maps import LEFT, TOP, UTM, write_map

CODES = np.array([[1, 1, 2], [2, 0, 5]], np.uint8)


@pytest.fixture
def landcover(tmp_path):
    return write_map(tmp_path / "map.tif", CODES)


@pytest.fixture
def design(landcover):
    strata = tuple(Stratum(f"Class {code}", code, None, 2, 0.02, 1) for code in (1, 2, 5))
    counts = tuple(MapCount(code, None, 2, 0.02) for code in (1, 2, 5))
    return SampleDesign(
        map_digest=map_digest(landcover),
        map_name="map.tif",
        kind="landcover",
        crs=UTM,
        method="stratified",
        strata=strata,
        zones=("Curahuasi", "Ñaña"),
        map_counts=counts,
        seed=7,
        min_distance_m=0.0,
        interpreters=("Ana", "Óscar"),
        notes=("A note.",),
        created="2020-01-01T00:00:00Z",
        allpa_version="1",
    )


@pytest.fixture
def points():
    place = np.array([[0, 0], [2, 0], [2, 1]]) * 10.0 + 5
    return SamplePoints(
        LEFT + place[:, 0], TOP - place[:, 1], np.array([0, 1, 2]), np.array([0, 1, -1]), np.array([1, 2, 5], np.uint8)
    )


@pytest.fixture
def sample(tmp_path, design, points):
    path = tmp_path / "sample.gpkg"
    write_sample(path, design, points)
    return path


def execute(path, *statements):
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_sample_comes_back_as_it_was_written(sample, design, points):
    assert read_design(sample) == design
    again = read_points(sample, design)
    for name in ("x", "y", "stratum", "zone", "map_class"):
        assert getattr(again, name).tolist() == getattr(points, name).tolist()


def test_every_interpreter_has_an_empty_row_for_each_point(sample):
    labels = read_labels(sample, 3)
    assert [(label.interpreter, label.point_id) for label in labels] == [
        (name, number) for name in ("Ana", "Óscar") for number in (1, 2, 3)
    ]
    assert {label.reference_class for label in labels} == {None}


def test_other_programs_read_points_and_crs(sample, points):
    meta, _, geometry, values = pyogrio.raw.read(sample, layer="sample_points")
    assert (meta["crs"], meta["geometry_type"], len(geometry)) == (UTM, "Point", 3)
    assert values[list(meta["fields"]).index("map_class")].tolist() == [1, 2, 5]
    assert sorted(name for name, _ in pyogrio.list_layers(sample)) == [
        "design", "labels", "layer_styles", "sample_points"
    ]  # fmt: skip


def test_labels_that_agree_are_the_reference(sample, landcover):
    execute(
        sample,
        "UPDATE labels SET reference_class = 1 WHERE point_id = 1",
        "UPDATE labels SET reference_class = 2 WHERE point_id = 2",
        "UPDATE labels SET reference_class = 5 WHERE point_id = 3 AND interpreter = 'Ana'",
        "UPDATE labels SET reference_class = 3 WHERE point_id = 3 AND interpreter = 'Óscar'",
    )
    labelled = read_labelled_sample(sample, landcover)
    assert labelled.reference_class.tolist() == [1, 2, 0]
    assert labelled.map_class.tolist() == [1, 2, 5]
    assert (labelled.stratum_pixels.tolist(), labelled.zone_names) == ([2, 2, 2], ("Curahuasi", "Ñaña"))
    execute(sample, "INSERT INTO labels (point_id, interpreter, reference_class) VALUES (3, 'settled', 3)")
    assert read_labelled_sample(sample, landcover).reference_class.tolist() == [1, 2, 3]


def test_a_sample_of_change_joins_both_classes(tmp_path, design, points):
    codes = np.array([[0x11, 0x11, 0x22], [0x22, 0, 0x25]], np.uint8)
    change = write_map(tmp_path / "change.tif", codes)
    design = replace(design, kind="change", map_digest=map_digest(change))
    points = replace(points, map_class=np.array([0x11, 0x22, 0x25], np.uint8))
    labels = [Label(1, "Ana", 1, earlier_class=1), Label(2, "Ana", 5, earlier_class=2), Label(3, "Ana", 5)]
    write_sample(tmp_path / "change.gpkg", design, points, labels)
    assert read_labelled_sample(tmp_path / "change.gpkg", change).reference_class.tolist() == [0x11, 0x25, 0]


def test_a_sample_of_another_map_is_refused(sample, tmp_path):
    other = write_map(tmp_path / "other.tif", np.array([[1, 1, 2], [2, 0, 6]], np.uint8))
    with pytest.raises(SampleOfAnotherMap, match=r"not drawn from the map other\.tif.*drawn from map\.tif"):
        read_labelled_sample(sample, other)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE sample_points SET map_class = 2 WHERE point_id = 1", "were moved or changed"),
        ("UPDATE sample_points SET geom = (SELECT geom FROM sample_points WHERE point_id = 3)", "were moved"),
        ("UPDATE sample_points SET geom = NULL", "has no place"),
        ("UPDATE sample_points SET point_id = 1", "not numbered from 1"),
        ("DELETE FROM sample_points WHERE point_id = 2", "not numbered from 1"),
        ("DELETE FROM sample_points", "not numbered from 1"),
        ("UPDATE sample_points SET stratum = 'x'", "its design does not have"),
        ("UPDATE sample_points SET map_class = 'x'", "its design does not have"),
        ("UPDATE labels SET reference_class = 11", "unknown point or class.*11 is not from 1 to 10"),
        ("UPDATE labels SET reference_class = 'trees'", "unknown point or class"),
        ("UPDATE labels SET reference_class = 9e999", "unknown point or class.*'inf' is not a whole number"),
        ("UPDATE sample_points SET map_class = 9e999", "its design does not have"),
        ("UPDATE labels SET point_id = point_id + 3", "unknown point or class.*is not from 1 to 3"),
        ("DROP TABLE labels", "not a sample of Allpa, or it is damaged.*labels"),
        ("DELETE FROM design WHERE key = 'seed'", "design in sample.gpkg cannot be read.*'seed' is missing"),
        ("UPDATE design SET value = '[' WHERE key = 'strata'", "design in sample.gpkg cannot be read"),
        ("UPDATE design SET value = '[]' WHERE key = 'strata'", "no strata"),
        ("UPDATE design SET value = '{\"a\": 1}' WHERE key = 'zones'", "cannot be read.*is no list"),
    ],
)
def test_what_was_changed_by_hand_is_refused(sample, landcover, change, sentence):
    execute(sample, change)
    with pytest.raises(SampleInvalid, match=f"(?s){sentence}"):
        read_labelled_sample(sample, landcover)


def test_a_sample_that_another_program_is_writing_to_is_not_called_damaged(sample, landcover):
    connection = sqlite3.connect(sample)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SampleInvalid, match="is in use by another program") as caught:
        read_labelled_sample(sample, landcover)
    connection.close()
    assert "close it" in caught.value.next_step


def test_an_interpreter_is_found_by_name_or_the_names_are_listed(sample, landcover):
    execute(sample, "UPDATE labels SET reference_class = 2 WHERE interpreter = 'Ana'")
    found = read_labelled_sample(sample, landcover, "single", "ANA")
    assert found.reference_class.tolist() == [2, 2, 2]
    with pytest.raises(SampleInvalid, match=r"no labels by 'Eva'.*Ana, "):
        read_labelled_sample(sample, landcover, "single", "Eva")


def test_two_labels_of_one_interpreter_are_refused(sample, landcover):
    with pytest.raises(sqlite3.IntegrityError):
        execute(sample, "INSERT INTO labels (point_id, interpreter) VALUES (1, 'Ana')")
    execute(sample, "DROP INDEX labels_by_point", "INSERT INTO labels (point_id, interpreter) VALUES (1, 'Ana')")
    with pytest.raises(SampleInvalid, match="two labels by interpreter 'Ana'"):
        read_labelled_sample(sample, landcover)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"SQLite format 3\0" + b"\xff" * 200])
def test_other_files_are_no_samples(tmp_path, landcover, content):
    path = tmp_path / "sample.gpkg"
    path.write_bytes(content)
    with pytest.raises(SampleInvalid, match="not a sample of Allpa"):
        read_labelled_sample(path, landcover)
    with pytest.raises(SampleInvalid, match="cannot be read"):
        read_design(tmp_path / "missing.gpkg")


def test_a_sample_is_whole_or_absent(tmp_path, design, points):
    folder = tmp_path / "file"
    folder.write_text("")
    with pytest.raises(FolderNotWritable):
        write_sample(folder / "sample.gpkg", design, points)
    write_sample(tmp_path / "sample.gpkg", design, points)
    assert not list(tmp_path.glob(".*"))
