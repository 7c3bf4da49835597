"""Settings of a past job for which the dock has no fields: they are kept, named, and dropped at a click."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ..plugin.job_parameters import KEPT_PARAMETERS
from .labels import wrapped_label
from .run import LANDCOVERMAP, algorithm

_PERIOD = ("START", "END")
_MAX_SHOWN = 30


class KeptSettings(QWidget):
    """Parameters of a job besides those that the dock shows; hidden where there are none."""

    changed = pyqtSignal()
    """They were dropped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaKept")
        self._values: dict[str, Any] = {}
        self._text = wrapped_label("allpaKeptText", self)
        drop = QPushButton(self.tr("Reset"), self)
        drop.setObjectName("allpaKeptReset")
        drop.setToolTip(self.tr("Use the usual values of these settings"))
        drop.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(drop)
        self._show_names()

    def parameters(self) -> dict[str, Any]:
        """The parameters that are kept."""
        return dict(self._values)

    def set_parameters(self, values: Mapping[str, Any]) -> None:
        """Keep those of a job, in place of others."""
        self._values = {name: values[name] for name in KEPT_PARAMETERS if name in values}
        self._show_names()

    def drop_period(self) -> None:
        """Another year was chosen: first and last day do not replace it."""
        if any(name in self._values for name in _PERIOD):
            self._values = {name: value for name, value in self._values.items() if name not in _PERIOD}
            self._show_names()

    def period_text(self) -> str:
        """First and last day that replace the year; empty where the year counts."""
        return " – ".join(str(self._values[name]) for name in _PERIOD if name in self._values)

    def clear(self) -> None:
        """Keep none."""
        self._values = {}
        self._show_names()
        self.changed.emit()

    def _show_names(self) -> None:
        self.setVisible(bool(self._values))
        found = algorithm(LANDCOVERMAP)
        definitions = {name: found.parameterDefinition(name) if found is not None else None for name in self._values}
        titles = [_short(one.description()) if one is not None else name for name, one in definitions.items()]
        texts = [_text(value) for value in self._values.values()]
        named = [title if len(text) > _MAX_SHOWN else f"{title} {text}" for title, text in zip(titles, texts)]
        self._text.setText(self.tr("As the opened job sets: {names}").format(names="; ".join(named)))
        self._text.setToolTip("\n".join(f"{title}: {text}" for title, text in zip(titles, texts)))


def _short(title: str) -> str:
    """A parameter's title without its remark."""
    return re.sub(r" \(.*\)$", "", title)


def _text(value: Any) -> str:  # noqa: ANN401 - of any parameter
    return ", ".join(map(str, value)) or "–" if isinstance(value, (list, tuple)) else str(value)
