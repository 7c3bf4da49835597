"""The dock's region: drawn on the map, from a layer, or the extent of the map."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox, QgsMapTool
from qgis.PyQt.QtCore import QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.errors import RegionInvalid
from ...plugin.region_geometry import is_defined, merge_polygons, missing_crs_note, repair_note, wgs84
from ..labels import error_sentences, wrapped_label
from ..number_format import format_hectares
from .map_tools import PolygonTool, RectangleTool, create_region_band
from .region_geometry import RegionChoice, layer_region

_LAYER_CHANGE_MS = 150
"""Selecting and editing change a layer many times at once; it is read again when it has been quiet for so long."""
_MIN_BUTTON_WIDTH_PX = 48
_MAX_NAME_CHARS = 300
"""Of a region."""


class RegionInput(QWidget):
    """Four ways to set a region, and one line that shows it."""

    changed = pyqtSignal()
    """The region is another one, or none."""
    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaRegion")
        self._canvas = canvas
        self._region: RegionChoice | None = None
        self._problem = ""
        self._watched_layer: QgsVectorLayer | None = None
        self._layer_timer = QTimer(self)
        self._layer_timer.setSingleShot(True)
        self._layer_timer.setInterval(_LAYER_CHANGE_MS)
        self._previous_tool: QgsMapTool | None = None
        self._band = create_region_band(canvas, filled=False)
        self._tools: dict[str, RectangleTool | PolygonTool] = {
            "rectangle": RectangleTool(canvas),
            "polygon": PolygonTool(canvas),
        }
        self._build()
        self._connect()
        self._show_region()

    # Used by the dock

    def region(self) -> RegionChoice | None:
        """The region to map, or None where there is none that can be mapped."""
        return self._region

    def problem(self) -> str:
        """One sentence that says why there is no region; empty where there is one."""
        if self._region is not None:
            return ""
        return self._problem or str(self.tr("Set a region first: draw it, or use a layer or the map canvas extent."))

    def set_region(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, name: str = "") -> bool:
        """Set a region where it can be mapped; else show what is wrong with it, and have none.

        Parameters
        ----------
        geometry : a polygon in `crs`; self-intersections are repaired.
        crs : of the polygon.
        name : title for tables and reports; may be empty.

        Returns
        -------
        Whether the region was set.

        """
        try:
            region, repaired_count = merge_polygons([(geometry, crs)], QgsProject.instance().transformContext())
        except RegionInvalid as error:
            self._reject(error)
            return False
        self._accept(RegionChoice(region, crs.authid(), name))
        self._note_repairs(repaired_count)
        return True

    def clear(self) -> None:
        """Clear the region."""
        self._stop_drawing()
        self._region, self._problem = None, ""
        self._set_layer_mode(False)
        self._show_region()
        self.changed.emit()

    def set_shown(self, shown: bool) -> None:
        """Show the region on the map or hide it; hiding ends drawing."""
        if not shown:
            self._stop_drawing()
        self._band.setVisible(shown)

    def dispose(self) -> None:
        """Give the canvas back as it was: no tool, no rubber band."""
        self._stop_drawing()
        self._watch_layer(None)
        for tool in self._tools.values():
            tool.dispose()
        self._canvas.scene().removeItem(self._band)

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        self._buttons = {
            "rectangle": self._button("Rectangle", self.tr("Rectangle"), "mActionAddBasicRectangle.svg"),
            "polygon": self._button("Polygon", self.tr("Polygon"), "mActionCapturePolygon.svg"),
            "layer": self._button("Layer", self.tr("Layer"), "mIconPolygonLayer.svg"),
            "extent": self._button("MapExtent", self.tr("Extent"), "mActionRectangleExtent.svg"),
        }
        self._buttons["extent"].setCheckable(False)
        self._buttons["rectangle"].setToolTip(self.tr("Drag a rectangle on the map"))
        self._buttons["polygon"].setToolTip(self.tr("Click the corners of a polygon on the map"))
        self._buttons["layer"].setToolTip(self.tr("Use the polygons of a layer, or its selected ones"))
        self._buttons["extent"].setToolTip(self.tr("Use map canvas extent"))
        for button in self._buttons.values():
            buttons.addWidget(button)
        column.addLayout(buttons)
        column.addWidget(self._layer_row())
        column.addLayout(self._summary_row())

    def _button(self, name: str, text: str, icon: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"allpaRegion{name}")
        button.setText(text)
        button.setIcon(QgsApplication.getThemeIcon(icon))
        button.setIconSize(QSize(24, 24))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(_MIN_BUTTON_WIDTH_PX)
        button.setCheckable(True)
        button.setAutoRaise(True)
        return button

    def _layer_row(self) -> QWidget:
        self._layer_box = QWidget(self)
        self._layer_box.setObjectName("allpaRegionLayerRow")
        rows = QVBoxLayout(self._layer_box)
        rows.setContentsMargins(0, 0, 0, 0)
        self._layers = QgsMapLayerComboBox(self._layer_box)
        self._layers.setObjectName("allpaRegionLayerCombo")
        self._layers.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self._layers.setAllowEmptyLayer(True)
        self._layers.setMinimumContentsLength(10)
        self._selected_only = QCheckBox(self.tr("Selected features only"), self._layer_box)
        self._selected_only.setObjectName("allpaRegionSelectedOnly")
        rows.addWidget(self._layers)
        rows.addWidget(self._selected_only)
        self._layer_box.setVisible(False)
        return self._layer_box

    def _summary_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._summary = wrapped_label("allpaRegionSummary", self)
        self._zoom = QToolButton(self)
        self._zoom.setObjectName("allpaRegionZoom")
        self._zoom.setIcon(QgsApplication.getThemeIcon("mActionZoomTo.svg"))
        self._zoom.setToolTip(self.tr("Zoom to the region"))
        self._clear_button = QToolButton(self)
        self._clear_button.setObjectName("allpaRegionClear")
        self._clear_button.setIcon(QgsApplication.getThemeIcon("mActionDeleteSelected.svg"))
        self._clear_button.setToolTip(self.tr("Clear region"))
        row.addWidget(self._summary, 1)
        for button in (self._zoom, self._clear_button):
            button.setAutoRaise(True)
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self._canvas.destinationCrsChanged.connect(self._update_band)  # a rubber band stays in the CRS it was made in
        for tool in self._tools.values():
            tool.drawn.connect(self._on_drawn)
            tool.cancelled.connect(self._stop_drawing)
            tool.area_changed.connect(self._show_live_area)
            tool.rejected.connect(self._warn)
            tool.deactivated.connect(self._on_tool_deactivated)
        self._buttons["rectangle"].clicked.connect(self._draw_rectangle)
        self._buttons["polygon"].clicked.connect(self._draw_polygon)
        self._buttons["layer"].clicked.connect(self._set_layer_mode)
        self._buttons["extent"].clicked.connect(self.use_map_extent)
        self._layers.layerChanged.connect(self._on_layer_chosen)
        self._selected_only.toggled.connect(self._on_layer_chosen)
        self._layer_timer.timeout.connect(self.refresh_layer)
        self._clear_button.clicked.connect(self.clear)
        self._zoom.clicked.connect(self.zoom_to_region)

    # Drawing

    def _draw_rectangle(self, checked: bool) -> None:
        self._draw("rectangle", checked)

    def _draw_polygon(self, checked: bool) -> None:
        self._draw("polygon", checked)

    def _warn(self, text: str) -> None:
        self.message.emit(text, Qgis.MessageLevel.Warning)

    def _draw(self, mode: str, checked: bool) -> None:
        if not checked:
            self._stop_drawing()
            return
        self._set_layer_mode(False)
        tool = self._tools[mode]
        current = self._canvas.mapTool()
        if current not in self._tools.values():
            self._previous_tool = current
        self._canvas.setMapTool(tool)
        self._buttons[mode].setChecked(True)
        hints = {
            "rectangle": self.tr("Drag a rectangle on the map. Esc cancels."),
            "polygon": self.tr(
                "Click the corners on the map. Right click or Enter closes, Backspace removes a corner, Esc cancels."
            ),
        }
        self._summary.setText(hints[mode])

    def _on_drawn(self, geometry: QgsGeometry) -> None:
        self._stop_drawing()
        self.set_region(geometry, self._canvas.mapSettings().destinationCrs())

    def _stop_drawing(self) -> None:
        """Give the canvas its tool back; the tool's `deactivated` cleans up."""
        if self._canvas.mapTool() not in self._tools.values():
            return
        if self._previous_tool is not None:
            self._canvas.setMapTool(self._previous_tool)
        else:
            self._canvas.unsetMapTool(self._canvas.mapTool())

    def _on_tool_deactivated(self) -> None:
        for mode in self._tools:
            self._buttons[mode].setChecked(False)
        self._show_region()

    def _show_live_area(self, area_ha: float) -> None:
        self._summary.setText(self.tr("{area} ha").format(area=format_hectares(area_ha)))

    # Layer and map extent

    def _set_layer_mode(self, checked: bool) -> None:
        if checked:
            self._stop_drawing()
        self._buttons["layer"].setChecked(checked)
        self._layer_box.setVisible(checked)
        self._on_layer_chosen()

    def _on_layer_chosen(self) -> None:
        """Use the chosen layer from now on, and say what there is to say about it."""
        layer = self._layers.currentLayer() if self._buttons["layer"].isChecked() else None
        self._watch_layer(layer)
        if layer is not None:
            self._use_layer(layer, notify=True)

    def _watch_layer(self, layer: QgsVectorLayer | None) -> None:
        """Follow the selection and the edits of this layer alone."""
        if self._watched_layer is not None:
            self._watched_layer.willBeDeleted.disconnect(self._on_layer_deleted)
            for signal in _change_signals(self._watched_layer):
                signal.disconnect(self._on_layer_changed)
        self._layer_timer.stop()
        self._watched_layer = layer
        if layer is not None:
            layer.willBeDeleted.connect(self._on_layer_deleted)
            for signal in _change_signals(layer):
                signal.connect(self._on_layer_changed)

    def _on_layer_deleted(self) -> None:
        self._watched_layer = None

    def _on_layer_changed(self, *_arguments: object) -> None:
        self._layer_timer.start()

    def refresh_layer(self) -> None:
        """Read the chosen layer again where its features or its selection may have changed."""
        self._layer_timer.stop()
        layer = self._layers.currentLayer()
        if layer is not None and self._buttons["layer"].isChecked():
            self._use_layer(layer, notify=False)

    def _use_layer(self, layer: QgsVectorLayer, *, notify: bool) -> None:
        context = QgsProject.instance().transformContext()
        try:
            geometry, repaired_count = layer_region(layer, self._selected_only.isChecked(), context)
        except RegionInvalid as error:
            self._reject(error, notify=notify)
            return
        self._accept(RegionChoice(geometry, layer.crs().authid(), " ".join(layer.name().split())[:_MAX_NAME_CHARS]))
        if notify:
            self._note_repairs(repaired_count)
            if not is_defined(layer.crs()):
                self._warn(missing_crs_note(layer.name()))

    def use_map_extent(self) -> None:
        """Take what the map shows now as the region."""
        self._stop_drawing()
        self._set_layer_mode(False)
        settings = self._canvas.mapSettings()
        self.set_region(QgsGeometry.fromRect(settings.extent()), settings.destinationCrs())

    def _accept(self, region: RegionChoice) -> None:
        self._region, self._problem = region, ""
        self._show_region()
        self.changed.emit()

    def _reject(self, error: RegionInvalid, *, notify: bool = True) -> None:
        self._region, self._problem = None, error.what
        self._show_region()
        self.changed.emit()
        if notify:
            self._warn(error_sentences(error))

    def _note_repairs(self, count: int) -> None:
        if count:
            self.message.emit(repair_note(count), Qgis.MessageLevel.Info)

    # Showing

    def zoom_to_region(self) -> None:
        """Show the whole region on the map."""
        if self._region is not None:
            self._canvas.zoomToFeatureExtent(self._band.asGeometry().boundingBox())
            self._canvas.refresh()

    def _update_band(self) -> None:
        if self._region is None or self._band.scene() is None:
            self._band.reset()
        else:
            self._band.setToGeometry(self._region.geometry, wgs84())

    def _show_region(self) -> None:
        self._update_band()
        self._zoom.setVisible(self._region is not None)
        self._clear_button.setVisible(self._region is not None)
        if self._region is not None:
            name = self._region.name or self.tr("Region")
            self._summary.setText(
                self.tr("{name}: {area} ha").format(name=name, area=format_hectares(self._region.area_ha))
            )
        else:
            hint = self.tr("Draw a region on the map, or use a layer or the map canvas extent.")
            self._summary.setText(self._problem or hint)


def _change_signals(layer: QgsVectorLayer) -> tuple[Any, ...]:
    return layer.selectionChanged, layer.layerModified, layer.dataChanged, layer.crsChanged, layer.subsetStringChanged
