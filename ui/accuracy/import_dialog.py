"""Points that were labelled elsewhere, imported with their classes mapped by hand."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ...plugin.layers.raster_legend import raster_legend
from ..labels import wrapped_label
from .algorithm_page import AlgorithmPage
from .class_mapping import ClassMappingDialog, field_values, guessed_class

ACCURACYIMPORT = "allpa:accuracyimport"
_LEFT_OUT = 0


class ImportDialog(QDialog):
    """The form of `allpa:accuracyimport`, and a button that maps the values of a field to classes.

    Parameters
    ----------
    canvas, bar : of the main window.
    parent : owner.

    """

    imported = pyqtSignal(dict)
    """Outputs of the algorithm."""

    def __init__(self, canvas: QgsMapCanvas, bar: QgsMessageBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaImport")
        self.setWindowTitle(self.tr("Import labels"))
        column = QVBoxLayout(self)
        self.page = AlgorithmPage(
            ACCURACYIMPORT,
            self.tr("Take points or polygons that were labelled elsewhere as a sample."),
            canvas,
            bar,
            self,
        )
        self._map = QPushButton(self.tr("Classes of the values…"), self)
        self._map.setObjectName("allpaMapValues")
        self._map.clicked.connect(self.map_values)
        self._problem = wrapped_label("allpaImportProblem", self)
        self._problem.setVisible(False)
        row = QHBoxLayout()
        row.setContentsMargins(9, 0, 9, 0)
        row.addWidget(self._map)
        row.addStretch(1)
        for widget in (self.page, self._problem):
            column.addWidget(widget)
        column.insertLayout(1, row)
        self.page.finished.connect(self._on_finished)
        self.resize(520, 640)

    def map_values(self) -> None:
        """Let the user map the values of the reference data, and fill field and classes in."""
        layer = self.reference_layer()
        self._problem.setVisible(layer is None)
        if layer is None:
            self._problem.setText(self.tr("Choose reference data with a table of values first."))
            return
        dialog = ClassMappingDialog(
            layer, str(self.page.parameters().get("CLASS_FIELD") or ""), self, self.map_legend()
        )
        if dialog.exec():
            self.fill_in(
                dialog.field(),
                classes_text(dialog.mapping(), field_values(layer, dialog.field()) or {}, self.map_legend()),
            )

    def fill_in(self, field: str, classes: str) -> None:
        """Set field and classes of the form.

        Parameters
        ----------
        field : with the classes.
        classes : as `classes_text` gives them.

        """
        self.page.set_value("CLASS_FIELD", field)
        self.page.set_value("CLASSES", classes)

    def reference_layer(self) -> QgsVectorLayer | None:
        """The reference data as a layer; None where they are none or a raster."""
        path = str(self.page.parameters().get("REFERENCE") or "")
        if not path or not Path(path).is_file():
            return None
        name = str(self.page.parameters().get("LAYER") or "")
        layer = QgsVectorLayer(f"{path}|layername={name}" if name else path, Path(path).stem, "ogr")
        return layer if layer.isValid() and layer.fields().count() else None

    def map_legend(self) -> Legend:
        """The classes of the chosen map; the bundled ones where none is chosen yet."""
        value = self.page.parameters().get("LANDCOVER")
        layer = QgsProject.instance().mapLayer(value) if isinstance(value, str) else value
        source = layer.source() if isinstance(layer, QgsMapLayer) else str(value or "")
        return raster_legend(Path(source.split("|")[0]))

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop the run."""
        self.page.dispose()

    def _on_finished(self, results: dict[str, object]) -> None:
        self.imported.emit(results)
        self.accept()


def classes_text(mapping: dict[str, int], values: dict[str, int], legend: Legend = BUNDLED_LEGEND) -> str:
    """A mapping as the algorithm reads it: a line for each value.

    Parameters
    ----------
    mapping : code by value.
    values : all values of the field; those that name a class and are not mapped are left out with 0.
    legend : the classes of the map.

    Returns
    -------
    `value=code` in lines; values with a semicolon or a line break cannot be written and are left to the algorithm.

    Examples
    --------
    >>> print(classes_text({"Bosque": 2}, {"Bosque": 12, "Agua": 3, "?": 1}))
    Bosque=2
    Agua=0

    """
    codes = {
        value: mapping.get(value, _LEFT_OUT) for value in values if value in mapping or guessed_class(value, legend)
    }
    return "\n".join(f"{value}={code}" for value, code in codes.items() if not {";", "\n", "\r"} & set(value))
