"""Builds dock and options page on PyQt6, and runs through what a user presses; stand-ins replace QGIS.

QGIS's own widgets are plain widgets here that accept every call: what is tried is the code's use of Qt, method bodies
included. Run by `test_qt6.py` in a process of its own.
"""

import importlib
import json
import os
import sys
import traceback
from datetime import date
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

from PyQt6 import QtCore, QtGui, QtWidgets

WIDGETS = {
    "QgsFilterLineEdit": QtWidgets.QLineEdit,
    "QgsCollapsibleGroupBox": QtWidgets.QGroupBox,
    "QgsCheckableComboBox": QtWidgets.QComboBox,
    "QgsMapLayerComboBox": QtWidgets.QComboBox,
}


class Permissive(type(QtWidgets.QWidget)):
    """Type of the stand-ins: any attribute exists, enums of any depth too."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=f"{cls.__name__}.{name}")


def accepts_all(self, name):
    """Any method or signal of an instance exists."""
    if name.startswith("__"):
        raise AttributeError(name)
    return MagicMock(name=name)


def stand_in(name, base):
    """A class of QGIS's that accepts every call."""
    body = {"__getattr__": accepts_all}
    if not issubclass(base, QtWidgets.QWidget):
        body["__init__"] = lambda self, *_arguments: base.__init__(self)
    return Permissive(name, (base,), body)


class QgsSettings:
    """Settings that are all at their defaults."""

    def value(self, _key, default=None, **_options):
        return default

    def setValue(self, key, value):  # noqa: N802 - Qt's name
        pass

    def remove(self, _key):
        pass


class Application:
    """The part of QgsApplication whose values matter."""

    @staticmethod
    def getThemeIcon(_name):  # noqa: N802 - QGIS's name
        return QtGui.QIcon()

    @staticmethod
    def locale():
        return "en_US"

    @staticmethod
    def prefixPath():  # noqa: N802 - QGIS's name
        return "/usr"

    processingRegistry = MagicMock()  # noqa: N815 - QGIS's name
    taskManager = MagicMock()  # noqa: N815 - QGIS's name
    authManager = MagicMock()  # noqa: N815 - QGIS's name


class StandIn(ModuleType):
    """`qgis.core` and `qgis.gui`: every name is a class that accepts every call."""

    def __init__(self, name, base):
        super().__init__(name)
        self._base = base

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = stand_in(name, WIDGETS.get(name, self._base))
        setattr(self, name, found)
        return found


def install():
    """Put the stand-ins where the plugin imports QGIS from."""
    core, gui = StandIn("qgis.core", QtCore.QObject), StandIn("qgis.gui", QtWidgets.QWidget)
    core.QgsSettings, core.QgsApplication = QgsSettings, Application
    core.QgsCsException = core.QgsProcessingException = RuntimeError
    gui.QgsMapLayerComboBox.currentLayer = lambda _self: None
    Application.processingRegistry.return_value.algorithmById.return_value = None
    gui.QgsOptionsWidgetFactory = stand_in("QgsOptionsWidgetFactory", QtCore.QObject)
    for name in ("QgsMapTool", "QgsMapToolExtent", "QgsRubberBand"):
        setattr(gui, name, stand_in(name, QtCore.QObject))
    modules = {"qgis": ModuleType("qgis"), "qgis.core": core, "qgis.gui": gui, "qgis.PyQt": ModuleType("qgis.PyQt")}
    for part in ("QtCore", "QtGui", "QtWidgets", "QtXml"):
        modules[f"qgis.PyQt.{part}"] = importlib.import_module(f"PyQt6.{part}")
    for name in ("QAction", "QActionGroup", "QShortcut"):
        setattr(QtWidgets, name, getattr(QtGui, name))  # as qgis.PyQt does
    modules |= {"osgeo": MagicMock(), "processing": MagicMock(), "processing.gui": MagicMock()}
    for name, base in (("wrappers", QtCore.QObject), ("AlgorithmDialog", QtWidgets.QDialog)):
        modules[f"processing.gui.{name}"] = StandIn(f"processing.gui.{name}", base)
    sys.modules.update(modules)


