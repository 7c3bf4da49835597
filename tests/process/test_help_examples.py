"""The call in Python that each algorithm's help shows runs as it is written."""

import ast
import json

import pytest
from small_maps import codes_of, write_raster

NOT_RUN = {"installengine", "installparts", "collectpackages"}
"""They would download packages."""


@pytest.fixture
def work_folder(tmp_path, monkeypatch):
    """The files that the examples name, in the folder where they are run."""
    monkeypatch.chdir(tmp_path)
    rows = [codes_of(2)] * 6
    for name in ("landcover_2018.tif", "landcover_2020.tif", "seasons/dry.tif"):
        write_raster(tmp_path / name, rows)
    prediction = {"ALLPA_SCENE": "S2A_20200701", "ALLPA_DATE": "2020-07-01", "ALLPA_TILE": "18LYL"}
    for folder in ("abancay/predictions", "predictions"):
        write_raster(tmp_path / folder / "S2A_20200701.tif", rows, tags=prediction)
    square = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -13.9], [-73, -14]]]}
    feature = {"type": "Feature", "properties": {"name": "Abancay", "class": 2}, "geometry": square}
    layer = json.dumps({"type": "FeatureCollection", "features": [feature]})
    for name in ("districts.gpkg", "labels.gpkg", "corrections.gpkg", "sample.gpkg"):
        write_layer(tmp_path / name, layer)
    (tmp_path / "offices" / "tiles").mkdir(parents=True)
    for name in ("training", "forest", "network"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text("{}", encoding="utf-8")
    for name in (
        "training/samples.json",
        "training/chips/chips.json",
        "abancay/scenes_2020.json",
        "seasons/features.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf-8")
    (tmp_path / "points.csv").write_text("x,y,class\n-72.95,-13.95,2\n", encoding="utf-8")
    return tmp_path


def write_layer(path, text):
    """A GeoPackage of a GeoJSON text."""
    from osgeo import gdal

    source = path.with_suffix(".geojson")
    source.write_text(text, encoding="utf-8")
    gdal.VectorTranslate(str(path), str(source), format="GPKG")


def call_of(algorithm):
    """The call as Python reads it: its id and its values."""
    text = algorithm.shortHelpString().split("\n\n")[-1]
    call = ast.parse(text, mode="eval").body
    assert ast.unparse(call.func) == "processing.run"
    return text, *(ast.literal_eval(argument) for argument in call.args)


def test_every_help_ends_with_a_call_of_its_algorithm(provider):
    for algorithm in provider.algorithms():
        _, name, values = call_of(algorithm)
        assert name == algorithm.id()
        assert values.keys() <= {definition.name() for definition in algorithm.parameterDefinitions()}


def test_the_examples_run_as_they_are_written(provider, fake_engine, feedback, work_folder):
    import processing
    from allpa.plugin.provider import ALGORITHMS

    names = [algorithm.ID for algorithm in ALGORITHMS if algorithm.ID not in NOT_RUN]  # in order: a run is used again
    for name in [*names, "map_by_district", "two_years"]:
        text, *_ = call_of(provider.algorithm(name))
        assert isinstance(eval(text, {"processing": processing}), dict)  # noqa: S307 - the text of the help itself
