"""The dock's region: drawn on the map, taken from a layer, or the extent of the map."""

from __future__ import annotations

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox, QgsMapTool
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..numbers import format_hectares
from .map_tools import PolygonTool, RectangleTool, create_region_band
from .region_geometry import (
    RegionChoice,
    layer_region,
    region_problem,
    repair_geometry,
    to_wgs84,
    wgs84,
)

_MIN_BUTTON_WIDTH_PX = 48


class RegionInput(QWidget):
    """Four ways to a region, and one line that says what is chosen."""

    changed = pyqtSignal()
    """The region is another one, or none."""
    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaRegion")
        self._canvas = canvas
        self._region: RegionChoice | None = None
        self._repairable: RegionChoice | None = None
        self._problem = ""
        self._previous_tool: QgsMapTool | None = None
        self._band = create_region_band(canvas, filled=False)
        self._tools: dict[str, RectangleTool | PolygonTool] = {
            "rectangle": RectangleTool(canvas),
            "polygon": PolygonTool(canvas),
        }
        self._build()
        self._connect()
        self._show_region()

    # What the dock asks for

    def region(self) -> RegionChoice | None:
        """The region to map, or None where there is none that can be mapped."""
        return self._region

    def set_region(self, choice: RegionChoice) -> bool:
        """Take a region where it can be mapped; else say what is wrong with it and keep none."""
        problem = region_problem(choice.geometry)
        self._region = None if problem else choice
        self._repairable = None
        if problem:
            self._offer_repair(choice, problem)
        self._show_region()
        self.changed.emit()
        return not problem

    def repair(self) -> None:
        """Mend the border of the region that was refused last."""
        if self._repairable is not None:
            self.set_region(
                RegionChoice(repair_geometry(self._repairable.geometry), self._repairable.crs, self._repairable.name)
            )

    def clear(self) -> None:
        """Forget the region."""
        self._stop_drawing()
        self._region, self._repairable = None, None
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
        self._buttons["layer"].setToolTip(self.tr("Take the polygons of a layer, or the selected ones"))
        self._buttons["extent"].setToolTip(self.tr("Take what the map shows now"))
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
        self._summary = QLabel(self)
        self._summary.setObjectName("allpaRegionSummary")
        self._summary.setWordWrap(True)
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._repair_button = QPushButton(self.tr("Repair"), self)
        self._repair_button.setObjectName("allpaRegionRepair")
        self._zoom = QToolButton(self)
        self._zoom.setObjectName("allpaRegionZoom")
        self._zoom.setIcon(QgsApplication.getThemeIcon("mActionZoomTo.svg"))
        self._zoom.setToolTip(self.tr("Zoom to the region"))
        self._clear_button = QToolButton(self)
        self._clear_button.setObjectName("allpaRegionClear")
        self._clear_button.setIcon(QgsApplication.getThemeIcon("mActionDeleteSelected.svg"))
        self._clear_button.setToolTip(self.tr("Forget the region"))
        row.addWidget(self._summary, 1)
        row.addWidget(self._repair_button)
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
        self._layers.layerChanged.connect(self.use_layer)
        self._selected_only.toggled.connect(self.use_layer)
        self._repair_button.clicked.connect(self.repair)
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
                "Click the corners on the map. Right click or Enter closes, Backspace takes a corner back, Esc cancels."
            ),
        }
        self._summary.setText(hints[mode])

    def _on_drawn(self, geometry: QgsGeometry) -> None:
        self._stop_drawing()
        self._set_from_geometry(geometry, self._canvas.mapSettings().destinationCrs())

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
        if checked:
            self.use_layer()

    def use_layer(self) -> None:
        """Take the chosen layer's polygons as the region."""
        layer = self._layers.currentLayer()
        if layer is None or not self._buttons["layer"].isChecked():
            return
        context = QgsProject.instance().transformContext()
        try:
            geometry, repaired_count = layer_region(layer, self._selected_only.isChecked(), context)
        except ValueError as error:
            self._region = None
            self._show_region()
            self._warn(str(error))
            self.changed.emit()
            return
        except QgsCsException:
            self._warn_not_transformable()
            return
        if self.set_region(RegionChoice(geometry, layer.crs().authid(), layer.name())) and repaired_count:
            self.message.emit(
                self.tr("Borders that crossed themselves were repaired; features: {count}.").format(
                    count=repaired_count
                ),
                Qgis.MessageLevel.Info,
            )

    def refresh_layer(self) -> None:
        """Read the chosen layer again: its features or its selection may have changed since."""
        if self._buttons["layer"].isChecked():
            self.use_layer()

    def use_map_extent(self) -> None:
        """Take what the map shows now as the region."""
        self._stop_drawing()
        self._set_layer_mode(False)
        settings = self._canvas.mapSettings()
        self._set_from_geometry(QgsGeometry.fromRect(settings.extent()), settings.destinationCrs())

    def _set_from_geometry(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        try:
            transformed = to_wgs84(geometry, crs, QgsProject.instance().transformContext())
        except QgsCsException:
            self._warn_not_transformable()
            return
        self.set_region(RegionChoice(transformed, crs.authid()))

    def _warn_not_transformable(self) -> None:
        self._region = None
        self._show_region()
        self._warn(self.tr("The region lies outside the area that its map projection covers; draw a smaller one."))
        self.changed.emit()

    def _offer_repair(self, choice: RegionChoice, problem: str) -> None:
        valid_geometry = repair_geometry(choice.geometry) if not choice.geometry.isEmpty() else QgsGeometry()
        if not valid_geometry.isEmpty() and not region_problem(valid_geometry):
            self._repairable, self._problem = choice, problem
        else:
            self._warn(problem)

    # Showing

    def zoom_to_region(self) -> None:
        """Show the whole region on the map."""
        if self._region is not None:
            self._canvas.zoomToFeatureExtent(self._band.asGeometry().boundingBox())
            self._canvas.refresh()

    def _update_band(self) -> None:
        shown = self._region or self._repairable
        if shown is None or self._band.scene() is None:
            self._band.reset()
        else:
            self._band.setToGeometry(shown.geometry, wgs84())

    def _show_region(self) -> None:
        shown = self._region or self._repairable
        self._update_band()
        self._repair_button.setVisible(self._repairable is not None)
        self._zoom.setVisible(self._region is not None)
        self._clear_button.setVisible(shown is not None)
        if self._region is not None:
            name = self._region.name or self.tr("Region")
            self._summary.setText(
                self.tr("{name}: {area} ha").format(name=name, area=format_hectares(self._region.area_ha))
            )
        elif self._repairable is not None:
            self._summary.setText(self._problem)
        else:
            self._summary.setText(self.tr("Draw a region on the map, or take a layer or the map's extent."))
