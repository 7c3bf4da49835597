"""The dock's tests: a real QGIS without a screen, the plugin imported as the package `allpa` as QGIS does."""

import os
import sys
import tempfile
import traceback
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QGIS_CUSTOM_CONFIG_PATH", tempfile.mkdtemp(prefix="allpa-profile-"))
ROOT = Path(__file__).resolve().parents[2]
_exit_status = 0


def _link_plugin():
    if "allpa" in sys.modules:
        return
    folder = Path(tempfile.mkdtemp(prefix="allpa-plugins-"))
    (folder / "allpa").symlink_to(ROOT, target_is_directory=True)
    sys.path.insert(0, str(folder))


_link_plugin()
sys.path.insert(0, str(Path(__file__).parent))
from dock_fixtures import algorithms, dock  # noqa: E402, F401 - fixtures of this tier


@pytest.fixture(autouse=True)
def slot_errors():
    """An exception in a slot fails the test; without a hook PyQt would abort the process."""
    raised = []
    before = sys.excepthook
    sys.excepthook = lambda kind, error, trace: raised.append("".join(traceback.format_exception(kind, error, trace)))
    yield raised
    sys.excepthook = before
    if raised:
        pytest.fail("in a slot:\n" + "\n".join(raised), pytrace=False)


@pytest.fixture(scope="session")
def qgis_app():
    """QGIS, started once."""
    from qgis.testing import start_app

    return start_app(cleanup=False)


@pytest.fixture
def clean_settings(qgis_app):
    """No remembered values, before and after."""
    from qgis.core import QgsSettings

    QgsSettings().remove("allpa")
    yield QgsSettings()
    QgsSettings().remove("allpa")


@pytest.fixture
def project(qgis_app):
    """An empty project in UTM zone 18 south."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    project = QgsProject.instance()
    project.clear()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:32718"))
    yield project
    project.clear()


@pytest.fixture
def canvas(project):
    """A real canvas of 400 x 400 pixels that shows 10 km x 10 km of the Apurímac highlands, with a pan tool set."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle
    from qgis.gui import QgsMapCanvas, QgsMapToolPan

    canvas = QgsMapCanvas()
    canvas.resize(400, 400)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32718"))
    canvas.show()
    canvas.setExtent(QgsRectangle(730_000, 8_480_000, 740_000, 8_490_000))
    canvas.pan = QgsMapToolPan(canvas)
    canvas.setMapTool(canvas.pan)
    yield canvas
    canvas.close()
    canvas.deleteLater()


def pytest_sessionfinish(session, exitstatus):
    global _exit_status
    _exit_status = int(exitstatus)


def pytest_unconfigure(config):
    """QGIS may crash while Python tears it down; the result of the tests is known by then."""
    if "qgis.core" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_exit_status)
