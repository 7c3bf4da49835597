"""What a trained model is and how well it does: figures of its card, matrix, pictures, report."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.json_input import read_json
from ..labels import wrapped_label
from ..number_format import format_figure, format_percent

CARD_FILE = "model.json"
_TABLES = ("matrix_blocked.csv", "matrix.csv", "validation.csv")
"""The first of them that is there is shown."""
_MAX_CARD_BYTES = 4_000_000
_MAX_FIGURES = 12
_MAX_ROWS, _MAX_COLUMNS = 60, 40
_ROWS_SHOWN = 12
_MAX_PICTURES = 8


class ModelView(QWidget):
    """Hidden until a model folder is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaModelView")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._text = wrapped_label("allpaModelText", self, selectable=True)
        self._table = QTableWidget(self)
        self._table.setObjectName("allpaModelTable")
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.verticalHeader().hide()
        self._buttons: list[QToolButton] = []
        for widget in (self._text, self._table):
            column.addWidget(widget)
        self._pictures = QVBoxLayout()
        column.addLayout(self._pictures)
        self.setVisible(False)

    def show_folder(self, folder: Path | None) -> None:
        """Show a model.

        Parameters
        ----------
        folder : of the model; None hides this.

        """
        card = read_card(folder)
        self.setVisible(card is not None)
        if card is None or folder is None:
            return
        self._text.setText("\n".join(self._lines(card)))
        self._show_table(next(filter(None, (read_table(folder / name) for name in _TABLES)), []))
        self._show_files(folder)

    def _lines(self, card: dict[str, Any]) -> Iterator[str]:
        features = card.get("features")
        count = len(features) if isinstance(features, list) else 0
        kinds = {
            "forest": self.tr("Random forest"),
            "gradient_boosting": self.tr("Gradient boosting"),
            "mlp": self.tr("Perceptron"),
            "unet": self.tr("Network"),
            "encoder": self.tr("Network with an encoder"),
        }
        kind = str(card.get("kind", "?"))
        yield self.tr("{kind}, {count} features").format(kind=kinds.get(kind, kind), count=count)
        methods = {
            "blocked": self.tr("Overall accuracy on blocks that it did not see"),
            "out_of_bag": self.tr("Overall accuracy out of bag"),
            "independent": self.tr("Overall accuracy on independent labels"),
        }
        found = card.get("metrics")
        metrics = found if isinstance(found, dict) else {}
        shares = {name: figures(metrics.get(method)) for method, name in methods.items()}
        overall = {name: dict(share).get("overall") for name, share in shares.items()}
        if any(share is not None for share in overall.values()):
            yield from (
                f"{name}: {format_percent(100 * share)}\u00a0%" for name, share in overall.items() if share is not None
            )
        else:
            yield from (f"{name}: {format_figure(value)}" for name, value in figures(metrics))

    def _show_table(self, rows: list[list[str]]) -> None:
        self._table.setVisible(len(rows) > 1)
        if len(rows) < 2:
            return
        self._table.setColumnCount(len(rows[0]))
        corner = self.tr("predicted \\ labelled") if "\\" in rows[0][0] else rows[0][0]
        self._table.setHorizontalHeaderLabels([corner, *rows[0][1:]])
        self._table.setRowCount(len(rows) - 1)
        for number, row in enumerate(rows[1:]):
            for column, text in enumerate(row[: len(rows[0])]):
                self._table.setItem(number, column, QTableWidgetItem(text))
        self._table.resizeColumnsToContents()
        height = self._table.horizontalHeader().height() + 2 * self._table.frameWidth()
        height += sum(self._table.rowHeight(number) for number in range(min(len(rows) - 1, _ROWS_SHOWN)))
        self._table.setFixedHeight(height + self._table.horizontalScrollBar().sizeHint().height())

    def _show_files(self, folder: Path) -> None:
        for button in self._buttons:
            self._pictures.removeWidget(button)
            button.hide()
            button.deleteLater()
        files = [*sorted(folder.glob("*.html")), *sorted(folder.glob("*.png"))][:_MAX_PICTURES]
        self._buttons = [self._file_button(file) for file in files]
        for button in self._buttons:
            self._pictures.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _file_button(self, file: Path) -> QToolButton:
        button = QToolButton(self)
        is_report = file.suffix == ".html"
        button.setObjectName(f"allpaModelFile_{file.stem}")
        titles = {
            "importance": self.tr("Importance of features"),
            "shap": self.tr("SHAP values"),
            "elimination": self.tr("Fewer features"),
            "training_curve": self.tr("Training curve"),
        }
        title = self.tr("Report") if is_report else titles.get(file.stem, file.stem.replace("_", " "))
        button.setText(title)
        icon = "mActionOpenTable.svg" if is_report else "mIconRaster.svg"
        button.setIcon(QgsApplication.getThemeIcon(icon))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setAutoRaise(True)
        button.setToolTip(str(file))
        button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))))
        return button


def read_card(folder: Path | None) -> dict[str, Any] | None:
    """The card of a model folder; None where there is none that can be read."""
    if folder is None:
        return None
    try:
        card = read_json(folder / CARD_FILE, _MAX_CARD_BYTES)
    except ValueError:
        return None
    return card if isinstance(card, dict) and card.get("format") == "allpa-model" else None


def figures(metrics: Any, name: str = "") -> list[tuple[str, float]]:  # noqa: ANN401 - values from outside
    """The numbers of a card's metrics with their names, the first ones alone.

    Parameters
    ----------
    metrics : objects, numbers and others.
    name : of the object that holds them.

    Returns
    -------
    Names, those of objects before them, and numbers.

    Examples
    --------
    >>> figures({"blocked": {"overall": 0.91, "rows": [1, 2]}, "seed": 3})
    [('blocked overall', 0.91), ('seed', 3.0)]

    """
    found: list[tuple[str, float]] = []
    for key, value in metrics.items() if isinstance(metrics, dict) else ():
        title = f"{name} {str(key).replace('_', ' ')}".strip()
        if isinstance(value, dict):
            found += figures(value, title)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            found.append((title, float(value)))
    return found[:_MAX_FIGURES]


def read_table(path: Path) -> list[list[str]]:
    """The rows of a CSV table with its head; empty where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [row[:_MAX_COLUMNS] for _number, row in zip(range(_MAX_ROWS), csv.reader(file)) if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
