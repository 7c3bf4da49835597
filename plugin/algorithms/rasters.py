"""Input rasters: the engine reads files, so a layer must be one."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsMapLayer

from ..allpa_engine.core.errors import RasterInvalid
from ..translation import tr


def raster_file(layer: QgsMapLayer | None) -> Path:
    """The absolute path of a raster layer's file.

    Raises
    ------
    RasterInvalid
        Where the layer is missing, or is no file (a web service, a memory layer).

    """
    if layer is None:
        raise RasterInvalid(
            tr("The land-cover map cannot be read."),
            "",
            tr("Choose a map that Allpa wrote, such as landcover_2020.tif."),
        )
    source = layer.source().split("|")[0]
    if not Path(source).is_file():
        raise RasterInvalid(
            tr("The land-cover map is not a file on this machine."), source, tr("Save the layer as GeoTIFF first.")
        )
    return Path(source).absolute()
