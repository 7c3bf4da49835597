"""Months by name: what a user of either language writes, and old values, are the same months."""

import pytest

QUARTER = (7, 8, 9)
SQUARE = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"


@pytest.fixture
def spanish(allpa):
    """The plugin's Spanish, as in a QGIS in Spanish."""
    from pathlib import Path

    from qgis.PyQt.QtCore import QCoreApplication, QTranslator

    translator = QTranslator()
    assert translator.load(str(Path(__file__).parents[2] / "resources" / "i18n" / "allpa_es.qm"))
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def months_of(provider, value):
    from allpa.plugin.algorithms.merging import selected_months
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("landcovermap").create()
    return selected_months(algorithm, {"MONTHS": value}, QgsProcessingContext())


VALUES = ["7,8,9", " 9; 8 ;7", [7, 8, 9], ["7", "8", "9"], (9.0, 7, 8), "July, Aug, sep", ["JULIO", "ago", "Setiembre"],
          "jul;agosto;septiembre"]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_numbers_and_names_of_either_language_are_the_same_months(provider, value):
    assert months_of(provider, value) == QUARTER


@pytest.mark.parametrize("value", VALUES)
def test_the_same_in_a_spanish_qgis(provider, spanish, value):
    assert months_of(provider, value) == QUARTER


@pytest.mark.parametrize("value", [None, "", []])
def test_no_month_is_every_month(provider, value):
    assert months_of(provider, value) == tuple(range(1, 13))


def test_the_toolbox_shows_names_in_its_language(provider, spanish):
    algorithm = provider.algorithm("landcovermap").create()
    assert algorithm.parameterDefinition("MONTHS").options()[:3] == ["enero", "febrero", "marzo"]


@pytest.mark.parametrize("value", ["13", "0", "ma", "Monat", ["5", "x"], "1.5"])
def test_what_is_no_month_is_refused(provider, value):
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("landcovermap").create()
    parameters = {"GEOMETRY": SQUARE, "YEAR": 2020, "FOLDER": "TEMPORARY_OUTPUT", "MONTHS": value}
    accepted, message = algorithm.checkParameterValues(parameters, QgsProcessingContext())
    assert not accepted
    assert "MONTHS cannot be used" in message
