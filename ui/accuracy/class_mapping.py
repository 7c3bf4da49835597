"""Which class of the legend each value of a field is: for points that were labelled elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from qgis.core import QgsFeatureRequest, QgsVectorLayer, QgsVectorLayerFeatureSource
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ..labels import wrapped_label
from ..results.panel import swatch
from .class_buttons import class_name

MAX_VALUES = 200
"""Different values of a field; more are names or numbers of points, not classes."""
_MAX_FEATURES = 200_000
_LANGUAGES = ("en", "es")


def field_values(layer: QgsVectorLayer, field: str) -> dict[str, int] | None:
    """The different values of a field with how often they occur, the most frequent first.

    Parameters
    ----------
    layer : with the points.
    field : name of the field.

    Returns
    -------
    Counts by value as text; None where there are more than `MAX_VALUES`. Empty values are left out.

    """
    return value_count(layer, field)()


def value_count(layer: QgsVectorLayer, field: str) -> Callable[[], dict[str, int] | None]:
    """The counting of `field_values`, for a layer with many features.

    Parameters
    ----------
    layer : as it is now.
    field : name of the field.

    Returns
    -------
    Counts in any thread.

    """
    source, index = QgsVectorLayerFeatureSource(layer), layer.fields().indexOf(field)
    request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([index])
    request.setLimit(_MAX_FEATURES)

    def count() -> dict[str, int] | None:
        counts: dict[str, int] = {}
        for feature in source.getFeatures(request):
            text = value_text(feature.attribute(index))
            if text:
                counts[text] = counts.get(text, 0) + 1
            if len(counts) > MAX_VALUES:
                return None
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    return count


def value_text(value: Any) -> str:  # noqa: ANN401 - any value of a field
    """A value as text; numbers without decimals have none, what is empty gives an empty text."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def guessed_class(value: str, legend: Legend = BUNDLED_LEGEND) -> int | None:
    """The class that a value names: a code of the legend, or its name in English or Spanish.

    Parameters
    ----------
    value : as it stands in the field; capital letters and accents do not matter.
    legend : the classes of the map.

    Returns
    -------
    The code; None where it names none.

    """
    if value.isascii() and value.isdigit():
        return int(value) if int(value) in legend.by_code else None
    names = {_plain(land.label(language)): land.code for land in legend for language in _LANGUAGES}
    return names.get(_plain(value))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


class ClassMappingDialog(QDialog):
    """Choose the field, and the class of each of its values.

    Parameters
    ----------
    layer : with the points.
    field : that is chosen at first; empty takes the first one with values that name classes.
    parent : owner.
    legend : the classes of the map.

    """

    def __init__(
        self,
        layer: QgsVectorLayer,
        field: str = "",
        parent: QWidget | None = None,
        legend: Legend = BUNDLED_LEGEND,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("allpaClassMapping")
        self.setWindowTitle(self.tr("Classes of the values"))
        self._layer = layer
        self._legend = legend
        self._combos: dict[str, QComboBox] = {}
        column = QVBoxLayout(self)
        form = QFormLayout()
        self._field = QComboBox(self)
        self._field.setObjectName("allpaMappingField")
        self._field.addItems([column.name() for column in layer.fields()])
        form.addRow(self.tr("Field"), self._field)
        self._table = QTableWidget(0, 3, self)
        self._table.setObjectName("allpaMappingTable")
        self._table.setHorizontalHeaderLabels([self.tr("Value"), self.tr("Points"), self.tr("Class")])
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.verticalHeader().hide()
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._problem = wrapped_label("allpaMappingProblem", self)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        column.addLayout(form)
        for widget in (self._table, self._problem, self._buttons):
            column.addWidget(widget)
        self.resize(480, 420)
        self._field.currentTextChanged.connect(self._show_field)
        self._field.setCurrentText(field or self._likely_field())
        self._show_field(self._field.currentText())

    def field(self) -> str:
        """The chosen field."""
        return str(self._field.currentText())

    def mapping(self) -> dict[str, int]:
        """The code of each value that has a class."""
        chosen = {value: combo.currentData() for value, combo in self._combos.items()}
        return {value: int(code) for value, code in chosen.items() if code is not None}

    def set_class(self, value: str, code: int | None) -> None:
        """Choose the class of a value.

        Parameters
        ----------
        value : of the field, as it is listed.
        code : of the class; None for none.

        """
        combo = self._combos[value]
        combo.setCurrentIndex(combo.findData(code))

    def _likely_field(self) -> str:
        names = [column.name() for column in self._layer.fields()]
        for name in names:
            values = field_values(self._layer, name)
            if values and all(guessed_class(value, self._legend) for value in values):
                return str(name)
        words = ("class", "clase", "label", "cover", "cobertura", "uso")
        return next(
            (name for name in names if any(word in name.casefold() for word in words)), names[0] if names else ""
        )

    def _show_field(self, name: str) -> None:
        values = field_values(self._layer, name) if name else {}
        self._combos = {}
        self._table.setRowCount(len(values or {}))
        for row, (value, count) in enumerate((values or {}).items()):
            number = QTableWidgetItem(str(count))
            number.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            self._table.setItem(row, 0, QTableWidgetItem(value))
            self._table.setItem(row, 1, number)
            self._combos[value] = self._combo(guessed_class(value, self._legend))
            self._table.setCellWidget(row, 2, self._combos[value])
        self._show_problem(values)

    def _combo(self, code: int | None) -> QComboBox:
        combo = QComboBox(self._table)
        combo.addItem(self.tr("leave out"), None)
        for land_class in self._legend:
            name = class_name(land_class.code, self._legend)
            combo.addItem(swatch(land_class.color, self.palette()), name, land_class.code)
        combo.setCurrentIndex(combo.findData(code))
        combo.currentIndexChanged.connect(lambda _index: self._show_problem(self._combos))
        return combo

    def _show_problem(self, values: Any) -> None:  # noqa: ANN401 - anything with a length, or None
        text = ""
        if values is None:
            text = self.tr("The field has more than {} different values; choose the one with the classes.").format(
                MAX_VALUES
            )
        elif not self.mapping():
            text = self.tr("Choose the class of at least one value.")
        else:
            left_out = len(self._combos) - len(self.mapping())
            text = self.tr("Values that are left out: {}.").format(left_out) if left_out else ""
        self._problem.setText(text)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(self.mapping()))
