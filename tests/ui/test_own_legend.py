"""Classes of a user's own in QGIS: layers, the form's buttons, their keys, and the table of the dock."""

import json

import numpy as np
import pytest
from osgeo import gdal, osr
from qgis.core import QgsEditorWidgetSetup, QgsFeature, QgsVectorLayer
from qgis.gui import QgsAttributeEditorContext, QgsAttributeForm, QgsGui
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QToolButton

CLASSES = [(10, "Queñual", "#358221"), (20, "Water", "#D9C76A"), (200, "Laguna Ñañaca", "#1A5BAB")]
TAG = json.dumps({"classes": [{"code": code, "name": name, "color": color} for code, name, color in CLASSES]})


@pytest.fixture
def legend(allpa):
    from allpa.plugin.allpa_engine.core.legend import legend_from_tag

    return legend_from_tag(TAG)


def test_a_map_is_drawn_in_the_colours_of_its_own_legend(allpa, qgis_app, tmp_path):
    from allpa.plugin.layers.results import LANDCOVER, open_result

    path = tmp_path / "landcover_2020.tif"
    data = gdal.GetDriverByName("GTiff").Create(str(path), 3, 1, 1, gdal.GDT_Byte)
    system = osr.SpatialReference()
    system.ImportFromEPSG(32718)
    data.SetProjection(system.ExportToWkt())
    data.SetGeoTransform((700_000, 10, 0, 8_500_000, 0, -10))
    data.SetMetadataItem("ALLPA_LEGEND", TAG)
    data.GetRasterBand(1).WriteArray(np.array([[10, 20, 200]], np.uint8))
    del data
    layer = open_result(str(path), LANDCOVER, "Map")
    shown = [(int(entry.value), entry.label, entry.color.name().upper()) for entry in layer.renderer().classes()]
    assert shown == CLASSES
    assert "Laguna Ñañaca" in layer.metadata().abstract()


def test_the_form_of_a_sample_has_a_button_for_each_own_class(allpa, qgis_app):
    from allpa.ui.accuracy.class_widget import ClassWidget

    QgsGui.editorWidgetRegistry().initEditors()
    widget = ClassWidget()
    layer = QgsVectorLayer("Point?crs=EPSG:32718&field=reference_class:integer", "labels", "memory")
    feature = QgsFeature(layer.fields())
    feature["reference_class"] = 200
    layer.dataProvider().addFeature(feature)
    layer.setEditorWidgetSetup(0, QgsEditorWidgetSetup("AllpaClass", {"Legend": TAG}))
    layer.startEditing()
    form = QgsAttributeForm(layer, next(layer.getFeatures()), QgsAttributeEditorContext())
    form.show()
    buttons = {b.objectName(): b for b in form.findChildren(QToolButton) if b.objectName().startswith("allpaClass")}
    assert {name: button.text() for name, button in buttons.items()} == {
        f"allpaClass{code}": f"{key}  {name}" for key, (code, name, _) in enumerate(CLASSES, 1)
    }
    assert buttons["allpaClass200"].isChecked()
    form.deleteLater()
    widget.dispose()


def test_keys_are_the_places_in_the_legend(allpa, legend):
    from allpa.ui.accuracy.class_buttons import class_of_key

    keys = (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_4, Qt.Key.Key_0)
    assert [class_of_key(key, legend) for key in keys] == [10, 200, None, None]


def test_the_table_of_the_dock_has_the_own_classes_in_their_order(allpa, qgis_app):
    from allpa.ui.results.panel import area_rows

    records = [
        {"code": code, "name": name, "color": color, "pixels": 5, "area_ha": 0.05, "percent": 100 / 3}
        for code, name, color in CLASSES
    ]
    records.append({"code": None, "name": "Total", "pixels": 15, "area_ha": 0.15, "percent": 100})
    rows = area_rows(json.dumps(records))
    assert [(row.code, row.name, row.color) for row in rows[:-1]] == CLASSES
    assert rows[-1].code is None
