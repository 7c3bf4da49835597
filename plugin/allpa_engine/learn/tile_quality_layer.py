"""The quality of seasonal composites as a layer of tiles, green to red, and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml  # nosec B405 # XML is written here, never read

from shapely.geometry import mapping

from ..areas.csv_table import write_csv
from ..composite.tile_quality import TileQuality
from ..core.atomic import write_json, write_text
from ..core.legend import hex_to_rgb
from ..core.messages import translatable, translate
from ..core.season_keys import season_key
from ..geo.projection import WGS84, reprojected

_CLASSES: tuple[tuple[float, float, str], ...] = (
    (0, 1, "#1a9641"),
    (1, 5, "#a6d96a"),
    (5, 20, "#ffffbf"),
    (20, 50, "#fdae61"),
    (50, 100, "#d7191c"),
)
"""Missing pixels in percent, from above the first number up to the second, and the colour: green to red."""
_LABEL_SCALE = 400_000
"""1 to this: tiles have their names on small maps only; on that of a region they would stand in the picture."""
_MISSING = translatable("Missing pixels (%)")


def write_tile_quality(
    path: Path, found: Sequence[TileQuality], scenes: Mapping[str, Mapping[str, int]], crs: str, language: str
) -> None:
    """Write the quality by tile as GeoJSON with its style (`.qml`) beside, and as a table (`.csv`).

    Parameters
    ----------
    path : of the GeoJSON; style and table have its name.
    found : from `tile_quality`.
    scenes : number of scenes by season and tile.
    crs : of the composites.
    language : of the names in style and table, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    features = [
        {
            "type": "Feature",
            "properties": _properties(tile, scenes),
            "geometry": mapping(reprojected(tile.area, crs, WGS84)),
        }
        for tile in found
    ]
    write_text(path.with_suffix(".qml"), quality_style(language))
    header = (
        translatable("tile"), translatable("season"), translatable("scenes"), translatable("pixels"),
        translatable("missing pixels (%)"), translatable("clear observations (mean)"),
    )  # fmt: skip
    rows = [
        [tile.tile, season, scenes.get(season, {}).get(tile.tile, 0), tile.pixels,
         f"{tile.missing_percent(season):.2f}", f"{tile.observations[season]:.2f}"]
        for tile in found
        for season in tile.missing
    ]  # fmt: skip
    write_csv(path.with_suffix(".csv"), [[translate(name, language) for name in header], *rows])
    write_json(path, {"type": "FeatureCollection", "name": path.stem, "features": features})


def quality_style(language: str = "en") -> str:
    """The QML of the layer: tiles from green (no pixel missing) to red (more than half), with their names."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling")
    renderer = Xml.SubElement(
        root, "renderer-v2", type="graduatedSymbol", attr="missing_percent", graduatedMethod="GraduatedColor",
        enableorderby="0", forceraster="0", symbollevels="0",
    )  # fmt: skip
    ranges, symbols = Xml.SubElement(renderer, "ranges"), Xml.SubElement(renderer, "symbols")
    for number, (low, high, color) in enumerate(_CLASSES):
        # Ranges of QGIS overlap at their ends; the first that fits is taken.
        label = f"{low:g} – {high:g} %"
        Xml.SubElement(
            ranges, "range", lower=f"{low:g}", upper=f"{high:g}", symbol=str(number), label=label, render="true"
        )
        symbol = Xml.SubElement(symbols, "symbol", type="fill", name=str(number), alpha="0.4", clip_to_extent="1")
        layer = Xml.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "locked": "0"})
        for key, value in {
            "color": ",".join(map(str, (*hex_to_rgb(color), 255))),
            "outline_color": "60,60,60,255",
            "outline_width": "0.3",
            "outline_width_unit": "MM",
            "style": "solid",
        }.items():
            Xml.SubElement(layer, "prop", k=key, v=value)
    Xml.SubElement(renderer, "classificationAttribute").text = translate(_MISSING, language)
    labeling = Xml.SubElement(root, "labeling", type="simple")
    settings = Xml.SubElement(labeling, "settings", calloutType="simple")
    Xml.SubElement(
        settings, "text-style", fieldName="tile || '\n' || format_number(missing_percent, 1) || ' %'", isExpression="1",
        fontSize="9", textColor="30,30,30,255",
    )  # fmt: skip
    Xml.SubElement(
        settings, "rendering", drawLabels="1", scaleVisibility="1", scaleMin=str(_LABEL_SCALE), scaleMax="100000000"
    )
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + Xml.tostring(root, encoding="unicode")


def _properties(tile: TileQuality, scenes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "tile": tile.tile,
        "pixels": tile.pixels,
        "missing_percent": round(tile.missing_percent(), 3),
    }
    for season in tile.missing:
        key = season_key(season)
        values[f"missing_{key}"] = round(tile.missing_percent(season), 3)
        values[f"scenes_{key}"] = scenes.get(season, {}).get(tile.tile, 0)
        values[f"observations_{key}"] = round(tile.observations[season], 2)
    return values
