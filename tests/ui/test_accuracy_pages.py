"""The pages that run an algorithm: their forms are those of the algorithms, and what comes out is handed on."""

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsProcessing, QgsProcessingParameterDefinition, QgsRasterLayer
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtWidgets import QWidget

ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced


@pytest.fixture
def landcover(allpa, tmp_path):
    from fake_algorithms import write_landcover

    write_landcover(tmp_path / "map.tif")
    return tmp_path / "map.tif"


@pytest.mark.parametrize("name", ["accuracysample", "accuracyimport", "accuracy"])
def test_the_form_has_a_widget_for_each_parameter_and_gives_its_defaults(provider, canvas, name):
    from allpa.ui.accuracy.algorithm_form import AlgorithmForm

    algorithm = provider.algorithm(name)
    form = AlgorithmForm(algorithm, canvas, QgsMessageBar())
    values = form.parameters()
    for definition in algorithm.parameterDefinitions():
        widget = form.findChild(QWidget, f"allpaParameter_{definition.name()}")
        assert widget is not None, definition.name()
        default = definition.defaultValue()
        if default is not None and not definition.isDestination():
            given = values[definition.name()]
            assert given == default or str(given) == str(default), definition.name()
    form.deleteLater()


def test_what_is_filled_in_reaches_the_algorithm(provider, canvas, project, landcover, tmp_path):
    from allpa.ui.accuracy.algorithm_form import AlgorithmForm
    from qgis.core import QgsProcessingContext

    layer = QgsRasterLayer(str(landcover), "map")
    project.addMapLayer(layer)
    form = AlgorithmForm(provider.algorithm("accuracysample"), canvas, QgsMessageBar())
    for name, value in {"LANDCOVER": layer, "SIZE": 120, "SEED": 9, "OUTPUT": str(tmp_path / "s.gpkg")}.items():
        form.set_value(name, value)
    form.set_value("NO_SUCH_PARAMETER", 1)
    values = form.parameters()
    assert (values["SIZE"], values["SEED"]) == (120, 9)
    algorithm, context = provider.algorithm("accuracysample").create(), QgsProcessingContext()
    context.setProject(project)
    accepted, reason = algorithm.checkParameterValues(values, context)
    assert accepted, reason
    assert values["OUTPUT"] in (str(tmp_path / "s.gpkg"), QgsProcessing.TEMPORARY_OUTPUT)
    form.deleteLater()


def test_the_result_is_shown_in_sentences_with_its_report(qgis_app, allpa, tmp_path):
    from allpa.ui.accuracy.result_view import AccuracyResult

    view = AccuracyResult()
    report = tmp_path / "report.html"
    view.show_results({"SENTENCES": "Overall accuracy: 80 %.\nTrees: 12 ha.", "REPORT": str(report)})
    assert "Trees: 12 ha." in view.findChild(QWidget, "allpaAccuracyText").text()
    assert not view.findChild(QWidget, "allpaAccuracyReport").isEnabled()  # the file is gone
    report.write_text("<h1>Report</h1>")
    view.show_results({"SENTENCES": "Overall accuracy: 80 %.", "REPORT": str(report)})
    assert view.findChild(QWidget, "allpaAccuracyReport").isEnabled()
    view.deleteLater()


def test_a_page_without_its_algorithm_says_so(dock):
    page = dock.findChild(QWidget, "allpaPage_accuracysample")
    dock.findChild(QWidget, "allpaPages").setCurrentWidget(page)
    wait_until(lambda: page.isVisible())
    assert page.findChild(QWidget, "allpaMissing").isVisible()
    assert not page.findChild(QWidget, "allpaRun_accuracysample").isEnabled()


def test_a_drawn_sample_is_the_one_that_is_labelled(dock, tmp_path):
    from sample_files import write_sample

    path = write_sample(tmp_path / "drawn.gpkg", count=7)
    pages = dock.findChild(QWidget, "allpaPages")
    pages.sample.finished.emit({"OUTPUT": str(path)})
    assert pages.currentWidget() is pages.label
    assert pages.label.start_panel.path() == path
    assert "7 points" in pages.label.findChild(QWidget, "allpaSampleState").text()


def test_mapped_values_reach_the_import(provider, canvas, project, landcover, tmp_path):
    from allpa.plugin.algorithms.accuracyimport import parse_classes
    from allpa.ui.accuracy.import_dialog import ImportDialog, classes_text

    table = tmp_path / "puntos.csv"
    table.write_text("lon,lat,uso\n-72.9,-13.6,Bosque\n-72.8,-13.6,Agua\n-72.8,-13.7,Bosque\n", encoding="utf-8")
    dialog = ImportDialog(canvas, QgsMessageBar())
    dialog.show()
    dialog.map_values()
    assert "reference data" in dialog.findChild(QWidget, "allpaImportProblem").text()
    dialog.page.set_value("REFERENCE", str(table))
    layer = dialog.reference_layer()
    assert [field.name() for field in layer.fields()] == ["lon", "lat", "uso"]
    dialog.fill_in("uso", classes_text({"Bosque": 2, "Agua": 1}, {"Bosque": 2, "Agua": 1}))
    values = dialog.page.parameters()
    assert values["CLASS_FIELD"] == "uso"
    assert parse_classes(values["CLASSES"]) == {"Bosque": 2, "Agua": 1}
    dialog.deleteLater()
