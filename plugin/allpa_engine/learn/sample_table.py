"""The training table: labelled pixels with their features, as a folder with Parquet, legend and facts.

Also a spectral library: any program that reads Parquet reads it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.atomic import atomic_write, write_json
from ..core.errors import TrainingInvalid
from ..core.file_hash import file_hash
from ..core.json_input import read_json
from ..core.legend import Legend, read_legend, write_legend
from ..core.messages import message, text_of
from ..core.parts import LEARN, require_parts

if TYPE_CHECKING:
    import pyarrow

SAMPLES_FILE, LEGEND_FILE, FACTS_FILE = "samples.parquet", "legend.json", "samples.json"
FORMAT, VERSION = "allpa-samples", 1
FACT_COLUMNS: tuple[tuple[str, str], ...] = (
    ("sample", "int32"), ("pixel", "int32"), ("class", "uint8"), ("block", "int32"), ("weight", "float32"),
    ("longitude", "float64"), ("latitude", "float64"), ("x", "float64"), ("y", "float64"),
)  # fmt: skip
"""Columns before `source` and the features, with their types."""
SOURCE_COLUMN = "source"
MAX_ROWS, MAX_FEATURES = 50_000_000, 5_000
_MAX_NAME = 100


@dataclass(frozen=True)
class SampleTable:
    """Labelled pixels; all arrays have one entry per row."""

    features: NDArray[np.float32]
    """`(row, feature)`: reflectance 0 to 1, indices, metres, degrees; NaN where there is no data."""
    names: tuple[str, ...]
    """Of the features."""
    codes: NDArray[np.uint8]
    """Class of each row."""
    samples: NDArray[np.int32]
    """Number of the label that a row comes from; the rows of one label must stay together in every validation."""
    pixels: NDArray[np.int32]
    """0 for the pixel of a point itself, 1 to 8 for its neighbours; running numbers in polygons."""
    blocks: NDArray[np.int32]
    """Validation block or group; all rows of a label have the same (`folds.group_folds`)."""
    weights: NDArray[np.float32]
    longitude: NDArray[np.float64]
    """WGS 84, degrees, of the centre of the pixel."""
    latitude: NDArray[np.float64]
    x: NDArray[np.float64]
    """In `crs`, of the centre of the pixel."""
    y: NDArray[np.float64]
    sources: NDArray[np.int32]
    """Position in `source_names`."""
    source_names: tuple[str, ...]
    """Feature folders or scenes from which the features were read."""
    legend: Legend
    crs: str
    """Code or WKT of `x` and `y`."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What `samples.json` says beside: counts, parameters, hashes, notes."""

    def __len__(self) -> int:
        """Rows."""
        return len(self.codes)

    @property
    def is_complete(self) -> NDArray[np.bool_]:
        """Of each row: whether all its features are finite."""
        complete: NDArray[np.bool_] = np.asarray(np.isfinite(self.features).all(axis=1))
        return complete

    def rows(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> SampleTable:
        """A table of some rows, with the same legend and facts.

        Parameters
        ----------
        chosen : row numbers, or True for the rows that stay.

        Returns
        -------
        The table.

        """
        names = (
            "features", "codes", "samples", "pixels", "blocks", "weights", "longitude", "latitude", "x", "y", "sources",
        )  # fmt: skip
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    def with_features(self, names: Sequence[str]) -> SampleTable:
        """The table with some features, in the given order.

        Parameters
        ----------
        names : of features.

        Returns
        -------
        The table.

        Raises
        ------
        TrainingInvalid : where the table has no such feature.

        """
        missing = [name for name in names if name not in self.names]
        if missing:
            raise TrainingInvalid(
                message("The training data have no feature {missing}.", missing=", ".join(missing[:10])),
                message("They have {features}.", features=", ".join(self.names[:30])),
                message("Make the training data again with these features."),
            )
        columns = [self.names.index(name) for name in names]
        return replace(self, features=self.features[:, columns], names=tuple(names))


def write_samples(folder: str | os.PathLike[str], table: SampleTable) -> None:
    """Write a training table; `samples.json` is written last, so that a folder without it is not whole.

    Parameters
    ----------
    folder : is made; files of a table in it are replaced.
    table : at least one row.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.
    PartsMissing : where the parts for own classes are not installed.
    TrainingInvalid : where the table contradicts itself.

    """
    _check_table(table, message("The table of samples"))
    parquet = _parquet()
    place = Path(folder)
    (place / FACTS_FILE).unlink(missing_ok=True)
    arrow = _to_arrow(table)
    with atomic_write(place / SAMPLES_FILE) as temporary_path:
        parquet.write_table(arrow, temporary_path, compression="zstd", row_group_size=65_536)
        if parquet.ParquetFile(temporary_path).metadata.num_rows != len(table):
            raise OSError(message("{samples_file} was not written whole.", samples_file=SAMPLES_FILE))
    write_legend(table.legend, place / LEGEND_FILE)
    facts = {
        **table.facts,
        "format": FORMAT,
        "version": VERSION,
        "crs": table.crs,
        "features": list(table.names),
        "rows": len(table),
        "samples": len(np.unique(table.samples)),
        "parquet_sha256": file_hash(place / SAMPLES_FILE),
    }
    write_json(place / FACTS_FILE, facts)


def write_samples_csv(table: SampleTable, path: str | os.PathLike[str]) -> None:
    """Write the rows of a table as CSV too, for programs that do not read Parquet.

    Parameters
    ----------
    table : the rows; missing features are empty cells.
    path : of the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable, PartsMissing

    """
    _parquet()
    from pyarrow import csv

    with atomic_write(path) as temporary_path:
        csv.write_csv(_to_arrow(table), temporary_path)


def read_samples(folder: str | os.PathLike[str]) -> SampleTable:
    """Read a training table; it may come from anywhere, so every value is checked.

    Parameters
    ----------
    folder : with `samples.parquet`, `legend.json` and `samples.json`.

    Returns
    -------
    The table with its legend and facts.

    Raises
    ------
    TrainingInvalid : where the folder holds no training data, or they are damaged or contradict themselves.
    LegendInvalid : where the legend cannot be read.
    PartsMissing : where the parts for own classes are not installed.

    """
    place = Path(folder)
    facts = _read_facts(place)
    legend = read_legend(place / LEGEND_FILE)
    parquet = _parquet()
    import pyarrow

    names = tuple(facts["features"])
    wanted = [name for name, _ in FACT_COLUMNS] + [SOURCE_COLUMN, *names]
    try:
        with parquet.ParquetFile(place / SAMPLES_FILE, memory_map=False) as file:
            if file.metadata.num_rows > MAX_ROWS:
                raise TrainingInvalid(
                    message(
                        "The training data in {name} have more than {maximum:,} rows.",
                        name=place.name,
                        maximum=MAX_ROWS,
                    )
                )
            missing = [name for name in wanted if name not in file.schema_arrow.names]
            if missing:
                raise TrainingInvalid(
                    message(
                        "{file} in {name} lacks columns: {missing}.",
                        file=SAMPLES_FILE,
                        name=place.name,
                        missing=", ".join(missing[:10]),
                    )
                )
            arrow = file.read(columns=wanted)
        table = _from_arrow(arrow, names, legend, facts)
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        raise TrainingInvalid(
            message("{file} in {name} cannot be read.", file=SAMPLES_FILE, name=place.name), str(error)[:300]
        ) from error
    _check_table(table, message("{file} in {name}", file=SAMPLES_FILE, name=place.name))
    return table


def _parquet() -> Any:  # noqa: ANN401 - a module
    """The module that reads and writes Parquet."""
    require_parts(LEARN, "pyarrow")
    import pyarrow.parquet

    return pyarrow.parquet


def _to_arrow(table: SampleTable) -> pyarrow.Table:
    import pyarrow

    facts = (
        table.samples, table.pixels, table.codes, table.blocks, table.weights,
        table.longitude, table.latitude, table.x, table.y,
    )  # fmt: skip
    columns: dict[str, Any] = {
        name: pyarrow.array(np.ascontiguousarray(values, kind)) for (name, kind), values in zip(FACT_COLUMNS, facts)
    }
    columns[SOURCE_COLUMN] = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array(table.sources.astype(np.int32)), pyarrow.array(list(table.source_names), pyarrow.string())
    )
    for index, name in enumerate(table.names):
        columns[name] = pyarrow.array(np.ascontiguousarray(table.features[:, index]))
    return pyarrow.table(columns)


