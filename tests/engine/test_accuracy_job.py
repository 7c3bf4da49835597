"""The task `accuracy`: from a map and its labelled sample to tables, picture and report, and what is refused."""

import csv
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from accuracy_samples import MAP, write_sample_of
from allpa_engine.core.agreement import Label
from allpa_engine.core.errors import JobInvalid, RasterInvalid, SampleInvalid, SampleOfAnotherMap
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.protocol import Reporter
from allpa_engine.run.pipeline import run_job
from PIL import Image
from sample_maps import LEFT, TOP, UTM, write_map

REFERENCES = [(1, 1, 18), (1, 2, 2), (2, 2, 45), (2, 5, 5), (5, 5, 24), (5, 2, 6)]
"""Points by map and reference class: 20 on 2 ha of Water, 50 on 5 ha of Trees, 30 on 3 ha of Crops."""
OVERALL = 0.2 * 18 / 20 + 0.5 * 45 / 50 + 0.3 * 24 / 30
TREES_HA = 2 * 2 / 20 + 5 * 45 / 50 + 3 * 6 / 30


class Log(Reporter):
    """Keeps what is logged."""

    def __init__(self):
        self.lines = []

    def progress(self, stage, done, total):
        pass

    def log(self, text, level="info"):
        self.lines.append(text)


def job_of(folder, raster, sample, **values):
    return Job(folder=str(folder / "out"), task="accuracy", landcover=str(raster), sample=str(sample), **values)


def table_rows(path):
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_holds_accuracies_and_hectares_of_every_class(tmp_path):
    values = run_job(job_of(tmp_path, *write_sample_of(tmp_path, REFERENCES), region_name="Abancay"), Log())
    overall, water, trees, crops = table_rows(values["accuracy"])
    assert (overall["region"], overall["class"]) == ("Abancay", "Overall accuracy (%)")
    assert float(overall["user's accuracy (%)"]) == pytest.approx(100 * OVERALL, abs=0.005)
    assert (water["code"], trees["class"], crops["points mapped"]) == ("1", "Trees", "30")
    assert float(trees["estimated area (ha)"]) == pytest.approx(TREES_HA, abs=0.005)
    assert float(trees["mapped area (ha)"]) == 5
    assert float(trees["mapped less estimated (ha)"]) == pytest.approx(5 - TREES_HA, abs=0.005)
    from_ha, to_ha = (float(trees[f"estimated area (ha): 95 % {end}"]) for end in ("from", "to"))
    assert from_ha < TREES_HA < to_ha


def test_programs_get_the_same_figures_as_json(tmp_path):
    values = run_job(job_of(tmp_path, *write_sample_of(tmp_path, REFERENCES), language="es"), Log())
    with Path(values["accuracy_data"]).open(encoding="utf-8") as file:
        (region,) = json.load(file)["regions"]
    assert region["overall"]["value"] == pytest.approx(OVERALL)
    assert region["counts_map_reference"] == [[18, 2, 0], [0, 45, 5], [0, 6, 24]]
    assert np.sum(region["proportions_map_reference"]) == pytest.approx(1)
    assert [row["name"] for row in region["classes"]] == ["Water", "Trees", "Crops"]
    assert values["accuracies"] == [region]


