"""The labels of a sample as QGIS reads and writes them: every label is in the file before the next point is shown.

The file is opened for each reading and writing and closed again, so that a label is never written into a file that was
deleted or replaced meanwhile, and another program may have it open. GDAL writes, never Python's own SQLite: two SQLite
libraries in one process would drop one another's locks.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..allpa_engine.core.agreement import Label, newest_labels
from ..allpa_engine.core.errors import SampleInvalid
from ..allpa_engine.core.legend import Legend
from ..allpa_engine.core.sample_schema import (
    DESIGN_TABLE,
    FIRST_INTERPRETER,
    LABEL_FIELDS,
    LABELS_LAYER,
    POINTS_LAYER,
    SETTLED,
)
from ..translation import tr
from .sample_file import layer_of, legend_of_design, no_sample, not_writable, opened

MAX_NAME_CHARS = 80
MAX_NOTE_CHARS = 2000
_OWN_KEYS = frozenset({"interpreters"})
"""Facts of the design that labelling changes."""


@dataclass(frozen=True)
class SamplePoint:
    """One point: what an interpreter may know of it. Stratum and class of the map are never read here."""

    point_id: int
    x: float
    """In the CRS of the sample."""
    y: float


@dataclass(frozen=True)
class Sample:
    """A sample without its labels."""

    path: Path
    crs_wkt: str
    points: tuple[SamplePoint, ...]
    """By `point_id`, which is a random order."""
    interpreters: tuple[str, ...]
    """Those who have rows, in the order of their names."""
    design: dict[str, Any]
    """The facts of the draw."""

    @property
    def legend(self) -> Legend:
        """The classes of the map; SampleInvalid where they cannot be read."""
        return legend_of_design(self.design, self.path)

    @property
    def pixel_side_m(self) -> float:
        """Side of the map's pixels, by their number and area; 10 m where the design does not say."""
        strata = self.design.get("strata")
        try:
            pixels = sum(int(stratum["pixels"]) for stratum in strata or ())
            area_ha = sum(float(stratum["area_ha"]) for stratum in strata or ())
            side_m = float(round((area_ha * 10_000 / pixels) ** 0.5))
        except (TypeError, KeyError, ValueError, ZeroDivisionError, OverflowError):
            return 10.0
        return side_m if side_m > 0 else 10.0


@dataclass(frozen=True)
class Merge:
    """What merging a copy changed."""

    labels: int
    """Rows that were taken from the copy."""
    interpreters: tuple[str, ...]
    """Those that the sample had not had."""


def read_sample(path: Path) -> Sample:
    """Read points and design of a sample.

    Raises
    ------
    SampleInvalid
        Where the file is missing or is no sample.

    """
    with opened(path) as dataset:
        layer = layer_of(dataset, POINTS_LAYER, path)
        points = sorted(_points(layer, path), key=lambda point: point.point_id)
        reference = layer.GetSpatialRef()
        if not points:
            raise SampleInvalid(tr("The sample {} holds no points.").format(path.name))
        if len({point.point_id for point in points}) < len(points):
            raise SampleInvalid(tr("Points of the sample {} have the same number.").format(path.name))
        interpreters = {label.interpreter for label in _labels(layer_of(dataset, LABELS_LAYER, path))} - {SETTLED}
        return Sample(
            path,
            reference.ExportToWkt() if reference is not None else "",
            tuple(points),
            tuple(sorted(interpreters)),
            _design(dataset, path),
        )


def read_labels(path: Path, interpreter: str | None = None) -> list[Label]:
    """Read labels as they stand in the file, whatever class they have.

    Parameters
    ----------
    path : of the sample.
    interpreter : whose labels are read; None reads all, settled ones too.

    Returns
    -------
    One for each point and interpreter.

    Raises
    ------
    SampleInvalid
        Where the file is missing or is no sample.

    """
    with opened(path) as dataset:
        layer = layer_of(dataset, LABELS_LAYER, path)
        if interpreter is not None:
            layer.SetAttributeFilter(f"interpreter = {_quoted(interpreter)}")
        return newest_labels(_labels(layer))


def write_label(path: Path, point: SamplePoint, label: Label) -> None:
    """Write one label; when this returns, it is in the file.

    Parameters
    ----------
    path : of the sample.
    point : that is labelled; a row that is missing is made with its geometry.
    label : of the point; it replaces what its interpreter said before.

    Raises
    ------
    SampleInvalid
        Where the file is missing or is no sample.
    FolderNotWritable
        Where the file cannot be written.

    """
    with opened(path, update=True) as dataset:
        _write_rows(dataset, path, [(point, label)])