def _from_arrow(arrow: pyarrow.Table, names: tuple[str, ...], legend: Legend, facts: Mapping[str, Any]) -> SampleTable:
    import pyarrow

    def column(name: str, kind: str) -> NDArray[Any]:
        values = arrow.column(name).cast(pyarrow.type_for_alias(kind))
        if values.null_count and kind != "float32":
            raise ValueError(message("The column {name} has empty cells.", name=name))
        return np.ascontiguousarray(values.to_numpy().astype(kind))

    found = {name: column(name, kind) for name, kind in FACT_COLUMNS}
    coded = arrow.column(SOURCE_COLUMN).cast(pyarrow.string()).combine_chunks().dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pyarrow.ChunkedArray) else coded
    if coded.null_count:
        raise ValueError(message("The column {source_column} has empty cells.", source_column=SOURCE_COLUMN))
    features = np.empty((arrow.num_rows, len(names)), np.float32)
    for index, name in enumerate(names):
        features[:, index] = column(name, "float32")
    return SampleTable(
        features,
        names,
        found["class"],
        found["sample"],
        found["pixel"],
        found["block"],
        found["weight"],
        found["longitude"],
        found["latitude"],
        found["x"],
        found["y"],
        coded.indices.to_numpy().astype(np.int32),
        tuple(coded.dictionary.to_pylist()),
        legend,
        str(facts["crs"]),
        facts,
    )


