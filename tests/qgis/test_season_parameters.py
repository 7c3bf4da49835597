"""Seasonal composites in QGIS: what is refused before the run, and how missing pixels look."""

import json
import os
import subprocess

import pytest

SQUARE = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"
GOOD = {"GEOMETRY": SQUARE, "YEAR": 2020, "FOLDER": "TEMPORARY_OUTPUT"}


def checked(provider, change):
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("seasonalcomposite").create()
    return algorithm.checkParameterValues({**GOOD, **change}, QgsProcessingContext())


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"SEASONS": "otoño = 3, 4\nseca=6 7 8;lluvias=12,1,2"},
        {"PERCENTILES": "p10; 90, 2.5", "STATISTICS": ["medoid", "std"]},
        {"BANDS": ["B01", "B8A", "AOT"]},
    ],
)
def test_usual_values_are_accepted(provider, change):
    assert checked(provider, change) == (True, "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SEASONS": "spring"}, "cannot be read at 'spring'"),
        ({"SEASONS": "spring=March"}, "cannot be read at 'spring=March'"),
        ({"SEASONS": " ; "}, "cannot be read"),
        ({"SEASONS": "dry=6; dry=7"}, "'dry' is given twice"),
        ({"SEASONS": "dry=13"}, "from 1 to 12"),
        ({"PERCENTILES": "10, many"}, "'many' is no number"),
        ({"PERCENTILES": "101"}, "'101' is no number"),
        ({"SEASON_CLOUD": 101}, "SEASON_CLOUD"),
        ({"STATISTICS": ["mode"]}, "STATISTICS"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(provider, change, says):
    accepted, text = checked(provider, change)
    assert not accepted
    assert says in text


def test_tiles_go_from_green_to_red_with_the_pixels_that_they_lack(root, tmp_path):
    """The style as the engine writes it; QGIS finds it by the name of the layer's file."""
    from qgis.core import QgsVectorLayer

    shares = [0, 0.4, 3, 10, 35, 80]
    features = [
        {
            "type": "Feature",
            "properties": {"tile": f"18LY{letter}", "missing_percent": share},
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        }
        for letter, share in zip("ABCDEF", shares)
    ]
    path = tmp_path / "quality.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    engine = os.environ.get("ALLPA_TEST_ENGINE", "")
    if not engine:
        pytest.skip("needs the engine's Python")
    code = "from allpa_engine.learn.tile_quality_layer import quality_style; print(quality_style('es'))"
    style = subprocess.run(
        [engine, "-c", code], cwd=root / "plugin", capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    path.with_suffix(".qml").write_text(style)
    layer = QgsVectorLayer(str(path), "quality", "ogr")
    assert layer.isValid()
    renderer = layer.renderer()
    colors = [renderer.rangeForValue(share).symbol().color() for share in shares]
    assert colors[0] == colors[1]
    assert all(one.red() <= other.red() or one.green() >= other.green() for one, other in zip(colors, colors[1:]))
    assert colors[0].green() > colors[0].red()
    assert colors[-1].red() > colors[-1].green()
    assert layer.labelsEnabled()
    labels = layer.labeling().settings()
    assert labels.isExpression
    assert labels.scaleVisibility
    assert labels.minimumScale > labels.maximumScale == 400_000  # none on the map of one region
