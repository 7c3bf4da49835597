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
    source = layer.source().split("|")[0] if layer is not None else ""
    if not Path(source).is_file():
        raise RasterInvalid(
            tr("The land-cover map is not a file on this machine."), source, tr("Save the layer as GeoTIFF first.")
        )
    return Path(source).absolute()
