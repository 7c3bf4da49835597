"""The widget of a choice in Processing's dialogs: it shows names, and gives the values that commands hold."""

from __future__ import annotations

from typing import Any

from processing.gui.wrappers import WidgetWrapper
from qgis.core import QgsProcessingParameterDefinition, QgsProcessingParameterEnum
from qgis.gui import QgsCheckableComboBox, QgsGui
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QWidget

from ..plugin.algorithms.choices import names_of
from ..plugin.algorithms.parameters import MONTHS
from ..plugin.month_names import month_values

_MODELER = "ModelerParametersDialog"
_LEAST_LETTERS = 12


class ChoiceWidget(WidgetWrapper):
    """A list of names, of which one or several are chosen.

    Processing makes it from the metadata of the parameter. In the model designer QGIS's own widget is used, in which a
    choice can come from an input of the model. The widget is `widget`, as in Processing's other classes of Python: with
    QGIS's `createWrappedWidget` two objects of Python would stand for one widget, and QGIS crash at its end.

    Parameters
    ----------
    definition : of the parameter; it must outlive the widget.
    dialog : of Processing; None elsewhere.
    row, col : of the widget in a batch.
    **_names : what else Processing gives; the names are read from the definition.

    """

    def __new__(
        cls,
        definition: QgsProcessingParameterEnum,
        dialog: QWidget | None = None,
        row: int = 0,
        col: int = 0,
        **_names: object,
    ) -> Any:  # noqa: ANN401 - of this class, or one of QGIS's
        """QGIS's own widget in the model designer."""
        if dialog is None or type(dialog).__name__ != _MODELER:
            return super().__new__(cls, definition, dialog, row, col)
        plain = definition.clone()
        plain.setMetadata({})
        wrapper = QgsGui.processingGuiRegistry().createModelerParameterWidget(
            dialog.model, dialog.childId, plain, dialog.context
        )
        wrapper.setDialog(dialog)
        wrapper.kept_definition = plain  # the widget has a bare pointer to it
        return wrapper

    def __init__(
        self,
        definition: QgsProcessingParameterEnum,
        dialog: QWidget | None = None,
        row: int = 0,
        col: int = 0,
        **_names: object,
    ) -> None:
        super().__init__(definition, dialog, row, col)

    def createLabel(self) -> QLabel | None:  # noqa: N802 - Processing's name
        """The description of the parameter; Processing has no translation of its own word in Python."""
        label: QLabel | None = super().createLabel()
        definition = self.parameterDefinition()
        if label is not None and definition.flags() & QgsProcessingParameterDefinition.Flag.FlagOptional:
            optional = QCoreApplication.translate("ChoiceWidget", "[optional]")
            label.setText(f"{definition.description()} {optional}")
        return label

    def createWidget(self) -> QWidget:  # noqa: N802 - Processing's name
        """Make the list."""
        definition = self.parameterDefinition()
        combo = QgsCheckableComboBox() if self._is_multiple else QComboBox()
        combo.setMinimumContentsLength(_LEAST_LETTERS)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        if self._is_multiple:
            combo.setDefaultText(QCoreApplication.translate("ChoiceWidget", "None selected"))
        elif definition.defaultValue() is None:
            combo.addItem("", None)
        for value, name in zip(definition.options(), names_of(definition)):
            combo.addItem(name, value)
            combo.setItemData(combo.count() - 1, value, Qt.ItemDataRole.ToolTipRole)
            if self._is_multiple:
                combo.setItemCheckState(combo.count() - 1, Qt.CheckState.Unchecked)
        changed = combo.checkedItemsChanged if self._is_multiple else combo.currentIndexChanged
        changed.connect(self._announce)
        return combo

    def setValue(self, value: Any) -> None:  # noqa: ANN401, N802 - Processing's name
        """Choose values: one, a list of them, or a text with commas; others than the parameter's are ignored."""
        if not self._is_multiple:
            self.widget.setCurrentIndex(max(0, self.widget.findData(value)))
            return
        is_month = self.parameterDefinition().name() == MONTHS  # in history they may be in another language
        values = _values(month_values(value) if is_month and value else value)
        for index in range(self.widget.count()):
            is_chosen = self.widget.itemData(index) in values
            self.widget.setItemCheckState(index, Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)

    def value(self) -> Any:  # noqa: ANN401 - a text, an empty list, or nothing
        """The chosen value; of several, one text with commas: QGIS 3.22 leaves a list out of its history."""
        if not self._is_multiple:
            return self.widget.currentData()
        return ",".join(map(str, self.widget.checkedItemsData())) or []

    def _announce(self, *_chosen: object) -> None:
        self.widgetValueHasChanged.emit(self)

    @property
    def _is_multiple(self) -> bool:
        return bool(self.parameterDefinition().allowMultiple())


def _values(value: Any) -> list[str]:  # noqa: ANN401 - as Processing has stored it
    if isinstance(value, (list, tuple)):
        return [str(part) for part in value]
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else []
