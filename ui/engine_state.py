"""The engine's state in the dock: ready, or what is missing and a button that installs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from .labels import wrapped_label
from .percent_bar import PercentBar
from .run import INSTALL, STATUS, AlgorithmRun, RunFailure, failure_from_errors

_ICON_PX = 16
_LOOK_AGAIN_MS = 5_000
"""While another window installs the engine."""
_installations: list[AlgorithmRun] = []


def installation() -> AlgorithmRun:
    """The one installation of this QGIS, which dock and options show alike."""
    if not _installations:
        _installations.append(AlgorithmRun(QCoreApplication.instance()))
    return _installations[0]


class EngineStatus(QWidget):
    """One line about the engine; asks `allpa:status`, and installs by `allpa:installengine`."""

    ready_changed = pyqtSignal(bool)
    """The engine became usable, or is found not to be."""
    failed = pyqtSignal(object)
    """The RunFailure of an installation."""
    status_known = pyqtSignal(dict)
    """Outputs of `allpa:status`."""
    installation_started = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaEngine")
        self._ready: bool | None = None
        self.packages: Callable[[], str] = str
        """Gives the collected packages of a form that is not saved yet."""
        self._status = AlgorithmRun(self)
        self._installation = installation()
        self._build()
        self._status.finished.connect(self._show_status)
        self._status.failed.connect(self._show_unknown)
        self._installation.started.connect(self._show_installing)
        self._installation.progressed.connect(self._show_progress)
        self._installation.stage_changed.connect(self._text.setText)
        self._installation.finished.connect(self._on_installation_ended)
        self._installation.failed.connect(self._on_installation_failed)
        self._installation.cancelled.connect(self._on_installation_ended)
        self._install.clicked.connect(lambda _checked: self.install())
        if self._installation.running:
            self._show_installing()

    @property
    def ready(self) -> bool | None:
        """Whether the engine can run; None while that is not known."""
        return self._ready

    def refresh(self) -> None:
        """Ask for the state, in the background."""
        if self._status.running or self._installation.running:
            return
        if not self._ready:
            self._show_busy(self.tr("Verifying the engine…"))
            self._install.setVisible(False)
        self._status.start(STATUS, {})

    def install(self, pytorch_build: str = "") -> None:
        """Install the engine in the background; a second press cancels.

        Parameters
        ----------
        pytorch_build : `cpu` or `cuda`; empty keeps the one that is there.

        """
        if self._installation.running:
            self._installation.cancel()
            return
        given = {"PACKAGES": self.packages(), "PYTORCH_BUILD": pytorch_build}
        self._installation.start(INSTALL, {name: value for name, value in given.items() if value})

    def dispose(self) -> None:
        """Stop what is running."""
        self._status.cancel()
        self._installation.cancel()

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self._icon = QLabel(self)
        self._icon.setObjectName("allpaEngineIcon")
        self._icon.setMinimumWidth(_ICON_PX)
        self._text = wrapped_label("allpaEngineText", self)
        self._install = QPushButton(self.tr("Install engine"), self)
        self._install.setObjectName("allpaInstallEngine")
        self._install.setVisible(False)
        self._bar = PercentBar("allpaInstallProgress", self)
        self._bar.setVisible(False)
        grid.addWidget(self._icon, 0, 0)
        grid.addWidget(self._text, 0, 1)
        grid.addWidget(self._bar, 1, 0, 1, 2)
        grid.addWidget(self._install, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _show_status(self, results: dict[str, Any]) -> None:
        self.status_known.emit(results)
        if results.get("READY"):
            device = str(results.get("DEVICE") or "")
            self._show(True, self.tr("Engine ready") + (f" ({device})" if device else ""))
            self.setToolTip("")
            return
        action = str(results.get("ACTION_REQUIRED") or self.tr("The engine is not ready."))
        download = str(results.get("DOWNLOAD") or "")
        text = f"{failure_from_errors([action], []).headline} {download}".strip()
        self._show(False, text, can_install=results.get("NEXT_ALGORITHMS") == INSTALL)
        self.setToolTip(action)
        if self._installation.running:
            return
        broken = results.get("STATE") == "engine_broken"
        self._install.setText(self.tr("Repair engine") if broken else self.tr("Install engine"))
        if results.get("STATE") == "engine_installing":
            QTimer.singleShot(_LOOK_AGAIN_MS, self.refresh)

    def _show_unknown(self, failure: RunFailure) -> None:
        self._show(False, failure.headline, can_install=True)

    def _show(self, ready: bool, text: str, can_install: bool = False) -> None:
        if self._installation.running:
            return  # what it shows is newer
        self._ready = ready
        icon = "mIconSuccess.svg" if ready else "mIconWarning.svg"
        self._icon.setPixmap(QgsApplication.getThemeIcon(icon).pixmap(_ICON_PX, _ICON_PX))
        self._text.setText(text)
        self._install.setVisible(can_install)
        self.ready_changed.emit(ready)

    def _show_busy(self, text: str) -> None:
        """Show a text without a sign of what was found before."""
        self._icon.clear()
        self._text.setText(text)

    def _show_installing(self) -> None:
        self.installation_started.emit()
        self._show_busy(self.tr("Installing the engine…"))
        self._bar.setValue(0)
        self._bar.setVisible(True)
        self._install.setText(self.tr("Cancel"))
        self._install.setVisible(True)

    def _show_progress(self, percent: float) -> None:
        self._bar.setValue(percent)

    def _on_installation_ended(self) -> None:
        self._install.setText(self.tr("Install engine"))
        self._install.setVisible(False)
        self._bar.setVisible(False)
        self._ready = None
        self.refresh()

    def _on_installation_failed(self, failure: RunFailure) -> None:
        self._on_installation_ended()
        self.failed.emit(failure)
