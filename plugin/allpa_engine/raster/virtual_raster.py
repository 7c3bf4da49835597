"""Virtual rasters: one small file over maps that lie side by side, as GDAL and QGIS open it without a copy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

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
    root = Xml.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    Xml.SubElement(root, "SRS").text = first.crs.to_wkt()
    Xml.SubElement(root, "GeoTransform").text = ", ".join(repr(float(value)) for value in transform.to_gdal())
    for band in first.indexes:
        _add_band(root, band, path, sources, opened, transform)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode") + "\n"


def _add_band(
    root: Xml.Element,
    band: int,
    path: Path,
    sources: Sequence[Path],
    opened: Sequence[DatasetReader],
    transform: rasterio.Affine,
) -> None:
    first = opened[0]
    element = Xml.SubElement(root, "VRTRasterBand", dataType=_TYPES[first.dtypes[band - 1]], band=str(band))
    if first.descriptions[band - 1]:
        Xml.SubElement(element, "Description").text = first.descriptions[band - 1]
    if first.nodata is not None:
        Xml.SubElement(element, "NoDataValue").text = repr(float(first.nodata))
    interpretation = first.colorinterp[band - 1].name
    Xml.SubElement(element, "ColorInterp").text = interpretation.capitalize()
    if interpretation == "palette":
        table = Xml.SubElement(element, "ColorTable")
        colors = first.colormap(band)
        for value in range(max(colors) + 1):
            parts = zip(("c1", "c2", "c3", "c4"), colors.get(value, (0, 0, 0, 0)), strict=True)
            Xml.SubElement(table, "Entry", {name: str(part) for name, part in parts})
    for source, dataset in zip(sources, opened, strict=True):
        part = Xml.SubElement(element, "SimpleSource" if first.nodata is None else "ComplexSource")
        inside = source.resolve().is_relative_to(path.parent.resolve())
        name = os.path.relpath(source, path.parent) if inside else str(source.resolve())
        Xml.SubElement(part, "SourceFilename", relativeToVRT=str(int(inside))).text = Path(name).as_posix()
        Xml.SubElement(part, "SourceBand").text = str(band)
        column, row = (round(place) for place in ~transform * (dataset.transform.c, dataset.transform.f))
        size = {"xSize": str(dataset.width), "ySize": str(dataset.height)}
        Xml.SubElement(part, "SrcRect", {"xOff": "0", "yOff": "0", **size})
        Xml.SubElement(part, "DstRect", {"xOff": str(column), "yOff": str(row), **size})
        if first.nodata is not None:
            Xml.SubElement(part, "NODATA").text = repr(float(first.nodata))
