"""The class-weighted mode: its definition and its properties, on arrays."""

import numpy as np
import pytest
from allpa_engine.composite.rule import CompositeRule
from allpa_engine.composite.votes import add_month, add_observations, decide, empty_tally
from composite_reference import decide_pixel
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

PIXELS = 7
EQUAL = CompositeRule(weights=dict.fromkeys(range(1, 10), 1.0), min_share={})


@st.composite
def stacks(draw, most=9):
    scenes = draw(st.integers(1, most))
    # few codes and few confidences, so that ties and unanimous pixels are common
    classes = draw(hnp.arrays(np.uint8, (scenes, PIXELS), elements=st.sampled_from([0, 1, 1, 3, 5, 9, 9, 10])))
    confidence = draw(hnp.arrays(np.uint8, (scenes, PIXELS), elements=st.sampled_from([51, 100, 200, 255])))
    clear = draw(hnp.arrays(bool, (scenes, PIXELS)))
    months = draw(st.lists(st.integers(1, 12), min_size=scenes, max_size=scenes))
    probabilities = draw(hnp.arrays(np.uint8, (scenes, 9, PIXELS), elements=st.integers(0, 28)))
    return classes, confidence, clear, months, probabilities


rules = st.builds(
    CompositeRule,
    weights=st.dictionaries(st.integers(1, 9), st.integers(1, 200).map(lambda value: value / 100)),
    month_balance=st.booleans(),
    soft=st.booleans(),
    min_share=st.dictionaries(st.integers(1, 9), st.integers(0, 99).map(lambda value: value / 100)),
)


def composited(stack, rule, at_once=4):
    """The six layers `(6, n)`, tallied a few scenes at a time."""
    classes, confidence, clear, months, probabilities = stack
    keep = [index for index, month in enumerate(months) if month in rule.months]
    size = classes.shape[1]
    total, seen = empty_tally(size), (classes[keep] != 0).any(axis=0)
    for month in sorted({months[index] for index in keep}) if rule.month_balance else [None]:
        part = [index for index in keep if month in (None, months[index])]
        tally = empty_tally(size) if rule.month_balance else total
        for start in range(0, len(part), at_once):
            some = part[start : start + at_once]
            voted = np.where(clear[some] & (classes[some] != 10), classes[some], 0).astype(np.uint8)
            probability = probabilities[some] if rule.soft else None
            add_observations(tally, voted, confidence[some], [months[index] for index in some], probability)
        if rule.month_balance:
            add_month(total, tally)
    return np.array(decide(total, seen, rule).layers)


def reordered(stack, order):
    classes, confidence, clear, months, probabilities = stack
    return classes[order], confidence[order], clear[order], [months[index] for index in order], probabilities[order]


@settings(max_examples=150, deadline=None)
@given(stacks(), rules)
def test_it_equals_the_definition_pixel_by_pixel(stack, rule):
    classes, confidence, clear, months, probabilities = stack
    layers = composited(stack, rule)
    for pixel in range(PIXELS):
        observations = [
            (
                int(classes[scene, pixel]),
                int(confidence[scene, pixel]),
                bool(clear[scene, pixel]),
                months[scene],
                probabilities[scene, :, pixel].tolist(),
            )
            for scene in range(len(classes))
        ]
        assert tuple(layers[:, pixel].tolist()) == decide_pixel(observations, rule)


@settings(deadline=None)
@given(stacks(), rules, st.randoms(use_true_random=False))
def test_the_order_of_the_scenes_does_not_matter(stack, rule, chance):
    order = list(range(len(stack[0])))
    chance.shuffle(order)
    assert np.array_equal(composited(stack, rule), composited(reordered(stack, order), rule, at_once=3))


@settings(deadline=None)
@given(stacks(), rules, st.data())
def test_a_masked_scene_equals_an_absent_one(stack, rule, data):
    number = data.draw(st.integers(0, len(stack[0]) - 1))
    classes, confidence, clear, months, probabilities = stack
    masked = clear.copy()
    masked[number] = False
    others = [index for index in range(len(classes)) if index != number]
    with_masked = composited((classes, confidence, masked, months, probabilities), rule)
    without = composited(reordered(stack, others), rule)
    # a masked scene still tells that something was seen: 10 in place of 0 where nothing else was
    assert np.array_equal(with_masked[1:], without[1:])
    assert np.array_equal(np.where(with_masked[0] == 10, 0, with_masked[0]), np.where(without[0] == 10, 0, without[0]))


