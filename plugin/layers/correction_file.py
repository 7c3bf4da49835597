"""Corrections of a map in a GeoPackage: each is saved at once, and can be taken back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle

from ..allpa_engine.core.errors import FolderNotWritable, SampleInvalid
from ..translation import tr
from .sample_file import layer_of, opened

TABLE = "corrections"
CLASS, MADE = "class", "made"
PIXEL_M = 10.0
"""Side of the square that stands for a click: it covers the middle of one pixel of the map."""
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Correction:
    """One corrected place."""

    number: int
    """Id in the file."""
    code: int
    """Its class."""
    geometry: QgsGeometry
    """Polygon in longitude and latitude."""


def click_square(place: QgsPointXY) -> QgsGeometry:
    """The square of a pixel's side around a clicked place.

    Parameters
    ----------
    place : longitude and latitude.

    Returns
    -------
    A polygon in longitude and latitude.

    """
    half = PIXEL_M / 2 / _METRES_PER_DEGREE
    wide = half / max(math.cos(math.radians(place.y())), 0.01)
    return QgsGeometry.fromRect(QgsRectangle(place.x() - wide, place.y() - half, place.x() + wide, place.y() + half))


def create_correction_file(path: Path) -> None:
    """Make an empty file of corrections; one that is there stays.

    Parameters
    ----------
    path : of the GeoPackage; its folder is made.

    Raises
    ------
    FolderNotWritable : where it cannot be made.

    """
    from osgeo import gdal, ogr, osr  # here, since the plugin's import in QGIS must stay light

    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(tr("The folder {} cannot be made.").format(path.parent), str(error)) from error
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    dataset = None
    try:
        dataset = gdal.GetDriverByName("GPKG").Create(str(path), 0, 0, 0, gdal.GDT_Unknown)
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(4326)
        layer = None if dataset is None else dataset.CreateLayer(TABLE, crs, ogr.wkbMultiPolygon)
        if layer is None:
            raise _not_saved(path, gdal.GetLastErrorMsg())
        layer.CreateField(ogr.FieldDefn(CLASS, ogr.OFTInteger))
        layer.CreateField(ogr.FieldDefn(MADE, ogr.OFTString))
        layer = None
    except RuntimeError as error:  # newer versions of QGIS switch GDAL's exceptions on
        raise _not_saved(path, str(error)) from error
    finally:
        dataset = None
        gdal.PopErrorHandler()


def read_corrections(path: Path) -> list[Correction]:
    """All corrections in the order in which they were made.

    Parameters
    ----------
    path : of the GeoPackage; without a file there are none.

    Raises
    ------
    SampleInvalid : where it is no file of corrections.

    """
    if not path.exists():
        return []
    found = []
    with opened(path) as dataset:
        layer = layer_of(dataset, TABLE, path)
        if layer.GetLayerDefn().GetFieldIndex(CLASS) < 0:
            raise SampleInvalid(tr("{} is no file of corrections.").format(path.name))
        layer.ResetReading()
        for feature in layer:
            shape = feature.GetGeometryRef()
            if shape is None or not feature.IsFieldSetAndNotNull(CLASS):
                continue
            geometry = QgsGeometry()
            geometry.fromWkb(bytes(shape.ExportToWkb()))
            found.append(Correction(int(feature.GetFID()), int(feature.GetField(CLASS)), geometry))
    return sorted(found, key=lambda correction: correction.number)


def add_correction(path: Path, code: int, geometry: QgsGeometry) -> Correction:
    """Save a correction.

    Parameters
    ----------
    path : of the GeoPackage, which is made where it is missing.
    code : of the class.
    geometry : polygon in longitude and latitude.

    Returns
    -------
    The correction with its id.

    Raises
    ------
    FolderNotWritable, SampleInvalid : where it cannot be saved.

    """
    from osgeo import ogr

    create_correction_file(path)
    whole = QgsGeometry(geometry)
    whole.convertToMultiType()
    with opened(path, update=True) as dataset:
        layer = layer_of(dataset, TABLE, path)
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField(CLASS, int(code))
        feature.SetField(MADE, datetime.now(timezone.utc).isoformat(timespec="seconds"))
        feature.SetGeometry(ogr.CreateGeometryFromWkb(bytes(whole.asWkb())))
        if layer.CreateFeature(feature) != 0:
            raise _not_saved(path)
        return Correction(int(feature.GetFID()), int(code), QgsGeometry(whole))


def remove_correction(path: Path, number: int) -> None:
    """Take a correction back; one that is not there any more is no error.

    Raises
    ------
    FolderNotWritable, SampleInvalid : where the file cannot be changed.

    """
    with opened(path, update=True) as dataset:
        layer: Any = layer_of(dataset, TABLE, path)
        layer.DeleteFeature(number)


def _not_saved(path: Path, why: str = "") -> FolderNotWritable:
    return FolderNotWritable(
        tr("The correction was not saved: {} cannot be written.").format(path.name),
        why,
        tr("Close other programs that write to the file, or choose a folder where you may write; then click again."),
    )
