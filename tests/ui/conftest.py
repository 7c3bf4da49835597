"""The dock's tests: a real QGIS without a screen, the plugin imported as the package `allpa` as QGIS does."""

import gc
import sys
import traceback
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dock_fixtures import algorithms, dock  # noqa: F401 - fixtures of this tier
from qgis_session import *  # noqa: F403 - the fixtures and hooks of every tier that needs QGIS
from spanish_texts import spanish, start_plugin  # noqa: F401 - fixtures of this tier


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


@pytest.fixture(autouse=True)
def collect_garbage(qgis_app):
    """Delete the widgets of a test in the main thread, before a later test's task runs Python in another one.

    Python's collector runs in whatever thread allocates; a widget that it finds there takes the process down.
    """
    from qgis.PyQt.QtCore import QCoreApplication, QEvent

    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.fixture(autouse=True)
def english_locale(allpa):
    """Decimal points and English digit groups, whatever the machine is set to."""
    from qgis.PyQt.QtCore import QLocale

    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def clean_settings(allpa):
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
