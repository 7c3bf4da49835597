"""The optional parts for own classes: installed or not, and a button that installs or repairs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QWidget

from .labels import wrapped_label
from .percent_bar import PercentBar
from .run import AlgorithmRun, RunFailure

INSTALLPARTS = "allpa:installparts"
LEARN, ENCODERS = "learn", "encoders"
_ICON_PX = 16
_installations: dict[str, AlgorithmRun] = {}


def parts_installation(group: str) -> AlgorithmRun:
    """The one installation of a group in this QGIS, which dock and options show alike."""
    if group not in _installations:
        _installations[group] = AlgorithmRun(QCoreApplication.instance())
    return _installations[group]


class PartsStatus(QWidget):
    """One line about a group of optional packages.

    Parameters
    ----------
    group : `learn` or `encoders`.
    always_shown : whether it is shown too where the group is installed, with a button that verifies it.
    parent : owner.

    """

    changed = pyqtSignal()
    """An installation has ended."""
    failed = pyqtSignal(object)
    """The RunFailure of an installation."""

    def __init__(self, group: str = LEARN, *, always_shown: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"allpaParts_{group}")
        self._group, self._always_shown = group, always_shown
        self._installation = parts_installation(group)
        self._state = ""
        self.packages: Callable[[], str] = str
        """Gives the collected packages of a form that is not saved yet."""
        self._build()
        self._installation.started.connect(self._show_installing)
        self._installation.progressed.connect(self._show_progress)
        self._installation.stage_changed.connect(self._text.setText)
        self._installation.finished.connect(self._on_ended)
        self._installation.cancelled.connect(self._on_ended)
        self._installation.failed.connect(self._on_failed)
        self.setVisible(False)
        if self._installation.running:
            self._show_installing()

    def install(self) -> None:
        """Install, repair or verify the group in the background; a second press cancels."""
        if self._installation.running:
            self._installation.cancel()
        else:
            packages = self.packages()
            self._installation.start(
                INSTALLPARTS, {"GROUP": self._group, **({"PACKAGES": packages} if packages else {})}
            )

    def dispose(self) -> None:
        """Stop what is running."""
        self._installation.cancel()

    def show_status(self, results: dict[str, Any]) -> None:
        """Show what `allpa:status` said.

        Parameters
        ----------
        results : its outputs.

        """
        name = self._group.upper()
        self._state = str(results.get(f"{name}_STATE") or "")
        if self._installation.running:
            return
        download, disk = (str(results.get(f"{name}_{part}") or "") for part in ("DOWNLOAD", "DISK"))
        is_installed = self._state == "installed"
        icon = "mIconSuccess.svg" if is_installed else "mIconWarning.svg"
        self._icon.setPixmap(QgsApplication.getThemeIcon(icon).pixmap(_ICON_PX, _ICON_PX))
        self._text.setText(self._sentence(download, disk))
        self._button.setText(self._button_text())
        self._button.setToolTip(self._button.text())
        self._button.setVisible(bool(download) or is_installed)
        self._bar.setVisible(False)
        self.setVisible(bool(self._state) and (self._always_shown or not is_installed))

    def _sentence(self, download: str, disk: str) -> str:
        of_learn = {
            "installed": self.tr("The parts for own classes are installed."),
            "damaged": self.tr("The parts for own classes are damaged."),
            "outdated": self.tr("The parts for own classes are of another version of Allpa."),
            "missing": self.tr("The parts for own classes are not installed."),
        }
        of_encoders = {
            "installed": self.tr("Encoders for new networks are installed."),
            "damaged": self.tr("Encoders for new networks are damaged."),
            "outdated": self.tr("Encoders for new networks are of another version of Allpa."),
            "missing": self.tr("Encoders for new networks are not installed."),
        }
        sentence = (of_learn if self._group == LEARN else of_encoders).get(self._state, "")
        sizes = self.tr("{download} are downloaded, and {disk} are needed on disk.")
        needed = sizes.format(download=download, disk=disk) if download and disk else ""
        return f"{sentence} {needed}".strip()

    def _button_text(self) -> str:
        if self._state == "installed":
            return str(self.tr("Verify"))
        if self._state == "damaged":
            return str(self.tr("Repair"))
        learn = self._group == LEARN
        return str(self.tr("Install the parts for own classes") if learn else self.tr("Install encoders"))

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self._icon = QLabel(self)
        self._text = wrapped_label(f"allpaPartsText_{self._group}", self)
        self._bar = PercentBar(f"allpaPartsProgress_{self._group}", self)
        self._bar.setVisible(False)
        self._button = QPushButton(self)
        self._button.setObjectName(f"allpaPartsInstall_{self._group}")
        self._button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # cut in a narrow dock
        self._button.clicked.connect(self.install)
        grid.addWidget(self._icon, 0, 0)
        grid.addWidget(self._text, 0, 1)
        grid.addWidget(self._bar, 1, 0, 1, 2)
        grid.addWidget(self._button, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _show_installing(self) -> None:
        self._icon.clear()
        self._text.setText(self.tr("Installing the parts…"))
        self._bar.setValue(0)
        self._button.setText(self.tr("Cancel"))
        for widget in (self._bar, self._button, self):
            widget.setVisible(True)

    def _show_progress(self, percent: float) -> None:
        self._bar.setValue(percent)

    def _on_ended(self, _results: object = None) -> None:
        self._bar.setVisible(False)
        self._button.setVisible(False)
        self.changed.emit()

    def _on_failed(self, failure: RunFailure) -> None:
        self._on_ended()
        self.failed.emit(failure)
