"""Copies of zones: of a selection, or of a layer that is no file, as the file that a run reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from qgis.core import (
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from ..plugin.allpa_engine.core.errors import FolderNotWritable
from ..plugin.translation import tr


def zones_copy(layer: QgsVectorLayer, path: Path, *, selected_only: bool) -> Callable[[], None]:
    """The writing of a layer, or of what is selected in it, as a GeoPackage; its own fields keep their names.

    Parameters
    ----------
    layer : as it is now; what is changed in it later is not written.
    path : of the GeoPackage.
    selected_only : whether only the selected features are written.

    Returns
    -------
    Writes the file, in any thread; raises FolderNotWritable where it cannot.

    """
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "zones"
    options.layerOptions = ["FID=allpa_fid", "GEOMETRY_NAME=allpa_geometry"]
    request = QgsFeatureRequest()
    if selected_only:
        request.setFilterFids(layer.selectedFeatureIds())
    source, context = QgsVectorLayerFeatureSource(layer), QgsProject.instance().transformContext()
    kind, crs, fields = layer.wkbType(), layer.crs(), layer.fields()

    def write_to(aside: Path) -> str:
        writer = QgsVectorFileWriter.create(str(aside), fields, kind, crs, context, options)
        for feature in source.getFeatures(request) if not writer.hasError() else ():
            if not writer.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                break
        writer.flushBuffer()
        return str(writer.errorMessage()) if writer.hasError() else ""

    def write() -> None:
        aside = path.with_name(f".{path.name}.{os.getpid()}.gpkg")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            why = write_to(aside)
            if why:
                raise FolderNotWritable(_cannot_write(path), why)
            aside.replace(path)
        except OSError as error:
            raise FolderNotWritable(_cannot_write(path), str(error)) from error
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    return write


def _cannot_write(path: Path) -> str:
    return tr("The zones cannot be written to {}.").format(path)
