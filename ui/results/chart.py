"""A bar chart of the classes' shares, in the legend's colours."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QTextOption
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from ..number_format import format_percent

_GAP = 6


@dataclass(frozen=True)
class ChartBar:
    """One class of the chart."""

    label: str
    """Name of the class."""
    color: str
    """`#RRGGBB`."""
    percent: float
    """Share of the region, 0 to 100."""


class BarChart(QLabel):
    """Horizontal bars from the largest share to the smallest.

    A label, since the style sheets of QGIS's dark themes give labels their text colour and plain widgets none.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaChart")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._bars: list[ChartBar] = []

    def show_bars(self, bars: list[ChartBar]) -> None:
        """Draw these bars, largest share first; classes without pixels are omitted."""
        self._bars = sorted((bar for bar in bars if bar.percent > 0), key=lambda bar: -bar.percent)
        self.setAccessibleDescription("; ".join(f"{bar.label} {format_percent(bar.percent)} %" for bar in self._bars))
        self.updateGeometry()
        self.update()

    def bars(self) -> list[ChartBar]:
        """The bars as drawn, from the top."""
        return list(self._bars)

    def bar_rects(self) -> list[QRectF]:
        """Where each bar is painted, in widget coordinates."""
        metrics = self.fontMetrics()
        row = self._row_height()
        names = max((metrics.horizontalAdvance(bar.label) for bar in self._bars), default=0)
        names = min(names, self.width() // 2)
        numbers = metrics.horizontalAdvance(format_percent(100.0) + " %")
        left, right = names + _GAP, self.width() - numbers - _GAP
        longest = max((bar.percent for bar in self._bars), default=1.0)
        return [
            QRectF(left, index * row + 3, max(2.0, (right - left) * bar.percent / longest), row - 6)
            for index, bar in enumerate(self._bars)
        ]

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One text line per class."""
        return QSize(240, self._row_height() * len(self._bars))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As high as the hint, and narrow enough for a narrow dock."""
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint names on the left, bars, and percentages at the bars' ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        outline = QColor(text)
        outline.setAlpha(110)
        row, metrics = self._row_height(), self.fontMetrics()
        names = _one_line(Qt.AlignmentFlag.AlignRight)
        numbers = _one_line(Qt.AlignmentFlag.AlignLeft)
        for index, (bar, rect) in enumerate(zip(self._bars, self.bar_rects())):
            painter.setPen(text)
            name_box = QRectF(0, index * row, rect.left() - _GAP, row)
            name = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, int(name_box.width()) + 1)
            painter.drawText(name_box, name, names)
            number_box = QRectF(rect.right() + _GAP, index * row, self.width(), row)
            painter.drawText(number_box, format_percent(bar.percent) + " %", numbers)
            painter.setPen(QPen(outline, 1))
            painter.setBrush(QColor(bar.color))
            painter.drawRect(rect)
        painter.end()

    def _row_height(self) -> int:
        return int(self.fontMetrics().height()) + 4


def _one_line(side: Qt.AlignmentFlag) -> QTextOption:
    option = QTextOption(side | Qt.AlignmentFlag.AlignVCenter)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    return option
