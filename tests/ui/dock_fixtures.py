"""A dock on a real canvas, with stand-ins for the algorithms."""

# ruff: noqa: N802 - QGIS's names

import fake_algorithms as fakes
import pytest
from learn_algorithms import LEARN_ALGORITHMS
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import QElapsedTimer, QEventLoop, QTimer
from qgis.PyQt.QtWidgets import QMainWindow


def wait_until(condition, timeout_ms=60_000):
    """Let events run until the condition holds; fails the test after the timeout."""
    clock = QElapsedTimer()
    clock.start()
    while not condition():
        if clock.elapsed() > timeout_ms:
            pytest.fail("waited in vain")
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()


class Interface:
    """The part of QgisInterface that the dock uses."""

    def __init__(self, canvas):
        self._window = QMainWindow()
        self._window.resize(900, 900)
        self._canvas = canvas
        self._bar = QgsMessageBar()

    def mainWindow(self):
        return self._window

    def mapCanvas(self):
        return self._canvas

    def messageBar(self):
        return self._bar

    def registerApplicationExitBlocker(self, blocker):
        self.exit_blocker = blocker

    def unregisterApplicationExitBlocker(self, blocker):
        self.exit_blocker = None


def stand_ins(search_folder):
    """The stand-ins under their ids, all of which succeed; found scenes are written into a folder."""
    kinds = (
        fakes.FakeLandcoverMap, fakes.FakeSearch, fakes.FakeStatus, fakes.FakePreviews, fakes.FakeInstallation,
        fakes.FakePartsInstallation, *LEARN_ALGORITHMS,
    )  # fmt: skip
    for kind in kinds:
        kind.behaviour, kind.last_parameters = "succeed", None
    fakes.FakeStatus.ready, fakes.FakeStatus.parts = True, "installed"
    fakes.FakeSearch.folder = search_folder
    return {f"allpa:{kind.algorithm_name}": kind for kind in kinds}


@pytest.fixture
def algorithms(monkeypatch, qgis_app, tmp_path):
    """The stand-ins under their ids, fresh for each test."""
    from allpa.ui import run

    made = stand_ins(tmp_path / "search")
    instances = {name: kind().create() for name, kind in made.items()}
    monkeypatch.setattr(run, "algorithm", instances.get)
    return made


@pytest.fixture
def dock(algorithms, canvas, clean_settings, tmp_path):
    """The dock, shown in a window, its output folder set."""
    from allpa.ui.dock import AllpaDock
    from qgis.gui import QgsFileWidget
    from qgis.PyQt.QtCore import Qt

    iface = Interface(canvas)
    made = AllpaDock(iface)
    made.iface = iface
    made.message_bar = iface.messageBar()
    iface.mainWindow().addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, made)
    iface.mainWindow().show()
    made.findChild(QgsFileWidget, "allpaFolder").setFilePath(str(tmp_path / "a job"))
    yield made
    made.dispose()
    wait_until(lambda: not made.busy)
    iface.mainWindow().close()
    iface.mainWindow().deleteLater()
