"""QGIS for tests: started once per session, with the repository importable as the plugin package `allpa`.

Tiers that need QGIS have a conftest with the one line `from qgis_session import *`.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

__all__ = ["allpa", "feedback", "provider", "pytest_sessionfinish", "pytest_unconfigure", "qgis_app", "run_algorithm"]

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_home_dir = tempfile.TemporaryDirectory(prefix="allpa-tests-")
_state = {}
os.environ.pop("ALLPA_ENGINE_PYTHON", None)  # the user's own engine is none of the tests' business


def plugins_folder(folder):
    """Make a folder that holds the repository as the package `allpa`, as QGIS's plugin folder does."""
    link = Path(folder) / "allpa"
    if not link.exists():
        link.symlink_to(ROOT, target_is_directory=True)
    return Path(folder)


def start_qgis():
    """Start QGIS with settings and user data of its own, the first time that it is called."""
    if "app" not in _state:
        home = Path(_home_dir.name)
        os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(home / "profile")
        os.environ["XDG_DATA_HOME"] = str(home / "data")
        os.environ["XDG_RUNTIME_DIR"] = str(home)
        from qgis.PyQt.QtCore import QCoreApplication, QSettings

        QCoreApplication.setOrganizationName("allpa-tests")
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(home / "settings"))
        from qgis.testing import start_app

        _state["app"] = start_app(cleanup=False)
        sys.path.insert(0, str(plugins_folder(home)))
        sys.path.append("/usr/share/qgis/python/plugins")
        from processing.core.Processing import Processing

        Processing.initialize()
        from qgis.core import QgsSettings

        QgsSettings().setValue("allpa/catalogue_hours", 0)  # servers of tests take the ports of earlier ones
    return _state["app"]


@pytest.fixture(scope="session")
def qgis_app():
    """The running QGIS application."""
    return start_qgis()


@pytest.fixture(scope="session")
def allpa(qgis_app):
    """The plugin's package."""
    import allpa

    return allpa


@pytest.fixture
def provider(allpa):
    """The provider `allpa`, registered for one test."""
    from allpa.plugin.provider import AllpaProvider
    from qgis.core import QgsApplication

    registry = QgsApplication.processingRegistry()
    provider = AllpaProvider()
    registry.addProvider(provider)
    provider.complete_models()
    yield provider
    registry.removeProvider(provider)


@pytest.fixture
def feedback(qgis_app):
    """A feedback that records every call."""
    from qgis.core import QgsProcessingFeedback

    class RecordingFeedback(QgsProcessingFeedback):
        def __init__(self):
            super().__init__(False)
            self.texts, self.warnings, self.errors, self.debug, self.stages, self.fractions = [], [], [], [], [], []
            self.progressChanged.connect(self.fractions.append)

        def pushInfo(self, text):  # noqa: N802
            self.texts.append(text)

        def pushWarning(self, text):  # noqa: N802
            self.warnings.append(text)

        def reportError(self, text, fatalError=False):  # noqa: N802, N803
            self.errors.append(text)

        def pushDebugInfo(self, text):  # noqa: N802
            self.debug.append(text)

        def setProgressText(self, text):  # noqa: N802
            self.stages.append(text)

    return RecordingFeedback()


@pytest.fixture
def run_algorithm(provider, feedback):
    """Run an algorithm of Allpa by `processing.run`."""
    import processing

    return lambda name, parameters, **more: processing.run(
        f"allpa:{name}", parameters, **{"feedback": feedback, **more}
    )


def pytest_sessionfinish(session, exitstatus):
    """Remember how the tests ended."""
    _state["exitstatus"] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave at once: QGIS may crash when Python takes it down, after the results are printed."""
    if "app" in _state and "exitstatus" in _state:
        sys.stdout.flush()
        sys.stderr.flush()
        _home_dir.cleanup()
        os._exit(_state["exitstatus"])
