"""The notes of a search: acquisitions per tile and year, gaps, and what was omitted."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QTextOption
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.scene import TileYear
from ...plugin.layers.scene_list import SceneList
from ..labels import wrapped_label

_NOTES_HEIGHT_PX = 200


class SearchNotes(QWidget):
    """Acquisitions in one line, a warning for each suspicious gap, and all notes collapsed below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaSearchNotes")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        self._counts = wrapped_label("allpaAcquisitions", self)
        self._icon = QLabel(self)
        self._icon.setObjectName("allpaGapsIcon")
        self._icon.setPixmap(QgsApplication.getThemeIcon("mIconWarning.svg").pixmap(16, 16))
        self._gaps = wrapped_label("allpaGaps", self)
        self._box = QgsCollapsibleGroupBox(self)
        self._box.setObjectName("allpaNotesBox")
        self._box.setSaveCollapsedState(False)
        self._notes = QPlainTextEdit(self._box)  # a label would cut long ids of scenes off
        self._notes.setObjectName("allpaNotes")
        self._notes.setReadOnly(True)
        self._notes.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._notes.setFixedHeight(_NOTES_HEIGHT_PX)
        QVBoxLayout(self._box).addWidget(self._notes)
        grid.addWidget(self._counts, 0, 0, 1, 2)
        grid.addWidget(self._icon, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._gaps, 1, 1)
        grid.addWidget(self._box, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def show_notes(self, scenes: SceneList) -> None:
        """Show the notes of a list."""
        counts = [
            self.tr("{tile} in {year}: {days} days").format(
                tile=count.tile, year=count.year, days=count.acquisition_days
            )
            for count in scenes.coverage
        ]
        self._counts.setText(self.tr("Acquisitions: {counts}.").format(counts="; ".join(counts)))
        self._counts.setVisible(bool(counts))
        gaps = [*scenes.warnings, *(text for text in map(self._gap_warning, scenes.coverage) if text)]
        self._gaps.setText("\n".join(gaps))
        self._icon.setVisible(bool(gaps))
        self._gaps.setVisible(bool(gaps))
        self._box.setTitle(self.tr("Notes of the search ({count})").format(count=len(scenes.notes)))
        self._notes.setPlainText("\n".join(scenes.notes))
        self._box.setVisible(bool(scenes.notes))
        self._box.setCollapsed(True)

    def _gap_warning(self, tile_year: TileYear) -> str:
        warnings = []
        if tile_year.suspicious:
            warnings.append(
                self.tr("about {expected} days expected; the catalogue may be incomplete").format(
                    expected=round(tile_year.expected_days)
                )
            )
        if tile_year.gap:
            warnings.append(
                self.tr("no acquisition from {first} to {last}").format(first=tile_year.gap[0], last=tile_year.gap[1])
            )
        heading = self.tr("{tile} in {year}").format(tile=tile_year.tile, year=tile_year.year)
        return f"{heading}: {'; '.join(warnings)}." if warnings else ""
