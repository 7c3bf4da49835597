"""The legend of a raster's file, as QGIS's process reads it."""

from __future__ import annotations

from pathlib import Path

from ..allpa_engine.core import raster_tags as tag_names
from ..allpa_engine.core.errors import LegendInvalid
from ..allpa_engine.core.legend import BUNDLED_LEGEND, Legend, legend_from_tag


def raster_tags(path: Path) -> dict[str, str]:
    """The tags of a GeoTIFF; empty where the file is none."""
    from osgeo import gdal  # here, since the plugin's import in QGIS must stay light

    quiet = gdal.OF_RASTER  # without OF_VERBOSE_ERROR
    try:
        raster = gdal.OpenEx(str(path), quiet, allowed_drivers=["GTiff"]) if path.is_file() else None
    except RuntimeError:  # newer versions of QGIS switch GDAL's exceptions on
        return {}
    return dict(raster.GetMetadata()) if raster is not None else {}


def raster_legend(path: Path) -> Legend:
    """The classes of a raster's codes: those in its own tag, else the bundled ones.

    Parameters
    ----------
    path : of a map, a quality raster or a prediction. A tag that is damaged counts as none: the engine, which reads
        the same file, says what is wrong with it.

    """
    return legend_of_tags(raster_tags(path))


def legend_of_tags(tags: dict[str, str]) -> Legend:
    """The same from tags that were read already."""
    try:
        return legend_from_tag(tags.get(tag_names.LEGEND, ""))
    except LegendInvalid:
        return BUNDLED_LEGEND
