"""Labels of own classes: single points and polygons with a class each, of any vector file; what cannot be used is kept
with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from ..accuracy.reference_classes import class_field
from ..accuracy.reference_file import ReferenceFeatures, read_reference
from ..core.errors import ReferenceInvalid, TrainingInvalid
from ..core.legend import Legend
from ..core.legend_proposal import LegendProposal, match_legend, propose_legend
from ..core.messages import Message, joined, message, translatable
from ..core.plain_text import plain

NO_CLASS = translatable("The field of classes is empty.")
DROPPED = translatable("Its value is left out by the legend.")
NO_PLACE = translatable("It has no geometry.")
NO_POINT = translatable("It is neither a point nor a polygon.")
OVERLAP = translatable("It lies in polygons of another class.")
OUTSIDE = translatable("It lies outside the images.")
NO_DATA_THERE = translatable("The images have no data there.")
DUPLICATE = translatable("Another label of the same class has its pixel.")
CONTRADICTION = translatable("A label of another class has its pixel.")
_NOTES: dict[str, str] = {
    NO_CLASS: translatable("Labels without a class, which are left out: {count}."),
    DROPPED: translatable("Labels with values that the legend leaves out: {count}."),
    NO_PLACE: translatable("Labels without a geometry, which are left out: {count}."),
    NO_POINT: translatable("Labels that are neither points nor polygons, which are left out: {count}."),
    OVERLAP: translatable(
        "Labels wholly in polygons of another class, which are left out: {count}. Decide which of the two is right."
    ),
    OUTSIDE: translatable(
        "Labels outside the images, which are left out: {count}. Check their CRS, or map a larger area."
    ),
    NO_DATA_THERE: translatable("Labels where the images have no data, which are left out: {count}."),
    DUPLICATE: translatable(
        "Labels in a pixel that has a label of the same class already: {count}. The pixel counts once."
    ),
    CONTRADICTION: translatable(
        "Labels of another class than a label in the same pixel, all of which are left out: {count}."
    ),
}
"""Sentence by reason, in the order of the work."""
POINT, POLYGON = 0, 3
"""By shapely's numbers."""
_MIN_OVERLAP = 1e-9
"""Share of a polygon; less is the rounding of a common border."""


@dataclass(frozen=True)
class LeftOut:
    """Labels that are not used, with the reason of each."""

    feature: tuple[int, ...] = ()
    """Number in the file, from 1."""
    geometry: tuple[Any, ...] = ()
    """As in the file; None where there is none."""
    value: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()

    def with_labels(
        self, feature: Sequence[int], geometry: Sequence[Any], value: Sequence[str], reason: str
    ) -> LeftOut:
        """These and further ones, of one reason."""
        return LeftOut(
            (*self.feature, *feature),
            (*self.geometry, *geometry),
            (*self.value, *value),
            (*self.reason, *([reason] * len(feature))),
        )

    def notes(self) -> list[Message]:
        """A sentence for each reason, with the number of labels."""
        counts = Counter(self.reason)
        return [message(template, count=counts[reason]) for reason, template in _NOTES.items() if counts[reason]]


@dataclass(frozen=True)
class Labels:
    """Points and polygons with a class; features of several parts are one label for each part."""

    geometry: NDArray[np.object_]
    """Points and polygons, valid and not empty, x/y order; what polygons of other classes share is cut out of them."""
    codes: NDArray[np.uint8]
    feature: NDArray[np.int32]
    """Number of the feature in the file, from 1."""
    values: NDArray[np.object_]
    """Texts of the field of classes."""
    groups: NDArray[np.int32] | None
    """Validation group of each label; None where blocks of land are taken."""
    crs: str
    legend: Legend
    left_out: LeftOut
    notes: tuple[Message, ...] = ()

    def __len__(self) -> int:
        """Labels that can be used."""
        return len(self.codes)

    def without(self, dropped: NDArray[np.bool_], reason: str) -> Labels:
        """These labels without some, which are kept with the reason.

        Parameters
        ----------
        dropped : of each label.
        reason : a sentence of this module.

        Returns
        -------
        The others; their order stays.

        """
        if not dropped.any():
            return self
        out = self.left_out.with_labels(
            self.feature[dropped].tolist(), self.geometry[dropped].tolist(), self.values[dropped].tolist(), reason
        )
        kept = ~dropped
        return replace(
            self,
            geometry=self.geometry[kept],
            codes=self.codes[kept],
            feature=self.feature[kept],
            values=self.values[kept],
            groups=None if self.groups is None else self.groups[kept],
            left_out=out,
        )


