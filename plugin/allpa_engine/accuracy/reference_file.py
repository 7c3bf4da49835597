"""Reading reference data: tables, GeoJSON, KML and KMZ, shapefiles and GeoPackages, each checked before it is opened.

GDAL recognises formats by content, and some of them are lists of other files and addresses. So a file must first look
like what its name says, and only its own bytes are read.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from pyproj import CRS
from pyproj.exceptions import CRSError

from ..core.errors import ReferenceInvalid
from ..core.json_input import read_json
from ..core.messages import Message, message
from ..geo.projection import WGS84
from .reference_table import MAX_ROWS, coordinate_columns, read_numbers, read_table

TABLES, GEOJSON, KML = (".csv", ".txt", ".tsv"), (".geojson", ".json"), (".kml", ".kmz")
RASTERS = (".tif", ".tiff")
_MAX_KML_BYTES = 256_000_000
_DEGREES = (-180.0, -90.0, 180.0, 90.0)
_READ_ERRORS = (DataSourceError, DataLayerError, FieldError, shapely.errors.ShapelyError, OSError, RuntimeError)
_UNDEFINED_CRS = re.compile(r'^[A-Z_]+\["Undefined (geographic|Cartesian) SRS"', re.IGNORECASE)
"""What a GeoPackage says, in WKT of GDAL, where its layer has no CRS."""
_MARKUP = re.compile(rb"<!(DOCTYPE|ENTITY)|<OGRVRT|<NetworkLink\b", re.IGNORECASE)


@dataclass(frozen=True)
class ReferenceFeatures:
    """Points and polygons with their attributes."""

    geometry: NDArray[np.object_]
    """Shapely geometries, x/y order; None where a feature has none."""
    fields: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    """Values by field."""
    crs: str
    """Code or WKT."""


def read_reference(
    path: Path, x_field: str = "", y_field: str = "", crs: str = "", layer: str = "", encoding: str = ""
) -> ReferenceFeatures:
    """Read reference data in any of the formats.

    Parameters
    ----------
    path : .csv, .txt, .tsv, .geojson, .json, .kml, .kmz, .shp or .gpkg.
    x_field, y_field : columns of a table; empty finds them by usual names.
    crs : of coordinates whose file does not name it; empty takes longitude and latitude.
    layer : of a GeoPackage; empty takes the first one with geometries.
    encoding : of a shapefile's texts, such as `cp1252`; empty takes that of its `.cpg`, else UTF-8 where its bytes are
        that, else Windows-1252.

    Returns
    -------
    All features, with all fields.

    Raises
    ------
    ReferenceInvalid : where the file cannot be read, is something else, or has no features or no CRS.

    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise ReferenceInvalid(message("The reference data {name} do not exist.", name=path.name))
    try:
        if suffix in TABLES:
            found = _from_table(path, x_field, y_field, crs)
        elif suffix in GEOJSON:
            found = _from_geojson(path, crs)
        elif suffix in KML:
            content = _kml_bytes(path)
            found = _joined([_from_gdal(content, number, path.name, WGS84) for number in _kml_layers(content)])
        elif suffix in (".shp", ".gpkg"):
            found = _from_gdal(_checked(path), _layer(path, layer), path.name, crs, _text_encoding(path, encoding))
        else:
            raise ReferenceInvalid(
                message("The format of {name} is not read.", name=path.name),
                next_step="Give CSV, GeoJSON, KML, KMZ, a shapefile, a GeoPackage, or a raster as GeoTIFF.",
            )
    except (*_READ_ERRORS, LookupError, UnicodeError) as error:  # LookupError: an encoding that is none
        raise ReferenceInvalid(message("{name} cannot be read.", name=path.name), str(error)[:300]) from error
    if not len(found.geometry):
        raise ReferenceInvalid(
            message("{name} has no features.", name=path.name), next_step="Give points or polygons with classes."
        )
    if len(found.geometry) > MAX_ROWS:
        raise ReferenceInvalid(
            message("{name} has more than {max_rows:,} features.", name=path.name, max_rows=MAX_ROWS),
            next_step="Divide the file.",
        )
    _require_degrees(found, path.name)
    return found


def _require_degrees(found: ReferenceFeatures, name: str) -> None:
    """Refuse metres under a CRS of degrees, which programs give to layers that name none; single errors are kept."""
    if not CRS.from_user_input(found.crs).is_geographic:
        return
    bounds = shapely.bounds(found.geometry)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    inside = (abs(bounds[:, [0, 2]]) <= 360).all(axis=1) & (abs(bounds[:, [1, 3]]) <= 90).all(axis=1)
    if inside.sum() * 2 >= len(bounds):
        return
    (west, south), (east, north) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    raise ReferenceInvalid(
        message("The CRS of {name} is wrong: {crs} has degrees.", name=name, crs=found.crs),
        _extent_text(west, south, east, north),
        message("Set the CRS in which the data were made, such as EPSG:32718; in QGIS in the layer's properties."),
    )


