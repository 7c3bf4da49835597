"""Labels are in the file at once, whatever else has it open; copies are merged, other samples are refused."""

import os
import shutil
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from sample_files import rows_of, write_sample


@pytest.fixture
def labels(allpa):
    from allpa.plugin.layers import sample_labels

    return sample_labels


@pytest.fixture
def sample(labels, tmp_path):
    return labels.read_sample(write_sample(tmp_path / "muestra de Ñuñoa.gpkg"))


def label_of(labels, point_id, interpreter, code, **more):
    from allpa.plugin.allpa_engine.core.agreement import Label

    return Label(point_id, interpreter, code, labelled_at=labels.now(), **more)


def test_a_sample_is_read_without_the_classes_of_the_map(sample):
    assert [point.point_id for point in sample.points] == list(range(1, 26))
    assert (sample.points[1].x, sample.points[1].y) == (730_235, 8_489_995)
    assert sample.pixel_side_m == 10
    assert vars(sample.points[0]).keys() == {"point_id", "x", "y"}
    assert "32718" in sample.crs_wkt


def test_a_label_is_in_the_file_when_it_is_written(labels, sample):
    name = labels.add_interpreter(sample, "  José   O'Hara ")
    written = label_of(labels, 3, name, 5, second_class=3, confidence=2, note="¿Alfalfa? 'riego'")
    labels.write_label(sample.path, sample.points[2], written)
    rows = rows_of(sample.path, "SELECT point_id, reference_class, second_class, confidence, note FROM labels "
                   "WHERE interpreter = 'José O''Hara' AND reference_class IS NOT NULL")  # fmt: skip
    assert rows == [(3, 5, 3, 2, "¿Alfalfa? 'riego'")]
    assert labels.read_labels(sample.path, name)[2] == written


def test_a_label_can_be_taken_back(labels, sample):
    name = labels.add_interpreter(sample, "Ana")
    labels.write_label(sample.path, sample.points[0], label_of(labels, 1, name, 5, second_class=3, note="x"))
    labels.write_label(sample.path, sample.points[0], replace(label_of(labels, 1, name, None), labelled_at=""))
    row = "SELECT reference_class, second_class, confidence, note, labelled_at FROM labels WHERE point_id = 1"
    assert rows_of(sample.path, row) == [(None,) * 5]


def test_the_first_name_takes_the_empty_rows_over_and_later_ones_get_their_own(labels, sample):
    assert labels.add_interpreter(sample, "Ana") == "Ana"
    assert labels.add_interpreter(sample, "Luis") == "Luis"
    assert labels.add_interpreter(sample, "ana") == "Ana"  # the same person
    counts = rows_of(sample.path, "SELECT interpreter, count(*) FROM labels GROUP BY interpreter ORDER BY 1")
    assert counts == [("Ana", 25), ("Luis", 25)]
    assert rows_of(sample.path, "SELECT value FROM design WHERE key = 'interpreters'") == [('["Ana", "Luis"]',)]
    positions = "SELECT count(DISTINCT geom) FROM labels WHERE interpreter = 'Luis'"
    assert rows_of(sample.path, positions) == [(25,)]


@pytest.mark.parametrize("name", ["", "  ", "settled", "Settled", "x" * 81, "a\x07b"])
def test_some_names_are_refused(labels, sample, name):
    from allpa.plugin.allpa_engine.core.errors import SampleInvalid

    with pytest.raises(SampleInvalid):
        labels.add_interpreter(sample, name)


def test_copies_are_merged_and_the_later_label_stays(labels, sample, tmp_path):
    ana = labels.add_interpreter(sample, "Ana")
    labels.write_label(sample.path, sample.points[0], label_of(labels, 1, ana, 2))
    copy = tmp_path / "copy.gpkg"
    shutil.copy(sample.path, copy)
    luis = labels.add_interpreter(labels.read_sample(copy), "Luis")
    labels.write_label(copy, sample.points[0], label_of(labels, 1, ana, 3))  # changed her mind
    labels.write_label(copy, sample.points[4], label_of(labels, 5, luis, 7))
    labels.write_label(sample.path, sample.points[1], label_of(labels, 2, ana, 6))  # after the copy was made
    merged = labels.merge_labels(sample.path, copy)
    assert merged.interpreters == ("Luis",)
    found = {(row.point_id, row.interpreter): row.reference_class for row in labels.read_labels(sample.path)}
    assert len(found) == 50
    assert {key: code for key, code in found.items() if code} == {
        (1, "Ana"): 3, (2, "Ana"): 6, (5, "Luis"): 7,
    }  # fmt: skip
    assert labels.merge_labels(sample.path, copy) == labels.Merge(0, ())  # nothing new the second time


