"""The tasks that export and explain a network, by jobs, with the bundled network and made-up training data."""

import csv
import json

import numpy as np
import pytest
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.errors import JobInvalid, TrainingInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.chip_files import Chip, ChipSet, write_chip, write_chip_list
from allpa_engine.run.model_tasks import choose_chips
from allpa_engine.run.pipeline import run_job

pytest.importorskip("onnxruntime")
SIZE = 96
BANDS = ("B01", *BAND_KEYS)
SPECTRA = {1: (0.05, 0.05, 0.04, 0.03, 0.02, 0.01, 0.01), 2: (0.02, 0.03, 0.05, 0.03, 0.35, 0.15, 0.07)}
"""Water and trees."""


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """Training data with one chip, half of it water and half trees."""
    folder = tmp_path_factory.mktemp("training")
    rng = np.random.default_rng(2)
    codes = np.ones((SIZE, SIZE), np.uint8)
    codes[:, SIZE // 2 :] = 2
    image = np.select([codes == 1], [np.array(SPECTRA[1])[:, None, None]], np.array(SPECTRA[2])[:, None, None])
    image = (image * rng.uniform(0.9, 1.1, image.shape)).astype(np.float32)
    grid = Grid("EPSG:32718", 700_000, 8_500_000, 10, SIZE, SIZE)
    write_chip(folder / "chips", "0001", grid, image, codes, BANDS, BUNDLED_LEGEND)
    chips = ChipSet(folder / "chips", SIZE, BANDS, True, (Chip("0001", "made", 1, {1: SIZE**2 // 2, 2: SIZE**2 // 2}),))
    write_chip_list(folder / "chips", chips, {})
    return folder


def test_an_explanation_is_a_report_a_table_and_a_picture(training, tmp_path):
    options = {"chips": 3, "steps": 8}
    job = Job(str(tmp_path), task="explain_model", training=str(training), explain_options=options, language="es")
    values = run_job(job, NullReporter())
    assert values["chips"] == 1
    with (tmp_path / "explanation.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["class"], row["band"]) for row in rows] == [
        (name, band) for name in ("Agua", "Árboles") for band in BAND_KEYS
    ]
    for code in ("1", "2"):
        shares = [float(row["attribution_logit"]) for row in rows if row["code"] == code]
        rise = next(float(row["logit_rise"]) for row in rows if row["code"] == code)
        assert sum(shares) == pytest.approx(rise, rel=0.15, abs=0.1)
    infrared = next(row for row in rows if (row["code"], row["band"]) == ("1", "B08"))
    assert float(infrared["attribution_logit"]) > 0  # water is dark there
    page = (tmp_path / "explanation.html").read_text(encoding="utf-8")
    assert "De qué dependen las clases" in page
    assert "http" not in page.split("<body")[1].split("<pre")[0]
    assert (tmp_path / "explanation.png").read_bytes().startswith(b"\x89PNG")


def test_the_bundled_network_is_exported_with_its_licence(tmp_path):
    options = {"formats": ["torchscript"], "tile_px": 512}
    values = run_job(Job(str(tmp_path), task="export_model", export_options=options), NullReporter())
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == ["export.json", "model.pt"]
    facts = json.loads((tmp_path / "export.json").read_text())
    assert (facts["bands"], facts["stride_px"]) == (list(BAND_KEYS), 16)
    assert facts["licence"]
    assert values["torchscript"] == str(tmp_path / "model.pt")


def test_what_is_missing_is_reported_before_the_work(training, tmp_path):
    with pytest.raises(JobInvalid, match=r"no format"):
        run_job(Job(str(tmp_path), task="export_model", export_options={"formats": []}), NullReporter())
    with pytest.raises(JobInvalid, match=r"no training data"):
        run_job(Job(str(tmp_path), task="explain_model"), NullReporter())
    with pytest.raises(TrainingInvalid, match=r"no chips"):
        run_job(Job(str(tmp_path), task="explain_model", training=str(tmp_path)), NullReporter())


def test_chips_of_each_class_are_chosen_in_turn(tmp_path):
    counts = [{2: 50}, {2: 90}, {1: 5, 2: 1}, {1: 9}, {}]
    chips = tuple(Chip(f"{number:04}", "made", 1, count) for number, count in enumerate(counts))
    every = ChipSet(tmp_path, 8, ("B02",), True, chips)
    assert [chip.name for chip in choose_chips(every, 3)] == ["0003", "0001", "0002"]
    assert len(choose_chips(every, 99)) == 4
