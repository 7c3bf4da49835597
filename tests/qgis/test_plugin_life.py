"""The plugin's life: a light import, what it adds to QGIS, and that nothing is left behind."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

IMPORT = """
import sys, json
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt import QtCore, QtGui, QtWidgets
import qgis.utils  # QGIS itself imports this before any plugin
before = set(sys.modules)
import allpa
plugin = allpa.classFactory(None)
print(json.dumps(sorted(set(sys.modules) - before)))
"""
HEAVY = {
    "torch",
    "rasterio",
    "pystac",
    "pystac_client",
    "requests",
    "shapely",
    "pyproj",
    "numpy",
    "matplotlib",
    "osgeo",
}


def import_once(folder):
    import json

    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.stdout.count("\n") == 1, "importing the plugin printed something"
    return json.loads(done.stdout)


def test_the_import_is_light(tmp_path, qgis_app):
    from qgis_session import plugins_folder

    assert not HEAVY & {name.split(".")[0] for name in import_once(plugins_folder(tmp_path))}


@pytest.fixture
def iface(qgis_app):
    from qgis.PyQt.QtWidgets import QMainWindow, QMenu

    made = MagicMock()
    window = QMainWindow()
    menu = QMenu(window)
    made.mainWindow.return_value = window
    made.pluginHelpMenu.return_value = menu
    return made


@pytest.fixture
def plugin(allpa, iface, qgis_app):
    from qgis.PyQt.QtWidgets import QDockWidget

    made_docks = []

    class Dock(QDockWidget):
        disposed = 0

        def dispose(self):
            self.disposed += 1

    def make_dock(given):
        made_docks.append(Dock("Allpa"))
        return made_docks[-1]

    from allpa.plugin.allpa_plugin import AllpaPlugin

    plugin = AllpaPlugin(iface, make_dock, show_diagnostics=lambda window: plugin.reports.append(window))
    plugin.reports = []
    plugin.made_docks = made_docks
    return plugin


def provider_ids():
    from qgis.core import QgsApplication

    return [provider.id() for provider in QgsApplication.processingRegistry().providers()]


def test_what_is_added_is_taken_away(plugin, iface):
    before = provider_ids()
    plugin.initGui()
    assert "allpa" in provider_ids()
    actions = [call.args[1] for call in iface.addPluginToRasterMenu.call_args_list]
    assert [action.objectName() for action in actions] == ["allpaDockAction", "allpaReportAction"]
    assert iface.pluginHelpMenu().actions()[0].objectName() == "allpaHelpAction"
    iface.pluginHelpMenu().actions()[1].trigger()
    assert plugin.reports == [iface.mainWindow()]
    plugin.unload()
    assert provider_ids() == before
    assert [call.args for call in iface.removePluginRasterMenu.call_args_list] == [("Allpa", act) for act in actions]
    iface.removeToolBarIcon.assert_called_once_with(actions[0])
    assert iface.pluginHelpMenu().actions() == []
    plugin.unload()  # a second time does nothing


def test_the_dock_is_made_when_it_is_first_shown_and_once(plugin, iface, monkeypatch):
    monkeypatch.setattr(plugin, "initProcessing", lambda: None)
    plugin.initGui()
    assert plugin.made_docks == []
    plugin.show_dock(True)
    plugin.show_dock(False)
    plugin.show_dock(True)
    assert len(plugin.made_docks) == 1
    assert iface.addDockWidget.call_count == 1
    dock = plugin.dock
    plugin.unload()
    iface.removeDockWidget.assert_called_once_with(dock)
    assert dock.disposed == 1
    assert plugin.dock is None


def test_the_real_dock_and_options_come_and_go(allpa, iface):
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    canvas = QgsMapCanvas()
    iface.mapCanvas.return_value = canvas
    plugin = allpa.classFactory(iface)
    plugin.initGui()
    assert iface.registerOptionsWidgetFactory.call_count == 1
    plugin.show_dock(True)
    items = len(canvas.scene().items())
    plugin.unload()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(canvas.scene().items()) <= items
    assert iface.unregisterOptionsWidgetFactory.call_count == 1
    assert "allpa" not in provider_ids()


def test_an_unloaded_dock_leaves_no_widget_to_the_garbage_collector(allpa, iface):
    """The collector runs in whatever thread allocates; a widget that it deletes in a task's thread crashes QGIS."""
    import gc

    from qgis.gui import QgsMapCanvas, QgsRubberBand
    from qgis.PyQt import sip
    from qgis.PyQt.QtCore import QCoreApplication, QEvent, QObject

    def living():
        things = (thing for thing in gc.get_objects() if isinstance(thing, (QObject, QgsRubberBand)))
        return sorted(type(thing).__name__ for thing in things if not sip.isdeleted(thing))

    iface.mapCanvas.return_value = QgsMapCanvas()
    plugin = allpa.classFactory(iface)
    plugin.initGui()
    gc.collect()
    gc.disable()
    try:
        before = living()
        plugin.show_dock(True)
        assert "JobForm" in living()
        assert "QgsRubberBand" in living()
        plugin.unload()
        iface.reset_mock()  # it remembers the dock as an argument of a call
        for _ in range(3):  # what holds the slots is deleted after the widgets
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()
        assert set(living()) <= set(before)
    finally:
        gc.enable()


def test_without_a_window_only_the_provider_is_added(allpa):
    plugin = allpa.classFactory(None)
    plugin.initProcessing()
    assert "allpa" in provider_ids()
    plugin.unload()
    assert "allpa" not in provider_ids()


def test_metadata_says_what_qgis_and_its_repository_ask_for(root):
    from configparser import ConfigParser

    parser = ConfigParser(interpolation=None)
    parser.read(root / "metadata.txt", encoding="utf-8")
    general = parser["general"]
    assert general["qgisminimumversion"] == "3.22"
    assert general["qgismaximumversion"] == "4.99"
    assert general["hasprocessingprovider"] == "yes"
    assert "supportsqt6" not in general
    assert (root / general["icon"]).exists()
    assert "plugin" not in general["name"].lower()
    assert "<" not in general["about"] + general["description"]
    assert {"email", "homepage", "tracker", "repository"} <= set(general)


def test_help_opens_a_page_that_ships_with_the_plugin(allpa, root, monkeypatch):
    from allpa.plugin import allpa_plugin
    from qgis.PyQt.QtGui import QDesktopServices

    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    monkeypatch.setattr(allpa_plugin, "homepage", lambda: "")
    allpa_plugin.open_help()
    page = Path(opened[0].toLocalFile()).resolve()
    sys.path.insert(0, str(root / "tools"))
    from pack import list_shipped_files

    assert page.relative_to(root.resolve()) in list_shipped_files()
