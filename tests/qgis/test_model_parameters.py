"""Every algorithm that takes a trained model takes its folder and the file model.json in it alike."""

import json
from pathlib import Path

import pytest

RUN_JOB = {
    "task": "landcovermap",
    "region": {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]},
    "start": "2020-01-01",
    "end": "2020-12-31",
}


@pytest.fixture
def places(tmp_path):
    """A model folder, a finished run, composites and training data, as far as they are looked at before a run."""
    for name in ("model", "run", "composites"):
        (tmp_path / name).mkdir()
    (tmp_path / "model" / "model.json").write_text("{}", encoding="utf-8")
    (tmp_path / "composites" / "features.json").write_text("{}", encoding="utf-8")
    (tmp_path / "run" / "job.json").write_text(json.dumps({**RUN_JOB, "folder": str(tmp_path / "run")}))
    (tmp_path / "run" / "scenes_2020.json").write_text("{}", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "parameter", "values"),
    [
        ("exportmodel", "NETWORK", {}),
        ("classifyfeatures", "MODEL", {"FEATURES": "composites", "YEAR": 2020}),
        ("mapwithmodel", "MODEL", {"RUN_FOLDER": "run"}),
        ("embeddings", "MODEL", {"RUN_FOLDER": "run"}),
    ],
)
@pytest.mark.parametrize("given", ["model", "model/model.json"])
def test_a_model_is_its_folder_or_its_card(provider, places, name, parameter, values, given):
    from qgis.core import QgsProcessingContext

    folders = {key: str(places / value) if isinstance(value, str) else value for key, value in values.items()}
    algorithm = provider.algorithm(name).create()
    parameters = {**folders, parameter: str(places / given), "FOLDER": str(places / "out")}
    job = algorithm._job(parameters, QgsProcessingContext(), Path(places / "out"))
    assert job.model == str(places / "model")
