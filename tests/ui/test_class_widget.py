"""The form of labels: a button for each class in QGIS's language, and a plain field where the plugin is not loaded."""

import pytest
from qgis.core import NULL, QgsEditorWidgetSetup, QgsFeature, QgsVectorLayer
from qgis.gui import QgsAttributeEditorContext, QgsAttributeForm, QgsGui
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLineEdit, QToolButton


@pytest.fixture
def widget(allpa, qgis_app):
    from allpa.ui.accuracy.class_widget import ClassWidget

    QgsGui.editorWidgetRegistry().initEditors()
    made = ClassWidget()
    yield made
    made.dispose()


@pytest.fixture
def layer(widget):
    made = QgsVectorLayer("Point?crs=EPSG:32718&field=reference_class:integer", "labels", "memory")
    feature = QgsFeature(made.fields())
    feature["reference_class"] = 3
    made.dataProvider().addFeature(feature)
    made.setEditorWidgetSetup(0, QgsEditorWidgetSetup("AllpaClass", {}))
    made.startEditing()
    return made


@pytest.fixture
def form(layer):
    made = QgsAttributeForm(layer, next(layer.getFeatures()), QgsAttributeEditorContext())
    made.show()
    yield made
    made.deleteLater()


def button(form, code):
    return form.findChild(QToolButton, f"allpaClass{code}")


def label_of(layer):
    return next(layer.getFeatures())["reference_class"]


def test_the_class_of_the_feature_is_pressed(form):
    assert [code for code in range(1, 11) if button(form, code).isChecked()] == [3]
    assert button(form, 2).text().endswith("Trees")


def test_a_press_is_the_label(form, layer):
    button(form, 7).click()
    assert [code for code in range(1, 11) if button(form, code).isChecked()] == [7]
    assert form.save()
    assert label_of(layer) == 7


def test_digits_press_and_delete_lifts(form, layer):
    buttons = button(form, 1).parentWidget()
    QTest.keyClick(buttons, Qt.Key.Key_0)
    assert form.save()
    assert label_of(layer) == 10
    QTest.keyClick(buttons, Qt.Key.Key_Delete)
    assert form.save()
    assert label_of(layer) == NULL


def test_a_layer_that_is_not_edited_cannot_be_changed(layer):
    layer.rollBack()
    form = QgsAttributeForm(layer, next(layer.getFeatures()), QgsAttributeEditorContext())
    assert not button(form, 2).isEnabled()


def test_without_the_plugin_the_form_has_a_plain_field(widget, layer):
    from allpa.ui.accuracy.class_widget import ClassWidget

    widget.dispose()
    plain = QgsAttributeForm(layer, next(layer.getFeatures()), QgsAttributeEditorContext())
    assert button(plain, 1) is None
    assert [field.text() for field in plain.findChildren(QLineEdit) if field.text()] == ["3"]
    again = ClassWidget()
    assert button(QgsAttributeForm(layer, next(layer.getFeatures()), QgsAttributeEditorContext()), 1) is not None
    again.dispose()
