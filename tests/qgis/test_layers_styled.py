"""Loaded maps show the ten classes in their colours, with their names."""

import numpy as np
import pytest
from osgeo import gdal, osr


@pytest.fixture
def raster(tmp_path):
    def write(name="landcover_2020.tif"):
        path = tmp_path / name
        data = gdal.GetDriverByName("GTiff").Create(str(path), 11, 3, 1, gdal.GDT_Byte)
        system = osr.SpatialReference()
        system.ImportFromEPSG(32718)
        data.SetProjection(system.ExportToWkt())
        data.SetGeoTransform((700_000, 10, 0, 8_500_000, 0, -10))
        data.GetRasterBand(1).SetNoDataValue(0)
        data.GetRasterBand(1).WriteArray(np.tile(np.arange(11, dtype=np.uint8), (3, 1)))
        data.FlushCache()
        return str(path)

    return write


def test_each_class_is_drawn_in_the_colour_of_the_reference_map(allpa, raster):
    from allpa.plugin.layers.results import LANDCOVER, open_result
    from qgis.PyQt.QtGui import QColor

    layer = open_result(raster(), LANDCOVER, "Land cover 2020")
    block = layer.renderer().block(1, layer.extent(), 11, 3)
    drawn = [QColor(block.color(1, column)).name().upper() for column in range(1, 11)]
    assert drawn == [
        "#1A5BAB",
        "#358221",
        "#A7D282",
        "#87D19E",
        "#FFDB5C",
        "#EECFA8",
        "#ED022A",
        "#EDE9E4",
        "#F2FAFF",
        "#C8C8C8",
    ]
    assert QColor.fromRgba(block.color(1, 0)).alpha() == 0
    assert layer.name() == "Land cover 2020"


def test_names_follow_the_language_of_qgis(allpa, raster, monkeypatch):
    from allpa.plugin.layers import results as layers

    monkeypatch.setattr(layers, "table_language", lambda: "es")
    layer = layers.open_result(raster(), layers.LANDCOVER, "Cobertura")
    assert [entry.label for entry in layer.renderer().classes()][:3] == ["Agua", "Árboles", "Pastos"]


def test_results_are_added_in_a_group_on_top(allpa, raster, qgis_app):
    from allpa.plugin.layers.results import add_results
    from qgis.core import QgsProject

    project = QgsProject()
    results = {"LANDCOVER": raster("a.tif"), "QUALITY": raster("b.tif"), "AREA_HA": 3}
    layers = add_results(project, results, "Curahuasi 2020")
    assert [layer.name() for layer in layers] == ["Land cover Curahuasi 2020", "Quality Curahuasi 2020"]
    group = project.layerTreeRoot().children()[0]
    assert group.name() == "Curahuasi 2020"
    assert [node.isVisible() for node in group.findLayers()] == [True, False]


def test_a_missing_file_is_left_out(allpa, tmp_path, raster):
    from allpa.plugin.layers.results import add_results
    from qgis.core import QgsProject

    project = QgsProject()
    assert [layer.name() for layer in add_results(project, {"LANDCOVER": str(tmp_path / "gone.tif")}, "x")] == []


def test_metadata_says_what_made_the_layer_and_from_what(allpa, raster):
    from allpa.plugin.layers.results import LANDCOVER, open_result

    metadata = open_result(raster(), LANDCOVER, "Land cover 2020").metadata()
    assert metadata.title() == "Land cover 2020"
    assert any("Copernicus Sentinel" in right for right in metadata.rights())
    assert any(line.startswith("Allpa ") for line in metadata.history())
    assert metadata.extent().spatialExtents()[0].extentCrs.authid() == "EPSG:32718"


def test_metadata_tells_dates_source_licence_and_lineage_from_the_file_s_own_tags(allpa, raster):
    from pathlib import Path

    from allpa.plugin.layers.results import LANDCOVER, open_result
    from osgeo import gdal

    path = raster()
    opened = gdal.Open(path, gdal.GA_Update)
    opened.SetMetadata(
        {
            "TIFFTAG_COPYRIGHT": "Contains modified Copernicus Sentinel data 2020",
            "TIFFTAG_IMAGEDESCRIPTION": "Land cover from 17 Sentinel-2 scenes, 2020-01-04 to 2020-12-29",
            "TIFFTAG_SOFTWARE": "Allpa 9.9",
            "ALLPA_FIRST_DATE": "2020-01-04",
            "ALLPA_LAST_DATE": "2020-12-29",
            "ALLPA_MODEL": "ab12",
            "ALLPA_WEIGHTS": "1=1;2=1",
        }
    )
    opened = None
    Path(path).with_suffix(".json").write_text("{}")
    metadata = open_result(path, LANDCOVER, "Land cover 2020").metadata()
    (span,) = metadata.extent().temporalExtents()
    assert (span.begin().toString("yyyy-MM-dd"), span.end().toString("yyyy-MM-dd")) == ("2020-01-04", "2020-12-29")
    assert metadata.rights() == ["Contains modified Copernicus Sentinel data 2020"]
    assert "1159/2013" in metadata.licenses()[0]
    history = metadata.history()
    assert "Land cover from 17 Sentinel-2 scenes, 2020-01-04 to 2020-12-29" in history
    assert {"Allpa 9.9", "model: ab12", "weights: 1=1;2=1"} <= set(history)
    assert metadata.links()[0].url == Path(path).with_suffix(".json").as_uri()


def test_the_engine_s_reasons_are_shown_in_qgis_s_language(allpa, tmp_path, monkeypatch):
    from allpa.plugin import translation
    from allpa.plugin.allpa_engine.core.messages import message, messages_to_json
    from allpa.plugin.layers import scene_list as candidates
    from scene_lists import scene_list

    reason = message("not selected: only {share:.1%} of the region is clear", share=0.03)
    document = scene_list()
    document["features"][0]["properties"]["allpa:reason"] = str(reason)
    document |= {"allpa:notes": ["plain"], "allpa:messages": messages_to_json([reason])}
    assert candidates.SceneList(document).scenes[0].reason == str(reason)
    monkeypatch.setattr(translation, "table_language", lambda: "es")
    spanish = candidates.SceneList(document)
    assert spanish.scenes[0].reason.startswith("no seleccionada: solo el 3")
    spanish.choose([0], True)
    assert spanish.scenes[0].reason == "elegida a mano"
    assert spanish.document["features"][0]["properties"]["allpa:reason"] == "chosen by hand"  # the file stays English
    spanish.restore()
    assert spanish.scenes[0].reason.startswith("no seleccionada")


@pytest.mark.parametrize("raises", [False, True])
def test_a_damaged_file_has_no_tags_whether_gdal_raises_or_not(allpa, tmp_path, raises):
    """Newer versions of QGIS switch GDAL's exceptions on."""
    from allpa.plugin.layers.results import raster_tags

    path = tmp_path / "damaged.tif"
    path.write_bytes(b"II*\0 no directory follows")
    before = gdal.GetUseExceptions()
    (gdal.UseExceptions if raises else gdal.DontUseExceptions)()
    try:
        assert raster_tags(path) == {}
    finally:
        (gdal.UseExceptions if before else gdal.DontUseExceptions)()
