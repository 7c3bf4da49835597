"""QGIS in Spanish for tests, and the English that is left in what a window shows."""

import re
import sys
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsSettings
from qgis.gui import QgsFieldComboBox, QgsFileWidget, QgsMapLayerComboBox, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTranslator
from qgis.PyQt.QtWidgets import QComboBox, QDialogButtonBox, QTableView, QWidget

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import qt_translations

ENGLISH_WORDS = {
    "the", "of", "and", "is", "are", "with", "without", "from", "by", "for", "if", "all", "not", "map",
    "scene", "scenes", "folder", "year", "layer", "run", "file", "files", "region", "used", "catalogue",
    "cloud", "set", "choose", "class", "months", "engine", "report", "area", "table", "to", "or", "this", "that",
    "which", "must", "cannot", "only", "each", "until", "new", "open", "save", "remove", "add", "none",
    "values", "layers", "pixels", "selected", "field", "band", "bands", "training", "network", "labels",
}  # fmt: skip
WORD = re.compile(r"\b[A-Z]?[a-z]+\b")
TEXT_GETTERS = ("text", "title", "windowTitle", "toolTip", "placeholderText", "suffix", "specialValueText")


@pytest.fixture
def start_plugin(allpa):
    """Load the plugin as QGIS does, in the language that its settings name."""
    from allpa.plugin.allpa_plugin import AllpaPlugin

    started = []
    settings = QgsSettings()

    def start(locale):
        settings.setValue("locale/overrideFlag", True)
        settings.setValue("locale/userLocale", locale)
        started.append(AllpaPlugin(None))
        return started[-1]

    yield start
    for plugin in started:
        plugin.unload()
    settings.remove("locale")


@pytest.fixture
def spanish(start_plugin):
    """QGIS as it is set up in Peru; named before `dock` and `provider`, so that they are made in Spanish."""
    of_qgis = QTranslator()
    assert of_qgis.load("qgis_es", QgsApplication.i18nPath())
    QCoreApplication.installTranslator(of_qgis)  # as QGIS does at its start
    yield start_plugin("es_PE")
    QCoreApplication.removeTranslator(of_qgis)


def english_in(texts):
    """The texts that are still English: those with a translation, or with an English word."""
    sources = {english for (_, english), spanish in qt_translations.read_ts().items() if english != spanish}
    return [text for text in texts if text in sources or ENGLISH_WORDS & {word.lower() for word in WORD.findall(text)}]


def shown_texts(widget):
    """Every text of a widget and of those in it, without the standard buttons, which Qt translates."""
    boxes = widget.findChildren(QDialogButtonBox)
    standard = {button for box in boxes for button in box.buttons() if box.standardButton(button)}
    for part in [widget, *widget.findChildren(QWidget)]:
        if part in standard or isinstance(part, (QgsFieldComboBox, QgsMapLayerComboBox)):  # names of data
            continue
        # their other texts are paths, names of CRSs, or QGIS's own
        is_qgis_s = isinstance(QWidget.parent(part), QgsFileWidget) or isinstance(part, QgsProjectionSelectionWidget)
        for name in ["placeholderText"] if is_qgis_s else TEXT_GETTERS:
            getter = getattr(part, name, None)
            if callable(getter) and isinstance(getter(), str):
                yield getter()
        if isinstance(part, QComboBox):
            yield from (part.itemText(index) for index in range(part.count()))
            yield from (part.itemData(index, Qt.ItemDataRole.ToolTipRole) or "" for index in range(part.count()))
        if isinstance(part, QTableView) and part.model() is not None:
            for column in range(part.model().columnCount()):
                for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                    yield part.model().headerData(column, Qt.Orientation.Horizontal, role) or ""