def read_labels(path: Path, options: Mapping[str, Any], legend: Legend | None = None) -> Labels:
    """Read labels of a vector file or a table.

    Parameters
    ----------
    path : CSV, GeoJSON, KML, KMZ, shapefile or GeoPackage.
    options : the job's `training_options`.
    legend : the classes; None proposes them by the values of the field.

    Returns
    -------
    The labels with their legend. Empty, broken and unknown geometries and empty classes are left out with a reason.

    Raises
    ------
    ReferenceInvalid : where the file cannot be read, has no such field, or no CRS is known.
    TrainingInvalid : where a value has no class, no label can be used, or all have one class.

    """
    try:
        features = read_reference(
            path, options["x_field"], options["y_field"], options["crs"], options["layer"], options["encoding"]
        )
    except ReferenceInvalid as error:  # the same file as of an import, named by another key
        raise ReferenceInvalid(error.what, error.why, _own_key(error.next_step)) from error
    column = class_field(features.fields, options["class_field"], path.name, "training_options.class_field")
    texts = np.array(features.columns[column], object)
    proposal = _proposal(features.columns[column], options["classes"], legend, path.name)
    labels, several = _parts(features, texts, proposal)
    labels = _without_overlaps(replace(labels, groups=_groups(features, labels, options["group_field"], path.name)))
    check_classes(labels, path.name)
    return replace(labels, notes=(*several, *labels.notes))


def _own_key(step: str) -> str:
    """A next step that names a key of an import, with that of training data."""
    if isinstance(step, Message) and "key" in step.values:
        own = str(step.values["key"]).replace("reference_options.", "training_options.")
        return message(step.template, **{**step.values, "key": own})
    return step.replace("reference_options.", "training_options.")


def _proposal(
    values: Sequence[Any], classes: Mapping[str, str | int], legend: Legend | None, name: str
) -> LegendProposal:
    try:
        return propose_legend(values, classes) if legend is None else match_legend(values, legend, classes)
    except TrainingInvalid as error:
        raise TrainingInvalid(
            message("{name}: {what}", name=name, what=error.what), error.why, error.next_step
        ) from error


def _codes(values: NDArray[np.object_], proposal: LegendProposal) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Code of each value, and whether the value is empty."""
    keys = [value if isinstance(value, (str, int, float)) else str(value or "") for value in values.tolist()]
    texts = {key: plain(key) for key in set(keys)}  # few differ among many rows
    plains = [texts[key] for key in keys]
    codes = np.array([proposal.code_by_value.get(text, 0) for text in plains], np.uint8)
    return codes, np.array([not text for text in plains], bool)


def _parts(
    features: ReferenceFeatures, values: NDArray[np.object_], proposal: LegendProposal
) -> tuple[Labels, tuple[Message, ...]]:
    """Single points and polygons of all features that have a class and a place."""
    codes, empty = _codes(values, proposal)
    shapes = shapely.force_2d(features.geometry)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    missing |= ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    out = LeftOut()
    numbers = np.arange(1, len(codes) + 1)
    texts = np.array([" ".join(str(value if value is not None else "").split())[:120] for value in values], object)
    for chosen, reason in (
        (empty, NO_CLASS),
        (~empty & (codes == 0), DROPPED),
        (~empty & (codes > 0) & missing, NO_PLACE),
    ):
        out = out.with_labels(
            numbers[chosen].tolist(), features.geometry[chosen].tolist(), texts[chosen].tolist(), reason
        )
    used = np.flatnonzero((codes > 0) & ~missing)
    parts, source = _simple_valid_parts(shapes[used])
    lost = np.setdiff1d(np.arange(len(used)), source)
    out = out.with_labels(
        numbers[used[lost]].tolist(), shapes[used[lost]].tolist(), texts[used[lost]].tolist(), NO_POINT
    )
    origin = used[source]
    notes: tuple[Message, ...] = ()
    if len(parts) > len(np.unique(source)):
        notes = (
            message(
                "{count} features have several points or polygons: each of these is a label of its own.",
                count=int((np.bincount(source, minlength=1) > 1).sum()),
            ),
        )
    return (
        Labels(
            parts,
            codes[origin],
            numbers[origin].astype(np.int32),
            texts[origin],
            None,
            features.crs,
            proposal.legend,
            out,
        ),
        notes,
    )


def _simple_valid_parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Points and polygons of geometries, repaired, and the position of the geometry that each comes from."""
    source = np.arange(len(shapes))
    broken = ~shapely.is_valid(shapes)
    shapes = shapes.copy()
    shapes[broken] = shapely.make_valid(shapes[broken])
    while (shapely.get_type_id(shapes) > POLYGON).any():  # collections may hold collections
        shapes, which = shapely.get_parts(shapes, return_index=True)
        source = source[which]
    kept = np.isin(shapely.get_type_id(shapes), (POINT, POLYGON)) & ~shapely.is_empty(shapes)
    return shapes[kept], source[kept]