def add_interpreter(sample: Sample, name: str) -> str:
    """Make empty rows for an interpreter, who may be new or known already.

    The draw makes rows for an interpreter without a name where none is given; the first one who has a name takes them
    over.

    Parameters
    ----------
    sample : as it was read.
    name : as it was typed; spaces around it are cut.

    Returns
    -------
    The name under which the labels stand: another spelling in capital and small letters is the same person.

    Raises
    ------
    SampleInvalid
        Where it can be no name, or the file is no sample.
    FolderNotWritable
        Where the file cannot be written.

    """
    name = interpreter_name(name)
    with opened(sample.path, update=True) as dataset:
        layer = layer_of(dataset, LABELS_LAYER, sample.path)
        labels = list(_labels(layer))
        names = {label.interpreter for label in labels}
        if name not in names:
            name = {known.casefold(): known for known in names}.get(name.casefold(), name)
        if name not in names:
            first = [label for label in labels if label.interpreter == FIRST_INTERPRETER]
            if first and all(label.reference_class is None for label in first):
                _rename(layer, FIRST_INTERPRETER, name, sample.path)
                labels = list(_labels(layer))
        rows = {label.point_id for label in labels if label.interpreter == name}
        missing = [(point, Label(point.point_id, name)) for point in sample.points if point.point_id not in rows]
        _write_rows(dataset, sample.path, missing)
        names = {label.interpreter for label in _labels(layer)} - {SETTLED}
        _write_interpreters(dataset, sorted(names), sample.path)
    return name


def interpreter_name(text: str) -> str:
    """A name as it is written into the file.

    Raises
    ------
    SampleInvalid
        Where the text can be no name.

    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise SampleInvalid(tr("The interpreter needs a name."), "", tr("Enter your name or initials."))
    if len(name) > MAX_NAME_CHARS or not name.isprintable():
        raise SampleInvalid(
            tr("The interpreter's name cannot be used."),
            "",
            tr("Enter a name of at most {} letters.").format(MAX_NAME_CHARS),
        )
    if name.casefold() == SETTLED:
        raise SampleInvalid(
            tr("The name {} is kept for settled labels.").format(SETTLED), "", tr("Enter another name.")
        )
    return name


def merge_labels(path: Path, copy: Path) -> Merge:
    """Take the labels of a copy of the sample over: all interpreters of both, and of each label the later one.

    Parameters
    ----------
    path : of the sample that is changed.
    copy : of the other one, which stays as it is.

    Raises
    ------
    SampleInvalid
        Where one of the files is no sample, or the copy is one of another draw.
    FolderNotWritable
        Where the sample cannot be written.

    """
    ours, theirs = read_sample(path), read_sample(copy)
    difference = _difference(ours, theirs)
    if difference:
        raise SampleInvalid(
            tr("{} is a copy of another sample.").format(copy.name),
            difference,
            tr("Choose a copy of the same file; labels of another draw belong to other points."),
        )
    before = {(label.point_id, label.interpreter): label for label in read_labels(path)}
    points = {point.point_id: point for point in ours.points}
    changed = [
        label
        for label in newest_labels([*before.values(), *read_labels(copy)])
        if before.get((label.point_id, label.interpreter)) != label and label.point_id in points
    ]
    with opened(path, update=True) as dataset:
        _write_rows(dataset, path, [(points[label.point_id], label) for label in changed])
        names = {label.interpreter for label in _labels(layer_of(dataset, LABELS_LAYER, path))} - {SETTLED}
        _write_interpreters(dataset, sorted(names), path)
    return Merge(len(changed), tuple(sorted(names - set(ours.interpreters))))


def now() -> str:
    """The moment as `labelled_at` has it: ISO 8601 in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _difference(ours: Sample, theirs: Sample) -> str:
    """In what two samples are not copies of one draw; empty where they are."""
    keys = sorted((set(ours.design) | set(theirs.design)) - _OWN_KEYS)
    different = [key for key in keys if ours.design.get(key) != theirs.design.get(key)]
    if different:
        return str(tr("They differ in: {}.").format(", ".join(different)))
    return "" if ours.points == theirs.points else str(tr("Their points differ."))


