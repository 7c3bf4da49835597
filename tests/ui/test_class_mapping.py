"""Values of points that were labelled elsewhere become classes of the legend."""

import pytest
from qgis.core import QgsFeature, QgsVectorLayer
from qgis.PyQt.QtWidgets import QDialogButtonBox, QLabel, QTableWidget


def layer_of(rows, fields="name:string&field=cover:string&field=code:double"):
    layer = QgsVectorLayer(f"Point?crs=EPSG:4326&field={fields}", "points", "memory")
    features = []
    for row in rows:
        feature = QgsFeature(layer.fields())
        feature.setAttributes(list(row))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


@pytest.fixture
def layer(allpa):
    return layer_of(
        [
            ("a", "Bosque nativo", 2.0),
            ("b", "Bosque nativo", 2.0),
            ("c", "AGUA", 1.0),
            ("d", "", None),
            ("e", "x", 12.0),
        ]
    )


@pytest.mark.parametrize(
    ("value", "code"),
    [("7", 7), ("10", 10), ("0", None), ("11", None), ("trees", 2), ("ÁRBOLES", 2), ("Arboles", 2),
     ("Scrub / Shrub", 6), ("²", None), ("forest", None), ("", None)],
)  # fmt: skip
def test_codes_and_names_of_the_legend_are_known(allpa, value, code):
    from allpa.ui.accuracy.class_mapping import guessed_class

    assert guessed_class(value) == code


def test_each_value_is_listed_with_its_count_and_mapped(layer):
    from allpa.ui.accuracy.class_mapping import ClassMappingDialog

    dialog = ClassMappingDialog(layer, "cover")
    table = dialog.findChild(QTableWidget, "allpaMappingTable")
    shown = [[table.item(row, column).text() for column in (0, 1)] for row in range(table.rowCount())]
    assert shown == [["Bosque nativo", "2"], ["AGUA", "1"], ["x", "1"]]
    assert dialog.mapping() == {"AGUA": 1}
    assert "left out: 2" in dialog.findChild(QLabel, "allpaMappingProblem").text()
    dialog.set_class("Bosque nativo", 2)
    dialog.set_class("AGUA", None)
    assert dialog.mapping() == {"Bosque nativo": 2}
    dialog.deleteLater()


def test_numbers_are_codes_without_decimals(layer):
    from allpa.ui.accuracy.class_mapping import ClassMappingDialog

    dialog = ClassMappingDialog(layer, "code")
    assert dialog.mapping() == {"2": 2, "1": 1}
    dialog.deleteLater()


def test_the_field_whose_values_are_classes_is_proposed(allpa):
    from allpa.ui.accuracy.class_mapping import ClassMappingDialog

    dialog = ClassMappingDialog(layer_of([("a", "Water", 99.0), ("b", "Trees", 98.0)]))
    assert dialog.field() == "cover"
    assert dialog.mapping() == {"Trees": 2, "Water": 1}
    dialog.deleteLater()


def test_a_field_of_names_is_no_field_of_classes(allpa):
    from allpa.ui.accuracy.class_mapping import ClassMappingDialog

    dialog = ClassMappingDialog(layer_of([(f"point {number}", "Water", 1.0) for number in range(300)]), "name")
    assert "more than 200" in dialog.findChild(QLabel, "allpaMappingProblem").text()
    assert not dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.deleteLater()


def test_a_mapping_is_written_as_the_algorithm_reads_it(allpa):
    from allpa.ui.accuracy.import_dialog import classes_text

    text = classes_text({"Bosque": 2, "a;b": 3, "x=y": 6}, {"Bosque": 4, "a;b": 1, "x=y": 1, "Agua": 2, "B13": 1})
    assert text.splitlines() == ["Bosque=2", "x=y=6", "Agua=0"]
