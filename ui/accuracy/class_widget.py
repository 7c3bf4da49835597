"""The widget `AllpaClass` of attribute forms: a button for each class of the legend, in QGIS's language.

QGIS keeps a widget type until it ends and cannot take one back. So the factory stays registered, and only what it makes
is exchanged: the buttons while the plugin is loaded, QGIS's plain text field afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from qgis.core import NULL, QgsVectorLayer
from qgis.gui import (
    QgsEditorConfigWidget,
    QgsEditorWidgetFactory,
    QgsEditorWidgetWrapper,
    QgsGui,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import QWidget

from ...plugin.allpa_engine.core.errors import LegendInvalid
from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, Legend, legend_from_tag
from ...plugin.allpa_engine.core.sample_schema import CLASS_WIDGET, LEGEND_OPTION
from ...plugin.translation import tr
from .class_buttons import ClassButtons, class_of_key

_FALLBACK = "TextEdit"
_Make = Callable[[QgsVectorLayer, int, QWidget, QWidget], QgsEditorWidgetWrapper]


class ClassWidgetFactory(QgsEditorWidgetFactory):
    """Makes the widgets of a type; `make` is None while the plugin is not loaded."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.make: _Make | None = None

    def create(self, layer: QgsVectorLayer, field: int, editor: QWidget, parent: QWidget) -> QgsEditorWidgetWrapper:
        """A widget for one field of a form."""
        if self.make is not None:
            return self.make(layer, field, editor, parent)
        return QgsGui.editorWidgetRegistry().factory(_FALLBACK).create(layer, field, editor, parent)

    def configWidget(self, layer: QgsVectorLayer, field: int, parent: QWidget) -> QgsEditorConfigWidget:  # noqa: N802
        """The page of the layer's properties: the widget has no options."""
        return _NoOptions(layer, field, parent)


class _NoOptions(QgsEditorConfigWidget):
    """Nothing to choose; the legend of the sample is kept."""

    def config(self) -> dict[str, Any]:
        """The options as they were given."""
        return getattr(self, "_config", {})

    def setConfig(self, config: dict[str, Any]) -> None:  # noqa: N802 - QGIS's names
        """Keep the options."""
        self._config = dict(config)


class FormButtons(ClassButtons):
    """The buttons in a form: keys 1 to 9 and 0 press them while they have the focus, Delete lifts all."""

    def __init__(self, parent: QWidget | None = None, legend: Legend = BUNDLED_LEGEND) -> None:
        super().__init__(parent, legend)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(tr("Keys 1 to 9 and 0; Delete removes the class."))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Choose the class of a key."""
        code = class_of_key(event.key(), self._legend)
        if code is not None:
            self.chosen.emit(code)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.chosen.emit(0)
        else:
            super().keyPressEvent(event)


class ClassWrapper(QgsEditorWidgetWrapper):
    """Joins a field of a form to the buttons."""

    def __init__(self, layer: QgsVectorLayer, field: int, editor: QWidget, parent: QWidget) -> None:
        super().__init__(layer, field, editor, parent)
        self._code: int | None = None

    def createWidget(self, parent: QWidget) -> QWidget:  # noqa: N802 - QGIS's name
        """The buttons, where the form has none yet."""
        return FormButtons(parent, _legend_of(self.config()))

    def initWidget(self, editor: QWidget) -> None:  # noqa: N802 - QGIS's name
        """Listen to the buttons."""
        self._buttons = cast("FormButtons", editor)
        self._buttons.chosen.connect(self._choose)

    def valid(self) -> bool:
        """Whether there are buttons."""
        return isinstance(self.widget(), ClassButtons)

    def value(self) -> Any:  # noqa: ANN401 - an attribute
        """The code; null without one."""
        return NULL if self._code is None else self._code

    def setValue(self, value: Any) -> None:  # noqa: ANN401, N802 - QGIS's name
        """Show the value of the feature."""
        is_code = isinstance(value, (int, float)) and not isinstance(value, bool)
        self._code = int(value) if is_code else None
        self._buttons.show_class(self._code)

    def updateValues(self, value: Any, additional: Any = None) -> None:  # noqa: ANN401, ARG002, N802 - QGIS's names
        """As `setValue`; versions of QGIS that let Python replace this one call it instead."""
        self.setValue(value)

    def setEnabled(self, enabled: bool) -> None:  # noqa: N802 - QGIS's name
        """Only a layer that is edited can be changed."""
        self._buttons.setEnabled(enabled)

    def _choose(self, code: int) -> None:
        self._code = code or None
        self._buttons.show_class(self._code)
        self.emitValueChanged()


def _legend_of(options: dict[str, Any]) -> Legend:
    """The legend in the options of a form's field; the bundled one where there is none that can be read."""
    try:
        return legend_from_tag(str(options.get(LEGEND_OPTION) or ""))
    except LegendInvalid:
        return BUNDLED_LEGEND


class ClassWidget:
    """The registered widget type, for the life of the plugin."""

    def __init__(self) -> None:
        registry = QgsGui.editorWidgetRegistry()
        self._factory = registry.factories().get(CLASS_WIDGET)
        if self._factory is None:
            self._factory = ClassWidgetFactory(tr("Land-cover class (Allpa)"))
            registry.registerWidget(CLASS_WIDGET, self._factory)
        self._alive: list[ClassWrapper] = []
        self._factory.make = self._make

    def _make(self, layer: QgsVectorLayer, field: int, editor: QWidget, parent: QWidget) -> QgsEditorWidgetWrapper:
        return ClassWrapper(layer, field, editor, parent)

    def dispose(self) -> None:
        """Leave plain text fields to forms that are opened from now on."""
        if self._factory is not None:
            self._factory.make = None
            self._factory = None