def test_a_copy_of_another_sample_is_refused(labels, sample, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import SampleInvalid

    for number, facts in enumerate(({"seed": 8}, {"map_digest": "aa"}, {"count": 24})):
        other = write_sample(tmp_path / f"other{number}.gpkg", **facts)
        with pytest.raises(SampleInvalid, match="another sample"):
            labels.merge_labels(sample.path, other)


def test_a_file_that_another_program_writes_to_is_not_waited_for_long_and_keeps_what_it_has(labels, sample):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    name = labels.add_interpreter(sample, "Ana")
    other = sqlite3.connect(sample.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(FolderNotWritable, match="not saved"):
        labels.write_label(sample.path, sample.points[0], label_of(labels, 1, name, 5))
    other.execute("ROLLBACK")
    other.close()
    labels.write_label(sample.path, sample.points[0], label_of(labels, 1, name, 6))
    assert labels.read_labels(sample.path, name)[0].reference_class == 6


@pytest.fixture
def as_a_user():
    """Without the rights of the administrator, who may write everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    yield
    os.seteuid(0)


def test_a_file_that_may_only_be_read_can_be_viewed_and_not_labelled(labels, allpa, request):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    with tempfile.TemporaryDirectory() as name:
        path = write_sample(Path(name) / "sample.gpkg")
        Path(name).chmod(0o555)
        path.chmod(0o444)
        request.getfixturevalue("as_a_user")
        sample = labels.read_sample(path)
        with pytest.raises(FolderNotWritable, match="cannot be written"):
            labels.add_interpreter(sample, "Ana")
        with pytest.raises(FolderNotWritable, match="not saved"):
            labels.write_label(path, sample.points[0], label_of(labels, 1, "1", 5))
        assert all(label.reference_class is None for label in labels.read_labels(path))
        if os.getuid() == 0:
            os.seteuid(0)


def test_a_layer_of_qgis_may_have_the_file_open_and_be_edited(labels, sample, qgis_app):
    from qgis.core import QgsVectorLayer

    name = labels.add_interpreter(sample, "Ana")
    layer = QgsVectorLayer(f"{sample.path}|layername=labels", "labels")
    assert layer.startEditing()
    labels.write_label(sample.path, sample.points[0], label_of(labels, 1, name, 5))
    feature = next(layer.getFeatures("point_id = 2"))
    layer.changeAttributeValue(feature.id(), layer.fields().indexOf("reference_class"), 3)
    assert layer.commitChanges()
    labels.write_label(sample.path, sample.points[2], label_of(labels, 3, name, 7))
    assert [row.reference_class for row in labels.read_labels(sample.path, name)[:4]] == [5, 3, 7, None]


def test_what_is_no_sample_is_refused_with_a_reason(labels, sample, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import SampleInvalid

    with pytest.raises(SampleInvalid, match="does not exist"):
        labels.read_sample(tmp_path / "missing.gpkg")
    text = tmp_path / "text.gpkg"
    text.write_text("no database")
    empty = write_sample(tmp_path / "empty.gpkg", points=[])
    twice = write_sample(tmp_path / "twice.gpkg", points=[(1, 0, 0, 1), (1, 10, 0, 1)])
    other = tmp_path / "other.gpkg"
    shutil.copy(sample.path, other)
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE design SET value = '{' WHERE key = 'seed'")
    for path in (text, empty, twice, other, tmp_path):
        with pytest.raises(SampleInvalid):
            labels.read_sample(path)
    sample.path.unlink()
    with pytest.raises(SampleInvalid, match="does not exist"):
        labels.write_label(sample.path, sample.points[0], label_of(labels, 1, "Ana", 5))
    assert not sample.path.exists()
