"""The candidates of a search as a table model: facts on each scene, whether it is checked, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QBrush, QColor, QFont, QIcon, QPixmap

from ...plugin.allpa_engine.core.scene import CHOSEN_BY_HAND, EXCLUDED_BY_HAND
from ...plugin.layers.scene_list import SceneEntry, SceneList
from ..number_format import format_count, format_megabytes

CHECKED, DAY, TILE, CLOUD, CLEAR, ORBIT, SIZE, REASON = range(8)
SORT_ROLE = int(Qt.ItemDataRole.UserRole)
_UNKNOWN = -1.0
"""Sorts what is not known before everything that is."""
_NUMBERS = (CLOUD, CLEAR, SIZE)
_RIGHT = int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter)


class SceneListModel(QAbstractTableModel):
    """A scene list whose first column can be checked."""

    checked_changed = pyqtSignal(list)
    """The rows whose check state or reason changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list: SceneList | None = None
        self._rows: list[SceneEntry] = []
        self._texts: dict[int, list[str]] = {}
        self._sort_keys: dict[int, list[Any]] = {}
        self._editable = True
        self._muted: QBrush | None = None
        self._picture: Callable[[str], QPixmap | None] = lambda _scene_id: None
        self._headers = (
            ("", self.tr("Checked scenes are downloaded")),
            (self.tr("Date"), self.tr("Acquisition date (UTC)")),
            (self.tr("Tile"), self.tr("Sentinel-2 tile")),
            (self.tr("Cloud"), self.tr("Cloud and shadow over the region; in italics, cloud over the whole tile")),
            (self.tr("Clear"), self.tr("Clear share of the region's part in the tile")),
            (self.tr("Orbit"), self.tr("Satellite and its relative orbit")),
            (self.tr("MB"), self.tr("Estimated download for the region")),
            (self.tr("Reason"), self.tr("Why the scene is chosen or not")),
        )

    # Used by the dock

    def show_list(self, scenes: SceneList | None) -> None:
        """Show another list, or none."""
        self.beginResetModel()
        self._list, self._rows = scenes, [] if scenes is None else scenes.scenes
        self._texts, self._sort_keys = {}, {}
        self.endResetModel()

    def scene(self, row: int) -> SceneEntry:
        """The scene of a row."""
        return self._rows[row]

    def texts(self, column: int) -> list[str]:
        """The texts of a column; kept, since sorting and sizing ask for each of them many times."""
        if column not in self._texts:
            text = _TEXTS.get(column, self.reason)
            self._texts[column] = [text(scene) for scene in self._rows]
        return self._texts[column]

    def set_pictures(self, picture: Callable[[str], QPixmap | None]) -> None:
        """Set what gives the quick look of a scene by its id."""
        self._picture = picture

    def set_muted_color(self, color: QColor) -> None:
        """Set the text colour of scenes that are not chosen; the view knows that of its theme."""
        self._muted = QBrush(color)

    def set_editable(self, editable: bool) -> None:
        """Whether scenes can be checked and unchecked."""
        self._editable = editable

    def set_checked(self, rows: Iterable[int], chosen: bool) -> None:
        """Check or uncheck rows by hand; does nothing while the list cannot be edited.

        Parameters
        ----------
        rows : indexes of the list, from 0.
        chosen : True to check them, False to uncheck them.

        """
        wanted = sorted(set(rows))
        if self._list is None or not self._editable or not wanted:
            return
        self._list.choose(wanted, chosen)
        self._emit_changed(wanted)

    def check_all(self) -> None:
        """Check all scenes."""
        self.set_checked([row for row, scene in enumerate(self._rows) if not scene.chosen], True)

    def uncheck_all(self) -> None:
        """Uncheck all scenes; none is used unless it is checked again, not even in place of one that fails."""
        self.set_checked(range(len(self._rows)), False)

    def restore(self) -> None:
        """Check the scenes that the search selected."""
        if self._list is not None and self._editable:
            self._list.restore()
            self._emit_changed(list(range(len(self._rows))))

    def reason(self, scene: SceneEntry) -> str:
        """Why a scene is chosen or not, with the reason of the search where a person decided."""
        if not scene.by_hand:
            return scene.reason
        decisions = {CHOSEN_BY_HAND: self.tr("chosen by hand"), EXCLUDED_BY_HAND: self.tr("excluded by hand")}
        decision = decisions.get(scene.reason, scene.reason)
        return str(self.tr("{decision} (search: {reason})").format(decision=decision, reason=scene.proposed_reason))

    # Qt's side

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's
        """One row for each candidate."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's
        """The columns."""
        return 0 if parent.isValid() else len(self._headers)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: ANN401, N802 - Qt's
        """Titles and tool tips of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._headers[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in _NUMBERS else _LEFT
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """The first column can be checked."""
        flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
        if index.column() == CHECKED and self._editable:
            return flags | Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: QModelIndex, role: int = 0) -> Any:  # noqa: ANN401 - Qt's
        """The contents of a cell."""
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if role == SORT_ROLE:  # first: sorting asks thousands of times
            return self._keys(column)[row]
        scene = self._rows[row]
        if role == Qt.ItemDataRole.CheckStateRole and column == CHECKED:
            return Qt.CheckState.Checked if scene.chosen else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DisplayRole and column != CHECKED:
            return self.texts(column)[row]
        if role == Qt.ItemDataRole.DecorationRole and column == DAY:
            picture = self._picture(scene.id)
            return QIcon(picture) if picture is not None else None  # an icon takes the size of the view's rows
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p>{escape(scene.id)}</p><p>{escape(self.reason(scene))}</p>"  # a list may come from anywhere
        if role == Qt.ItemDataRole.AccessibleTextRole and column == CHECKED:
            return self.tr("chosen") if scene.chosen else self.tr("not chosen")
        if role == Qt.ItemDataRole.ForegroundRole and not scene.chosen:
            return self._muted
        return _style_data(scene, column, role)

    def setData(self, index: QModelIndex, value: Any, role: int = 2) -> bool:  # noqa: ANN401, N802 - Qt's
        """A click on a check box."""
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != CHECKED or not self._editable:
            return False
        self.set_checked([index.row()], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def _keys(self, column: int) -> list[Any]:
        if column not in self._sort_keys:
            key = _SORT_KEYS.get(column)
            self._sort_keys[column] = self.texts(column) if key is None else [key(scene) for scene in self._rows]
        return self._sort_keys[column]

    def _emit_changed(self, rows: list[int]) -> None:
        self._sort_keys.clear()
        self._texts.pop(REASON, None)
        self.dataChanged.emit(self.index(min(rows), 0), self.index(max(rows), REASON))
        self.checked_changed.emit(rows)


def _style_data(scene: SceneEntry, column: int, role: int) -> Any:  # noqa: ANN401 - by role
    """Right-aligned numbers, italics for figures of the whole tile, bold for decisions by hand."""
    if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
        return _RIGHT
    if role == Qt.ItemDataRole.FontRole:
        font = QFont()
        font.setItalic(column in (CLOUD, CLEAR) and not scene.cloud_measured)
        font.setBold(column == REASON and scene.by_hand)
        return font
    return None


def _percent(value: float) -> str:
    return f"{format_count(round(value))} %"


_TEXTS: dict[int, Callable[[SceneEntry], str]] = {
    DAY: lambda scene: scene.day.isoformat(),
    TILE: lambda scene: scene.tile,
    CLOUD: lambda scene: "" if scene.cloud_percent is None else _percent(scene.cloud_percent),
    CLEAR: lambda scene: _percent(100 * scene.clear_share),
    ORBIT: lambda scene: scene.platform + ("" if scene.relative_orbit is None else f" {scene.relative_orbit}"),
    SIZE: lambda scene: "" if scene.fetch_bytes is None else format_megabytes(scene.fetch_bytes),
}
"""Of the columns whose text is one of a scene's facts."""
_SORT_KEYS: dict[int, Callable[[SceneEntry], Any]] = {
    CHECKED: lambda scene: int(scene.chosen),
    CLOUD: lambda scene: _UNKNOWN if scene.cloud_percent is None else scene.cloud_percent,
    CLEAR: lambda scene: scene.clear_share,
    SIZE: lambda scene: _UNKNOWN if scene.fetch_bytes is None else float(scene.fetch_bytes),
    ORBIT: lambda scene: f"{scene.platform} {scene.relative_orbit or 0:03d}",
}
"""Of the columns that are not sorted by their text."""
