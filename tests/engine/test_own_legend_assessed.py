"""Classes of a user's own in samples, labels, estimates of accuracy, and change."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.accuracy.sample_file import read_design, read_labels
from allpa_engine.change import change_matrix
from allpa_engine.change.timeline import timeline
from allpa_engine.core.errors import JobInvalid, LegendsDiffer, ReferenceInvalid, SampleInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.sample_keys import DESIGN, IMPORT
from allpa_engine.raster.class_raster import open_class_raster
from allpa_engine.run.pipeline import run_job
from own_legends import ANDES, BOFEDAL, CROPS_40
from sample_maps import LEFT, TOP, write_map
from test_change import parsed

LEGENDS = pytest.mark.parametrize("legend", [ANDES, CROPS_40], ids=["3 classes", "40 classes"])
SHAPE = (40, 50)


def stripes(legend, shift=0):
    """Columns of the classes in turn, with no data in the first row."""
    codes = np.tile(np.array(legend.codes, np.uint8)[(np.arange(SHAPE[1]) + shift) % len(legend)], (SHAPE[0], 1))
    codes[0] = 0
    return codes


def run(folder, task, **values):
    return run_job(Job(str(folder), task=task, **values), NullReporter())


def execute(path, statement, *values):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def read_csv(path):
    with Path(path).open(encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def drawn(folder, landcover, **design):
    values = run(folder, "accuracy_sample", landcover=str(landcover), design={**DESIGN.defaults, **design})
    return Path(values["sample"])


@LEGENDS
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_sample_is_drawn_labelled_and_assessed_in_own_classes(tmp_path, legend, language):
    landcover = write_map(tmp_path / "map.tif", stripes(legend), legend=legend)
    sample = drawn(tmp_path, landcover, size=4 * len(legend), allocation="equal")
    design = read_design(sample)
    assert design.legend == legend
    assert [(stratum.name, stratum.map_class) for stratum in design.strata] == [(la.name, la.code) for la in legend]
    execute(
        sample,
        "UPDATE labels SET reference_class = "
        "(SELECT map_class FROM sample_points p WHERE p.point_id = labels.point_id)",
    )
    wrong, last = legend.codes[:2]
    execute(
        sample,
        "UPDATE labels SET reference_class = ? WHERE point_id = (SELECT min(point_id) FROM sample_points WHERE "
        "map_class = ?)", last, wrong,
    )  # fmt: skip
    values = run(tmp_path, "accuracy", landcover=str(landcover), sample=str(sample), language=language)
    with written(values, ".json").open() as file:
        region = json.load(file)["regions"][0]
    assert region["codes"] == list(legend.codes)
    assert [row["name"] for row in region["classes"]] == [land.name for land in legend]
    shares = [np.mean(stripes(legend)[1:] == code) for code in legend.codes]
    assert region["overall"]["value"] == pytest.approx(1 - shares[0] / 4)  # one of four points of a stratum
    html = written(values, ".html").read_text(encoding="utf-8")
    assert all(land.name in html for land in legend)
    assert "Agua" not in html


def written(values, suffix):
    return next(Path(path) for path in values.values() if isinstance(path, str) and path.endswith(suffix))


def test_a_label_of_no_class_of_the_legend_is_refused(tmp_path):
    landcover = write_map(tmp_path / "map.tif", stripes(ANDES), legend=ANDES)
    sample = drawn(tmp_path, landcover, size=30)
    execute(sample, "UPDATE labels SET reference_class = 5")
    with pytest.raises(SampleInvalid, match=r"names an unknown point or class.*5 is no class.*20 Water"):
        run(tmp_path, "accuracy", landcover=str(landcover), sample=str(sample))


def test_the_form_of_a_sample_holds_the_own_classes(tmp_path):
    landcover = write_map(tmp_path / "map.tif", stripes(ANDES), legend=ANDES)
    sample = drawn(tmp_path, landcover, size=30)
    ((style,),) = execute(sample, "SELECT styleQML FROM layer_styles WHERE f_table_name = 'labels'")
    assert "Laguna Ñañaca" in style
    assert '"reference_class" = 200' in style.replace("&quot;", '"')
    assert "Built area" not in style


def test_labels_from_elsewhere_are_read_by_own_names_and_codes(tmp_path):
    landcover = write_map(tmp_path / "map.tif", stripes(ANDES), legend=ANDES)
    rows = [(LEFT + 10 * i + 5, TOP - 25, name) for i, name in enumerate(["queñual", "Water", "200", "bosque"] * 3)]
    table = "x,y,class\n" + "".join(f"{x},{y},{name}\n" for x, y, name in rows)
    (tmp_path / "points.csv").write_text(table, encoding="utf-8")
    options = {**IMPORT.defaults, "crs": "EPSG:32718", "classes": {"bosque": 10}}
    values = run(
        tmp_path, "accuracy_import", landcover=str(landcover), reference=str(tmp_path / "points.csv"),
        reference_options=options,
    )  # fmt: skip
    labels = read_labels(values["sample"], 12, ANDES)
    assert sorted(label.reference_class for label in labels) == [10] * 6 + [20] * 3 + [200] * 3
    with pytest.raises(ReferenceInvalid, match="classes that the map does not have: 5"):
        run(
            tmp_path / "other", "accuracy_import", landcover=str(landcover), reference=str(tmp_path / "points.csv"),
            reference_options={**options, "classes": {"bosque": 5}},
        )  # fmt: skip


@LEGENDS
def test_change_between_own_classes_is_counted_mapped_and_named(tmp_path, legend):
    before, after = stripes(legend), stripes(legend, 1)
    maps = {
        "2019": str(write_map(tmp_path / "2019.tif", before, legend=legend)),
        "2020": str(write_map(tmp_path / "2020.tif", after, legend=legend)),
    }
    code = legend.codes[-1]
    values = run(tmp_path, "change", maps=maps, change_class=code, language="es")
    rows = read_csv(values["matrix"])
    expected = np.array([[((before == a) & (after == b)).sum() / 100 for b in legend.codes] for a in legend.codes])
    found = np.array([[float(cell) for cell in row[1 : len(legend) + 1]] for row in rows[1 : len(legend) + 1]])
    assert rows[0][1 : len(legend) + 1] == [land.name for land in legend]
    np.testing.assert_allclose(found, expected)
    with rasterio.open(values["change"]) as source:
        assert source.dtypes[0] == "uint16"
        both = (before > 0) & (after > 0)
        assert (source.read(1) == np.where(both, 256 * before.astype(int) + after, 0)).all()
    with rasterio.open(values["one_class"]) as source:
        lost, gained = (before == code) & (after != code), (after == code) & (before != code)
        assert (source.read(1) == np.select([lost, gained], [2, 3], 0)).all()
    pair = 256 * legend.codes[0] + legend.codes[1]
    labels = {
        int(entry.get("value")): entry.get("label")
        for entry in parsed(Path(values["change"]).with_suffix(".qml")).iter("paletteEntry")
    }
    assert labels[pair] == f"{legend[0].name} → {legend[1].name}"
    html = Path(values["report"]).read_text(encoding="utf-8")
    assert all(land.name in html for land in legend)
    assert "Agua" not in html


def test_a_change_of_own_classes_is_sampled_and_estimated(tmp_path):
    before, after = stripes(ANDES), stripes(ANDES)
    after[:, 30:] = np.where(after[:, 30:] == 10, 200, after[:, 30:])
    maps = {
        "2019": str(write_map(tmp_path / "2019.tif", before, legend=ANDES)),
        "2020": str(write_map(tmp_path / "2020.tif", after, legend=ANDES)),
    }
    change = run(tmp_path, "change", maps=maps)["change"]
    sample = drawn(tmp_path, change, kind="change", size=60, minimum_points=20)
    assert [stratum.name for stratum in read_design(sample).strata] == ["No change", "Queñual → Laguna Ñañaca"]
    execute(
        sample,
        "UPDATE labels SET (earlier_class, reference_class) = (SELECT map_class / 256, map_class % 256 FROM "
        "sample_points p WHERE p.point_id = labels.point_id)",
    )
    values = run(tmp_path, "change", maps=maps, sample=str(sample))
    lost = ((before == 10) & (after == 200)).sum() / 100
    assert values["estimated_change"]["changed_ha"]["value"] == pytest.approx(lost, rel=1e-3)
    assert [row["code"] for row in values["estimated_change"]["classes"]] == [10, 200]
    assert "Queñual" in " ".join(values["sentences"])


def test_maps_of_different_legends_are_not_compared(tmp_path):
    one = write_map(tmp_path / "one.tif", stripes(ANDES), legend=ANDES)
    other = write_map(tmp_path / "other.tif", stripes(BOFEDAL), legend=BOFEDAL)
    bundled = write_map(tmp_path / "bundled.tif", np.full(SHAPE, 2, np.uint8))
    for second in (other, bundled):
        with pytest.raises(LegendsDiffer, match=r"one\.tif and .*\.tif have different classes"):
            change_matrix(one, second)
        with pytest.raises(LegendsDiffer):
            timeline({"1": one, "2": second})


def test_maps_of_one_legend_in_other_colours_are_compared(tmp_path):
    recoloured = Legend(tuple(LandClass(land.code, land.name, "#123456") for land in ANDES))
    one = write_map(tmp_path / "one.tif", stripes(ANDES), legend=ANDES)
    other = write_map(tmp_path / "other.tif", stripes(ANDES), legend=recoloured)
    assert change_matrix(one, other).changed_ha == 0
    with pytest.raises(JobInvalid, match="Use the code of one of these: 10 Queñual, 20 Water, 200 Laguna"):
        run(tmp_path / "out", "change", maps={"1": str(one), "2": str(other)}, change_class=3)


def test_own_codes_below_16_change_within_a_byte(tmp_path):
    one = write_map(tmp_path / "one.tif", stripes(BOFEDAL), legend=BOFEDAL)
    other = write_map(tmp_path / "other.tif", stripes(BOFEDAL, 1), legend=BOFEDAL)
    values = run(tmp_path / "out", "change", maps={"1": str(one), "2": str(other)})
    with open_class_raster(Path(values["change"])) as raster:
        assert raster.source.dtypes[0] == "uint8"
        assert raster.legend == BOFEDAL
    land = (stripes(BOFEDAL) != 13) & (stripes(BOFEDAL, 1) != 13) & (stripes(BOFEDAL) > 0)
    assert values["compared_ha"] == pytest.approx(land.sum() / 100)
