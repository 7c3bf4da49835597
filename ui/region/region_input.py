"""The dock's region: drawn on the map, from a layer, the extent of the map, typed coordinates, or a place by name."""

from __future__ import annotations

from functools import partial

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapTool
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.region_geometry import is_defined, missing_crs_note, repair_note, wgs84
from ..background import Background
from ..labels import error_sentences, wrapped_label
from .basemap import BasemapOffer
from .coordinates_form import CoordinatesForm
from .layer_source import LayerSource
from .map_tools import PolygonTool, RectangleTool, create_region_band
from .place_search import PlaceSearch
from .region_geometry import SHORT_POINTS, RegionChoice, choose_region, point_count
from .region_summary import area_text, region_summary

_MIN_BUTTON_WIDTH_PX = 48
_BUTTON_COLUMNS = 3
_PAGES = ("layer", "coordinates", "place")
"""Ways that have fields of their own below the buttons."""


class RegionInput(QWidget):
    """Six ways to set a region, and a line that shows it with its area and tiles."""

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
        self._previous_tool: QgsMapTool | None = None
        self._background = Background(self)
        self._band = create_region_band(canvas, filled=False)
        self._is_shown = True
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

    def parameters(self) -> dict[str, str]:
        """The region as parameters of the algorithms; none where there is no region."""
        region = self._region
        return {"GEOMETRY": region.parameter, "REGION_NAME": region.name} if region is not None else {}

    def problem(self) -> str:
        """One sentence that says why there is no region; empty where there is one."""
        if self._region is not None:
            return ""
        return self._problem or str(self.tr("Set a region first: draw it, or use a layer or the map canvas extent."))

    def refresh_layer(self) -> None:
        """Read the chosen layer again where its features or its selection may have changed."""
        self._layer.refresh()

    def use_layer(self, layer: QgsVectorLayer) -> None:
        """Take the region from a layer, as if the user had chosen it.

        Parameters
        ----------
        layer : of polygons, in the project.

        """
        self._set_page("layer")
        self._layer.set_layer(layer)

    def set_region(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, name: str = "") -> bool:
        """Set a region where it can be mapped; else show what is wrong with it, and have none.

        One with many corners is computed in the background; until then there is none.

        Parameters
        ----------
        geometry : a polygon in `crs`; self-intersections are repaired.
        crs : of the polygon.
        name : title for tables and reports; may be empty.

        Returns
        -------
        Whether the region was set, or is being computed.

        """
        self._layer.cancel()
        is_short = point_count(geometry) <= SHORT_POINTS
        if not is_short:
            self._show_reading()
        self._background.start(
            partial(
                choose_region,
                lambda: [(geometry, crs)],
                QgsProject.instance().transformContext(),
                crs.authid(),
                name,
            ),
            self._on_computed,
            self._reject,
            at_once=is_short,
        )
        return self._background.busy or self._region is not None

    def set_choice(self, region: RegionChoice) -> None:
        """Set a region that was computed already."""
        self._layer.cancel()
        self._background.cancel()
        self._accept(region)

    def clear(self) -> None:
        """Clear the region."""
        self._stop_drawing()
        self._background.cancel()
        self._region, self._problem = None, ""
        self._set_page("")
        self._show_region()
        self.changed.emit()

    def set_shown(self, shown: bool) -> None:
        """Show the region on the map or hide it; hiding ends drawing."""
        if not shown:
            self._stop_drawing()
        else:
            self._show_place_button()
        self._is_shown = shown
        self._band.setVisible(shown)

    def dispose(self) -> None:
        """Give the canvas back as it was: no tool, no rubber band."""
        self._stop_drawing()
        self._background.dispose()
        self._layer.dispose()
        self._place.dispose()
        self._basemap.dispose()
        for tool in self._tools.values():
            tool.dispose()
        self._canvas.scene().removeItem(self._band)

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        buttons = QGridLayout()
        buttons.setSpacing(0)
        self._buttons = {
            "rectangle": self._button("Rectangle", self.tr("Rectangle"), "mActionAddBasicRectangle.svg"),
            "polygon": self._button("Polygon", self.tr("Polygon"), "mActionCapturePolygon.svg"),
            "layer": self._button("Layer", self.tr("Layer"), "mIconPolygonLayer.svg"),
            "extent": self._button("MapExtent", self.tr("Extent"), "mActionRectangleExtent.svg"),
            "coordinates": self._button("Coordinates", self.tr("Coordinates"), "mActionEditTable.svg"),
            "place": self._button("Place", self.tr("Place"), "mActionFilter2.svg"),
        }
        self._buttons["extent"].setCheckable(False)
        self._buttons["rectangle"].setToolTip(self.tr("Drag a rectangle on the map"))
        self._buttons["polygon"].setToolTip(self.tr("Click the corners of a polygon on the map"))
        self._buttons["layer"].setToolTip(self.tr("Use the polygons of a layer, or its selected ones"))
        self._buttons["extent"].setToolTip(self.tr("Use map canvas extent"))
        self._buttons["coordinates"].setToolTip(self.tr("Type the corners of a rectangle, or a point and a radius"))
        self._buttons["place"].setToolTip(self.tr("Find a place by its name, with the service that the options name"))
        for place, button in enumerate(self._buttons.values()):
            buttons.addWidget(button, place // _BUTTON_COLUMNS, place % _BUTTON_COLUMNS)
        self._basemap = BasemapOffer(self)
        self._layer, self._coordinates, self._place = LayerSource(self), CoordinatesForm(self), PlaceSearch(self)
        self._pages: dict[str, QWidget] = dict(
            zip(_PAGES, (self._layer, self._coordinates, self._place))  # no strict: Python 3.9
        )
        column.addWidget(self._basemap)
        column.addLayout(buttons)
        for page in self._pages.values():
            page.setVisible(False)
            column.addWidget(page)
        column.addLayout(self._summary_row())
        self._show_place_button()

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
        for mode in self._tools:
            self._buttons[mode].clicked.connect(partial(self._draw, mode))
        self._buttons["extent"].clicked.connect(self.use_map_extent)
        for page in _PAGES:
            self._buttons[page].clicked.connect(lambda checked, page=page: self._on_page_clicked(page, checked))
        self._layer.reading.connect(self._show_reading)
        self._layer.found.connect(self._on_layer_read)
        self._layer.refused.connect(lambda error, is_choice: self._reject(error, notify=is_choice))
        self._coordinates.entered.connect(self._on_coordinates)
        self._place.found.connect(self._show_place)
        self._place.taken.connect(self.set_region)
        for source in (self._coordinates.rejected, self._place.rejected, self._basemap.failed):
            source.connect(self._warn)
        self._clear_button.clicked.connect(self.clear)
        self._zoom.clicked.connect(self.zoom_to_region)

    # Drawing

    def _warn(self, text: str) -> None:
        self.message.emit(text, Qgis.MessageLevel.Warning)

    def _draw(self, mode: str, checked: bool) -> None:
        if not checked:
            self._stop_drawing()
            return
        self._set_page("")
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
        self._summary.setText(area_text(area_ha))

    # Layer, map extent, coordinates and places

    def _on_page_clicked(self, page: str, checked: bool) -> None:
        self._stop_drawing()
        self._set_page(page if checked else "")

    def _set_page(self, shown: str) -> None:
        """Show the fields of one way to set the region, and follow the layer only while it is the way."""
        for page, widget in self._pages.items():
            self._buttons[page].setChecked(page == shown)
            widget.setVisible(page == shown)
        self._layer.set_used(shown == "layer")

    def _show_place_button(self) -> None:
        self._buttons["place"].setVisible(PlaceSearch.is_available())

    def _on_computed(self, found: tuple[RegionChoice, int]) -> None:
        region, repaired_count = found
        self._accept(region)
        self._note_repairs(repaired_count)

    def _show_reading(self) -> None:
        """There is no region until a long one is computed."""
        self._background.cancel()
        self._region, self._problem = None, self.tr("The region is being read; wait a moment.")
        self._show_region()
        self.changed.emit()

    def _on_layer_read(self, region: RegionChoice, repaired_count: int, is_choice: bool) -> None:
        self._accept(region)
        if is_choice:
            self._note_repairs(repaired_count)
            layer = self._layer.layer
            if layer is not None and not is_defined(layer.crs()):
                self._warn(missing_crs_note(layer.name()))

    def _on_coordinates(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        if self.set_region(geometry, crs):
            self.zoom_to_region()

    def _show_place(self, bounds: QgsRectangle) -> None:
        self._canvas.setReferencedExtent(QgsReferencedRectangle(bounds, wgs84()))
        self._canvas.refresh()

    def use_map_extent(self) -> None:
        """Take what the map shows now as the region."""
        self._stop_drawing()
        self._set_page("")
        settings = self._canvas.mapSettings()
        self.set_region(QgsGeometry.fromRect(settings.extent()), settings.destinationCrs())

    def _accept(self, region: RegionChoice) -> None:
        self._region, self._problem = region, ""
        self._show_region()
        self.changed.emit()

    def _reject(self, error: AllpaError, *, notify: bool = True) -> None:
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
            self._band.setToGeometry(self._region.outline, wgs84())
            self._band.setVisible(self._is_shown)

    def _show_region(self) -> None:
        self._update_band()
        self._zoom.setVisible(self._region is not None)
        self._clear_button.setVisible(self._region is not None)
        missing = self._problem or self.tr("Draw a region on the map, or use a layer or the map canvas extent.")
        self._summary.setText(region_summary(self._region) if self._region is not None else missing)
        self._summary.setToolTip(", ".join(self._region.tiles) if self._region is not None else "")
