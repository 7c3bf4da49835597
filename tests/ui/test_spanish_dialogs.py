"""Every dialog in Spanish, as it is shown: of all algorithms, one by one and in batches, and the small ones."""

import re

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsApplication, QgsProcessingParameterEnum, QgsVectorLayer
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QComboBox, QDialog, QTextEdit, QWidget
from spanish_texts import english_in, shown_texts
from test_dock import choose_region, click_run

OF_QGIS = re.compile(r"<p>Identificador de Python: .*?</p>|\d+ \w+(\(s\))? selected")
"""The name of a parameter for Python, in its tool tip, and what QGIS counts."""
EXAMPLE = "Ejemplo para la consola de Python de QGIS:"


@pytest.fixture
def of_qgis(spanish):
    """What QGIS itself shows in English, in Spanish too: the texts of dialogs of its own algorithms."""
    from processing.gui.AlgorithmDialog import AlgorithmDialog
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    registry = QgsApplication.processingRegistry()
    names = ("native:buffer", "native:creategrid", "native:deletecolumn")
    kinds = (AlgorithmDialog, BatchAlgorithmDialog)
    dialogs = [kind(registry.createAlgorithmById(name), parent=None) for name in names for kind in kinds]
    yield {text for dialog in dialogs for text in english_in(shown_texts(dialog))} | {"Fixed table (0x3)"}
    for dialog in dialogs:
        dialog.close()
        dialog.deleteLater()


def values_of(algorithm):
    """The values of choices, which are the same in every language; dialogs show their names."""
    definitions = algorithm.parameterDefinitions()
    enums = [definition for definition in definitions if isinstance(definition, QgsProcessingParameterEnum)]
    return {option for definition in enums for option in definition.options()}


def english_texts(algorithm, texts, of_qgis):
    """The texts that are English, apart from values and Python's names."""
    values = sorted(values_of(algorithm), key=len, reverse=True)
    names = re.compile(rf"\b({'|'.join(map(re.escape, values)) or '-'})\b")
    shown = {OF_QGIS.sub("", text.partition(EXAMPLE)[0]) for text in texts} - of_qgis
    return english_in(names.sub("", text) for text in shown)


def test_the_dialogs_of_all_algorithms_are_in_spanish(spanish, provider, of_qgis):
    algorithms = provider.algorithms()
    assert len(algorithms) > 28
    english = {}
    for algorithm in algorithms:
        dialog = algorithm.create().createCustomParametersWidget(parent=None)
        helps = [part.toPlainText() for part in dialog.findChildren(QTextEdit)]
        assert any(algorithm.displayName() in text for text in helps), algorithm.id()
        english[algorithm.id()] = english_texts(algorithm, [*shown_texts(dialog), *helps], of_qgis)
        choices = {combo.itemText(index) for combo in dialog.findChildren(QComboBox) for index in range(combo.count())}
        english[algorithm.id()] += english_in(choices - of_qgis)
        dialog.close()
        dialog.deleteLater()
    assert {name: texts for name, texts in english.items() if texts} == {}


def test_the_batches_of_all_algorithms_are_in_spanish(spanish, provider, of_qgis):
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    english = {}
    for algorithm in provider.algorithms():
        dialog = BatchAlgorithmDialog(algorithm.create(), parent=None)
        table = dialog.mainWidget().tblParameters
        headers = [table.horizontalHeaderItem(column) for column in range(table.columnCount())]
        texts = [*shown_texts(dialog), *(header.text() for header in headers if header is not None)]
        english[algorithm.id()] = english_texts(algorithm, texts, of_qgis)
        dialog.close()
        dialog.deleteLater()
    assert {name: texts for name, texts in english.items() if texts} == {}


@pytest.fixture
def texts_of_question(spanish):
    """The texts of a question that a call asks, which is answered by leaving it."""

    def ask(call):
        seen = []

        def leave():
            question = QApplication.activeModalWidget()
            if question is not None:
                seen.extend(shown_texts(question))
                question.reject()
                timer.stop()

        timer = QTimer()
        timer.timeout.connect(leave)
        timer.start(20)
        call()
        timer.stop()
        assert seen
        return set(seen)

    return ask


def test_questions_are_in_spanish(texts_of_question, qgis_app):
    from allpa.ui.learn.teach_dialogs import ask_class
    from allpa.ui.questions import confirm_overwrite, confirm_quit

    parent = QWidget()
    quitting = texts_of_question(lambda: confirm_quit(parent, "Abancay 2020"))
    assert {"¿Cerrar QGIS?", "Detener el trabajo y cerrar"} <= quitting
    overwriting = texts_of_question(lambda: confirm_overwrite(parent, 2020, []))
    naming = texts_of_question(lambda: ask_class(parent))
    assert english_in(quitting | overwriting | naming) == []
    parent.deleteLater()


def small_dialogs(canvas):
    """Each of the plugin's own dialogs, by a word for it."""
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from allpa.plugin.weight_tables import WeightTable
    from allpa.ui.accuracy.class_mapping import ClassMappingDialog
    from allpa.ui.accuracy.import_dialog import ImportDialog
    from allpa.ui.diagnostics import DiagnosticsDialog
    from allpa.ui.learn.legend_editor import LegendEditor
    from allpa.ui.weights_dialog import WeightsDialog

    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=uso:string", "puntos", "memory")
    yield "weights", WeightsDialog(LEGEND, WeightTable({3: 1.7}))
    yield "import", ImportDialog(canvas, QgsMessageBar())
    yield "classes", ClassMappingDialog(layer, "uso")
    yield "diagnostics", DiagnosticsDialog(None, "El catálogo no respondió.", "")
    yield "legend", LegendEditor()


def test_the_small_dialogs_are_in_spanish(spanish, provider, canvas, project, clean_settings):
    english = {}
    for name, dialog in small_dialogs(canvas):
        dialog.show()
        english[name] = english_in(shown_texts(dialog))
        dialog.close()
        dialog.deleteLater()
    assert len(english) == 5
    assert {name: texts for name, texts in english.items() if texts} == {}


def test_the_dock_with_scenes_and_results_is_in_spanish(spanish, dock):
    choose_region(dock)
    dock.findChild(QWidget, "allpaFindScenes").click()
    wait_until(lambda: not dock.busy)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    fields_of_footprints = {"cloud", "chosen"}  # choices of a field
    of_stand_in = {"Downloading scenes: 3 / 12, about 4 min left"}
    texts = set(shown_texts(dock)) - fields_of_footprints - of_stand_in
    windows = dock.findChildren(QDialog)
    assert any(window.objectName() == "allpaDetachedWindow" for window in windows)
    assert english_in(texts) == []