def _points(layer: Any, path: Path) -> Iterator[SamplePoint]:  # noqa: ANN401 - of GDAL
    if layer.GetLayerDefn().GetFieldIndex("point_id") < 0:
        raise no_sample(path, tr("Its table {} has no field {}.").format(POINTS_LAYER, "point_id"))
    for feature in layer:
        geometry = feature.GetGeometryRef()
        if geometry is None or geometry.IsEmpty():
            raise no_sample(path, tr("Point {} has no position.").format(feature.GetField("point_id")))
        yield SamplePoint(int(feature.GetField("point_id") or 0), geometry.GetX(), geometry.GetY())


def _labels(layer: Any) -> Iterator[Label]:  # noqa: ANN401 - of GDAL
    layer.ResetReading()
    for feature in layer:
        values = {name: feature.GetField(name) for name, _ in LABEL_FIELDS if feature.GetFieldIndex(name) >= 0}
        yield Label(
            int(values.get("point_id") or 0),
            str(values.get("interpreter") or ""),
            values.get("reference_class"),
            values.get("second_class"),
            values.get("confidence"),
            str(values.get("note") or ""),
            str(values.get("labelled_at") or ""),
            values.get("earlier_class"),
        )


def _design(dataset: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401 - of GDAL
    layer = layer_of(dataset, DESIGN_TABLE, path)
    facts: dict[str, Any] = {}
    for feature in layer:
        text = feature.GetField("value")
        try:
            facts[str(feature.GetField("key"))] = json.loads(text) if text else None
        except ValueError as error:
            raise no_sample(path, f"{feature.GetField('key')}: {error}") from error
    return facts


def _write_rows(dataset: Any, path: Path, rows: Iterable[tuple[SamplePoint, Label]]) -> None:  # noqa: ANN401 - of GDAL
    layer = layer_of(dataset, LABELS_LAYER, path)
    rows = list(rows)
    for point, label in rows:
        layer.SetAttributeFilter(f"point_id = {label.point_id} AND interpreter = {_quoted(label.interpreter)}")
        feature = layer.GetNextFeature()
        layer.SetAttributeFilter(None)
        known = feature is not None
        if not known:
            feature = _new_feature(layer, point)
        for name, value in _values(label).items():
            if feature.GetFieldIndex(name) < 0:
                continue
            feature.SetFieldNull(name) if value is None else feature.SetField(name, value)
        if (layer.SetFeature(feature) if known else layer.CreateFeature(feature)) != 0:
            raise not_writable(path)
    layer.SyncToDisk()  # in the transaction: closing the file would write the table's statistics in one of its own


def _new_feature(layer: Any, point: SamplePoint) -> Any:  # noqa: ANN401 - of GDAL
    from osgeo import ogr

    feature = ogr.Feature(layer.GetLayerDefn())
    if layer.GetGeomType() != ogr.wkbNone:
        geometry = ogr.Geometry(ogr.wkbPoint)
        geometry.AddPoint_2D(point.x, point.y)
        feature.SetGeometry(geometry)
    return feature


def _values(label: Label) -> dict[str, Any]:
    return {
        "point_id": label.point_id,
        "interpreter": label.interpreter,
        "reference_class": label.reference_class,
        "earlier_class": label.earlier_class,
        "second_class": label.second_class,
        "confidence": label.confidence,
        "note": label.note[:MAX_NOTE_CHARS] or None,
        "labelled_at": label.labelled_at or None,
    }


def _rename(layer: Any, before: str, name: str, path: Path) -> None:  # noqa: ANN401 - of GDAL
    layer.SetAttributeFilter(f"interpreter = {_quoted(before)}")
    features = list(layer)
    layer.SetAttributeFilter(None)
    for feature in features:
        feature.SetField("interpreter", name)
        if layer.SetFeature(feature) != 0:
            raise not_writable(path)


def _write_interpreters(dataset: Any, names: list[str], path: Path) -> None:  # noqa: ANN401 - of GDAL
    from osgeo import ogr

    layer = layer_of(dataset, DESIGN_TABLE, path)
    layer.SetAttributeFilter("key = 'interpreters'")
    feature = layer.GetNextFeature()
    layer.SetAttributeFilter(None)
    known = feature is not None
    if not known:
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("key", "interpreters")
    text = json.dumps(names, ensure_ascii=False)
    if known and feature.GetField("value") == text:
        return
    feature.SetField("value", text)
    if (layer.SetFeature(feature) if known else layer.CreateFeature(feature)) != 0:
        raise not_writable(path)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