@settings(deadline=None)
@given(stacks(), rules, st.floats(1e-3, 1e3))
def test_a_common_factor_of_the_weights_changes_nothing(stack, rule, factor):
    weights = {code: rule.weights.get(code, CompositeRule().voting_weights[code]) for code in range(1, 10)}
    plain = CompositeRule(weights=weights, soft=rule.soft, min_share=rule.min_share)
    scaled = CompositeRule(
        weights={code: weight * factor for code, weight in weights.items()},
        soft=rule.soft,
        min_share=rule.min_share,
    )
    assert np.array_equal(composited(stack, plain), composited(stack, scaled))


@settings(deadline=None)
@given(stacks(), rules, st.sampled_from([1, 77, 255]), st.integers(1, 12))
def test_one_more_vote_for_the_winner_never_unseats_it(stack, rule, confidence, month):
    rule = CompositeRule(weights=rule.weights, min_share=rule.min_share)
    before = composited(stack, rule)
    classes, confidences, clear, months, probabilities = stack
    won = (before[0] >= 1) & (before[0] <= 9)
    more = (
        np.vstack([classes, np.where(won, before[0], 0)]).astype(np.uint8),
        np.vstack([confidences, np.full(PIXELS, confidence)]).astype(np.uint8),
        np.vstack([clear, np.ones(PIXELS, bool)]),
        [*months, month],
        np.concatenate([probabilities, probabilities[:1]]),
    )
    after = composited(more, rule)
    assert np.array_equal(after[0][won], before[0][won])
    assert np.array_equal(after[3][won], before[3][won] + 1)


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (5, PIXELS), elements=st.integers(1, 9)))
def test_equal_weights_and_confidences_give_the_mode(classes):
    stack = (
        classes,
        np.full_like(classes, 200),
        np.ones_like(classes, bool),
        [6] * 5,
        np.zeros((5, 9, PIXELS), np.uint8),
    )
    layers = composited(stack, EQUAL)
    mode = stats.mode(classes, axis=0)
    assert np.array_equal(layers[0], mode.mode)
    assert np.array_equal(layers[2], np.round(100 * mode.count / 5))


def _one_pixel(votes, rule):
    """Layers of one pixel from (class, confidence) votes, all clear, in the months 1, 2, ..."""
    classes = np.array([[vote[0]] for vote in votes], np.uint8)
    confidence = np.array([[vote[1]] for vote in votes], np.uint8)
    months = [index % 12 + 1 for index in range(len(votes))]
    stack = classes, confidence, np.ones_like(classes, bool), months, np.zeros((len(votes), 9, 1), np.uint8)
    return composited(stack, rule)[:, 0].tolist()


def test_ties_go_to_the_class_of_more_scenes_and_then_to_the_lower_code():
    assert _one_pixel([(5, 200), (2, 100), (2, 100)], EQUAL)[0] == 2
    assert _one_pixel([(2, 200), (5, 100), (5, 100)], EQUAL)[0] == 5
    assert _one_pixel([(7, 150), (3, 150)], EQUAL)[0] == 3


def test_clouds_win_only_where_nothing_else_was_seen():
    assert _one_pixel([(10, 255)] * 11 + [(8, 40)], CompositeRule())[0] == 8
    assert _one_pixel([(10, 255)] * 3, CompositeRule())[0] == 10
    assert _one_pixel([(0, 0)] * 3, CompositeRule())[0] == 0


def test_a_class_of_weight_zero_never_wins():
    rule = CompositeRule(weights={7: 0.0})
    assert _one_pixel([(7, 255)] * 5 + [(8, 60)], rule)[0] == 8
    assert _one_pixel([(7, 255)] * 5, rule)[:2] == [0, 0]


def test_months_that_are_out_of_the_season_are_as_if_absent():
    votes = [(9, 250), (9, 250), (3, 90)]  # January, February, March
    assert _one_pixel(votes, CompositeRule(min_share={}))[0] == 9
    assert _one_pixel(votes, CompositeRule(min_share={}, months=(3,)))[:4] == [3, 255, 100, 1]