def _groups(features: ReferenceFeatures, labels: Labels, wanted: str, name: str) -> NDArray[np.int32] | None:
    if not wanted:
        return None
    column = class_field(features.fields, wanted, name, "training_options.group_field")
    texts = np.array([plain(value) for value in features.columns[column]], object)
    _, numbers = np.unique(texts[labels.feature - 1].astype(str), return_inverse=True)
    return numbers.reshape(-1).astype(np.int32)


def _without_overlaps(labels: Labels) -> Labels:
    """Polygons without what they share with polygons of other classes; points in such polygons are left out."""
    is_polygon = shapely.get_type_id(labels.geometry) == POLYGON
    places = np.flatnonzero(is_polygon)
    if not len(places):
        return labels
    tree = shapely.STRtree(labels.geometry[places])
    one, other = tree.query(labels.geometry, predicate="intersects")
    other = places[other]
    differ = labels.codes[one] != labels.codes[other]
    one, other = one[differ], other[differ]
    dropped = np.zeros(len(labels), bool)
    dropped[one[~is_polygon[one]]] = True
    pairs = is_polygon[one]
    one, other = one[pairs], other[pairs]
    shared = shapely.intersection(labels.geometry[one], labels.geometry[other])
    real = shapely.area(shared) > _MIN_OVERLAP * shapely.area(labels.geometry[one])
    one, shared = one[real], shared[real]
    geometry = labels.geometry.copy()
    order = np.argsort(one, kind="stable")
    starts = np.flatnonzero(np.diff(one[order], prepend=-1))
    for pieces in np.split(order, starts[1:]) if len(order) else ():
        index = int(one[pieces[0]])
        rest = shapely.difference(geometry[index], shapely.union_all(shared[pieces]))
        parts = [part for part in shapely.get_parts(rest) if shapely.get_type_id(part) == POLYGON]
        dropped[index] = shapely.area(rest) <= _MIN_OVERLAP * shapely.area(geometry[index])
        if not dropped[index]:
            geometry[index] = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    if len(one):
        note = message(
            "{count} polygons overlap polygons of another class: what they share is left out.",
            count=len(np.unique(one)),
        )
        labels = replace(labels, notes=(*labels.notes, note))
    return replace(labels, geometry=geometry).without(dropped, OVERLAP)


def check_classes(labels: Labels, name: str) -> None:
    """Two classes at least, or nothing can be learnt.

    Parameters
    ----------
    labels : that can be used.
    name : of their file.

    Raises
    ------
    TrainingInvalid : with what was left out.

    """
    reasons = joined(labels.left_out.notes())
    if not len(labels):
        raise TrainingInvalid(message("No label of {name} can be used.", name=name), reasons)
    present = np.unique(labels.codes)
    if len(present) < 2:
        only = labels.legend.by_code[int(present[0])].name
        raise TrainingInvalid(
            message("All usable labels of {name} have one class, {class_name}.", name=name, class_name=only),
            reasons or message("A model tells classes apart, so it needs two at least."),
            message("Label at least one other class too, such as everything else."),
        )
