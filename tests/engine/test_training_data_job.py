"""The task `training_data` from labels to table, layers, chips and report."""

import json

import numpy as np
import pytest
from allpa_engine.core.errors import AllpaError
from allpa_engine.core.job import Job
from allpa_engine.core.legend import LandClass, Legend, write_legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.chip_files import read_chips
from allpa_engine.learn.folds import group_folds
from allpa_engine.learn.sample_table import read_samples
from allpa_engine.run.pipeline import run_job
from learn_samples import GRID, options, truth_names, write_features, write_points


class Log(NullReporter):
    """Keeps what is reported."""

    def __init__(self):
        self.texts, self.stages = [], []

    def log(self, text, level="info"):
        self.texts.append(text)

    def progress(self, stage, done, total):
        self.stages.append((stage, done / total))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Training data of 150 points, five of which are wrong, in Spanish."""
    folder = tmp_path_factory.mktemp("training_data")
    write_features(folder / "features")
    random = np.random.default_rng(9)
    rows, columns = random.integers(1, 92, 150), random.integers(1, 116, 150)
    names = truth_names()[rows, columns]
    spanish = {"water": "agua", "forest": "Queñual", "soil": "suelo desnudo"}
    values = [spanish[name] for name in names]
    for index in range(5):
        values[index] = "agua" if values[index] != "agua" else "Queñual"
    write_points(folder / "etiquetas.gpkg", GRID.left + 10 * columns + 4, GRID.top - 10 * rows - 6, values)
    job = Job(
        folder=str(folder / "out"), task="training_data", labels=str(folder / "etiquetas.gpkg"),
        features=str(folder / "features"), language="es",
        training_options=options(chip_size=32, csv=True, indices=["NDVI"], features=["spring_B04", "spring_B08"]),
    )  # fmt: skip
    log = Log()
    return folder, job, run_job(job, log), log


def test_the_result_names_files_that_are_there(made):
    folder, _, result, _ = made
    for name in (
        "samples.parquet",
        "legend.json",
        "samples.json",
        "suspicious.gpkg",
        "separability.csv",
        "samples.csv",
    ):
        assert (folder / "out" / name).is_file()
    assert result["report"].endswith("training_data.html")
    assert result["labels"] >= 140
    assert len(read_chips(folder / "out").chips) == result["chips"] > 0


def test_the_table_can_be_learnt_from(made):
    folder, _, result, _ = made
    table = read_samples(folder / "out")
    assert table.names == ("spring_B04", "spring_B08", "spring_NDVI")
    assert len(table) == result["rows"]
    assert [land.name for land in table.legend] == ["agua", "suelo desnudo", "Queñual"]
    assert {int(table.weights[table.codes == code].sum()) for code in table.legend.codes} <= {
        int(len(table) / 3), int(len(table) / 3) + 1,
    }  # fmt: skip
    assert group_folds(table.blocks, table.codes, 5).count >= 2
    facts = json.loads((folder / "out" / "samples.json").read_text(encoding="utf-8"))
    assert facts["labels"]["name"] == "etiquetas.gpkg"
    assert [len(entry["sha256"]) for entry in facts["sources"]] == [64]
    assert facts["scope"] == "features"


def test_the_report_is_one_page_in_the_language_of_the_job(made):
    page = (made[0] / "out" / "training_data.html").read_text(encoding="utf-8")
    for text in ("Datos de entrenamiento", "Separabilidad de las clases", "Queñual", "Etiquetas dudosas", "bloques de"):
        assert text in page
    assert "<script" not in page
    assert page.count("data:image/png;base64,") == 2
    assert "Suspicious" not in page


def test_progress_goes_from_start_to_end(made):
    stages = made[3].stages
    assert {stage for stage, _ in stages} == {"training_data"}
    shares = [share for _, share in stages]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"labels": ""}, "names no labels"),
        ({"labels": "/nowhere/labels.gpkg"}, "do not exist"),
        ({"features": ""}, "names no images"),
        ({"features": "/nowhere"}, "neither features nor scenes"),
        ({"legend": "/nowhere/legend.json"}, "legend"),
        ({"training_options": {"balance": "some"}}, "balance"),
        ({"training_options": {"classes": {"a": 251}}}, "classes"),
        ({"training_options": {"classes": {"a": [1]}}}, "classes"),
        ({"training_options": {"indices": "NDVI"}}, "indices"),
        ({"training_options": {"neighbors": True}}, "unknown keys"),
    ],
)
def test_what_cannot_be_used_is_refused_before_the_work(made, tmp_path, changes, sentence):
    from dataclasses import replace

    job = replace(made[1], folder=str(tmp_path / "other"), **changes)
    with pytest.raises(AllpaError, match=sentence):
        run_job(job, NullReporter())
    assert not (tmp_path / "other" / "samples.json").exists()


def test_a_parent_needs_no_labels_of_its_own(tmp_path):
    write_features(tmp_path / "features")
    columns = np.arange(2, 110, 4)
    write_points(
        tmp_path / "labels.gpkg", GRID.left + 10 * columns + 5, np.full(len(columns), GRID.top - 105.0),
        [("Queñual", "Ichu")[number % 2] for number in range(len(columns))],
    )  # fmt: skip
    land = [("Vegetation", 1, None), ("Queñual", 2, 1), ("Ichu", 3, 1), ("Snow", 4, None)]
    colors = ("#112233", "#445566", "#778899", "#AABBCC")
    legend = Legend(
        tuple(
            LandClass(code, name, color, parent=parent)
            for (name, code, parent), color in zip(land, colors, strict=True)
        )
    )
    write_legend(legend, tmp_path / "legend.json")
    log = Log()
    job = Job(
        folder=str(tmp_path / "out"), task="training_data", labels=str(tmp_path / "labels.gpkg"),
        features=str(tmp_path / "features"), legend=str(tmp_path / "legend.json"),
        training_options=options(check_labels=False, features=["spring_B04"]),
    )  # fmt: skip
    run_job(job, log)
    assert [text for text in log.texts if "though the legend" in text] == [
        "Snow: no labels, though the legend has the class."
    ]