def _extent_text(west: float, south: float, east: float, north: float) -> Message:
    return message(
        "Its coordinates go from {west:.8g}, {south:.8g} to {east:.8g}, {north:.8g}: not longitude and latitude.",
        west=float(west),
        south=float(south),
        east=float(east),
        north=float(north),
    )


def checked_crs(text: str, name: str) -> str:
    """The CRS of reference data.

    Parameters
    ----------
    text : code, WKT or PROJ text; empty for longitude and latitude.
    name : of the file.

    Returns
    -------
    The text, or `EPSG:4326`.

    Raises
    ------
    ReferenceInvalid : where it is no CRS.

    """
    try:
        CRS.from_user_input(text or WGS84)
    except CRSError as error:
        raise ReferenceInvalid(
            message("The CRS of {name} cannot be used.", name=name),
            message("It is {text}.", text=repr(text[:80])),
            "Give a code such as EPSG:32718.",
        ) from error
    return text or WGS84


def _from_table(path: Path, x_field: str, y_field: str, crs: str) -> ReferenceFeatures:
    header, rows = read_table(path)
    x_column, y_column = coordinate_columns(header, x_field, y_field, path.name)
    columns = tuple([row[index] for row in rows] for index in range(len(header)))
    x, y = read_numbers(columns[x_column]), read_numbers(columns[y_column])
    valid = np.isfinite(x) & np.isfinite(y)
    if not valid.any():
        raise ReferenceInvalid(
            message(
                "No row of {name} has numbers in its columns {first} and {second}.",
                name=path.name,
                first=repr(header[x_column]),
                second=repr(header[y_column]),
            ),
            message(
                "The first row has {first} and {second}.",
                first=repr(rows[0][x_column][:20]),
                second=repr(rows[0][y_column][:20]),
            ),
            "Write coordinates as decimal numbers, not as degrees, minutes and seconds.",
        )
    geometry = np.full(len(rows), None, object)
    geometry[valid] = shapely.points(x[valid], y[valid])
    return ReferenceFeatures(geometry, tuple(header), columns, _crs_or_degrees(geometry, crs, path.name))


def _crs_or_degrees(geometry: NDArray[np.object_], crs: str, name: str) -> str:
    """The CRS that is given; without one, coordinates must be longitude and latitude."""
    if crs:
        return checked_crs(crs, name)
    west, south, east, north = shapely.total_bounds(geometry)
    if not (west >= _DEGREES[0] and south >= _DEGREES[1] and east <= _DEGREES[2] and north <= _DEGREES[3]):
        raise ReferenceInvalid(
            message("The CRS of {name} is not known.", name=name),
            _extent_text(west, south, east, north),
            message(
                "Name the CRS, such as EPSG:32718: in QGIS in the layer's properties, in a job by the key '{key}'.",
                key="reference_options.crs",
            ),
        )
    return WGS84


def _from_geojson(path: Path, crs: str) -> ReferenceFeatures:
    try:
        content = read_json(path)
        features = content["features"] if content["type"] == "FeatureCollection" else [content]
        named = ((content.get("crs") or {}).get("properties") or {}).get("name") or ""
        texts = [feature.get("geometry") for feature in features]
        rows = [feature.get("properties") or {} for feature in features]
        geometry = np.array([None if text is None else shapely.geometry.shape(text) for text in texts], object)
        fields = tuple(dict.fromkeys(str(key) for row in rows for key in row))
        columns = tuple([row.get(field) for row in rows] for field in fields)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise ReferenceInvalid(message("{name} is no GeoJSON.", name=path.name), str(error)[:300]) from error
    return ReferenceFeatures(
        geometry, fields, columns, checked_crs(str(named), path.name) if named else _crs_of(geometry, crs, path.name)
    )


def _crs_of(geometry: NDArray[np.object_], crs: str, name: str) -> str:
    return _crs_or_degrees(geometry, crs, name) if any(part is not None for part in geometry) else WGS84


