"""Runs inside the QGIS desktop that `run_desktop.py` opens: shows the sample region, and fills in Allpa's dock.

`ALLPA_SAMPLE`, a JSON text, holds `stac_url`, `picture`, `folder` and `extent` (west, south, east, north, EPSG:32718).
"""

import json
import os
from pathlib import Path
from typing import Any

import qgis.utils
from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsPalLayerSettings,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QTimer

CRS = "EPSG:32718"
YEAR = 2020
REAL_PLACES = {
    "Boadella, Spain": (2.79, 42.33, 2.84, 42.37),
    "Casma, Peru": (-78.33, -9.50, -78.28, -9.45),
    "Santo António, Príncipe": (7.39, 1.62, 7.43, 1.66),
}
"""Small regions for the catalogues on the internet: west, south, east, north in degrees."""


def add_layers(project: QgsProject, sample: dict[str, Any]) -> None:
    """A map of countries, real places to try, and the true-colour picture of the sample region."""
    world = Path(QgsApplication.pkgDataPath()) / "resources" / "data" / "world_map.gpkg"
    layers = [QgsVectorLayer(f"{world}|layername=countries", "Countries")] if world.is_file() else []
    layers.append(QgsRasterLayer(sample["picture"], "Sample region (simulated), true colour"))
    places = QgsVectorLayer("Polygon?crs=EPSG:4326&field=name:string", "Real places to try (internet)", "memory")
    for name, box in REAL_PLACES.items():
        feature = QgsFeature(places.fields())
        feature.setAttributes([name])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(*box)))
        places.dataProvider().addFeature(feature)
    places.updateExtents()
    places.setOpacity(0.5)
    places.setCustomProperty("skipMemoryLayersCheck", 1)
    labels = QgsPalLayerSettings()
    labels.fieldName = "name"
    places.setLabeling(QgsVectorLayerSimpleLabeling(labels))
    places.setLabelsEnabled(True)
    layers.append(places)
    for layer in layers:
        if layer.isValid():
            project.addMapLayer(layer)


def show_sample() -> None:
    """Wait for the plugin, then show map and dock."""
    plugin, iface = qgis.utils.plugins.get("allpa"), qgis.utils.iface
    if plugin is None:
        QTimer.singleShot(500, show_sample)
        return
    sample = json.loads(os.environ["ALLPA_SAMPLE"])
    project, crs = QgsProject.instance(), QgsCoordinateReferenceSystem(CRS)
    add_layers(project, sample)
    region = QgsGeometry.fromRect(QgsRectangle(*sample["extent"]))
    plugin.show_dock(True)
    plugin.dock.propose(region, crs, "Sample region", YEAR, sample["stac_url"], sample["folder"])

    def show_region() -> None:
        view = region.boundingBox()
        view.scale(1.3)
        project.setCrs(crs)
        iface.mapCanvas().setDestinationCrs(crs)
        iface.mapCanvas().setExtent(view)
        iface.mapCanvas().refresh()
        project.setDirty(False)

    QTimer.singleShot(1000, show_region)  # QGIS takes over the CRS and the extent of the first layer a little later


QTimer.singleShot(500, show_sample)