def import_everything(root):
    """Import every module of the plugin that QGIS imports."""
    sys.path.insert(0, str(root))
    for folder in ("plugin", "ui"):
        for path in sorted((root / "allpa" / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if "allpa_engine" not in parts and parts[-1] != "__init__":
                importlib.import_module(".".join(parts))


def results():
    """What a job gives, as far as the dock shows it."""
    row = {"name": "Trees", "pixels": 10, "area_ha": 0.1, "area_true_ha": 0.1, "percent": 50.0}
    table = [{**row, "code": code} for code in range(1, 11)] + [{**row, "code": None}]
    return {"AREA_TABLE": json.dumps(table), "FOLDER": "/nowhere", "REPORT": "/nowhere/report.html", "AREA_HA": 0.2}


def use(widget):
    """Press every button that is shown, draw everything, type a key into everything that takes one."""
    pressed = set()
    widget.resize(500, 900)
    widget.show()
    for _ in range(2):  # some show themselves after others
        for button in widget.findChildren(QtWidgets.QAbstractButton):
            if button.isVisible() and button.objectName().startswith("allpa"):
                button.click()
                pressed.add(button.objectName())
    key = QtGui.QKeyEvent(
        QtCore.QEvent.Type.KeyPress, QtCore.Qt.Key.Key_C, QtCore.Qt.KeyboardModifier.ControlModifier, "c"
    )
    for child in widget.findChildren(QtWidgets.QWidget):
        QtWidgets.QApplication.sendEvent(child, key)
    QtWidgets.QApplication.processEvents()
    assert not widget.grab().isNull()
    assert pressed, "there was nothing to press"


def time_line():
    """The chart of a point with three scenes, one of them clouded, its classes shown."""
    from allpa.plugin.layers.point_series import SceneOfPoint
    from allpa.ui.accuracy.time_line import TimeLine

    days = [date(2020, month, 1) for month in (3, 6, 9)]
    scenes = [SceneOfPoint(str(day), day, Path("scene.tif"), 0.5, 5, day.month != 6) for day in days]
    chart = TimeLine()
    chart.show_scenes((), "No scene covers this point.")
    assert not chart.grab().isNull()
    chart.show_scenes(tuple(scenes))
    chart.set_classes_shown(True)
    chart.set_chosen(0, 2)
    return chart


def label_by_key(panel):
    """Digits are classes."""
    typed = []
    panel.set_class = typed.append
    panel._session = MagicMock()
    for key in (QtCore.Qt.Key.Key_5, QtCore.Qt.Key.Key_0):
        event = QtGui.QKeyEvent(QtCore.QEvent.Type.KeyPress, key, QtCore.Qt.KeyboardModifier.NoModifier)
        QtWidgets.QApplication.sendEvent(panel, event)
    panel._session = None
    assert typed == [5, 10], typed


def main(root):
    """Build what has widgets and use it; gives what went wrong."""
    install()
    import_everything(root)
    from allpa.ui.dock import AllpaDock
    from allpa.ui.options import AllpaOptionsFactory
    from allpa.ui.results.panel import ResultsView

    raised = []

    def keep(kind, error, trace):
        raised.append("".join(traceback.format_exception(kind, error, trace)))
        print(raised[-1], flush=True)

    sys.excepthook = keep  # without a hook PyQt6 ends the process
    QtGui.QDesktopServices.openUrl = lambda _address: True
    for question in ("getOpenFileName", "getSaveFileName"):  # nobody is there to answer
        setattr(QtWidgets.QFileDialog, question, lambda *_given, **_options: ("", ""))
    QtWidgets.QFileDialog.getExistingDirectory = lambda *_given, **_options: ""
    iface = MagicMock()
    window = QtWidgets.QMainWindow()
    iface.mainWindow.return_value = window
    dock, page, view = AllpaDock(iface), AllpaOptionsFactory().createWidget(None), ResultsView()
    window.addDockWidget(QtCore.Qt.DockWidgetArea.RightDockWidgetArea, dock)
    window.show()
    view.show_results("Curahuasi 2020", results(), {"bash": "allpa run job.json"})
    for widget in (dock, page, view):
        use(widget)
    chart = time_line()
    chart.resize(400, 120)
    assert not chart.grab().isNull()
    label_by_key(dock.findChild(QtWidgets.QWidget, "allpaLabelPanel"))
    page.apply()
    dock.run()
    dock.dispose()
    return raised


if __name__ == "__main__":
    app = QtWidgets.QApplication([])
    wrong = main(Path(sys.argv[1]))
    print(f"{len(wrong)} errors" if wrong else f"fine on Qt {QtCore.qVersion()}", flush=True)
    os._exit(bool(wrong))
