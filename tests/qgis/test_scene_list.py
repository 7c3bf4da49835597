"""A scene list edited in QGIS stays the engine's own file; its footprints are a layer that tells chosen from left."""

import copy
import json
from datetime import date

import numpy as np
import pytest
from scene_lists import polygon, scene_item, scene_list, write_scene_list


@pytest.fixture
def made(allpa):
    """Seven scenes, three of them chosen, as `SceneList`."""
    from allpa.plugin.layers.scene_list import SceneList

    return SceneList(scene_list())


def properties(scenes, row):
    return scenes.document["features"][row]["properties"]


def test_what_a_person_reads_of_a_scene(made):
    first = made.scenes[0]
    assert (first.day, first.tile, first.platform, first.relative_orbit) == (date(2020, 1, 3), "18LYL", "S2A", 39)
    assert (first.cloud_percent, first.cloud_measured) == (2.0, True)
    assert (first.clear_share, first.fetch_bytes) == (0.9, 4_000_000)
    assert [scene.chosen for scene in made.scenes] == [True] * 3 + [False] * 4
    assert made.years == {2020}
    assert made.coverage[0].suspicious
    assert not any(scene.by_hand for scene in made.scenes)


def test_clouds_of_the_tile_stand_in_where_the_region_was_not_measured(allpa):
    from allpa.plugin.layers.scene_list import SceneList

    document = scene_list()
    facts = document["features"][1]["properties"]
    del facts["allpa:region_cloud_percent"], facts["allpa:fetch_bytes"], facts["sat:relative_orbit"]
    scene = SceneList(document).scenes[1]
    assert (scene.cloud_percent, scene.cloud_measured) == (10.0, False)
    assert (scene.fetch_bytes, scene.relative_orbit) == (None, None)
    del facts["eo:cloud_cover"]
    assert SceneList(document).scenes[1].cloud_percent is None


def test_a_decision_by_hand_stands_in_the_file_with_the_searchs_own_beside_it(made, tmp_path):
    made.choose([0], False)
    made.choose([5], True)
    made.write(tmp_path / "list.json")
    facts = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))["features"]
    assert facts[0]["properties"]["allpa:chosen"] is False
    assert facts[0]["properties"]["allpa:choice"] == "by hand"
    assert facts[0]["properties"]["allpa:reason"] == "excluded by hand"
    assert facts[0]["properties"]["allpa:proposed"] is True
    assert facts[5]["properties"]["allpa:reason"] == "chosen by hand"
    assert facts[5]["properties"]["allpa:proposed_reason"] == "left: enough clear observations without it"
    assert "allpa:choice" not in facts[1]["properties"]


@pytest.mark.parametrize("seed", range(5))
def test_any_decisions_can_be_taken_back_and_change_nothing_else(allpa, tmp_path, seed):
    from allpa.plugin.layers.scene_list import SceneList, read_scene_list

    original = scene_list(count=9, chosen=4)
    made = SceneList(copy.deepcopy(original))
    rng = np.random.default_rng(seed)
    wanted = [scene.chosen for scene in made.scenes]
    for _ in range(20):
        rows, chosen = rng.choice(9, size=rng.integers(1, 9), replace=False).tolist(), bool(rng.integers(2))
        made.choose(rows, chosen)
        wanted = [chosen if row in rows else before for row, before in enumerate(wanted)]
        assert [scene.chosen for scene in made.scenes] == wanted
    made.write(tmp_path / "list.json")
    again = read_scene_list(tmp_path / "list.json")
    assert [scene.chosen for scene in again.scenes] == wanted
    again.restore()
    assert again.document == original


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"allpa:format": 2, "features": []}', '{"allpa:format": 1}'])
def test_other_files_are_refused_by_name(allpa, tmp_path, text):
    from allpa.plugin.allpa_engine.core.errors import JobInvalid
    from allpa.plugin.layers.scene_list import read_scene_list

    (tmp_path / "other.json").write_text(text)
    with pytest.raises(JobInvalid, match=r"other\.json"):
        read_scene_list(tmp_path / "other.json")


@pytest.mark.parametrize("key", ["allpa:fetch_bytes", "sat:relative_orbit"])
def test_numbers_without_end_are_refused_by_name(allpa, tmp_path, key):
    from allpa.plugin.allpa_engine.core.errors import JobInvalid
    from allpa.plugin.layers.scene_list import read_scene_list

    document = scene_list()
    document["features"][0]["properties"][key] = float("inf")
    (tmp_path / "endless.json").write_text(json.dumps(document).replace("Infinity", "1e999"))
    with pytest.raises(JobInvalid, match=r"endless\.json"):
        read_scene_list(tmp_path / "endless.json")