def _read_facts(place: Path) -> dict[str, Any]:
    """The content of `samples.json`, as far as the table needs it."""
    try:
        facts: dict[str, Any] = read_json(place / FACTS_FILE)
    except ValueError as error:
        raise TrainingInvalid(
            message("The folder {name} holds no training data.", name=place.name),
            message("{file}: {error}", file=FACTS_FILE, error=text_of(error)),
            message("Choose the folder that 'Training data' wrote, or make it again."),
        ) from error
    is_ours = isinstance(facts, dict) and facts.get("format") == FORMAT
    if not is_ours or facts.get("version") != VERSION:
        raise TrainingInvalid(
            message("{file} in {name} is not of a version that is read.", file=FACTS_FILE, name=place.name) if is_ours
            else message("{file} in {name} is not one of Allpa.", file=FACTS_FILE, name=place.name)
        )  # fmt: skip
    features = facts.get("features") or []
    names_fit = isinstance(features, list) and all(isinstance(name, str) for name in features)
    if not names_fit or not isinstance(facts.get("crs"), str):
        raise TrainingInvalid(
            message("{file} in {name} names no features or no CRS.", file=FACTS_FILE, name=place.name)
        )
    check_feature_names(features)
    return facts


def check_feature_names(names: Sequence[str]) -> None:
    """Names that can be columns of the table.

    Parameters
    ----------
    names : of the features.

    Raises
    ------
    TrainingInvalid : where there are none or too many, one occurs twice, is empty, or is that of another column.

    Examples
    --------
    >>> check_feature_names(["spring_B08", "elevation"])

    """
    taken = {name for name, _ in FACT_COLUMNS} | {SOURCE_COLUMN}
    wrong = [name for name in names if not name or len(name) > _MAX_NAME or not name.isprintable() or name in taken]
    if not 1 <= len(names) <= MAX_FEATURES or len(set(names)) < len(names) or wrong:
        raise TrainingInvalid(
            message("The names of the features cannot be the columns of a table."),
            message("They are {names}.", names=", ".join(repr(name[:40]) for name in (wrong or list(names))[:10]))
            if names
            else "",
            message("Give each feature a name of its own, of at most 100 characters."),
        )


def _check_table(table: SampleTable, subject: str) -> None:
    """What must hold of every table, written or read."""
    check_feature_names(table.names)
    arrays = (
        table.codes, table.samples, table.pixels, table.blocks, table.weights, table.longitude, table.latitude, table.x,
        table.y, table.sources,
    )  # fmt: skip
    if any(array.shape != (len(table),) for array in arrays) or table.features.shape != (len(table), len(table.names)):
        raise TrainingInvalid(message("{subject} has columns of different lengths.", subject=subject))
    if not len(table):
        raise TrainingInvalid(message("{subject} has no rows.", subject=subject))
    unknown = sorted(set(np.unique(table.codes).tolist()) - set(table.legend.codes))
    if unknown:
        raise TrainingInvalid(
            message(
                "{subject} has classes that its legend lacks: {codes}.",
                subject=subject,
                codes=", ".join(map(str, unknown[:10])),
            )
        )
    places = (table.longitude, table.latitude, table.x, table.y)
    if not all(np.isfinite(values).all() for values in places):
        raise TrainingInvalid(message("{subject} has rows without a place.", subject=subject))
    if not np.isfinite(table.weights).all() or (table.weights < 0).any():
        raise TrainingInvalid(message("{subject} has weights that are negative or no numbers.", subject=subject))
    if min(values.min() for values in (table.samples, table.pixels, table.blocks, table.sources)) < 0:
        raise TrainingInvalid(
            message("{subject} has negative numbers of labels, pixels, blocks or sources.", subject=subject)
        )
    if table.sources.max() >= len(table.source_names):
        raise TrainingInvalid(message("{subject} has rows of unknown sources.", subject=subject))
