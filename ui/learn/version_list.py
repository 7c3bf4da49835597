"""The versions of a taught model: apply, compare, go back to any, save."""

from __future__ import annotations

from collections.abc import Collection

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.model_versions import ModelVersion, ModelVersions
from ..number_format import format_count


class VersionList(QWidget):
    """All versions, the last one first, and what can be done with the chosen one."""

    apply_asked = pyqtSignal(int)
    compare_asked = pyqtSignal(int)
    use_asked = pyqtSignal(int)
    save_asked = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaVersions")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._combo = QComboBox(self)
        self._combo.setObjectName("allpaVersion")
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._combo.currentIndexChanged.connect(lambda _index: self._show_buttons())
        column.addWidget(self._combo)
        grid = QGridLayout()
        self._buttons: dict[str, QPushButton] = {}
        for index, (name, text, signal) in enumerate(
            (
                ("Apply", self.tr("Apply"), self.apply_asked),
                ("Compare", self.tr("Compare"), self.compare_asked),
                ("Use", self.tr("Go back to it"), self.use_asked),
                ("Save", self.tr("Save as…"), self.save_asked),
            )
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"allpaVersion{name}")
            button.setToolTip(text)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # as narrow as the dock
            button.clicked.connect(lambda _checked=False, asked=signal: asked.emit(self.chosen))
            self._buttons[name] = button
            grid.addWidget(button, index // 2, index % 2)
        column.addLayout(grid)
        self._current, self._applied = 0, frozenset[int]()
        self._show_buttons()

    @property
    def chosen(self) -> int:
        """Number of the chosen version; 0 for the run's own map."""
        value = self._combo.currentData()
        return int(value) if value is not None else 0

    def show_versions(self, versions: ModelVersions, applied: Collection[int]) -> None:
        """Show versions; the newest is chosen where there is a new one.

        Parameters
        ----------
        versions : as they were read.
        applied : numbers of those that have a map.

        """
        self._current, self._applied = versions.current, frozenset(applied)
        before, count = self.chosen, self._combo.count()
        self._combo.blockSignals(True)
        self._combo.clear()
        for version in reversed(versions.versions):
            self._combo.addItem(self._text(version), version.number)
        own = self.tr("The run's own map")
        self._combo.addItem(f"● {own}" if versions.current == 0 else own, 0)
        is_new = self._combo.count() != count
        self._combo.setCurrentIndex(0 if is_new else max(self._combo.findData(before), 0))
        self._combo.blockSignals(False)
        self._show_buttons()

    def _text(self, version: ModelVersion) -> str:
        text = self.tr("Version {}: {} corrections").format(version.number, version.corrections)
        if version.agreement_before is not None and version.agreement_after is not None:
            shares = 100 * version.agreement_before, 100 * version.agreement_after
            text += ", {} → {} %".format(*map(format_count, shares))
            if version.agreement_after < version.agreement_before:
                text += ", " + self.tr("not better: the model before is kept")
        return f"● {text}" if version.number == self._current else text

    def _show_buttons(self) -> None:
        number = self.chosen
        self._buttons["Apply"].setEnabled(number > 0)
        self._buttons["Save"].setEnabled(number > 0)
        self._buttons["Compare"].setEnabled(number in self._applied)
        self._buttons["Use"].setEnabled(number != self._current and (number == 0 or number in self._applied))
