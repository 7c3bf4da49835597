"""From the labels of several interpreters to one class per point; the cases are written out by hand."""

import itertools

import pytest
from allpa_engine.core.agreement import (
    ALL,
    MAJORITY,
    SINGLE,
    Label,
    agreed_classes,
    disagreements,
    newest_labels,
)
from allpa_engine.core.sample_schema import SETTLED
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("Ana", "José Ñuñez", "O'Hara")
WATER, TREES, GRASS = 1, 2, 3


def rows(*classes, point_id=1):
    """One row for each interpreter; None is unlabelled."""
    return [Label(point_id, name, code) for name, code in zip(NAMES, classes, strict=False)]


@pytest.mark.parametrize(
    ("classes", "by_all", "by_majority"),
    [
        ((TREES, TREES, TREES), (TREES, "agreed"), (TREES, "agreed")),
        ((TREES, TREES, GRASS), (None, "disagreed"), (TREES, "agreed")),
        ((TREES, GRASS, WATER), (None, "disagreed"), (None, "disagreed")),
        ((TREES, TREES, None), (None, "incomplete"), (TREES, "agreed")),
        ((TREES, GRASS, None), (None, "disagreed"), (None, "incomplete")),  # a third opinion may give a majority
        ((TREES, None, None), (None, "incomplete"), (None, "incomplete")),
        ((None, None, None), (None, "incomplete"), (None, "incomplete")),
        ((TREES, GRASS), (None, "disagreed"), (None, "disagreed")),
        ((TREES, TREES), (TREES, "agreed"), (TREES, "agreed")),
        ((TREES, None), (None, "incomplete"), (None, "incomplete")),
        ((TREES,), (TREES, "agreed"), (TREES, "agreed")),
    ],
)
def test_each_rule_on_labels_of_up_to_three(classes, by_all, by_majority):
    for rule, expected in ((ALL, by_all), (MAJORITY, by_majority)):
        (point,) = agreed_classes(rows(*classes), rule)
        assert (point.reference_class, point.state) == expected, rule


def test_what_was_settled_decides_under_every_rule():
    labels = [*rows(TREES, TREES, GRASS), Label(1, SETTLED, WATER)]
    for rule in (ALL, MAJORITY):
        (point,) = agreed_classes(labels, rule)
        assert (point.reference_class, point.state) == (WATER, "settled")
    (point,) = agreed_classes(labels, SINGLE, "Ana")
    assert point.reference_class == WATER
    assert [label.interpreter for label in point.labels] == list(NAMES)


def test_an_empty_settled_row_decides_nothing():
    (point,) = agreed_classes([*rows(TREES, GRASS), Label(1, SETTLED)])
    assert (point.reference_class, point.state) == (None, "disagreed")


def test_one_interpreter_counts_alone():
    labels = [*rows(TREES, GRASS), *rows(None, WATER, point_id=2)]
    assert [point.reference_class for point in agreed_classes(labels, SINGLE, "Ana")] == [TREES, None]
    assert [point.reference_class for point in agreed_classes(labels, SINGLE, NAMES[1])] == [GRASS, WATER]
    with pytest.raises(ValueError, match="several interpreters"):
        agreed_classes(labels, SINGLE)
    assert agreed_classes(rows(TREES), SINGLE)[0].reference_class == TREES
    with pytest.raises(ValueError, match="Unknown rule"):
        agreed_classes(labels, "quorum")


def test_a_point_without_a_row_of_an_interpreter_does_not_wait_for_it():
    labels = [*rows(TREES, TREES, TREES), Label(2, "Ana", GRASS)]
    assert [point.reference_class for point in agreed_classes(labels)] == [TREES, GRASS]


def test_the_list_to_settle_is_what_is_labelled_differently():
    labels = [*rows(TREES, GRASS), *rows(TREES, None, point_id=2), *rows(GRASS, WATER, point_id=3)]
    labels.append(Label(3, SETTLED, WATER))
    assert [point.point_id for point in disagreements(agreed_classes(labels))] == [1]


def test_a_change_is_agreed_where_both_of_its_dates_are():
    labels = [Label(1, "Ana", GRASS, earlier_class=TREES), Label(1, "O'Hara", GRASS, earlier_class=TREES)]
    labels += [Label(2, "Ana", GRASS, earlier_class=TREES), Label(2, "O'Hara", GRASS, earlier_class=GRASS)]
    agreed, disputed = agreed_classes(labels)
    assert (agreed.earlier_class, agreed.reference_class) == (TREES, GRASS)
    assert (disputed.reference_class, disputed.state) == (None, "disagreed")
    labels.append(Label(2, SETTLED, GRASS, earlier_class=GRASS))
    assert agreed_classes(labels)[1].earlier_class == GRASS


def test_the_later_label_of_two_copies_stays():
    morning, noon = "2026-05-01T08:00:00+00:00", "2026-05-01T12:00:00Z"
    in_lima = "2026-05-01T06:59:00-05:00"  # a minute before noon in UTC
    labels = [Label(1, "Ana", TREES, labelled_at=noon), Label(1, "Ana", GRASS, labelled_at=in_lima)]
    labels += [Label(2, "Ana", TREES, labelled_at=morning), Label(2, "Ana")]
    labels += [Label(3, "Ana", TREES, labelled_at="yesterday"), Label(3, "Ana", WATER, labelled_at=morning)]
    for order in (labels, labels[::-1]):
        assert [label.reference_class for label in newest_labels(order)] == [TREES, TREES, WATER]


@given(
    st.lists(st.one_of(st.none(), st.integers(1, 10)), min_size=1, max_size=5),
    st.sampled_from([ALL, MAJORITY]),
)
def test_the_order_of_rows_changes_nothing_and_a_class_has_its_votes(classes, rule):
    labels = [Label(1, f"interpreter {number}", code) for number, code in enumerate(classes)]
    (point,) = agreed_classes(labels, rule)
    for order in itertools.islice(itertools.permutations(labels), 24):
        assert agreed_classes(order, rule) == [point]
    votes = max((classes.count(code) for code in set(classes) - {None}), default=0)
    needed = len(classes) if rule == ALL else len(classes) / 2 + 0.1
    assert (point.reference_class is not None) == (votes >= needed)
    assert point.reference_class is None or classes.count(point.reference_class) == votes
