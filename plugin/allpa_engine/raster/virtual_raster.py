"""Virtual rasters: one small file over maps that lie side by side, as GDAL and QGIS open it without a copy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import rasterio
from rasterio.io import DatasetReader

from ..core.atomic import write_text
from ..core.errors import RasterInvalid
from ..core.messages import message
from ..geo.grid import grid_difference, grid_of
from .gdal import open_raster

_TYPES = {"uint8": "Byte", "uint16": "UInt16", "int16": "Int16", "float32": "Float32"}


def write_virtual_raster(path: Path, sources: Sequence[Path]) -> None:
    """Write a VRT over rasters of one CRS, pixel size and layout.

    Where they overlap, the later one is seen, but for its pixels without data. Sources in the folder of the VRT or
    below it are named relative to it, so that both can be moved together.

    Parameters
    ----------
    path : of the VRT.
    sources : rasters with the same bands, types, value of no data, CRS and pixels.

    Raises
    ------
    RasterInvalid : where one of them is of another layout or its pixels lie between those of the others.
    DiskFull, FolderNotWritable

    """
    opened = [open_raster(source) for source in sources]
    try:
        _check_layout(opened)
        write_text(path, _text(path, sources, opened))
    finally:
        for dataset in opened:
            dataset.close()


def _check_layout(opened: Sequence[DatasetReader]) -> None:
    first = opened[0]
    for other in opened[1:]:
        same = (first.count, first.dtypes, first.nodata, first.crs, first.res)
        column, row = ~first.transform * (other.transform.c, other.transform.f)
        fits = (other.count, other.dtypes, other.nodata, other.crs, other.res) == same
        if not fits or max(abs(column - round(column)), abs(row - round(row))) > 1e-6:
            raise RasterInvalid(
                message("{name} does not fit the other maps.", name=Path(other.name).name),
                grid_difference(grid_of(first), grid_of(other)) or message("Its bands or types are others."),
            )


def _text(path: Path, sources: Sequence[Path], opened: Sequence[DatasetReader]) -> str:
    first = opened[0]
    left, top = min(item.bounds.left for item in opened), max(item.bounds.top for item in opened)
    right, bottom = max(item.bounds.right for item in opened), min(item.bounds.bottom for item in opened)
    transform = rasterio.Affine(first.transform.a, 0, left, 0, first.transform.e, top)
    width, height = round((right - left) / transform.a), round((bottom - top) / transform.e)
    bands = [_band(band, path, sources, opened, transform) for band in first.indexes]
    content = [
        _element("SRS", escape(first.crs.to_wkt())),
        _element("GeoTransform", ", ".join(repr(float(value)) for value in transform.to_gdal())),
        *bands,
    ]
    return _element("VRTDataset", "\n".join(["", *content, ""]), rasterXSize=width, rasterYSize=height) + "\n"


def _element(name: str, text: str = "", **attributes: object) -> str:
    """An element of XML; the text is escaped already."""
    given = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{given}>{text}</{name}>"


def _band(
    band: int, path: Path, sources: Sequence[Path], opened: Sequence[DatasetReader], transform: rasterio.Affine
) -> str:
    first = opened[0]
    content = []
    if first.descriptions[band - 1]:
        content.append(_element("Description", escape(first.descriptions[band - 1])))
    if first.nodata is not None:
        content.append(_element("NoDataValue", repr(float(first.nodata))))
    interpretation = first.colorinterp[band - 1].name
    content.append(_element("ColorInterp", interpretation.capitalize()))
    if interpretation == "palette":
        content.append(_element("ColorTable", _color_entries(first.colormap(band))))
    content += [_source(band, path, *pair, transform) for pair in zip(sources, opened, strict=True)]
    data_type = _TYPES[first.dtypes[band - 1]]
    return _element("VRTRasterBand", "\n".join(["", *content, ""]), dataType=data_type, band=band)


def _color_entries(colors: Mapping[int, tuple[int, int, int, int]]) -> str:
    entries = (colors.get(value, (0, 0, 0, 0)) for value in range(max(colors) + 1))
    return "".join(_element("Entry", c1=c1, c2=c2, c3=c3, c4=c4) for c1, c2, c3, c4 in entries)


def _source(band: int, path: Path, source: Path, dataset: DatasetReader, transform: rasterio.Affine) -> str:
    inside = source.resolve().is_relative_to(path.parent.resolve())
    name = os.path.relpath(source, path.parent) if inside else str(source.resolve())
    column, row = (round(place) for place in ~transform * (dataset.transform.c, dataset.transform.f))
    size = {"xSize": dataset.width, "ySize": dataset.height}
    content = [
        _element("SourceFilename", escape(Path(name).as_posix()), relativeToVRT=int(inside)),
        _element("SourceBand", str(band)),
        _element("SrcRect", xOff=0, yOff=0, **size),
        _element("DstRect", xOff=column, yOff=row, **size),
    ]
    if dataset.nodata is None:
        return _element("SimpleSource", "".join(content))
    return _element("ComplexSource", "".join([*content, _element("NODATA", repr(float(dataset.nodata)))]))
