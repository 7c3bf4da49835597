"""A basemap for an empty map: offered, and fetched only after a click."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from qgis.core import QgsProject, QgsRasterLayer, QgsSettings
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QMenu, QToolButton, QVBoxLayout, QWidget

from ..labels import wrapped_label

_OPENSTREETMAP = ("OpenStreetMap", "https://tile.openstreetmap.org/{z}/{x}/{y}.png", 19)
_CONNECTIONS = "qgis/connections-xyz"
"""Where QGIS before 3.30 keeps the user's XYZ connections."""
_ITEMS = "connections/xyz/items"
"""Where later versions keep them."""


class BasemapOffer(QWidget):
    """A line with a button, shown while the project has no layers."""

    failed = pyqtSignal(str)
    """The layer cannot be used, in one sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaBasemap")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        text = wrapped_label("allpaBasemapText", self)
        text.setText(self.tr("The map is empty."))
        self._button = QToolButton(self)
        self._button.setObjectName("allpaBasemapAdd")
        self._button.setText(self.tr("Add a basemap"))
        self._button.setToolTip(
            self.tr("Adds OpenStreetMap to the project, or one of your XYZ connections. Nothing is loaded before.")
        )
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self._menu = QMenu(self._button)
        self._button.setMenu(self._menu)
        column.addWidget(text)
        column.addWidget(self._button)
        self._button.clicked.connect(lambda: self.add(*_OPENSTREETMAP))
        self._menu.aboutToShow.connect(self._fill_menu)
        for signal in _project_signals():
            signal.connect(self.update_shown)
        self._is_connected = True
        self.update_shown()

    def update_shown(self, *_arguments: object) -> None:
        """Offer a basemap where the project has no layers."""
        self.setVisible(not QgsProject.instance().mapLayers())

    def add(self, name: str, address: str, max_zoom: int) -> None:
        """Add a layer of tiles below all others.

        Parameters
        ----------
        name : of the layer.
        address : of the tiles, with {x}, {y} and {z}.
        max_zoom : deepest level that the service has.

        """
        source = f"type=xyz&url={quote(address, safe=':/{}')}&zmin=0&zmax={max_zoom}"
        layer = QgsRasterLayer(source, name, "wms")
        if not layer.isValid():
            self.failed.emit(self.tr("The basemap {name} cannot be added.").format(name=name))
            return
        if name == _OPENSTREETMAP[0]:
            layer.setAttribution("© OpenStreetMap contributors")
        project = QgsProject.instance()
        project.addMapLayer(layer, False)
        project.layerTreeRoot().addLayer(layer)

    def dispose(self) -> None:
        """Follow the project no longer."""
        if self._is_connected:
            for signal in _project_signals():
                signal.disconnect(self.update_shown)
        self._is_connected = False

    def _fill_menu(self) -> None:
        self._menu.clear()
        for name, address, max_zoom in [_OPENSTREETMAP, *user_connections()]:
            action = self._menu.addAction(name)
            action.triggered.connect(lambda _checked, of=(name, address, max_zoom): self.add(*of))


def _project_signals() -> tuple[Any, ...]:
    project = QgsProject.instance()
    return project.layersAdded, project.layersRemoved, project.cleared, project.readProject


def user_connections() -> list[tuple[str, str, int]]:
    """The XYZ connections that the user has set in QGIS: name, address and deepest level."""
    found: dict[str, tuple[str, str, int]] = {}
    settings = QgsSettings()
    for group in (_CONNECTIONS, _ITEMS):
        settings.beginGroup(group)
        for name in settings.childGroups():
            address = str(settings.value(f"{name}/url", "") or "")
            try:
                max_zoom = int(settings.value(f"{name}/zmax", 18))
            except (TypeError, ValueError):
                max_zoom = 18
            if address.startswith(("http://", "https://")):
                found.setdefault(name, (name, address, max_zoom))
        settings.endGroup()
    return list(found.values())
