"""Styles beside the rasters: QML for QGIS and GDAL's `.aux.xml` with category names and an attribute table.

All of it is made from the legend's one table. QGIS loads `NAME.qml` beside `NAME.tif` by itself; the further styles of
the quality raster are called `NAME_<band>.qml` and are chosen in the layer's properties. GDAL and QGIS 3.30 and later
read the attribute table. Importing this needs the standard library alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml  # nosec B405 # XML is written here, never read

from ..core.atomic import write_text
from ..core.legend import BUNDLED_LEGEND, NO_DATA, Legend, hex_to_rgb
from ..core.messages import translatable, translate
from ..core.products import QUALITY, RasterBand

CLASS_BAND_KEYS = ("landcover", "second")
"""Bands that hold class codes and are drawn in the legend's colours."""
_RAMPS: dict[str, tuple[tuple[int, str, str], ...]] = {
    "confidence": (
        (0, "#7f0000", "0 %"),
        (64, "#d7301f", "25 %"),
        (128, "#fdbb84", "50 %"),
        (191, "#a6d96a", "75 %"),
        (255, "#006837", "100 %"),
    ),
    "agreement": (
        (0, "#7f0000", "0 %"),
        (25, "#d7301f", "25 %"),
        (50, "#fdbb84", "50 %"),
        (75, "#a6d96a", "75 %"),
        (100, "#006837", "100 %"),
    ),
    "observations": (
        (1, "#7f2704", "1"),
        (3, "#f16913", "3"),
        (5, "#fdd0a2", "5"),
        (10, "#9ecae1", "10"),
        (20, "#08519c", "20"),
    ),
    "months": (
        (1, "#7f2704", "1"),
        (3, "#f16913", "3"),
        (6, "#fdd0a2", "6"),
        (9, "#9ecae1", "9"),
        (12, "#08519c", "12"),
    ),
}
"""Value, colour and label of the stops between which the colour of a quality band is interpolated."""

_MAX_CATEGORY = 255
"""GDAL lists the names of all values from 0 on, so only rasters of one byte have them."""
_GFT_INTEGER, _GFT_REAL, _GFT_STRING = "0", "1", "2"
_USE = {"generic": "0", "name": "2", "value": "5", "red": "6", "green": "7", "blue": "8", "alpha": "9"}
"""GDAL's GDALRATFieldUsage."""


def write_styles(
    landcover: Path, quality: Path | None = None, language: str = "en", legend: Legend = BUNDLED_LEGEND
) -> tuple[Path, ...]:
    """Write the styles beside a map and its quality raster.

    Parameters
    ----------
    landcover : the map; gets `.qml` in place of its suffix and `.aux.xml` after it.
    quality : the quality raster; gets `.qml` (confidence) and one `_<band>.qml` for each band. None leaves it out.
    language : of the names, `en` or `es`.
    legend : the classes of both.

    Returns
    -------
    The paths of the files that were written.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    texts = {
        landcover.with_suffix(".qml"): class_style(1, language, legend),
        landcover.with_name(landcover.name + ".aux.xml"): attribute_table(language, legend),
    }
    if quality is not None:
        texts[quality.with_suffix(".qml")] = quality_style("confidence", language, legend)
        for band in QUALITY.bands:
            texts[quality.with_name(f"{quality.stem}_{band.key}.qml")] = quality_style(band.key, language, legend)
    for path, text in texts.items():
        write_text(path, text)
    return tuple(texts)


def quality_style(key: str, language: str = "en", legend: Legend = BUNDLED_LEGEND) -> str:
    """QML of one band of the quality raster.

    Parameters
    ----------
    key : of the band: `confidence`, `agreement`, `observations`, `months` or `second`.
    language : of the names, `en` or `es`.
    legend : the classes of the band `second`.

    Returns
    -------
    The QML document.

    """
    number, band = next((number, band) for number, band in enumerate(QUALITY.bands, start=1) if band.key == key)
    return class_style(number, language, legend) if key in CLASS_BAND_KEYS else _ramp_style(number, band, language)


def class_style(band: int, language: str = "en", legend: Legend = BUNDLED_LEGEND) -> str:
    """QML that paints a band of class codes with the legend's colours and names.

    Parameters
    ----------
    band : number of the band in its raster, from 1.
    language : of the names, `en` or `es`.
    legend : the classes.

    Returns
    -------
    The QML document.

    """
    return palette_style(
        band, [(land_class.code, land_class.color, land_class.label(language)) for land_class in legend]
    )


def palette_style(band: int, entries: Iterable[tuple[int, str, str]]) -> str:
    """QML that paints single values of a band.

    Parameters
    ----------
    band : number of the band in its raster, from 1.
    entries : value, colour (`#RRGGBB`) and label, in the order of the legend that QGIS shows.

    Returns
    -------
    The QML document.

    """
    root, renderer = _qml_document("paletted", band)
    palette = Xml.SubElement(renderer, "colorPalette")
    for value, color, label in entries:
        Xml.SubElement(palette, "paletteEntry", value=str(value), color=color.lower(), label=label, alpha="255")
    return _to_xml(root, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n")


def _ramp_style(number: int, band: RasterBand, language: str) -> str:
    """QML that paints a band with colours interpolated between stops."""
    stops = _RAMPS[band.key]
    minimum, maximum = str(stops[0][0]), str(stops[-1][0])
    root, renderer = _qml_document("singlebandpseudocolor", number)
    renderer.set("classificationMin", minimum)
    renderer.set("classificationMax", maximum)
    shader = Xml.SubElement(
        Xml.SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=minimum,
        maximumValue=maximum,
        labelPrecision="0",
    )
    for value, color, label in stops:
        text = f"{band.label(language)}: {label}" if value == stops[0][0] else label
        Xml.SubElement(shader, "item", value=str(value), color=color, label=text, alpha="255")
    return _to_xml(root, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n")


def _qml_document(kind: str, band: int) -> tuple[Xml.Element, Xml.Element]:
    """A QML document of the oldest QGIS that is supported, and its renderer."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology", hasScaleBasedVisibilityFlag="0")
    pipe = Xml.SubElement(root, "pipe")
    provider = Xml.SubElement(pipe, "provider")
    Xml.SubElement(
        provider,
        "resampling",
        enabled="false",
        zoomedInResamplingMethod="nearestNeighbour",
        zoomedOutResamplingMethod="nearestNeighbour",
        maxOversampling="2",
    )
    renderer = Xml.SubElement(
        pipe, "rasterrenderer", type=kind, band=str(band), opacity="1", alphaBand="-1", nodataColor=""
    )
    Xml.SubElement(renderer, "rasterTransparency")
    Xml.SubElement(pipe, "brightnesscontrast", brightness="0", contrast="0", gamma="1")
    Xml.SubElement(pipe, "huesaturation", saturation="0", grayscaleMode="0", colorizeOn="0")
    Xml.SubElement(pipe, "rasterresampler", maxOversampling="2")
    Xml.SubElement(root, "blendMode").text = "0"
    return root, renderer


