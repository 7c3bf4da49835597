"""From the labels of several interpreters to one reference class per point, and the points to settle.

Karra et al. (2021) kept the points on which all of three experts agreed; `ALL` is that rule. What interpreters settle
together afterwards stands in a row by `SETTLED`, which decides under every rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone

from .messages import message
from .sample_schema import SETTLED

SINGLE, ALL, MAJORITY = "single", "all", "majority"
RULES = (SINGLE, ALL, MAJORITY)
"""One interpreter's label; the class that all interpreters of the point name; the class that more than half name."""
BY_SETTLING, BY_RULE, DISAGREED, INCOMPLETE = "settled", "agreed", "disagreed", "incomplete"
STATES = (BY_SETTLING, BY_RULE, DISAGREED, INCOMPLETE)
"""Why a point has its class or none: settled; agreed by the rule; labelled differently; labels are missing."""
_EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Label:
    """What one interpreter says of one point: a row of the table `labels`."""

    point_id: int
    interpreter: str
    reference_class: int | None = None
    """Code of the legend; None while unlabelled."""
    second_class: int | None = None
    """Code of the class that it could be instead."""
    confidence: int | None = None
    """1 low, 2 medium, 3 high."""
    note: str = ""
    labelled_at: str = ""
    """ISO 8601; without a zone it is UTC."""
    earlier_class: int | None = None
    """In a sample of change the class of the earlier date; `reference_class` is then that of the later one."""


@dataclass(frozen=True)
class PointAgreement:
    """What the labels of one point come to."""

    point_id: int
    reference_class: int | None
    """The agreed class; None where the rule gives none."""
    state: str
    """One of `STATES`."""
    labels: tuple[Label, ...]
    """One for each interpreter in the order of their names, `SETTLED` left out."""
    earlier_class: int | None = None
    """In a sample of change the agreed class of the earlier date: interpreters must agree on both."""


def agreed_classes(labels: Iterable[Label], rule: str = ALL, interpreter: str = "") -> list[PointAgreement]:
    """The reference class of each point under a rule.

    Parameters
    ----------
    labels : of all points, in any order. The interpreters of a point are those who have a row for it, labelled or
        not: under `ALL` and `MAJORITY` an empty row is a missing opinion. Of two rows of one interpreter the later
        one counts.
    rule : one of `RULES`.
    interpreter : whose labels count under `SINGLE`; empty where the sample has only one.

    Returns
    -------
    One for each point, by `point_id`.

    Raises
    ------
    ValueError : where the rule is unknown, or `SINGLE` does not say whose of several labels count.

    Examples
    --------
    >>> rows = [Label(1, "Ana", 2), Label(1, "Luis", 2), Label(2, "Ana", 5), Label(2, "Luis", 3)]
    >>> [(point.point_id, point.reference_class, point.state) for point in agreed_classes(rows)]
    [(1, 2, 'agreed'), (2, None, 'disagreed')]
    >>> agreed_classes([*rows, Label(2, SETTLED, 5)])[1].reference_class
    5
    """
    if rule not in RULES:
        raise ValueError(f"Unknown rule of agreement: {rule}")
    by_point: dict[int, list[Label]] = {}
    for label in newest_labels(labels):
        by_point.setdefault(label.point_id, []).append(label)
    if rule == SINGLE and not interpreter:
        interpreter = _only_interpreter(by_point)
    return [_agree(point_id, by_point[point_id], rule, interpreter) for point_id in sorted(by_point)]


def disagreements(agreements: Iterable[PointAgreement]) -> list[PointAgreement]:
    """The points that are labelled and have no class: the list to settle, by `point_id`."""
    return [agreement for agreement in agreements if agreement.state == DISAGREED]


def newest_labels(labels: Iterable[Label]) -> list[Label]:
    """One label for each point and interpreter, the one made last; merging two copies of a sample is this.

    A label with a class goes before an empty row; of two made at the same moment the first one given stays.

    Returns
    -------
    By point and name of the interpreter.

    Examples
    --------
    >>> rows = [Label(1, "Ana", 2, labelled_at="2026-05-01T10:00:00Z"), Label(1, "Ana", 3, labelled_at="2026-05-02")]
    >>> [label.reference_class for label in newest_labels(rows)]
    [3]
    """
    newest: dict[tuple[int, str], Label] = {}
    for label in labels:
        key = (label.point_id, label.interpreter)
        if key not in newest or _rank(label) > _rank(newest[key]):
            newest[key] = label
    return [newest[key] for key in sorted(newest)]


def _rank(label: Label) -> tuple[bool, datetime]:
    return label.reference_class is not None, _instant(label.labelled_at)


def _instant(text: str) -> datetime:
    """A moment; the earliest one where the text is none."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return _EARLIEST
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _only_interpreter(by_point: dict[int, list[Label]]) -> str:
    names = {label.interpreter for labels in by_point.values() for label in labels} - {SETTLED}
    if len(names) > 1:
        raise ValueError(message("The sample has several interpreters: {names}", names=", ".join(sorted(names))))
    return next(iter(names), "")


def _agree(point_id: int, labels: list[Label], rule: str, interpreter: str) -> PointAgreement:
    others = tuple(label for label in labels if label.interpreter != SETTLED)
    for label in labels:
        if label.interpreter == SETTLED and label.reference_class is not None:
            return PointAgreement(point_id, label.reference_class, BY_SETTLING, others, label.earlier_class)
    counted = [label for label in others if rule != SINGLE or label.interpreter == interpreter]
    classes = ((label.reference_class, label.earlier_class) for label in counted if label.reference_class is not None)
    named = Counter(classes)
    needed = len(counted) // 2 + 1 if rule == MAJORITY else len(counted)
    for (code, earlier), votes in named.items():
        if votes >= needed:
            return PointAgreement(point_id, code, BY_RULE, others, earlier)
    complete = sum(named.values()) == len(counted)
    state = DISAGREED if len(named) > 1 and (complete or rule == ALL) else INCOMPLETE
    return PointAgreement(point_id, None, state, others)