def test_with_month_balance_ten_dry_scenes_do_not_outvote_two_wet_months():
    classes = np.array([[8]] * 10 + [[5]] * 2, np.uint8)
    months = [7] * 10 + [1, 2]
    stack = classes, np.full_like(classes, 200), np.ones_like(classes, bool), months, np.zeros((12, 9, 1), np.uint8)
    assert composited(stack, EQUAL)[0, 0] == 8
    balanced = CompositeRule(weights=EQUAL.weights, min_share={}, month_balance=True)
    assert composited(stack, balanced)[0, 0] == 5


def test_with_soft_voting_a_class_that_is_often_second_can_win():
    probabilities = np.zeros((3, 9, 1), np.uint8)
    probabilities[:, 3, 0] = 110  # flooded vegetation is second in each scene
    for scene, row in enumerate((0, 1, 2)):
        probabilities[scene, row, 0] = 130
    classes = np.array([[1], [2], [3]], np.uint8)
    stack = classes, np.full_like(classes, 130), np.ones_like(classes, bool), [1, 2, 3], probabilities
    assert composited(stack, EQUAL)[0, 0] == 1
    soft = CompositeRule(weights=EQUAL.weights, min_share={}, soft=True)
    assert composited(stack, soft)[0, 0] == 4


def test_a_class_that_was_voted_for_without_any_probability_still_comes_second():
    probabilities = np.zeros((1, 9, 1), np.uint8)
    probabilities[0, 0] = 1
    stack = np.array([[3]], np.uint8), np.array([[51]], np.uint8), np.array([[True]]), [1], probabilities
    assert composited(stack, CompositeRule(soft=True, min_share={}))[[0, 5], 0].tolist() == [1, 3]


def test_more_scenes_than_fit_in_eight_bits_are_counted():
    size = 3
    tally = empty_tally(size)
    for _ in range(3):
        add_observations(tally, np.full((255, size), 4, np.uint8), np.full((255, size), 255, np.uint8), [5] * 255)
    decision = decide(tally, np.ones(size, bool), CompositeRule())
    assert tally.observations[3].tolist() == [765] * size
    assert tally.confidence[3].tolist() == [765 * 255] * size
    assert decision.landcover.tolist() == [4] * size
    assert decision.observations.tolist() == [255] * size


@pytest.mark.parametrize("scenes", [105, 106, 256, 300])
@pytest.mark.parametrize("rule", [CompositeRule(), CompositeRule(min_share={})])
def test_any_number_of_scenes_equals_the_definition(scenes, rule):
    """Sums are kept in the smallest types that hold them: these numbers lie on both sides of the steps."""
    rng = np.random.default_rng(scenes)
    size = 40
    # few classes and high confidences, so that sums are large, and equal halves, so that ties exist
    classes = rng.choice(np.array([0, 1, 3, 9, 10], np.uint8), (scenes, size))
    classes[:, :10] = 3
    classes[::2, 5:10] = 5
    confidence = rng.choice(np.array([254, 255], np.uint8), (scenes, size))
    confidence[:, 5:10] = 255
    months = [index % 12 + 1 for index in range(scenes)]
    tally = empty_tally(size, scenes)
    for start in range(0, scenes, 100):
        voted = np.where(classes[start : start + 100] == 10, 0, classes[start : start + 100]).astype(np.uint8)
        add_observations(tally, voted, confidence[start : start + 100], months[start : start + 100])
    layers = decide(tally, (classes != 0).any(axis=0), rule).layers
    for pixel in range(size):
        observations = [
            (int(classes[t, pixel]), int(confidence[t, pixel]), True, months[t], None) for t in range(scenes)
        ]
        expected = decide_pixel(observations, rule)
        assert tuple(layers[:, pixel].tolist()) == (*expected[:3], min(expected[3], 255), *expected[4:])


def test_too_many_scenes_at_once_are_refused():
    with pytest.raises(ValueError, match="255"):
        add_observations(empty_tally(1), np.ones((256, 1), np.uint8), np.ones((256, 1), np.uint8), [1] * 256)
