"""The GeoPackage of a sample: written whole or not at all, read with every value checked, and bound to its map."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError

from ..core import sample_schema as schema
from ..core.agreement import Label
from ..core.atomic import atomic_write, write_failure
from ..core.errors import SampleInvalid
from ..core.legend import BUNDLED_LEGEND, Legend
from ..core.messages import joined, message, text_of, translatable
from ..raster.class_raster import PAIR_CODE_COUNT, Codes, as_codes, open_class_raster
from ..raster.digest import raster_digest
from .sample_design import SampleDesign, design_from_dict, design_to_dict
from .sample_style import layer_styles

_DTYPES = {"INTEGER": np.int32, "REAL": np.float64, "TEXT": np.object_}
_SQLITE_HEADER = b"SQLite format 3\0"
_MAX_POINTS = 1_000_000
_HIGHEST_CONFIDENCE = 3
_LAYER_OPTIONS = {
    "SPATIAL_INDEX": "NO",
    "GEOMETRY_NAME": schema.GEOMETRY_FIELD,
    "FID": schema.ROW_FIELD,
}


@dataclass(frozen=True)
class SamplePoints:
    """The points of a draw, in the order of their numbers, which count from 1."""

    x: NDArray[np.float64]
    """In the CRS of the map, at the centres of pixels."""
    y: NDArray[np.float64]
    stratum: NDArray[np.intp]
    """Index in the strata of the design."""
    zone: NDArray[np.intp]
    """Index in the zones of the design; -1 where a point lies in none."""
    map_class: Codes

    def __len__(self) -> int:
        return len(self.x)


def map_digest(path: str | os.PathLike[str]) -> str:
    """The digest of a map of classes, by which a sample knows its map.

    Raises
    ------
    RasterInvalid : where the map cannot be read.

    """
    with open_class_raster(Path(path)) as raster:
        return raster_digest(raster.source)


def write_sample(
    path: str | os.PathLike[str],
    design: SampleDesign,
    points: SamplePoints,
    labels: Sequence[Label] | None = None,
    language: str = "en",
) -> None:
    """Write a sample with its empty or given labels, its design, styles and form, whole or not at all.

    Parameters
    ----------
    path : of the GeoPackage; it replaces one that exists.
    design : the facts of the draw.
    points : at least one.
    labels : rows of labels; None makes an empty row for each point and each interpreter of the design.
    language : of the names in the styles, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows = labels
    if rows is None:
        ids = range(1, len(points) + 1)
        rows = [Label(number, interpreter) for interpreter in design.interpreters for number in ids]
    geometry = np.array(shapely.to_wkb(shapely.points(points.x, points.y)), object)
    with atomic_write(path) as temporary_path, without_disk_barriers():
        try:
            _write_points(temporary_path, design, points, geometry)
            _write_labels(temporary_path, rows, geometry, design.crs)
            facts = [(key, json.dumps(value, ensure_ascii=False)) for key, value in design_to_dict(design).items()]
            _write_table(temporary_path, schema.DESIGN_TABLE, schema.DESIGN_FIELDS, facts)
            styles = layer_styles(design.kind, language, design.legend)
            _write_table(temporary_path, schema.STYLES_TABLE, styles.columns, styles.rows)
            _finish(temporary_path, len(points), len(rows))
        except (DataSourceError, sqlite3.Error) as error:
            raise write_failure(Path(path), text_of(error)) from error


