"""The engine for NVIDIA GPUs in the options: the second step after the installation, and the step back."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from .engine_state import EngineStatus
from .labels import wrapped_label

AVAILABLE, IN_USE = "available", "installed"
"""States that `allpa:status` gives as GPU_STATE; others hide the line."""


class GpuStatus(QWidget):
    """One line about the GPU engine, with a button; the line of the engine shows what its installation does.

    Parameters
    ----------
    engine : the line about the engine.
    parent : owner.

    """

    def __init__(self, engine: EngineStatus, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaGpu")
        self._engine, self._state = engine, ""
        self._text = wrapped_label("allpaGpuText", self)
        self._button = QPushButton(self)
        self._button.setObjectName("allpaGpuInstall")
        self._button.clicked.connect(self._press)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.setVisible(False)
        engine.status_known.connect(self.show_status)
        engine.installation_started.connect(self.hide)

    def show_status(self, results: dict[str, Any]) -> None:
        """Show what `allpa:status` said.

        Parameters
        ----------
        results : its outputs.

        """
        self._state = str(results.get("GPU_STATE") or "")
        download, disk = (str(results.get(f"GPU_{part}") or "") for part in ("DOWNLOAD", "DISK"))
        if self._state == AVAILABLE:
            self._text.setText(
                self.tr(
                    "This computer has an NVIDIA GPU. The engine for it downloads {}, needs {} on disk, and is used "
                    "only where it computes on the GPU; the present one is kept."
                ).format(download, disk)
            )
            self._button.setText(self.tr("Install the GPU engine"))
        else:
            self._text.setText(self.tr("The engine for NVIDIA GPUs is in use."))
            self._button.setText(self.tr("Go back to the processor's engine"))
        self.setVisible(self._state in (AVAILABLE, IN_USE))

    def _press(self) -> None:
        self._engine.install("cuda" if self._state == AVAILABLE else "cpu")
