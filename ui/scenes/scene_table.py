"""The view of the candidates: sorted by any column, checked by click or with the space bar."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.PyQt.QtCore import QItemSelection, QItemSelectionModel, QSize, QSortFilterProxyModel, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent, QPalette, QShowEvent
from qgis.PyQt.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QStyle, QTableView, QWidget

from .scene_model import CHECKED, DAY, REASON, SORT_ROLE, SceneListModel

_ROWS_SHOWN = 9
_PICTURE_PX = 40
_ROW_SPACING_PX = 6
_MEASURED_ROWS = 20
"""Whose cells say how much room a theme leaves around their texts."""
"""Side of a quick look in its row."""
_MUTED_ALPHA = 140


class SceneListTable(QTableView):
    """Selecting differs from checking: the space bar checks or unchecks all selected rows."""

    rows_selected = pyqtSignal(list)
    """Rows of the model that are selected."""
    row_entered = pyqtSignal(int)
    """The current row of the model; -1 where there is none."""

    def __init__(self, model: SceneListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaCandidates")
        self.setAccessibleName(self.tr("Candidates"))
        self.setToolTip(self.tr("Space checks or unchecks the selected scenes"))
        self._model = model
        self._has_pictures = False
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(model)
        self._proxy.setSortRole(SORT_ROLE)
        self._proxy.setDynamicSortFilter(False)  # a row must not move away while it is checked
        self.setModel(self._proxy)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setTabKeyNavigation(False)
        self._build_headers()
        self.selectionModel().selectionChanged.connect(self._emit_selection)
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self.row_entered.emit(self._row(now)))
        model.modelReset.connect(self._show_list)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Mute what is not chosen in the text colour of the theme, which a style sheet may have set."""
        super().showEvent(event)
        color = self.palette().color(QPalette.ColorRole.Text)
        color.setAlpha(_MUTED_ALPHA)
        self._model.set_muted_color(color)

    def _build_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROW_SPACING_PX)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        self.setSortingEnabled(True)
        self.sortByColumn(DAY, Qt.SortOrder.AscendingOrder)
        height = header.sizeHint().height() + _ROWS_SHOWN * self.verticalHeader().defaultSectionSize()
        self.setMinimumHeight(height + self.horizontalScrollBar().sizeHint().height() + 2 * self.frameWidth())

    def selected_rows(self) -> list[int]:
        """Rows of the model that are selected, in the order of the table."""
        return [
            self._row(index) for index in sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
        ]

    def current_row(self) -> int:
        """The current row of the model; -1 where there is none."""
        return self._row(self.currentIndex())

    def show_pictures(self) -> None:
        """Make room for the quick looks that the model has now."""
        self._has_pictures = True
        self.setIconSize(QSize(_PICTURE_PX, _PICTURE_PX))
        self.verticalHeader().setDefaultSectionSize(_PICTURE_PX + 4)
        self._resize_columns()
        self.viewport().update()

    def select_rows(self, rows: Iterable[int]) -> None:
        """Select rows of the model, and show the first of them."""
        chosen = QItemSelection()
        proxy_indexes = [self._proxy.mapFromSource(self._model.index(row, CHECKED)) for row in rows]
        for proxy_index in proxy_indexes:
            chosen.select(proxy_index, proxy_index)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        if proxy_indexes:
            self.scrollTo(min(proxy_indexes, key=lambda proxy_index: proxy_index.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Space checks the selected rows, or unchecks them where the current one is checked."""
        rows = self.selected_rows()
        if event.key() == Qt.Key.Key_Space and rows:
            current = self._row(self.currentIndex())
            reference_row = current if current in rows else rows[0]
            self._model.set_checked(rows, not self._model.scene(reference_row).chosen)
            event.accept()
            return
        super().keyPressEvent(event)

    def _row(self, index: object) -> int:
        return int(self._proxy.mapToSource(index).row())

    def _emit_selection(self) -> None:
        self.rows_selected.emit(self.selected_rows())

    def _show_list(self) -> None:
        """Another list has no pictures yet."""
        self._has_pictures = False
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROW_SPACING_PX)
        self._resize_columns()

    def _resize_columns(self) -> None:
        metrics, padding = self.fontMetrics(), 2 * self.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 6
        for column in range(CHECKED + 1, REASON + 1):
            widest = max((metrics.horizontalAdvance(text) for text in set(self._model.texts(column))), default=0)
            picture = self.iconSize().width() + padding if column == DAY and self._has_pictures else 0
            title = metrics.horizontalAdvance(str(self._model.headerData(column, Qt.Orientation.Horizontal)))
            computed = max(widest + picture + padding, title + 2 * padding)
            self.setColumnWidth(column, max(computed, self.sizeHintForColumn(column)))
        self.setColumnWidth(CHECKED, self.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth) + padding)