@contextmanager
def without_disk_barriers() -> Iterator[None]:
    """SQLite waits for the disk after each table; a file that is written aside and checked needs none of that."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    pyogrio.set_gdal_config_options({name: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: None})


def _write_points(path: Path, design: SampleDesign, points: SamplePoints, geometry: NDArray[np.object_]) -> None:
    strata = [stratum.name for stratum in design.strata]
    columns = (
        range(1, len(points) + 1),
        [strata[index] for index in points.stratum],
        [design.zones[index] if index >= 0 else None for index in points.zone],
        points.map_class.tolist(),
    )
    write_layer(path, schema.POINTS_LAYER, schema.POINT_FIELDS, list(zip(*columns)), geometry, design.crs)


def _write_labels(path: Path, rows: Sequence[Label], geometry: NDArray[np.object_], crs: str) -> None:
    values = [tuple(getattr(row, name) for name, _ in schema.LABEL_FIELDS) for row in rows]
    places = geometry[[row.point_id - 1 for row in rows]] if rows else geometry[:0]
    write_layer(path, schema.LABELS_LAYER, schema.LABEL_FIELDS, values, places, crs)


def write_layer(
    path: Path,
    layer: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    geometry: NDArray[np.object_] | None,
    crs: str | None,
) -> None:
    """Write a layer of points, or a table, into a GeoPackage.

    Parameters
    ----------
    path : of the GeoPackage; a layer is added where it exists.
    layer : name of the layer.
    columns : names of the fields, and their types: INTEGER, REAL or TEXT.
    rows : values in the order of the columns; None for no value in columns of integers and texts.
    geometry : WKB of points, None where one has no place; None for a table.
    crs : code or WKT.

    """
    data, masks = [], []
    for index, (_, kind) in enumerate(columns):
        column = [row[index] for row in rows]
        mask = np.array([value is None for value in column], bool)
        filled = [0 if kind == "INTEGER" and value is None else value for value in column]
        array = np.empty(len(filled), _DTYPES[kind])
        array[:] = filled
        data.append(array)
        masks.append(mask if kind == "INTEGER" else None)  # texts have None itself
    pyogrio.raw.write(
        str(path),
        geometry,
        data,
        np.array([name for name, _ in columns], object),
        field_mask=masks,
        layer=layer,
        driver="GPKG",
        geometry_type=None if geometry is None else "Point",
        crs=crs,
        append=path.exists(),
        dataset_options=None if path.exists() else {"VERSION": "1.2"},  # older versions of QGIS warn of others
        layer_options=_LAYER_OPTIONS if geometry is not None else {"FID": schema.ROW_FIELD},
    )


def _write_table(path: Path, table: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> None:
    write_layer(path, table, columns, rows, None, None)


def _finish(path: Path, point_count: int, label_count: int) -> None:
    """Allow one label per point and interpreter, and check that all is there."""
    with closing(sqlite3.connect(path)) as connection:
        with connection:
            connection.execute(f"CREATE UNIQUE INDEX labels_by_point ON {schema.LABELS_LAYER} (point_id, interpreter)")
        tables = ((schema.POINTS_LAYER, point_count), (schema.LABELS_LAYER, label_count))
        for table, count in tables:
            (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # nosec B608 - our own names
            if found != count:
                raise sqlite3.DatabaseError(
                    message("{table} has {found} rows instead of {count}.", table=table, found=found, count=count)
                )


def read_design(path: str | os.PathLike[str]) -> SampleDesign:
    """Read the facts of a draw.

    Raises
    ------
    SampleInvalid : where the file is no sample of Allpa, or damaged.

    """
    name = Path(path).name
    rows = _read_table(path, schema.DESIGN_TABLE, schema.DESIGN_FIELDS)
    try:
        values = {key: json.loads(value) for key, value in rows}
    except (TypeError, ValueError, RecursionError) as error:
        raise SampleInvalid(message("The design in {name} cannot be read.", name=name), text_of(error)) from error
    return design_from_dict(values, name)


def read_points(path: str | os.PathLike[str], design: SampleDesign) -> SamplePoints:
    """Read the points of a sample in the order of their numbers.

    Parameters
    ----------
    path : of the GeoPackage.
    design : of the same file, by `read_design`.

    Returns
    -------
    The points.

    Raises
    ------
    SampleInvalid : where a number is missing or occurs twice, a point has no place, or its stratum, zone or class is
        not one of the design.

    """
    name = Path(path).name
    columns = (*schema.POINT_FIELDS, (schema.GEOMETRY_FIELD, "BLOB"))
    rows = sorted(_read_table(path, schema.POINTS_LAYER, columns), key=lambda row: str(row[0]).zfill(12))
    strata = {stratum.name: index for index, stratum in enumerate(design.strata)}
    zones: dict[str | None, int] = {zone: index for index, zone in enumerate(design.zones)}
    zones[None] = -1
    if [row[0] for row in rows] != list(range(1, len(rows) + 1)) or not rows:
        raise SampleInvalid(
            message("The points of {name} are not numbered from 1.", name=name),
            "Points were added, removed or changed.",
        )
    coordinates = _coordinates([row[4] for row in rows], name)
    try:
        return SamplePoints(
            coordinates[:, 0],
            coordinates[:, 1],
            np.array([strata[row[1]] for row in rows], np.intp),
            np.array([zones[row[2]] for row in rows], np.intp),
            as_codes([_code(row[3], 1, PAIR_CODE_COUNT - 1) for row in rows]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SampleInvalid(
            message("A point of {name} has a stratum, zone or class that its design does not have.", name=name),
            text_of(error),
        ) from error


def _coordinates(blobs: Sequence[Any], name: str) -> NDArray[np.float64]:
    """The places of points `(point, 2)`."""
    try:
        places = shapely.get_coordinates(shapely.from_wkb([_wkb(blob) for blob in blobs]))
    except (TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise SampleInvalid(message("A point of {name} has no place.", name=name), text_of(error)) from error
    if len(places) != len(blobs) or not np.isfinite(places).all():
        raise SampleInvalid(message("A point of {name} has no place.", name=name))
    return places


def read_labels(path: str | os.PathLike[str], point_count: int, legend: Legend = BUNDLED_LEGEND) -> tuple[Label, ...]:
    """Read the labels of all interpreters.

    Parameters
    ----------
    path : of the GeoPackage.
    point_count : of the same sample; numbers go from 1 to it.
    legend : the classes that a label can name.

    Returns
    -------
    The rows by interpreter and point, also those without a class.

    Raises
    ------
    SampleInvalid : where a label has an unknown point or class, or a point has two labels by one interpreter.

    """
    name = Path(path).name
    labels = []
    for row in _read_table(path, schema.LABELS_LAYER, schema.LABEL_FIELDS):
        try:
            label = Label(
                _code(row[0], 1, point_count),
                str(row[1] or ""),
                reference_class=_optional_class(row[2], legend),
                earlier_class=_optional_class(row[3], legend),
                second_class=_optional_class(row[4], legend),
                confidence=_optional_code(row[5], _HIGHEST_CONFIDENCE),
                note=str(row[6] or ""),
                labelled_at=str(row[7] or ""),
            )
        except ValueError as error:
            raise SampleInvalid(
                message("A label in {name} names an unknown point or class.", name=name),
                joined((f"{str(row[0])[:20]}, {str(row[1])[:40]!r}:", text_of(error))),
                message("Correct the row of the table 'labels'; classes are {codes}.", codes=_listed(legend)),
            ) from error
        labels.append(label)
    labels.sort(key=lambda label: (label.interpreter, label.point_id))
    for one, other in zip(labels, labels[1:]):
        if (one.point_id, one.interpreter) == (other.point_id, other.interpreter):
            text = translatable("Point {id} of {name} has two labels by interpreter {interpreter}.")
            raise SampleInvalid(
                message(text, id=one.point_id, name=name, interpreter=repr(one.interpreter)),
                next_step="Remove one of the two rows of the table 'labels'.",
            )
    return tuple(labels)


def _read_table(path: str | os.PathLike[str], table: str, columns: Sequence[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """All rows of a table; SQLite reads it, so that no driver can be led to other files."""
    file = Path(path)
    try:
        with file.open("rb") as opened:
            header = opened.read(len(_SQLITE_HEADER))
    except (OSError, ValueError) as error:
        raise SampleInvalid(message("The sample {name} cannot be read.", name=file.name), text_of(error)) from error
    if header != _SQLITE_HEADER:
        raise SampleInvalid(message("{name} is not a sample of Allpa.", name=file.name), "It is no GeoPackage.")
    names = ", ".join(f'"{name}"' for name, _ in columns)
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            query = f'SELECT {names} FROM "{table}" LIMIT {_MAX_POINTS + 1}'  # noqa: S608  # nosec B608 - our own names
            rows = connection.execute(query).fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _not_read(file.name, error) from error
    if len(rows) > _MAX_POINTS:
        raise SampleInvalid(
            message(
                "The table {table} in {name} has more than {max_points:,} rows.",
                table=table,
                name=file.name,
                max_points=_MAX_POINTS,
            )
        )
    return rows


def _not_read(name: str, error: Exception) -> SampleInvalid:
    """A file that another program is writing to is not damaged, and no reason to draw a new sample."""
    if "locked" in text_of(error):
        return SampleInvalid(
            message("The sample {name} is in use by another program.", name=name),
            text_of(error),
            "Save and close it there, and run again; the labels in it are kept.",
        )
    return SampleInvalid(message("{name} is not a sample of Allpa, or it is damaged.", name=name), text_of(error))


def _wkb(blob: Any) -> bytes:  # noqa: ANN401 - of a file
    """The WKB within a geometry of a GeoPackage (OGC 12-128r18, 2.1.3)."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        raise ValueError(message("A geometry is not one of a GeoPackage."))
    envelope_bytes = (0, 32, 48, 48, 64)
    kind = blob[3] >> 1 & 7
    if kind >= len(envelope_bytes):
        raise ValueError(message("A geometry is not one of a GeoPackage."))
    return blob[8 + envelope_bytes[kind] :]


def _code(value: Any, first: int, last: int) -> int:  # noqa: ANN401 - of a file
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not float(value).is_integer():
        raise ValueError(message("{value} is not a whole number.", value=repr(str(value)[:20])))
    if not first <= value <= last:
        raise ValueError(message("{value} is not from {first} to {last}.", value=int(value), first=first, last=last))
    return int(value)


def _optional_code(value: Any, last: int) -> int | None:  # noqa: ANN401 - of a file
    return None if value is None else _code(value, 1, last)


def _optional_class(value: Any, legend: Legend) -> int | None:  # noqa: ANN401 - of a file
    code = _optional_code(value, legend.codes[-1])
    if code is not None and code not in legend.by_code:
        raise ValueError(message("{code} is no class of the legend.", code=code))
    return code


def _listed(legend: Legend) -> str:
    if legend.is_bundled:
        return "1 to 10"
    return ", ".join(f"{land.code} {land.name}" for land in legend[:20])
