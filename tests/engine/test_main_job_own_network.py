"""The whole chain with a network of own classes: it reads its bands, and its legend reaches map and table."""

import csv
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from shapely.geometry import box, mapping
from test_main_job import job_in
from training_chips import LEGEND

BANDS = ("B08", "B12", "B04")


def test_a_map_of_own_classes_is_made_by_bands_of_its_own(catalogue, tmp_path):
    torch.manual_seed(2)
    network = UNet(Architecture(8, (12, 16), (1, 1)), len(BANDS), len(LEGEND)).eval()
    facts = {"licence": "CC0-1.0"}
    write_network_folder(tmp_path / "model", network, BANDS, LEGEND, LEGEND.codes, facts, scope="scene")
    job = job_in(
        tmp_path / "run", catalogue, model=str(tmp_path / "model"), max_scenes=1, device="cpu", precision="fp32",
        guards=(),
    )  # fmt: skip
    values = run_job(job, NullReporter())
    with rasterio.open(values["landcover"]) as source:
        codes = np.unique(source.read(1))
        tag = source.tags().get("ALLPA_LEGEND", "")
    assert set(codes.tolist()) <= {0, *LEGEND.codes}
    assert len(codes) > 1
    assert "Queñual" in tag
    with Path(values["areas"]).open(encoding="utf-8-sig") as stream:
        names = {cell for row in csv.reader(stream) for cell in row}
    assert {"Ichu", "Bofedal", "Queñual"} <= names
    assert "Trees" not in names


@pytest.mark.parametrize("task", ["landcovermap", "classify"])
def test_a_network_of_seasonal_features_is_refused_before_the_search(task, tmp_path):
    network, bands = UNet(Architecture(8, (12, 16), (1, 1)), 2, len(LEGEND)).eval(), ("spring_B08", "autumn_B08")
    write_network_folder(tmp_path / "model", network, bands, LEGEND, LEGEND.codes, {}, scope="features")
    region = mapping(box(-72.9, -13.7, -72.88, -13.68))
    job = Job(
        str(tmp_path / "run"), task=task, region=region, start="2020-01-01", end="2020-12-31",
        model=str(tmp_path / "model"),
    )  # fmt: skip
    with pytest.raises(ModelInvalid) as refused:
        run_job(job, NullReporter())
    assert "Classify composites" in refused.value.next_step
    assert not (tmp_path / "run" / "scenes").exists()
