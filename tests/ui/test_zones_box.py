"""The dock's zones: layer and fields arrive as parameters that a terminal understands too."""

import pytest
from district_layer import district_layer
from qgis.core import QgsVectorFileWriter, QgsVectorLayer
from qgis.gui import QgsCheckableComboBox, QgsFieldComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QPushButton, QWidget

ROWS = (("080301", "San Juan", "CANAS", "CUSCO"), ("080401", "San Juan", "CALCA", "CUSCO"))


@pytest.fixture
def box(canvas, clean_settings, project):
    from allpa.ui.zones_box import ZonesBox

    made = ZonesBox()
    made.show()
    yield made
    made.deleteLater()


def memory_layer(project):
    fields = ("UBIGEO", "DISTRITO", "PROVINCIA", "DEPARTAMEN")
    return district_layer(project, "Límites distritales", fields, ROWS, width_m=900)


@pytest.fixture
def saved_layer(project, tmp_path):
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "ESRI Shapefile"
    path = str(tmp_path / "distritos.shp")
    copied = memory_layer(project)
    QgsVectorFileWriter.writeAsVectorFormatV3(copied, path, project.transformContext(), options)
    project.removeMapLayer(copied.id())
    layer = QgsVectorLayer(path, "distritos", "ogr")
    project.addMapLayer(layer)
    return layer


def child(box, kind, name):
    return box.findChild(kind, f"allpaZones{name}")


def test_no_zones_are_no_parameters(box, saved_layer, tmp_path):
    assert (box.parameters(), box.write(str(tmp_path)), box.problem(), box.summary()) == ({}, {}, "", "None")
    assert not child(box, QgsMapLayerComboBox, "Layer").isVisible()


def test_usual_fields_are_proposed_and_a_file_is_named_by_its_path(box, saved_layer, tmp_path):
    child(box, QCheckBox, "On").setChecked(True)
    sums = child(box, QgsCheckableComboBox, "Sums")
    sums.setItemCheckState(sums.findText("PROVINCIA"), Qt.CheckState.Checked)
    expected = {
        "ZONES": saved_layer.source(),
        "ZONE_FIELD": "DISTRITO",
        "ZONE_CODE": "UBIGEO",
        "ZONE_SUMS": ["PROVINCIA"],
    }
    assert box.parameters() == box.write(str(tmp_path)) == expected
    assert box.summary() == "distritos: 2"
    child(box, QCheckBox, "On").setChecked(False)
    box.set_parameters(expected)
    assert box.parameters() == expected
    box.set_parameters({"ZONES": "gone.shp"})
    assert box.parameters() == {}


def test_a_selection_is_copied_for_the_run(box, saved_layer, tmp_path):
    child(box, QCheckBox, "On").setChecked(True)
    child(box, QCheckBox, "SelectedOnly").setChecked(True)
    assert "No zone is selected" in box.problem()
    saved_layer.selectByIds([1])
    assert box.problem() == ""
    copy = QgsVectorLayer(box.write(str(tmp_path / "new folder"))["ZONES"], "copy", "ogr")
    assert [feature["UBIGEO"] for feature in copy.getFeatures()] == ["080401"]
    assert copy.crs().authid() == "EPSG:32718"
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["zones_input.gpkg"]


def test_a_layer_that_is_no_file_or_is_edited_is_copied_as_it_is_seen(box, project, saved_layer, tmp_path):
    child(box, QCheckBox, "On").setChecked(True)
    child(box, QgsMapLayerComboBox, "Layer").setLayer(saved_layer)
    saved_layer.startEditing()
    saved_layer.deleteFeature(0)
    copy = QgsVectorLayer(box.write(str(tmp_path))["ZONES"], "copy", "ogr")
    assert copy.featureCount() == 1
    saved_layer.rollBack()
    child(box, QgsMapLayerComboBox, "Layer").setLayer(memory_layer(project))
    assert box.write(str(tmp_path))["ZONES"].endswith("zones_input.gpkg")


def test_a_folder_that_cannot_be_written_is_explained(box, project, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    memory_layer(project)
    (tmp_path / "file").write_text("")
    child(box, QCheckBox, "On").setChecked(True)
    with pytest.raises(FolderNotWritable):
        box.write(str(tmp_path / "file" / "below"))


def test_without_a_layer_the_dock_says_what_to_do(box):
    child(box, QCheckBox, "On").setChecked(True)
    assert box.problem() == "Choose the layer of zones, or switch the zones off."


def test_zones_of_the_dock_reach_the_algorithm_and_can_be_the_region(dock, algorithms, project, tmp_path):
    from dock_fixtures import wait_until

    memory_layer(project)
    zones = dock.findChild(QWidget, "allpaZones")
    child(zones, QCheckBox, "On").setChecked(True)
    assert child(zones, QgsFieldComboBox, "Code").currentField() == "UBIGEO"
    child(zones, QPushButton, "AsRegion").click()
    dock.run()
    wait_until(lambda: not dock.busy)
    values = algorithms["allpa:landcovermap"].last_parameters
    assert values["ZONES"] == str(tmp_path / "a job" / "zones_input.gpkg")
    assert (values["ZONE_CODE"], values["REGION_NAME"]) == ("UBIGEO", "San Juan")
    dock.find_scenes()
    wait_until(lambda: not dock.busy)
    assert not {"ZONES", "ZONE_CODE"} & set(algorithms["allpa:searchscenes"].last_parameters)