def test_a_scene_without_a_footprint_leaves_the_others_in_their_rows(allpa):
    from allpa.plugin.layers.footprints import footprint_features
    from allpa.plugin.layers.scene_list import SceneList

    document = scene_list()
    del document["features"][0]["geometry"]
    shapes = [feature.geometry() for feature in footprint_features(SceneList(document))]
    assert [shape.isNull() for shape in shapes] == [True] + [False] * 6


def test_footprints_are_features_with_the_scenes_facts(made):
    from allpa.plugin.layers.footprints import FIELDS, footprint_features

    made.choose([0], False)
    features = footprint_features(made)
    assert [feature["id"] for feature in features] == [scene.id for scene in made.scenes]
    assert features[0].fields().names() == list(FIELDS)
    assert features[0]["date"].toString("yyyy-MM-dd") == "2020-01-03"
    assert (features[0]["chosen"], features[1]["chosen"]) == (False, True)
    assert features[0]["reason"] == "excluded by hand"
    assert features[0]["clear"] == pytest.approx(90)
    box = features[1].geometry().boundingBox()
    assert (box.xMinimum(), box.yMaximum()) == (pytest.approx(-72.90), pytest.approx(-13.60))


def test_a_footprint_cut_at_the_antimeridian_keeps_both_its_parts(allpa):
    from allpa.plugin.layers.footprints import footprint_features
    from allpa.plugin.layers.scene_list import SceneList

    document = scene_list(count=1)
    parts = [[[[179.0, 60.0], [180.0, 60.0], [180.0, 61.0], [179.0, 60.0]]]]
    parts.append([[[-180.0, 60.0], [-179.5, 60.0], [-180.0, 61.0], [-180.0, 60.0]]])
    document["features"][0]["geometry"] = {"type": "MultiPolygon", "coordinates": parts}
    (feature,) = footprint_features(SceneList(document))
    assert feature.geometry().constGet().numGeometries() == 2


def picture_of(layer):
    """Colours of a layer drawn on white, as a set of names."""
    from qgis.core import QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setBackgroundColor(QColor("white"))
    settings.setSelectionColor(QColor("#ffff00"))
    settings.setOutputSize(QSize(200, 150))
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(QgsRectangle(-73.0, -13.8, -72.6, -13.5))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_chosen_rejected_and_selected_footprints_differ_in_colour(allpa):
    from allpa.plugin.layers.footprints import (
        CHOSEN_COLOR,
        NOT_CHOSEN_COLOR,
        create_footprint_layer,
        footprint_features,
        style_footprints,
    )
    from allpa.plugin.layers.scene_list import SceneList

    document = scene_list(count=1)
    document["features"] = [scene_item(0, True), {**scene_item(1, False), "geometry": polygon(west=0.1)}]
    layer = create_footprint_layer("Footprints")
    layer.dataProvider().addFeatures(footprint_features(SceneList(document)))
    style_footprints(layer)
    seen = picture_of(layer)
    assert {CHOSEN_COLOR, NOT_CHOSEN_COLOR, "#ffffff"} <= seen
    assert "#ffff00" not in seen
    layer.selectAll()
    seen = picture_of(layer)
    assert "#ffff00" in seen
    assert "#ffffff" in seen  # the map below stays to be seen
    layer.dataProvider().changeAttributeValues({1: {5: False}})
    layer.removeSelection()
    assert CHOSEN_COLOR not in picture_of(layer)


def test_chosen_footprints_lie_on_top_of_left_ones(allpa):
    from allpa.plugin.layers.footprints import (
        CHOSEN_COLOR,
        create_footprint_layer,
        footprint_features,
        style_footprints,
    )
    from allpa.plugin.layers.scene_list import SceneList

    document = scene_list(count=1)
    document["features"] = [scene_item(0, True), scene_item(2, False)]  # the same ground, the left one later
    layer = create_footprint_layer("Footprints")
    layer.dataProvider().addFeatures(footprint_features(SceneList(document)))
    style_footprints(layer)
    assert CHOSEN_COLOR in picture_of(layer)


def test_a_list_of_many_scenes_is_read(allpa, tmp_path):
    from allpa.plugin.layers.footprints import footprint_features
    from allpa.plugin.layers.scene_list import read_scene_list

    made = read_scene_list(write_scene_list(tmp_path / "many.json", count=400, chosen=60))
    assert len(made.chosen) == 60
    assert len(footprint_features(made)) == 400


def test_the_style_asks_no_feature_whether_it_is_selected(allpa):
    """On newer versions of QGIS that makes the threads that draw wait for the main thread."""
    from allpa.plugin.layers.footprints import create_footprint_layer, style_footprints
    from qgis.PyQt.QtXml import QDomDocument

    layer, document = create_footprint_layer("footprints"), QDomDocument("qgis")
    style_footprints(layer)
    layer.exportNamedStyle(document)
    assert "is_selected" not in document.toString()
    assert "chosen" in document.toString()
