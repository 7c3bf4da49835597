"""Refitting the last layer: the maths of it, against an independent optimiser and by what must hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from allpa_engine.learn.linear_head import (
    BIAS_PENALTY,
    LinearHead,
    cross_entropy,
    refit_head,
    softmax,
    with_new_classes,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def make_case(seed=0, count=60, features=5, codes=(2, 3, 5)):
    random = np.random.default_rng(seed)
    head = LinearHead(codes, random.normal(size=(len(codes), features)), random.normal(size=len(codes)))
    own = random.choice(codes, count)
    values = random.gamma(2.0, size=(count, features)) + 0.8 * (own[:, None] == codes[0])
    return head, values, own, random.uniform(0.2, 1.0, count)


def objective(head, start, values, own, weights, strength):
    share = weights / weights.sum()
    mean = share @ values
    deviation = np.sqrt(share @ (values - mean) ** 2)
    change = (head.weight - start.weight) * deviation
    shift = (head.bias - start.bias) + (head.weight - start.weight) @ mean
    penalty = (change**2).sum() + BIAS_PENALTY * (shift**2).sum()
    return float(share @ cross_entropy(head, values, own)) + strength / 2 * penalty


def test_the_refit_is_the_minimum_that_another_optimiser_finds():
    torch = pytest.importorskip("torch")
    start, values, own, weights = make_case()
    found = refit_head(start, values, own, weights, 0.05)

    share = torch.tensor(weights / weights.sum())
    z, channel = torch.tensor(values), torch.tensor(start.channels(own))
    mean = share @ z
    deviation = torch.sqrt(share @ (z - mean) ** 2)
    change = torch.zeros(start.weight.shape, dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(len(start.bias), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([change, shift], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        logits = torch.tensor(start.logits(values)) + (z - mean) @ change.T + shift
        loss = (share * torch.nn.functional.cross_entropy(logits, channel, reduction="none")).sum()
        loss = loss + 0.025 * (((change * deviation) ** 2).sum() + BIAS_PENALTY * (shift**2).sum())
        loss.backward()
        return loss

    optimiser.step(closure)
    assert np.abs(found.weight - start.weight - change.detach().numpy()).max() < 1e-4


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([0.003, 0.1, 3.0]))
def test_no_small_change_of_the_refitted_head_is_better(seed, strength):
    start, values, own, weights = make_case(seed, count=23)
    found = refit_head(start, values, own, weights, strength)
    best = objective(found, start, values, own, weights, strength)
    assert best <= objective(start, start, values, own, weights, strength)
    random = np.random.default_rng(seed)
    for _ in range(5):
        near = LinearHead(
            found.classes,
            found.weight + 1e-3 * random.normal(size=found.weight.shape),
            found.bias + 1e-3 * random.normal(size=found.bias.shape),
        )
        assert objective(near, start, values, own, weights, strength) >= best - 1e-9


def test_the_stronger_the_penalty_the_nearer_the_head_stays():
    start, values, own, weights = make_case()
    distances = [
        float(np.abs(refit_head(start, values, own, weights, strength).weight - start.weight).max())
        for strength in (0.01, 1.0, 100.0, 1e6, np.inf)
    ]
    assert distances == sorted(distances, reverse=True)
    assert distances[-2] < 1e-5
    assert distances[-1] == 0


def test_observations_without_weight_and_scaled_weights_change_nothing():
    start, values, own, weights = make_case()
    weights[::3] = 0
    kept = weights > 0
    one = refit_head(start, values, own, weights, 0.1)
    other = refit_head(start, values[kept], own[kept], 17 * weights[kept], 0.1)
    assert np.abs(one.weight - other.weight).max() < 1e-8


def test_a_feature_in_other_units_gives_the_same_classes():
    start, values, own, weights = make_case()
    scaled = LinearHead(start.classes, start.weight / np.array([1, 1, 100.0, 1, 1]), start.bias)
    one = refit_head(start, values, own, weights, 0.1).probabilities(values)
    other = refit_head(scaled, values * [1, 1, 100.0, 1, 1], own, weights, 0.1)
    assert np.abs(one - other.probabilities(values * [1, 1, 100.0, 1, 1])).max() < 1e-6


def test_a_constant_feature_and_separable_classes_give_finite_weights():
    start, values, own, weights = make_case(codes=(2, 3))
    values[:, 1] = 4.0
    values[:, 0] = np.where(own == 2, 10.0, -10.0)
    found = refit_head(start, values, own, weights, 1e-3)
    assert np.isfinite(found.weight).all()
    assert (np.array(found.classes)[found.logits(values).argmax(axis=1)] == own).all()


def test_a_new_class_begins_as_the_class_it_was_taken_for_and_is_then_separated():
    start = LinearHead((2, 7), np.array([[3.0, 0.0], [0.0, 3.0]]), np.zeros(2))
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal((0, 3), 0.3, (40, 2)), random.normal((1, 3), 0.3, (40, 2))])
    own = np.repeat([7, 30], 40)
    extended = with_new_classes(start, own, values, np.ones(80))
    assert extended.classes == (2, 7, 30)
    assert (extended.weight[2] == start.weight[1]).all()
    found = refit_head(extended, values, own, np.ones(80), 0.01)
    right = np.array(found.classes)[found.logits(values).argmax(axis=1)] == own
    assert right.mean() > 0.9


def test_codes_find_their_channels_in_any_order():
    head = LinearHead((9, 2, 30), np.zeros((3, 1)), np.zeros(3))
    assert head.channels(np.array([2, 30, 9, 9])).tolist() == [1, 2, 0, 0]


def test_probabilities_sum_to_one_for_huge_logits():
    assert softmax(np.array([[1e4, 0.0, -1e4]])).tolist() == [[1.0, 0.0, 0.0]]


def test_a_refit_to_nothing_is_refused():
    start, values, own, weights = make_case()
    with pytest.raises(ValueError, match="weights"):
        refit_head(start, values, own, 0 * weights, 0.1)
