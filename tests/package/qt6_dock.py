"""Builds dock and options page on PyQt6, and runs through what a user presses; stand-ins take the place of QGIS.

QGIS's own widgets are plain widgets here that accept every call: what is tried is the code's use of Qt, method bodies
included. Run by `test_qt6.py` in a process of its own.
"""

import importlib
import sys
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
        body["__init__"] = lambda self, *given: base.__init__(self)
    return Permissive(name, (base,), body)


class QgsSettings:
    """Settings that are all at their defaults."""

    def value(self, _key, default=None, **_options):
        return default

    def setValue(self, key, value):  # noqa: N802 - Qt's name
        assert isinstance(value, (str, int)), key

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
    Application.processingRegistry.return_value.algorithmById.return_value = None
    gui.QgsOptionsWidgetFactory = stand_in("QgsOptionsWidgetFactory", QtCore.QObject)
    for name in ("QgsMapTool", "QgsMapToolExtent", "QgsRubberBand"):
        setattr(gui, name, stand_in(name, QtCore.QObject))
    modules = {"qgis": ModuleType("qgis"), "qgis.core": core, "qgis.gui": gui, "qgis.PyQt": ModuleType("qgis.PyQt")}
    for part in ("QtCore", "QtGui", "QtWidgets"):
        modules[f"qgis.PyQt.{part}"] = importlib.import_module(f"PyQt6.{part}")
    for name in ("QAction", "QActionGroup", "QShortcut"):
        setattr(QtWidgets, name, getattr(QtGui, name))  # as qgis.PyQt does
    modules["osgeo"] = MagicMock()
    sys.modules.update(modules)


def main(root):
    """Import every module of the plugin, build what has widgets, and press what can be pressed."""
    install()
    app = QtWidgets.QApplication([])
    sys.path.insert(0, str(root))
    names = [path.relative_to(root / "allpa").with_suffix("") for folder in ("plugin", "ui") for path in (root / "allpa" / folder).rglob("*.py")]
    for name in names:
        if "allpa_engine" not in name.parts and name.name != "__init__":
            importlib.import_module(".".join(("allpa", *name.parts)))
    return app


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print("done")
