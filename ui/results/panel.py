"""The results of a finished job in the dock: headline, area table, bar chart, and buttons to the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QSize, Qt, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QColor, QDesktopServices, QIcon, QKeyEvent, QKeySequence, QPainter, QPalette, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QFrame,
    QHeaderView,
    QLabel,
    QMenu,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.legend import LEGEND, LandClass
from ...plugin.shell_command import BASH, CMD, POWERSHELL, system_shell
from ...plugin.translation import engine_text, table_language, tr
from ..buttons import IconsWhenNarrow
from ..number_format import format_count, format_for_spreadsheet, format_hectares, format_percent
from .chart import BarChart, ChartBar

_MIN_BUTTON_WIDTH_PX = 64
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class AreaTableRow:
    """One line of the area table."""

    code: int | None
    """Class code; None in the total."""
    name: str
    """Class name in the user's language."""
    pixels: int
    """Pixels of the class."""
    area_ha: float
    """Hectares."""
    percent: float
    """Share of the region, 0 to 100."""
    ellipsoidal_ha: float = 0.0
    """Area of the same pixels on the ellipsoid, hectares; 0 where it is not known."""
    color: str = ""
    """`#RRGGBB` of the class; empty in the total."""
    definition: str = ""
    """What belongs to the class, in the user's language."""


def area_rows(text: str) -> list[AreaTableRow]:
    """Read the algorithms' AREA_TABLE: the classes in the order of the legend, absent ones with 0, then the total.

    A table of own classes has their colours; without colours the classes are the bundled ones.

    Raises
    ------
    ValueError
        Where the text is not such a table.

    """
    try:
        rows = [_row(values) for values in json.loads(text)]
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(tr("The area table cannot be read: {}").format(error)) from error
    by_code = {row.code: row for row in rows}
    classes = [row for row in rows if row.code is not None]
    if not any(row.color for row in classes):
        classes = [_bundled_row(by_code.get(land_class.code), land_class) for land_class in LEGEND]
    total = by_code.get(None) or AreaTableRow(
        None,
        "",
        sum(row.pixels for row in classes),
        sum(row.area_ha for row in classes),
        sum(row.percent for row in classes),
        sum(row.ellipsoidal_ha for row in classes),
    )
    return [*classes, total]


def _bundled_row(row: AreaTableRow | None, land_class: LandClass) -> AreaTableRow:
    found = row or AreaTableRow(land_class.code, land_class.label(table_language()), 0, 0.0, 0.0)
    return replace(found, color=land_class.color, definition=engine_text(land_class.definition))


def _row(values: dict[str, Any]) -> AreaTableRow:
    color = str(values.get("color", ""))
    code = values.get("code")
    return AreaTableRow(
        None if code is None else int(code),
        str(values["name"]),
        int(values["pixels"]),
        float(values["area_ha"]),
        float(values["percent"]),
        float(values.get("ellipsoidal_ha") or 0.0),
        color if QColor.isValidColor(color) else "",
    )