def test_the_matrix_is_written_in_points_and_in_shares_of_the_area(tmp_path):
    values = run_job(job_of(tmp_path, *write_sample_of(tmp_path, REFERENCES)), Log())
    with Path(values["accuracy_matrix"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:6] == [
        ["map \\ reference", "Water", "Trees", "Crops", "Total"],
        ["Water", "18", "2", "0", "20"],
        ["Trees", "0", "45", "5", "50"],
        ["Crops", "0", "6", "24", "30"],
        ["Total", "18", "53", "29", "100"],
    ]
    assert rows[9][:5] == ["Water", "18.000", "2.000", "0.000", "20.000"], "18 of 20 points of 20 % of the area"


def test_the_report_says_it_in_sentences_of_both_languages(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES)
    english = run_job(job_of(tmp_path, raster, sample), Log())
    report = (tmp_path / "out" / "accuracy_map.html").read_text(encoding="utf-8")
    assert english["sentences"][0].startswith("Overall accuracy is 87.0 % (95 % interval ")
    assert english["sentences"][2].startswith("Trees: 5.30 ha (95 % interval ")
    for sentence in english["sentences"]:
        assert sentence in report
    assert "kappa" not in report.lower().replace("kappa is not given", "")
    spanish = run_job(job_of(tmp_path, raster, sample, language="es"), Log())
    report = (tmp_path / "out" / "accuracy_map.html").read_text(encoding="utf-8")
    assert spanish["sentences"][0].startswith("La exactitud global es de 87,0 % (intervalo del 95 %: ")
    assert spanish["sentences"][0] in report
    assert ">Muestra aleatoria estratificada; 100 de 100 puntos" in " ".join(report.split()).replace("> ", ">")
    for english_text in ("Accuracy", "Estimated", "Sample", "Overall"):
        assert f">{english_text}" not in report


def test_the_picture_can_be_opened(tmp_path):
    values = run_job(job_of(tmp_path, *write_sample_of(tmp_path, REFERENCES)), Log())
    with Image.open(values["accuracy_picture"]) as picture:
        picture.load()
        assert min(picture.size) > 400


def test_a_simple_sample_is_weighted_by_the_areas_of_the_map(tmp_path):
    """The same points drawn from the whole map: half of them on Trees, as the map has it, but few on Water."""
    references = [(1, 1, 4), (2, 2, 45), (2, 5, 5), (5, 5, 24), (5, 2, 6)]
    raster, sample = write_sample_of(tmp_path, references, method="simple")
    (region,) = run_job(job_of(tmp_path, raster, sample), Log())["accuracies"]
    assert region["overall"]["value"] == pytest.approx(0.2 * 1 + 0.5 * 0.9 + 0.3 * 0.8)


def test_each_zone_gets_its_rows(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES, zones=("upper", "lower"))
    with sqlite3.connect(sample) as connection:  # the points lie in the upper half: the map's rows are filled in order
        assert connection.execute("SELECT DISTINCT zone FROM sample_points").fetchall() == [("upper",)]
    values = run_job(job_of(tmp_path, raster, sample), Log())
    (region,) = values["accuracies"]
    assert [zone["zone"] for zone in region["zones"]] == ["upper"]
    assert region["zones"][0]["total_ha"] == 5, "half of the map"
    assert region["zones"][0]["overall"]["value"] == pytest.approx(OVERALL)
    assert {row["zone"] for row in table_rows(values["accuracy"])} == {"", "upper"}


def test_several_regions_are_assessed_in_one_run(tmp_path):
    north = write_sample_of(tmp_path, REFERENCES, name="north")
    south = write_sample_of(tmp_path, [(1, 1, 10), (2, 2, 40), (5, 5, 20)], name="south", codes=MAP[:, ::-1])
    job = Job(
        folder=str(tmp_path / "out"),
        task="accuracy",
        maps={"North": str(north[0]), "South": str(south[0])},
        samples={"North": str(north[1]), "South": str(south[1])},
    )
    values = run_job(job_from_dict(job_to_dict(job)), Log())
    assert [(row["region"], round(row["overall"]["value"], 3)) for row in values["accuracies"]] == [
        ("North", 0.87),
        ("South", 1.0),
    ]
    report = (tmp_path / "out" / "accuracy_regions.html").read_text(encoding="utf-8")
    assert "<td>North</td>" in report
    assert "<td>South</td>" in report


def test_points_on_which_interpreters_disagree_are_counted(tmp_path):
    labels = [Label(point, name, 1) for point in range(1, 19) for name in ("Ana", "Luis")]
    labels += [Label(19, "Ana", 1), Label(19, "Luis", 2), Label(20, "Ana", 2), Label(20, "Luis", None)]
    labels += [Label(point, name, 2) for point in range(21, 31) for name in ("Ana", "Luis")]
    log = Log()
    raster, sample = write_sample_of(tmp_path, [(1, 1, 20), (2, 2, 10)], labels=labels)
    (region,) = run_job(job_of(tmp_path, raster, sample), log)["accuracies"]
    assert region["points"] == 28
    assert any("the interpreters disagree, which are left out: 1." in line for line in log.lines)
    assert any("without a reference class, which are left out: 2 of 30" in line for line in log.lines)
    (region,) = run_job(job_of(tmp_path, raster, sample, agreement="single", interpreter="Ana"), Log())["accuracies"]
    assert region["points"] == 30


def test_points_that_were_not_drawn_by_chance_get_no_interval_in_the_sentence(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES, method="imported")
    log = Log()
    values = run_job(job_of(tmp_path, raster, sample), log)
    assert not any("interval" in sentence for sentence in values["sentences"])
    assert "Trees: 5.30 ha by these points" in values["sentences"][2]
    assert any(line.startswith("The points were not drawn by chance") for line in log.lines)
    report = Path(values["accuracy_report"]).read_text(encoding="utf-8")
    assert report.index("The points were not drawn by chance") < report.index("<h2>")


def test_areas_of_zones_from_points_that_were_not_drawn_by_chance_must_not_be_published(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES, method="imported")
    east, south = LEFT + 10 * MAP.shape[1], TOP - 10 * MAP.shape[0]
    ring = [[LEFT, south], [east, south], [east, TOP], [LEFT, TOP], [LEFT, south]]
    zones = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": UTM}},
        "features": [
            {"type": "Feature", "properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        ],
    }
    (tmp_path / "zones.geojson").write_text(json.dumps(zones))
    values = run_job(job_of(tmp_path, raster, sample, zones=str(tmp_path / "zones.geojson")), Log())
    assert {record["release"] for record in values["zone_estimates"]} == {"withhold"}
    assert "# The points were not drawn by chance" in Path(values["accuracy_zones"]).read_text(encoding="utf-8-sig")


def test_the_tables_go_where_the_job_says(tmp_path):
    table = tmp_path / "tables" / "assessment.csv"
    values = run_job(job_of(tmp_path, *write_sample_of(tmp_path, REFERENCES), outputs={"accuracy": str(table)}), Log())
    assert values["accuracy"] == str(table)
    assert values["accuracy_report"] == str(table.with_suffix(".html"))


@pytest.mark.parametrize("name", ["landcover.csv", "assessment.html"])
def test_no_file_of_a_map_is_replaced_by_one_of_the_assessment(tmp_path, name):
    beside = tmp_path / "landcover.json"
    beside.write_text("the map's own")
    raster, sample = write_sample_of(tmp_path, REFERENCES)
    with pytest.raises(JobInvalid, match=r"landcover\.json|name of another file") as caught:
        run_job(job_of(tmp_path, raster, sample, outputs={"accuracy": str(tmp_path / name)}), Log())
    assert "name" in caught.value.next_step
    assert beside.read_text() == "the map's own"


def test_a_sample_of_another_map_is_refused(tmp_path):
    _, sample = write_sample_of(tmp_path, REFERENCES)
    other = write_map(tmp_path / "other.tif", np.where(MAP == 5, 3, MAP).astype(np.uint8))
    with pytest.raises(SampleOfAnotherMap, match=r"map\.gpkg was not drawn from the map other\.tif"):
        run_job(job_of(tmp_path, other, sample), Log())
    assert not list((tmp_path / "out").glob("accuracy*"))


def test_a_sample_without_labels_is_refused(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES, labels=[Label(1, "1", None)])
    with pytest.raises(SampleInvalid, match=r"No point of map\.gpkg has a reference class") as caught:
        run_job(job_of(tmp_path, raster, sample), Log())
    assert "Label the points first" in caught.value.next_step


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE labels SET reference_class = 77 WHERE point_id = 3", "names an unknown point or class"),
        ("UPDATE sample_points SET geom = (SELECT geom FROM sample_points WHERE point_id = 1) WHERE point_id = 2",
         "lie on one pixel: 1, 2"),
        ("UPDATE sample_points SET map_class = 5 WHERE point_id = 1", "were moved or changed after the draw"),
        ("DELETE FROM sample_points WHERE point_id = 4", "are not numbered from 1"),
        ("DELETE FROM sample_points WHERE point_id = 100; DELETE FROM labels WHERE point_id = 100",
         "30 points were drawn in the stratum Crops, and 29 are there"),
        ("UPDATE sample_points SET stratum = 'Trees' WHERE point_id = 1", "in the stratum of another class"),
    ],
)  # fmt: skip
def test_a_sample_that_was_changed_by_hand_is_refused(tmp_path, change, what):
    raster, sample = write_sample_of(tmp_path, REFERENCES)
    connection = sqlite3.connect(sample)
    with connection:
        connection.executescript(change)
    connection.close()
    with pytest.raises(SampleInvalid, match=what) as caught:
        run_job(job_of(tmp_path, raster, sample), Log())
    assert caught.value.next_step


def test_files_that_do_not_exist_are_named_before_the_work(tmp_path):
    raster, sample = write_sample_of(tmp_path, REFERENCES)
    job = job_of(tmp_path, raster, sample)
    with pytest.raises(SampleInvalid, match=r"gone\.gpkg does not exist"):
        run_job(replace(job, sample=str(tmp_path / "gone.gpkg")), Log())
    with pytest.raises(RasterInvalid, match=r"gone\.tif does not exist"):
        run_job(replace(job, landcover=str(tmp_path / "gone.tif")), Log())
    with pytest.raises(JobInvalid, match="names no sample"):
        run_job(replace(job, sample=""), Log())
