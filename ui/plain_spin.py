"""A field for numbers that shows no zeros behind the decimal mark."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QDoubleSpinBox


class PlainSpinBox(QDoubleSpinBox):
    """Shows 80 rather than 80.00, and 12.5 rather than 12.50."""

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """The number in the user's language, without zeros at its end."""
        text = str(super().textFromValue(value))
        mark = str(self.locale().decimalPoint())
        return text.rstrip("0").rstrip(mark) if mark in text else text
