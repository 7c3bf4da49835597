"""The main job with the annual decision: where it holds back the two maps agree, and item and job name the model."""

import json
from pathlib import Path

import numpy as np
from allpa_engine.composite.decision_model import read_decision_model
from allpa_engine.core.job import read_job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from test_main_job import job_in, pixels


def test_a_map_of_few_scenes_in_the_andes_stays_as_voted_and_its_item_says_so(catalogue, tmp_path):
    values = run_job(job_in(tmp_path, catalogue, precision="bf16", max_scenes=2, annual_decision="on"), NullReporter())
    np.testing.assert_array_equal(pixels(values["landcover"]), pixels(values["plain_landcover"]))
    item = json.loads(Path(values["provenance"]).read_text())
    assert item["assets"]["plain_landcover"]["href"].endswith("_plain.tif")
    decision = item["properties"]["allpa:composite"]["annual_decision"]
    assert decision["changed"] == []
    assert sum(decision["held_back_pixels"].values()) == decision["candidate_pixels"] > 0
    model_hash = read_decision_model().sha256
    assert decision["model_hash"] == model_hash == item["properties"]["allpa:job"]["decision_model_hash"]
    assert read_job(tmp_path / "job.json").decision_model_hash == model_hash
