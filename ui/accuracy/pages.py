"""The dock's pages: the map, the three steps that say how good it is, and own classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QSize, pyqtSignal
from qgis.PyQt.QtGui import QIcon, QResizeEvent
from qgis.PyQt.QtWidgets import QApplication, QTabWidget, QWidget

from ..learn.page import LearnPage
from .algorithm_page import AlgorithmPage
from .import_dialog import ImportDialog
from .label_page import LabelPage
from .result_view import AccuracyResult

ACCURACYSAMPLE = "allpa:accuracysample"
ACCURACY = "allpa:accuracy"
_TAB_STYLE = "QTabBar::tab {{ padding-left: {0}px; padding-right: {0}px; }}"
"""With their usual padding five titles would not fit into a dock of the usual width."""
_TAB_SHAPE = """
QTabBar::tab {
    padding-top: 4px; padding-bottom: 4px; margin-top: 2px; background: palette(button);
    border: 1px solid palette(mid); border-bottom: none; border-top-left-radius: 3px; border-top-right-radius: 3px;
}
QTabBar::tab:!first { border-left: none; }
QTabBar::tab:selected { margin-top: 0px; background: palette(base); }
"""
"""Where no theme gives tabs a shape: a style sheet takes away that of the system."""
_PADDING_PX, _NARROW_PADDING_PX, _BORDERS_PX = 6, 2, 3
_ICON_PX = 16


class AccuracyPages(QTabWidget):
    """Map, sample, labels, accuracy: each page hands on to the next; and own classes.

    Parameters
    ----------
    map_page : the page that makes a map.
    iface : of QGIS.
    map_parameters : gives the parameters of the page that makes a map.
    parent : owner.

    """

    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(
        self,
        map_page: QWidget,
        iface: QgisInterface,
        map_parameters: Callable[[], dict[str, Any]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("allpaPages")
        self.setDocumentMode(True)
        canvas, bar = iface.mapCanvas(), iface.messageBar()
        self._canvas, self._message_bar = canvas, bar
        self._import: ImportDialog | None = None
        self.sample = AlgorithmPage(
            ACCURACYSAMPLE, self.tr("Draw the points by which the accuracy of a map is estimated."), canvas, bar, self
        )
        self.label = LabelPage(canvas, self)
        self.accuracy = AlgorithmPage(
            ACCURACY,
            self.tr("Estimate accuracy and areas, with intervals, from the labelled points."),
            canvas,
            bar,
            self,
        )
        self._result = AccuracyResult(self)
        self.accuracy.add_result(self._result)
        self.learn = LearnPage(iface, map_parameters, self)
        self._folder = ""
        self._add_tabs(map_page)
        self.learn.message.connect(self.message)
        self.learn.map_made.connect(self.set_map)
        self.sample.finished.connect(self._on_sample)
        self.accuracy.finished.connect(self._result.show_results)
        self.label.message.connect(self.message)
        self.label.start_panel.import_requested.connect(self.import_labels)
        self.label.start_panel.sample_changed.connect(lambda path: self.accuracy.set_value("SAMPLE", path))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as much of the titles as there is room for."""
        super().resizeEvent(event)
        self._show_titles()

    def _add_tabs(self, map_page: QWidget) -> None:
        self._titles = (
            (map_page, self.tr("Map"), "mIconRaster.svg"),
            (self.sample, self.tr("Sample"), "mIconPointLayer.svg"),
            (self.label, self.tr("Labels"), "mActionLabeling.svg"),
            (self.accuracy, self.tr("Accuracy"), "mActionSum.svg"),
            (self.learn, self.tr("Learn"), "processingModel.svg"),
        )
        for page, title, _icon in self._titles:
            self.setTabToolTip(self.addTab(page, title), title)
        self.setIconSize(QSize(_ICON_PX, _ICON_PX))
        self.currentChanged.connect(lambda _index: self._show_titles())

    def _show_titles(self) -> None:
        """All titles where they fit; else that of the open page, and an icon for each of the others."""
        corner = self.cornerWidget()
        room = self.width() - (corner.sizeHint().width() if corner is not None else 0)
        around = 2 * _PADDING_PX + _BORDERS_PX
        words = sum(self.fontMetrics().horizontalAdvance(title) + around for _, title, _ in self._titles)
        style = _TAB_STYLE.format(_PADDING_PX if words <= room else _NARROW_PADDING_PX)
        if "QTabBar::tab" not in QApplication.instance().styleSheet():
            style += _TAB_SHAPE
        if self.tabBar().styleSheet() != style:
            self.tabBar().setStyleSheet(style)
        for index, (_page, title, icon) in enumerate(self._titles):
            is_word = words <= room or index == self.currentIndex()
            self.setTabText(index, title if is_word else "")
            self.setTabIcon(index, QIcon() if is_word else QgsApplication.getThemeIcon(icon))

    @property
    def busy(self) -> bool:
        """Whether a sample is drawn, an accuracy estimated, or a step of own classes running."""
        imports = self._import is not None and self._import.page.busy
        return self.sample.busy or self.accuracy.busy or self.learn.busy or imports

    def set_map(self, landcover: str, folder: str) -> None:
        """Fill in a map that was made.

        Parameters
        ----------
        landcover : path of the map.
        folder : of its run.

        """
        for page in (self.sample, self.accuracy):
            page.set_value("LANDCOVER", landcover)
        self._folder = folder
        self.learn.set_map(folder)

    def import_labels(self) -> None:
        """Open the dialog that imports labels."""
        if self._import is None:
            self._import = ImportDialog(self._canvas, self._message_bar, self)
            self._import.imported.connect(self._on_imported)
        if self.sample.parameters().get("LANDCOVER"):
            self._import.page.set_value("LANDCOVER", self.sample.parameters()["LANDCOVER"])
        self._import.show()

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        if self._import is not None:
            self._import.dispose()
            self._import.close()
        for page in (self.sample, self.label, self.accuracy, self.learn):
            page.dispose()

    def _on_sample(self, results: dict[str, Any]) -> None:
        path = str(results.get("OUTPUT") or "")
        landcover = self.sample.parameters().get("LANDCOVER")
        if landcover:
            self.accuracy.set_value("LANDCOVER", landcover)
        self.label.start_panel.set_sample(path, self._folder)
        self.setCurrentWidget(self.label)
        text = self.tr("The sample is drawn: {name}. Label its points here.").format(name=Path(path).name)
        self.message.emit(text, Qgis.MessageLevel.Success)

    def _on_imported(self, results: dict[str, Any]) -> None:
        path = str(results.get("OUTPUT") or "")
        self.label.start_panel.set_sample(path, self._folder)
        text = self.tr("The labels are imported: {name}.").format(name=Path(path).name)
        self.message.emit(text, Qgis.MessageLevel.Success)