class AreaTableWidget(QTableWidget):
    """Class with its colour, hectares, percent; the total in the last line. Ctrl+C copies it for a spreadsheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.setObjectName("allpaAreaTable")
        self.setHorizontalHeaderLabels([self.tr("Class"), self.tr("Area (ha)"), "%"])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setIconSize(QSize(14, 14))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizeAdjustPolicy(QAbstractScrollArea.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 4)
        self.horizontalHeaderItem(0).setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (1, 2):
            self.horizontalHeaderItem(column).setTextAlignment(_RIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)

    def show_rows(self, rows: list[AreaTableRow]) -> None:
        """Fill the table."""
        self.setRowCount(len(rows))
        largest_ha = max((row.area_ha for row in rows), default=0.0)
        for line, row in enumerate(rows):
            name = QTableWidgetItem(row.name or self.tr("Total"))
            if row.code is not None:
                name.setIcon(swatch(row.color, self.palette()))
                name.setToolTip(row.definition)
            area, share = (
                QTableWidgetItem(format_hectares(row.area_ha, largest_ha)),
                QTableWidgetItem(format_percent(row.percent)),
            )
            area.setToolTip(self._area_note(row))
            for column, item in enumerate((name, area, share)):
                item.setFont(self._font(bold=row.code is None))
                if column:
                    item.setTextAlignment(_RIGHT)
                    item.setData(
                        Qt.ItemDataRole.UserRole, format_for_spreadsheet((row.area_ha, row.percent)[column - 1])
                    )
                self.setItem(line, column, item)
        self.updateGeometry()

    def _area_note(self, row: AreaTableRow) -> str:
        """What the area of a row is: pixels, and the same land measured on the ellipsoid."""
        pixels = format_count(row.pixels)
        if not row.ellipsoidal_ha:
            return str(self.tr("{pixels} pixels").format(pixels=pixels))
        return str(
            self.tr("{pixels} pixels times the pixel size; on the ellipsoid {area} ha").format(
                pixels=pixels, area=format_hectares(row.ellipsoidal_ha)
            )
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """All lines are visible: the dock scrolls, not the table."""
        return QSize(160, self.sizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as its lines."""
        return QSize(260, self.horizontalHeader().height() + self.verticalHeader().length() + 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Copy the selected lines, or all of them, as tab-separated text."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)

    def as_text(self) -> str:
        """The selected lines, or all of them where none is selected, tab-separated with a header."""
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(self.rowCount())
        columns = range(self.columnCount())
        lines = [[self.horizontalHeaderItem(column).text() for column in columns]]
        lines += [[_copied_text(self.item(line, column)) for column in columns] for line in chosen]
        return "\n".join("\t".join(line) for line in lines)

    def _font(self, *, bold: bool) -> Any:  # noqa: ANN401 - QFont, which carries no types here
        font = self.font()
        font.setBold(bold)
        return font


def _copied_text(item: QTableWidgetItem) -> str:
    """What a spreadsheet gets of a cell: a number without signs between thousands."""
    return str(item.data(Qt.ItemDataRole.UserRole) or item.text())


def swatch(color: str, palette: QPalette) -> QIcon:
    """A square of a class's colour, outlined so that pale classes are visible on any background.

    Parameters
    ----------
    color : of the class, as `#rrggbb`.
    palette : of the widget; its text colour is that of the outline.

    Returns
    -------
    An icon of 28 x 28 pixels.

    """
    pixmap = QPixmap(28, 28)
    pixmap.fill(QColor(color))
    outline = palette.color(QPalette.ColorRole.Text)
    outline.setAlpha(110)
    painter = QPainter(pixmap)
    painter.setPen(outline)
    painter.drawRect(0, 0, 27, 27)
    painter.drawRect(1, 1, 25, 25)
    painter.end()
    return QIcon(pixmap)


class ResultsView(QWidget):
    """Headline, table, chart and buttons to the files."""

    copied = pyqtSignal(str)
    """The command was copied to the clipboard; a sentence says so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaResults")
        self._results: dict[str, Any] = {}
        self._commands: dict[str, str] = {}
        self.title = ""
        """Of the job that is shown; empty where there is none."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._headline = QLabel(self)
        self._headline.setObjectName("allpaResultsHeadline")
        self._headline.setWordWrap(True)
        self._headline.setText(self.tr("Table, chart and report of a map stand here when it is made."))
        self._table = AreaTableWidget(self)
        self._chart = BarChart(self)
        for widget in (self._headline, self._table, self._chart):
            column.addWidget(widget)
        self._buttons = self._button_row()
        column.addWidget(self._buttons)
        for widget in (self._table, self._chart, self._buttons):
            widget.setVisible(False)

    def _button_row(self) -> QWidget:
        self._folder = self._button("OpenFolder", self.tr("Folder"), "mActionFileOpen.svg")
        self._folder.setToolTip(self.tr("Open the folder with the map, the table and the report"))
        self._report = self._button("OpenReport", self.tr("Report"), "mIconHtml.svg")
        self._report.setToolTip(self.tr("Open the report in the browser"))
        self._copy = self._button("CopyCommand", self.tr("Command"), "mActionEditCopy.svg")
        self._copy.setToolTip(self.tr("Copy the qgis_process command that repeats this job"))
        self._folder.clicked.connect(self.open_folder)
        self._report.clicked.connect(self.open_report)
        self._copy.clicked.connect(lambda: self.copy_command())
        self._copy.setMenu(self._shell_menu())
        self._copy.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        return IconsWhenNarrow((self._folder, self._report, self._copy), self)

    def _shell_menu(self) -> QMenu:
        menu = QMenu(self)
        for shell, name in ((BASH, "Bash"), (POWERSHELL, "PowerShell"), (CMD, self.tr("Command Prompt (cmd)"))):
            action = menu.addAction(self.tr("Copy for {}").format(name))
            action.setObjectName(f"allpaCopyFor_{shell}")
            action.triggered.connect(partial(self._copy_for, shell))
        return menu

    def _copy_for(self, shell: str, _checked: bool = False) -> None:
        self.copy_command(shell)

    def _button(self, name: str, text: str, icon: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"allpaResults{name}")
        button.setText(text)
        button.setIcon(QgsApplication.getThemeIcon(icon))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(_MIN_BUTTON_WIDTH_PX)
        return button

    def show_results(self, title: str, results: dict[str, Any], commands: Mapping[str, str]) -> None:
        """Show the outputs of `allpa:landcovermap`.

        Parameters
        ----------
        title : headline, plain text.
        results : the algorithm's outputs by name; the area table is JSON.
        commands : the command that repeats the job, by shell; without one it cannot be copied.

        Raises
        ------
        ValueError : where the area table cannot be read.

        """
        rows = area_rows(str(results.get("AREA_TABLE") or "[]"))
        self._results, self._commands, self.title = results, dict(commands), title
        for widget in (self._table, self._chart, self._buttons):
            widget.setVisible(True)
        summary = [
            self.tr("{area} ha").format(area=format_hectares(rows[-1].area_ha)),
            self.tr("{percent} % mapped").format(
                percent=format_percent(float(results.get("MAPPED_AREA_PERCENT") or 0))
            ),
        ]
        if results.get("SCENE_COUNT") is not None:  # a past job whose record is gone
            summary.append(self.tr("scenes: {count}").format(count=int(results["SCENE_COUNT"])))
        failed = int(results.get("FAILED_SCENES") or 0)
        if failed:
            summary.append(self.tr("not readable: {count}").format(count=failed))
        self._headline.setText(f"<b>{escape(title)}</b><br>" + " · ".join(summary))
        self._table.show_rows(rows)
        self._chart.show_bars([ChartBar(row.name, row.color, row.percent) for row in rows if row.code is not None])
        self._folder.setEnabled(self._folder_path().is_dir())
        self._copy.setEnabled(any(self._commands.values()))
        self._report.setEnabled(bool(results.get("REPORT")) and Path(str(results["REPORT"])).is_file())

    def open_folder(self) -> None:
        """Show the outputs in the file browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder_path())))

    def open_report(self) -> None:
        """Show the report in the browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._results["REPORT"])))

    def copy_command(self, shell: str = "") -> None:
        """Copy the command that repeats this job to the clipboard, for a shell or that of the system."""
        QApplication.clipboard().setText(self._commands.get(shell or system_shell(), ""))
        self.copied.emit(self.tr("Command copied to clipboard."))

    def _folder_path(self) -> Path:
        return Path(str(self._results.get("FOLDER") or Path(str(self._results.get("AREAS") or "")).parent))
