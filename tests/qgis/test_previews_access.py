"""Quick looks are fetched with keys where there are some, and without any else."""

import json

import pytest


@pytest.fixture
def scenes(tmp_path):
    from scene_lists import scene_list

    document = scene_list()
    for feature in document["features"]:
        feature["properties"]["allpa:catalogue"] = "cdse"
    path = tmp_path / "scenes.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_scenes_of_the_data_space_are_shown_without_keys(allpa, scenes, tmp_path, monkeypatch):
    from allpa.plugin.algorithms.access import read_list_catalogues
    from allpa.plugin.algorithms.previews import Previews
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert read_list_catalogues(scenes) == {"cdse"}
    algorithm = Previews().create()
    parameters = {"SCENES": str(scenes), "OUTPUT": str(tmp_path / "looks")}
    context = QgsProcessingContext()
    assert algorithm.checkParameterValues(parameters, context)[0]
    algorithm.prepareAlgorithm(parameters, context, QgsProcessingFeedback())
    assert algorithm.access_variables() == {}
