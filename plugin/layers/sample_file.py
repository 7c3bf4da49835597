"""The GeoPackage of a sample, opened for a moment: for reading, or for one transaction of changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..allpa_engine.core.errors import FolderNotWritable, LegendInvalid, SampleInvalid
from ..allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ..translation import tr

_BUSY_MS = "400"
"""How long a writing waits for another program that writes; the window stands still as long."""
_SQLITE = b"SQLite format 3"


@contextmanager
def opened(path: Path, *, update: bool = False) -> Iterator[Any]:
    """The file as a dataset of GDAL, closed at the end; what is changed in it is one transaction.

    Parameters
    ----------
    path : of the file.
    update : whether it is changed.

    Yields
    ------
    The dataset.

    Raises
    ------
    SampleInvalid
        Where the file is missing or is no GeoPackage.
    FolderNotWritable
        Where it cannot be changed: a right is missing, or another program writes to it.

    """
    from osgeo import gdal  # here, since the plugin's import in QGIS must stay light

    if not path.is_file():
        raise SampleInvalid(tr("The sample {} does not exist.").format(path))
    waited = gdal.GetThreadLocalConfigOption("SQLITE_BUSY_TIMEOUT")
    gdal.SetThreadLocalConfigOption("SQLITE_BUSY_TIMEOUT", _BUSY_MS)
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    dataset = None
    try:
        dataset = _open(gdal, path, update=update)
        yield from _transaction(dataset, path) if update else (dataset,)
    except RuntimeError as error:  # newer versions of QGIS switch GDAL's exceptions on
        raise _open_error(path, str(error), update=update) from error
    finally:
        dataset = None
        gdal.PopErrorHandler()
        gdal.SetThreadLocalConfigOption("SQLITE_BUSY_TIMEOUT", waited)


def layer_of(dataset: Any, name: str, path: Path) -> Any:  # noqa: ANN401 - of GDAL
    """A table of the sample.

    Parameters
    ----------
    dataset : as `opened` gives it.
    name : of the table.
    path : of the file, for the error.

    Returns
    -------
    The layer of GDAL, without a filter.

    Raises
    ------
    SampleInvalid
        Where the file has no such table.

    """
    layer = dataset.GetLayerByName(name)
    if layer is None:
        raise no_sample(path, tr("It has no table {}.").format(name))
    return layer


def no_sample(path: Path, why: str = "") -> SampleInvalid:
    """The error of a file that is no sample.

    Parameters
    ----------
    path : of the file.
    why : a sentence; may be empty.

    """
    return SampleInvalid(tr("{} is no sample of Allpa.").format(path.name), why)


def not_writable(path: Path, why: str = "") -> FolderNotWritable:
    """The error of a label that was not saved.

    Parameters
    ----------
    path : of the file.
    why : what GDAL says; empty asks it for its last error.

    """
    from osgeo import gdal

    return FolderNotWritable(
        tr("The label was not saved: {} cannot be written.").format(path.name),
        why or gdal.GetLastErrorMsg(),
        tr("Close other programs that write to the file, or save it where you may write; then label the point again."),
    )


def _open(gdal: Any, path: Path, *, update: bool) -> Any:  # noqa: ANN401 - a module and a dataset of GDAL
    mode = gdal.OF_UPDATE if update else gdal.OF_READONLY
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR | mode, allowed_drivers=["GPKG"])
    if dataset is None:
        raise _open_error(path, gdal.GetLastErrorMsg(), update=update)
    return dataset


def _open_error(path: Path, why: str, *, update: bool) -> FolderNotWritable | SampleInvalid:
    try:
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        return no_sample(path, error.strerror or str(error))
    return not_writable(path, why) if update and is_database else no_sample(path, why)


def _transaction(dataset: Any, path: Path) -> Iterator[Any]:  # noqa: ANN401 - of GDAL
    if dataset.StartTransaction() != 0:
        raise not_writable(path)
    try:
        yield dataset
    except BaseException:
        dataset.RollbackTransaction()
        raise
    if dataset.CommitTransaction() != 0:
        raise not_writable(path)


def legend_of_design(design: dict[str, Any], path: Path) -> Legend:
    """The classes that a sample's design names; the bundled ones where it names none.

    Parameters
    ----------
    design : facts of the draw by key.
    path : of the sample.

    Raises
    ------
    SampleInvalid
        Where the legend cannot be read.

    """
    if design.get("legend") is None:
        return BUNDLED_LEGEND
    try:
        return Legend.from_dict(design["legend"])
    except LegendInvalid as error:
        raise no_sample(path, f"{error.what} {error.why}".strip()) from error