def _kml_bytes(path: Path) -> bytes:
    """The KML of a file, or of the first document in a KMZ; bounded, and without links and entities."""
    if path.suffix.lower() == ".kmz":
        content = _first_document(path)
    else:
        with path.open("rb") as file:
            content = file.read(_MAX_KML_BYTES + 1)
    if len(content) > _MAX_KML_BYTES:
        raise ReferenceInvalid(
            message(
                "{name} is larger than {size_mb:.0f} MB.",
                name=path.name,
                size_mb=_MAX_KML_BYTES / 1e6,
            )
        )
    if b"<kml" not in content[:4096]:
        raise ReferenceInvalid(message("{name} is no KML.", name=path.name))
    if _MARKUP.search(content):
        raise ReferenceInvalid(
            message("{name} refers to other files.", name=path.name),
            "It has links or entities, which are not followed.",
            "Save its points as a KML of their own.",
        )
    return content


def _first_document(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.lower().endswith(".kml")]
            if not names:
                raise ReferenceInvalid(message("{name} holds no KML.", name=path.name))
            with archive.open(names[0]) as file:
                content: bytes = file.read(_MAX_KML_BYTES + 1)  # never more, whatever the archive says of its size
                return content
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise ReferenceInvalid(message("{name} is no KMZ, or it is damaged.", name=path.name), str(error)) from error


def _kml_layers(content: bytes) -> list[int]:
    """Numbers of the layers: a document without a name gets another one whenever it is opened."""
    kinds = [kind for _, kind in pyogrio.list_layers(io.BytesIO(content))]
    return [number for number, kind in enumerate(kinds) if kind is not None] or [0]


def _checked(path: Path) -> Path:
    """A shapefile or GeoPackage that begins as one."""
    with path.open("rb") as file:
        start = file.read(16)
    magic = b"\x00\x00\x27\x0a" if path.suffix.lower() == ".shp" else b"SQLite format 3\0"
    if not start.startswith(magic):
        kind = "shapefile" if path.suffix.lower() == ".shp" else "GeoPackage"
        raise ReferenceInvalid(message("{name} is no {kind}.", name=path.name, kind=kind))
    if path.suffix.lower() == ".shp" and not any(
        path.with_suffix(ending).is_file() for ending in (".dbf", ".DBF", ".Dbf")
    ):
        raise ReferenceInvalid(
            message("{name} has no .dbf beside it: the classes are missing.", name=path.name),
            next_step="Copy all files of the shapefile.",
        )
    return path


def _layer(path: Path, wanted: str) -> str:
    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    if wanted and wanted not in [name for name, _ in layers]:
        raise ReferenceInvalid(
            message("{name} has no layer {wanted}.", name=path.name, wanted=repr(wanted)),
            message("It has {names}.", names=", ".join((name for name, _ in layers[:20]))),
        )
    found = wanted or next((name for name, kind in layers if kind is not None), "")
    if not found:
        raise ReferenceInvalid(message("{name} has no layer of points or polygons.", name=path.name))
    return found


def _text_encoding(path: Path, wanted: str) -> str | None:
    """Encoding of a shapefile's texts; None where GDAL knows it."""
    if path.suffix.lower() != ".shp":
        return None
    if wanted or path.with_suffix(".cpg").is_file() or path.with_suffix(".CPG").is_file():
        return wanted or None
    table = next(found for ending in (".dbf", ".DBF", ".Dbf") if (found := path.with_suffix(ending)).is_file())
    with table.open("rb") as file:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            file.seek(32)  # behind the header, whose numbers are no text
            while piece := file.read(1 << 20):
                decoder.decode(piece)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _from_gdal(
    source: Path | bytes, layer: str | int, name: str, crs: str, encoding: str | None = None
) -> ReferenceFeatures:
    meta, _, geometry, columns = pyogrio.raw.read(
        io.BytesIO(source) if isinstance(source, bytes) else source,
        layer=layer,
        force_2d=True,
        max_features=MAX_ROWS + 1,
        encoding=encoding,
    )
    shapes = np.array(shapely.from_wkb(geometry, on_invalid="ignore"), object).reshape(-1)
    fields = tuple(str(field) for field in meta["fields"])
    own = "" if _UNDEFINED_CRS.search(meta["crs"] or "") else meta["crs"] or ""
    return ReferenceFeatures(
        shapes,
        fields,
        tuple(column.tolist() for column in columns),
        checked_crs(own, name) if own else _crs_of(shapes, crs, name),
    )


def _joined(parts: list[ReferenceFeatures]) -> ReferenceFeatures:
    """The features of several folders of a KML, with the fields of all."""
    fields = tuple(dict.fromkeys(field for part in parts for field in part.fields))
    columns = tuple(
        [
            value
            for part in parts
            for value in (
                part.columns[part.fields.index(field)] if field in part.fields else [None] * len(part.geometry)
            )
        ]
        for field in fields
    )
    return ReferenceFeatures(np.concatenate([part.geometry for part in parts]), fields, columns, parts[0].crs)
