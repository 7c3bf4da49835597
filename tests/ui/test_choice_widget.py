"""Choices in Processing's dialogs are shown by their names; values, commands and models keep the keys."""

import pytest
from qgis.core import QgsProcessingContext, QgsProcessingParameterEnum
from qgis.PyQt.QtWidgets import QComboBox, QWidget


class AlgorithmDialog(QWidget):
    """Processing chooses a kind of widget by the name of the dialog's class."""


class BatchAlgorithmDialog(QWidget):
    """The dialog of batches."""


@pytest.fixture
def widget_of(provider):
    from processing.gui.wrappers import WidgetWrapperFactory

    def make(algorithm, name, dialog=AlgorithmDialog):
        instance = provider.algorithm(algorithm).create()
        definition = instance.parameterDefinition(name)
        parent = dialog()
        wrapper = WidgetWrapperFactory.create_wrapper(definition, parent)
        kept.append((instance, parent))  # QGIS has bare pointers to them
        return wrapper, wrapper.widget

    kept = []
    return make


def texts_of(combo):
    return [combo.itemText(index) for index in range(combo.count())]


@pytest.mark.parametrize("dialog", [AlgorithmDialog, BatchAlgorithmDialog])
def test_catalogues_are_shown_by_name_and_given_by_key(widget_of, dialog):
    wrapper, combo = widget_of("landcovermap", "CATALOGUE", dialog)
    assert isinstance(combo, QComboBox)
    assert texts_of(combo)[0] == "Microsoft Planetary Computer"
    combo.setCurrentIndex(combo.findData("cdse"))
    assert wrapper.parameterValue() == "cdse"
    wrapper.setParameterValue("earth_search", QgsProcessingContext())
    assert combo.currentData() == "earth_search"


def test_a_choice_without_a_default_can_be_left_empty(widget_of):
    wrapper, combo = widget_of("landcovermap", "FALLBACK_CATALOGUE")
    assert wrapper.parameterValue() is None
    wrapper.setParameterValue("cdse", QgsProcessingContext())
    assert wrapper.parameterValue() == "cdse"
    wrapper.setParameterValue(None, QgsProcessingContext())
    assert combo.currentText() == ""


@pytest.mark.parametrize("given", [["slope", "shade"], "slope,shade", "slope, shade"])
def test_several_are_chosen_by_name(widget_of, given):
    wrapper, combo = widget_of("landcovermap", "GUARDS")
    assert wrapper.parameterValue() == "slope,persistence"
    wrapper.setParameterValue(given, QgsProcessingContext())
    assert wrapper.parameterValue() == "slope,shade"
    assert combo.currentText() == "Steep slopes, Shade"


def test_every_choice_that_is_no_proper_name_is_named(provider):
    from allpa.plugin.algorithms.choices import names_of

    unnamed = {
        definition.name()
        for algorithm in provider.algorithms()
        for definition in algorithm.parameterDefinitions()
        if isinstance(definition, QgsProcessingParameterEnum) and not names_of(definition)
    }
    assert unnamed == {"PLATFORM", "PYTHON"}  # which are names themselves


def test_a_value_that_was_typed_years_ago_is_accepted_by_key(provider, tmp_path):
    algorithm = provider.algorithm("landcovermap")
    values = {"EXTENT": "-73,-72.9,-14,-13.9 [EPSG:4326]", "FOLDER": str(tmp_path), "GUARDS": "slope, shade"}
    assert algorithm.checkParameterValues({**values, "CATALOGUE": "earth_search"}, QgsProcessingContext()) == (True, "")
    accepted, text = algorithm.checkParameterValues({**values, "CATALOGUE": "Earth Search"}, QgsProcessingContext())
    assert not accepted
    assert "planetary_computer" in text
