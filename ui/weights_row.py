"""The dock's line about the weights of classes: which they are, and their editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ..plugin.allpa_engine.core.errors import AllpaError
from ..plugin.weight_tables import (
    WeightTable,
    model_legend,
    parse_weights,
    read_weight_file,
    saved_tables,
    table_from_json,
    table_to_json,
    weights_text,
    write_weight_file,
)
from .labels import error_sentences, wrapped_label
from .number_format import format_percent
from .weights_dialog import WeightsDialog

_SAVED = "weight table"
"""Of the weights with their shares among the values that the profile keeps."""


class WeightsRow(QWidget):
    """Weights and minimum shares as parameters of the algorithm: a text, or a file where shares are not the usual."""

    changed = pyqtSignal()
    """Others were chosen, or got a name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaWeightsRow")
        self._table, self._model = WeightTable(), ""
        self._origin, self._origin_folder = "", ""
        self._text = wrapped_label("allpaWeightsText", self)
        edit = QPushButton(self.tr("Edit…"), self)
        edit.setObjectName("allpaWeightsEdit")
        edit.clicked.connect(lambda: self.edit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(edit)
        self._show_table()

    @property
    def is_usual(self) -> bool:
        """Whether all weights and shares are the usual ones."""
        return self._table.is_usual

    def parameters(self) -> dict[str, Any]:
        """The parameters as far as they need no file that is not there."""
        if self._origin:
            return {"WEIGHT_TABLE": self._origin}
        if self._table.min_shares is not None or self._table.is_usual:
            return {}
        return {"WEIGHTS": weights_text(self._table.weights)}

    def prepare(self, folder: str, year: int) -> tuple[dict[str, Any], Callable[[], None]]:
        """The parameters for a run: shares that are not the usual ones are written into a table first.

        Parameters
        ----------
        folder : of the outputs; the table lies there.
        year : of the map; it is part of the file's name.

        Returns
        -------
        Parameters that a command in a terminal has too, and what writes the table, in any thread; raises AllpaError
        where it cannot.

        """
        is_at_hand = self._origin and folder == self._origin_folder and Path(self._origin).is_file()
        if is_at_hand or (self._table.min_shares is None and not self._origin):
            return self.parameters(), lambda: None
        path = Path(folder).absolute() / f"weights_{year}.json"
        legend, name = model_legend(self._model), self._name() or path.stem
        return {"WEIGHT_TABLE": str(path)}, partial(write_weight_file, path, name, self._table, legend)

    def saved_values(self) -> dict[str, Any]:
        """What the profile keeps of them."""
        return {} if self._table.is_usual else {_SAVED: table_to_json(self._table)}

    def set_parameters(self, values: Mapping[str, Any]) -> str:
        """Fill in the weights of a job, or those of `saved_values`; where there are none they are the usual ones.

        Returns
        -------
        A sentence where the weights of a job cannot be read; else an empty text.

        """
        self._origin, problem = str(values.get("WEIGHT_TABLE") or ""), ""
        self._origin_folder = str(values.get("FOLDER") or "")
        try:
            if self._origin:
                self._table = read_weight_file(Path(self._origin), model_legend(self._model))
            elif _SAVED in values:
                self._table = table_from_json(values[_SAVED])
            else:
                self._table = WeightTable(parse_weights(str(values.get("WEIGHTS", ""))))
        except AllpaError as error:
            self._origin, self._table = "", WeightTable()
            problem = f"{error_sentences(error)} {self.tr('The usual weights are set.')}"
        except (ValueError, TypeError, LookupError, AttributeError):
            self._table = WeightTable()
        self._show_table()
        return problem

    def set_model(self, model: str) -> None:
        """Weights are of a model's classes: those of other classes go with another model."""
        if model == self._model:
            return
        self._model, self._origin = model, ""
        self._table = self._table.for_legend(model_legend(model))
        self._show_table()

    def edit(self) -> None:
        """Open the editor, and take what it says."""
        dialog = WeightsDialog(model_legend(self._model), self._table, self._name(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._take(dialog.table()))
        dialog.finished.connect(lambda _result: self._show_table())  # a table of these weights may have got a name
        dialog.open()

    def _take(self, table: WeightTable) -> None:
        if table != self._table:
            self._table, self._origin = table, ""
        self._show_table()
        self.changed.emit()

    def _show_table(self) -> None:
        weights, shares = self._table.weights, self._table.min_shares
        parts, tips = [], []
        if weights:
            parts.append(self.tr("changed: {codes}").format(codes=", ".join(f"{code}" for code in sorted(weights))))
            tips.append(weights_text(weights))
        if shares is not None:
            texts = [f"{code}: {format_percent(100 * share)} %" for code, share in sorted(shares.items())]
            tips.append(self.tr("minimum shares: {shares}").format(shares=", ".join(texts) or self.tr("none")))
            parts.append(tips[-1])
        self._text.setText(self._name() or "; ".join(parts) or self.tr("usual"))
        self._text.setToolTip("\n".join(tips))

    def _name(self) -> str:
        """Name of the saved table that these are; empty where they are none."""
        legend = model_legend(self._model)
        tables = () if self._table.is_usual else saved_tables().items()
        return next((name for name, table in tables if table.for_legend(legend) == self._table), "")
