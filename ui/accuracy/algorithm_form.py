"""The parameters of an algorithm as widgets: QGIS's own, so that the form is always that of the algorithm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProject,
)
from qgis.gui import (
    QgsCollapsibleGroupBox,
    QgsGui,
    QgsMapCanvas,
    QgsMessageBar,
    QgsProcessingGui,
    QgsProcessingParameterWidgetContext,
)
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QCheckBox, QPlainTextEdit, QVBoxLayout, QWidget

from ...plugin.algorithms.choices import names_of
from ..labels import let_shrink

_TEXT_HEIGHT_PX = 80
"""Of texts of several lines, which QGIS would let fill the page."""


class AlgorithmForm(QWidget):
    """Widgets for the parameters of one algorithm, the advanced ones in a box that is collapsed.

    Parameters
    ----------
    algorithm : whose parameters are shown.
    canvas, bar : of the main window: for extents and points from the map, and for messages of the widgets.
    parent : owner.
    hidden : parameters that get no widget.

    """

    def __init__(
        self,
        algorithm: QgsProcessingAlgorithm,
        canvas: QgsMapCanvas,
        bar: QgsMessageBar,
        parent: QWidget | None = None,
        *,
        hidden: Collection[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"allpaForm_{algorithm.name()}")
        self._algorithm = algorithm.create()
        self.hidden = frozenset(name for name in hidden if self._algorithm.parameterDefinition(name) is not None)
        """Those of the hidden parameters that the algorithm has."""
        self._context = QgsProcessingContext()
        self._context.setProject(QgsProject.instance())
        self._widget_context = QgsProcessingParameterWidgetContext()
        self._widget_context.setProject(QgsProject.instance())
        self._widget_context.setMapCanvas(canvas)
        self._widget_context.setMessageBar(bar)
        self._wrappers: dict[str, Any] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        advanced = QgsCollapsibleGroupBox(QCoreApplication.translate("AlgorithmForm", "Advanced"), self)
        advanced.setSaveCollapsedState(False)
        inner = QVBoxLayout(advanced)
        for definition in self._algorithm.parameterDefinitions():
            flags = definition.flags()
            if flags & QgsProcessingParameterDefinition.Flag.FlagHidden or definition.name() in self.hidden:
                continue
            is_advanced = bool(flags & QgsProcessingParameterDefinition.Flag.FlagAdvanced)
            self._add(definition, inner if is_advanced else column)
        advanced.setVisible(inner.count() > 0)
        advanced.setCollapsed(True)
        column.addWidget(advanced)
        for wrapper in self._wrappers.values():
            wrapper.postInitialize(list(self._wrappers.values()))

    def parameters(self) -> dict[str, Any]:
        """The values by name of the parameter; what is empty is left to the algorithm's default."""
        values = {name: wrapper.parameterValue() for name, wrapper in self._wrappers.items()}
        return {name: value for name, value in values.items() if value is not None and value != ""}

    def set_value(self, name: str, value: Any) -> None:  # noqa: ANN401 - of the parameter's type
        """Fill in a value.

        Parameters
        ----------
        name : of the parameter; one that the algorithm does not have is ignored.
        value : of the parameter's type.

        """
        if name in self._wrappers:
            self._wrappers[name].setParameterValue(value, self._context)

    def _add(self, definition: QgsProcessingParameterDefinition, column: QVBoxLayout) -> None:
        wrapper = _choice_by_name(definition)
        is_named = wrapper is not None
        if wrapper is None:
            wrapper = QgsGui.processingGuiRegistry().createParameterWidgetWrapper(
                definition, QgsProcessingGui.WidgetType.Standard
            )
        if wrapper is None:
            return
        wrapper.setWidgetContext(self._widget_context)
        widget = wrapper.widget if is_named else wrapper.createWrappedWidget(self._context)
        label = wrapper.label if is_named else wrapper.createWrappedLabel()
        if label is not None:
            label.setWordWrap(True)
            column.addWidget(label)
        if widget is not None:
            widget.setObjectName(f"allpaParameter_{definition.name()}")
            widget.setToolTip(definition.help() or definition.description())
            let_shrink(*widget.findChildren(QCheckBox))
            for text in [widget, *widget.findChildren(QPlainTextEdit)]:
                if isinstance(text, QPlainTextEdit):
                    text.setMaximumHeight(_TEXT_HEIGHT_PX)
            column.addWidget(widget)
            if definition.defaultValue() is not None:
                wrapper.setParameterValue(definition.defaultValue(), self._context)  # QGIS crashes without the widget
            self._wrappers[definition.name()] = wrapper


def _choice_by_name(definition: QgsProcessingParameterDefinition) -> Any:  # noqa: ANN401 - Processing's class
    """The widget of a choice whose values have names; None for any other, and where Processing is switched off."""
    if not names_of(definition):
        return None
    try:
        from ..choice_widget import ChoiceWidget
    except ImportError:
        return None
    return ChoiceWidget(definition)
