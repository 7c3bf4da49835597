"""Training tables: what is written comes back, other programs read it, damaged ones are refused in sentences."""

import csv
import json

import numpy as np
import pyarrow.parquet
import pytest
from allpa_engine.core.errors import AllpaError, TrainingInvalid
from allpa_engine.learn.sample_table import read_samples, write_samples, write_samples_csv
from learn_samples import LEGEND, sample_table


@pytest.fixture
def table():
    made = sample_table(61, 5)
    made.features[4, 2] = np.nan
    return made


def test_a_table_comes_back_as_it_was_written(table, tmp_path):
    write_samples(tmp_path / "training", table)
    back = read_samples(tmp_path / "training")
    assert (back.names, back.legend, back.crs, back.source_names) == (table.names, LEGEND, "EPSG:32718", ("18LYL",))
    for name in ("features", "codes", "samples", "pixels", "blocks", "weights", "longitude", "x", "sources"):
        np.testing.assert_array_equal(getattr(back, name), getattr(table, name))
        assert getattr(back, name).dtype == getattr(table, name).dtype
    assert back.is_complete.sum() == 60


def test_any_program_reads_the_columns(table, tmp_path):
    write_samples(tmp_path, table)
    arrow = pyarrow.parquet.read_table(tmp_path / "samples.parquet")
    assert arrow.column_names[:10] == [
        "sample", "pixel", "class", "block", "weight", "longitude", "latitude", "x", "y", "source",
    ]  # fmt: skip
    assert arrow.column_names[10:] == list(table.names)
    assert arrow.column("source").to_pylist() == ["18LYL"] * 61
    facts = json.loads((tmp_path / "samples.json").read_text(encoding="utf-8"))
    assert (facts["format"], facts["version"], facts["rows"], facts["samples"]) == ("allpa-samples", 1, 61, 21)


def test_csv_has_the_same_rows(table, tmp_path):
    write_samples_csv(table, tmp_path / "samples.csv")
    rows = list(csv.DictReader((tmp_path / "samples.csv").open(encoding="utf-8")))
    assert len(rows) == 61
    assert [int(row["class"]) for row in rows] == table.codes.tolist()
    assert float(rows[7]["season_B01"]) == pytest.approx(float(table.features[7, 1]))


def test_features_are_chosen_by_name_in_any_order(table):
    chosen = table.with_features(["season_B03", "season_B00"])
    np.testing.assert_array_equal(chosen.features, table.features[:, [3, 0]])
    with pytest.raises(TrainingInvalid, match="no feature autumn_NDVI"):
        table.with_features(["season_B03", "autumn_NDVI"])


def test_rows_are_chosen_in_all_columns(table):
    few = table.rows(table.codes == 7)
    assert set(few.codes) == {7}
    np.testing.assert_array_equal(few.features, table.features[table.codes == 7])


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / "samples.json").unlink(), "no training data"),
        (lambda folder: (folder / "samples.json").write_text("[1]"), "not one of Allpa"),
        (lambda folder: (folder / "samples.parquet").write_bytes(b"PAR1" + bytes(40)), "cannot be read"),
        (lambda folder: (folder / "samples.parquet").unlink(), "cannot be read"),
        (lambda folder: change_facts(folder, features=["season_B00", "season_B00"]), "names of the features"),
        (lambda folder: change_facts(folder, features=["NDVI"]), "lacks columns: NDVI"),
        (lambda folder: change_facts(folder, version=2), "version"),
        (lambda folder: (folder / "legend.json").unlink(), "legend"),
    ],
)
def test_damaged_folders_are_refused_with_a_sentence(table, tmp_path, damage, sentence):
    write_samples(tmp_path, table)
    damage(tmp_path)
    with pytest.raises(AllpaError, match=sentence):
        read_samples(tmp_path)


def change_facts(folder, **changes):
    path = folder / "samples.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}))


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("class", [9] * 61, "classes that its legend lacks: 9"),
        ("x", [float("inf")] * 61, "without a place"),
        ("weight", [-1.0] * 61, "weights"),
        ("block", [-1] * 61, "negative numbers"),
        ("class", ["a"] * 61, "cannot be read"),
        ("sample", [None] * 61, "cannot be read"),
    ],
)
def test_values_from_outside_are_checked(table, tmp_path, column, values, sentence):
    write_samples(tmp_path, table)
    arrow = pyarrow.parquet.read_table(tmp_path / "samples.parquet")
    changed = arrow.set_column(arrow.column_names.index(column), column, pyarrow.array(values))
    pyarrow.parquet.write_table(changed, tmp_path / "samples.parquet")
    with pytest.raises(TrainingInvalid, match=sentence):
        read_samples(tmp_path)


def test_an_earlier_table_is_not_taken_for_the_new_one(table, tmp_path):
    """A run that ends while it writes leaves no folder that seems whole."""
    write_samples(tmp_path, table)
    with pytest.raises(TrainingInvalid):
        write_samples(tmp_path, table.rows(np.zeros(61, bool)))
    assert len(read_samples(tmp_path)) == 61