def attribute_table(language: str = "en", legend: Legend = BUNDLED_LEGEND) -> str:
    """GDAL's PAM document (`.aux.xml`) with category names and a raster attribute table of the legend."""
    rows = [
        (land_class.code, land_class.label(language), land_class.color, (land_class.definition,))
        for land_class in legend
    ]
    return pam_document({NO_DATA: translate(translatable("No data"), language)}, rows, ("Definition",))


def pam_document(
    extra_categories: Mapping[int, str],
    rows: Sequence[tuple[int, str, str, tuple[str, ...]]],
    columns: tuple[str, ...] = (),
) -> str:
    """GDAL's PAM document of a band's values: category names, and a raster attribute table.

    Parameters
    ----------
    extra_categories : names by value that the attribute table leaves out.
    rows : value, name, colour (`#RRGGBB`) and the texts of `columns`; values are 0 or more.
    columns : names of further columns of texts.

    Returns
    -------
    The XML of a `.aux.xml` file.

    """
    root = Xml.Element("PAMDataset")
    band = Xml.SubElement(root, "PAMRasterBand", band="1")
    categories = Xml.SubElement(band, "CategoryNames")
    names = {**extra_categories, **{value: name for value, name, _, _ in rows}}
    for value in range(max(names, default=0) + 1 if max(names, default=0) <= _MAX_CATEGORY else 0):
        Xml.SubElement(categories, "Category").text = names.get(value, "")
    table = Xml.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    fields = (
        ("Value", _GFT_INTEGER, "value"),
        ("Class", _GFT_STRING, "name"),
        ("Red", _GFT_INTEGER, "red"),
        ("Green", _GFT_INTEGER, "green"),
        ("Blue", _GFT_INTEGER, "blue"),
        ("Alpha", _GFT_INTEGER, "alpha"),
        *((name, _GFT_STRING, "generic") for name in columns),
    )
    for index, (name, kind, use) in enumerate(fields):
        field = Xml.SubElement(table, "FieldDefn", index=str(index))
        for tag, text in (("Name", name), ("Type", kind), ("Usage", _USE[use])):
            Xml.SubElement(field, tag).text = text
    for index, (value, name, color, texts) in enumerate(rows):
        row = Xml.SubElement(table, "Row", index=str(index))
        for cell in (value, name, *hex_to_rgb(color), 255, *texts):
            Xml.SubElement(row, "F").text = str(cell)
    return _to_xml(root, "")


def _to_xml(root: Xml.Element, doctype: str) -> str:
    Xml.indent(root, " ")
    return doctype + Xml.tostring(root, encoding="unicode") + "\n"
