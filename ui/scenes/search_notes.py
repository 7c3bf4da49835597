"""What a search tells besides its scenes: how often each tile was seen in each year, holes, and what was left out."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.scene import TileYear
from ...plugin.layers.scene_list import SceneList


def wrapped_label(name: str, parent: QWidget) -> QLabel:
    """A label of plain text that breaks its lines rather than widen the dock."""
    label = QLabel(parent)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label


class SearchNotes(QWidget):
    """The count of acquisitions in a line, a warning for each suspicious hole, and all notes folded below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaSearchNotes")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self._counts = wrapped_label("allpaAcquisitions", self)
        self._icon = QLabel(self)
        self._icon.setObjectName("allpaHolesIcon")
        self._icon.setPixmap(QgsApplication.getThemeIcon("mIconWarning.svg").pixmap(16, 16))
        self._gaps = wrapped_label("allpaHoles", self)
        self._box = QgsCollapsibleGroupBox(self)
        self._box.setObjectName("allpaNotesBox")
        self._box.setSaveCollapsedState(False)
        self._notes = wrapped_label("allpaNotes", self)
        self._notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        QVBoxLayout(self._box).addWidget(self._notes)
        grid.addWidget(self._counts, 0, 0, 1, 2)
        grid.addWidget(self._icon, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._gaps, 1, 1)
        grid.addWidget(self._box, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_notes(self, scenes: SceneList) -> None:
        """Show what stands in a list."""
        counts = [
            self.tr("{tile} in {year}: {days} days").format(tile=each.tile, year=each.year, days=each.acquisition_days)
            for each in scenes.coverage
        ]
        self._counts.setText(self.tr("Acquisitions: {counts}.").format(counts="; ".join(counts)))
        self._counts.setVisible(bool(counts))
        gaps = [text for text in map(self._gap_warning, scenes.coverage) if text]
        self._gaps.setText("\n".join(gaps))
        self._icon.setVisible(bool(gaps))
        self._gaps.setVisible(bool(gaps))
        self._box.setTitle(self.tr("Notes of the search ({count})").format(count=len(scenes.notes)))
        self._notes.setText("\n".join(scenes.notes))
        self._box.setVisible(bool(scenes.notes))
        self._box.setCollapsed(True)

    def _gap_warning(self, tile_year: TileYear) -> str:
        warnings = []
        if tile_year.suspicious:
            warnings.append(
                self.tr("about {usual} days are usual, the catalogue may have holes").format(
                    usual=round(tile_year.expected_days)
                )
            )
        if tile_year.gap:
            warnings.append(
                self.tr("nothing from {first} to {last}").format(first=tile_year.gap[0], last=tile_year.gap[1])
            )
        heading = self.tr("{tile} in {year}").format(tile=tile_year.tile, year=tile_year.year)
        return f"{heading}: {'; '.join(warnings)}." if warnings else ""
