"""Labelling a sample, point after point: what is labelled, what comes next, what was undone. Every change is saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...plugin.allpa_engine.core.agreement import (
    ALL,
    Label,
    PointAgreement,
    agreed_classes,
    disagreements,
)
from ...plugin.allpa_engine.core.sample_schema import CHANGE, SETTLED
from ...plugin.layers.sample_labels import (
    Sample,
    SamplePoint,
    add_interpreter,
    now,
    read_labels,
    read_sample,
    write_label,
)

HIGH = 3
"""Confidence that a label has where the interpreter says nothing else."""


@dataclass
class LabelSession:
    """One interpreter at work on a sample, or two who settle where labels differ."""

    sample: Sample
    interpreter: str
    labels: dict[int, Label]
    """The interpreter's own, by `point_id`."""
    points: tuple[SamplePoint, ...]
    """Those that are labelled in this session, in their order."""
    others: dict[int, tuple[Label, ...]] = field(default_factory=dict)
    """Labels of the interpreters by `point_id`, only while settling."""
    position: int = 0
    unknown: int = 0
    """Labels in the file whose class is not of the legend; they count as unlabelled."""
    earlier_class: int | None = None
    """In a sample of change: the class of the earlier date, until that of the later one is given."""
    _undo: list[tuple[int, Label]] = field(default_factory=list)

    @property
    def point(self) -> SamplePoint:
        """The point that is shown."""
        return self.points[self.position]

    @property
    def settling(self) -> bool:
        """Whether labels of others are shown."""
        return self.interpreter == SETTLED

    @property
    def is_change(self) -> bool:
        """Whether each point has a class at two dates."""
        return self.sample.design.get("kind") == CHANGE

    @property
    def current(self) -> Label:
        """The label of the point that is shown; without a class while it is unlabelled."""
        return self.labels.get(self.point.point_id) or Label(self.point.point_id, self.interpreter)

    @property
    def labelled_count(self) -> int:
        """Points of this session that have a class."""
        return sum(point.point_id in self.labels for point in self.points)

    @property
    def can_undo(self) -> bool:
        """Whether something was changed in this session."""
        return bool(self._undo)

    def set_class(self, code: int, *, confidence: int = HIGH, second_class: int | None = None, note: str = "") -> bool:
        """Label the point.

        Parameters
        ----------
        code : of the class.
        confidence : 1 low, 2 medium, 3 high.
        second_class : code of the class that it could be instead; None for none.
        note : free text.

        Returns
        -------
        Whether the point is labelled; False where the class of the later date must follow.

        Raises
        ------
        AllpaError
            Where the label cannot be saved; then nothing has changed.

        """
        if self.is_change and self.earlier_class is None:
            self.earlier_class = code
            return False
        second = second_class if second_class != code else None
        self._save(
            Label(
                self.point.point_id, self.interpreter, code, second, confidence, note.strip(), now(), self.earlier_class
            )
        )
        self.earlier_class = None
        return True

    def change(self, *, confidence: int, second_class: int | None, note: str) -> None:
        """Change what stands beside the class of a point that has one; saved only where something differs.

        Parameters
        ----------
        confidence : 1 low, 2 medium, 3 high.
        second_class : code of a class; None for none.
        note : free text.

        Raises
        ------
        AllpaError
            Where the label cannot be saved; then nothing has changed.

        """
        label = self.current
        if label.reference_class is None:
            return
        second = second_class if second_class != label.reference_class else None
        changed = replace(label, confidence=confidence, second_class=second, note=note.strip())
        if changed != label:
            self._save(replace(changed, labelled_at=now()))

    def undo(self) -> bool:
        """Take the last change of this session back, and go to its point; False where there is none.

        Raises
        ------
        AllpaError
            Where it cannot be saved.

        """
        if self.earlier_class is not None:
            self.earlier_class = None
            return True
        if not self._undo:
            return False
        position, before = self._undo[-1]
        self._write(self.points[position], before)
        self._undo.pop()
        self.position = position
        return True

    def step(self, by: int) -> bool:
        """Go to a neighbour in the order of the points; False at either end."""
        return self.go(self.position + by)

    def go(self, position: int) -> bool:
        """Go to a point by its place in `points`; False where there is none."""
        if not 0 <= position < len(self.points):
            return False
        self.position, self.earlier_class = position, None
        return True

    def next_unlabelled(self) -> bool:
        """Go to the next point without a class, after the last one from the first on; False where all have one."""
        places = [*range(self.position + 1, len(self.points)), *range(self.position + 1)]
        for place in places:
            if self.points[place].point_id not in self.labels:
                return self.go(place)
        return False

    def next_point(self) -> SamplePoint | None:
        """The point that is likely to be shown next."""
        for point in self.points[self.position + 1 :]:
            if point.point_id not in self.labels:
                return point
        return None

    def _save(self, label: Label) -> None:
        before = self.current
        self._write(self.point, label)
        self._undo.append((self.position, before))

    def _write(self, point: SamplePoint, label: Label) -> None:
        write_label(self.sample.path, point, label)
        if label.reference_class is None:
            self.labels.pop(point.point_id, None)
        else:
            self.labels[point.point_id] = label


def start_labelling(path: Path, name: str) -> LabelSession:
    """Begin or go on labelling under a name, at the first unlabelled point.

    Parameters
    ----------
    path : of the sample.
    name : of the interpreter; a new one gets rows.

    Raises
    ------
    AllpaError
        Where the file is no sample, cannot be written, or the name cannot be used.

    """
    interpreter = add_interpreter(read_sample(path), name)
    sample = read_sample(path)
    found = read_labels(path, interpreter)
    legend = sample.legend
    labels = {label.point_id: label for label in found if label.reference_class in legend.by_code}
    unknown = sum(label.reference_class is not None for label in found) - len(labels)
    session = LabelSession(sample, interpreter, labels, sample.points, unknown=unknown, position=-1)
    if not session.next_unlabelled():
        session.go(0)
    return session


def start_settling(path: Path) -> LabelSession:
    """Begin or go on settling: the points whose labels differ, those that were settled before among them.

    Parameters
    ----------
    path : of the sample.

    Returns
    -------
    The session; without points where no labels differ.

    Raises
    ------
    AllpaError
        Where the file is no sample.

    """
    sample = read_sample(path)
    found = read_labels(path)
    own = {label.point_id: label for label in found if label.interpreter == SETTLED}
    settled = {point_id: label for point_id, label in own.items() if label.reference_class in sample.legend.by_code}
    disputed = {point.point_id: point.labels for point in differing(found)}
    points = tuple(point for point in sample.points if point.point_id in disputed or point.point_id in settled)
    for point_id in settled:
        disputed.setdefault(
            point_id, tuple(label for label in found if label.point_id == point_id and label.interpreter != SETTLED)
        )
    session = LabelSession(sample, SETTLED, settled, points, others=disputed, position=-1)
    if points and not session.next_unlabelled():
        session.go(0)
    return session


def differing(labels: Iterable[Label]) -> list[PointAgreement]:
    """The points on which interpreters do not agree, whether settled or not.

    Parameters
    ----------
    labels : of all interpreters.

    Returns
    -------
    By `point_id`.

    """
    return disagreements(agreed_classes((label for label in labels if label.interpreter != SETTLED), ALL))
