"""Chips in the colours of other places: where the colours come from, and what stays of the chip."""

import numpy as np
import pytest
from allpa_engine.core.legend import CROPS, SNOW
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from training import recolouring
from training.spectra import NATURAL, NOT_CROPS, SpectrumPool, spectral_clusters

BANDS = 9


def some_chip(rng, size=64):
    """Smooth ground with some texture, correlated between the bands, digital numbers."""
    brightness = rng.normal(0, 0.3, (1, size, size))
    return np.exp(7 + brightness + rng.normal(0, 0.1, (BANDS, size, size))).astype(np.float32)


def pool_of(rng, level=7.5, weak_label=0):
    mixing = rng.normal(0, 0.1, (BANDS, BANDS))
    spectra = np.exp(level + rng.normal(0, 1, (4000, BANDS)) @ mixing).astype(np.float32)
    classes = np.full(4000, 5, np.uint8)
    return SpectrumPool(spectra, np.zeros(4000, np.int32), classes, np.full(4000, weak_label, np.uint8))


@pytest.fixture
def no_tint(monkeypatch):
    monkeypatch.setattr(recolouring, "_random_tint", lambda rng: np.zeros(BANDS, np.float32))


def test_the_map_that_changes_least_gives_the_covariance_asked_for():
    rng = np.random.default_rng(0)
    first, second = (root @ root.T for root in rng.normal(0, 1, (2, BANDS, BANDS)))
    matrix = recolouring._optimal_transport_matrix(first, second)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
    np.testing.assert_allclose(matrix @ first @ matrix.T, second, rtol=0.05, atol=0.05)
    assert np.linalg.eigvalsh(matrix).min() > 0


@pytest.mark.usefixtures("no_tint")
def test_a_transferred_chip_moves_towards_the_other_sites_spectra_and_keeps_its_pattern():
    rng = np.random.default_rng(1)
    chip, pool = some_chip(rng), pool_of(rng)
    there = np.log(pool.spectra).mean()
    for _ in range(5):
        moved = recolouring.transfer_colours(chip, pool, rng)
        assert abs(np.log(moved).mean() - there) < 0.6 * abs(np.log(chip).mean() - there)
        pattern = stats.spearmanr(chip.mean(axis=0).ravel(), moved.mean(axis=0).ravel()).statistic
        assert pattern > 0.5


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_no_recolouring_leaves_the_range_of_reflectance(seed):
    rng = np.random.default_rng(seed)
    chip, pool = some_chip(rng), pool_of(rng, level=rng.uniform(5, 9))
    for made in (
        recolouring.transfer_colours(chip, pool, rng),
        recolouring.recolour(chip, pool, rng).l2a,
        recolouring.make_plain_land(chip, pool, rng).l2a,
        recolouring.make_natural_land(64, pool, rng).l2a,
    ):
        assert made.shape == chip.shape
        assert made.dtype == np.float32
        assert np.isfinite(made).all()
        assert made.min() >= 1
        assert made.max() <= 15_001


def test_a_chip_without_any_texture_is_recoloured_too():
    rng = np.random.default_rng(2)
    flat = np.full((BANDS, 32, 32), 1200, np.float32)
    assert np.isfinite(recolouring.transfer_colours(flat, pool_of(rng), rng)).all()


def test_clusters_part_what_is_far_apart():
    rng = np.random.default_rng(3)
    two = np.concatenate([rng.normal(0, 0.1, (300, 3)), rng.normal(5, 0.1, (200, 3))]).astype(np.float32)
    numbers = spectral_clusters(two, 2, rng)
    assert len(set(numbers[:300])) == len(set(numbers[300:])) == 1
    assert numbers[0] != numbers[-1]


def test_snow_on_open_land_is_never_brighter_at_short_waves_than_snow_can_be():
    rng = np.random.default_rng(4)
    snow = np.array([9000, 9000, 8800, 8700, 8500, 8200, 8000, 900, 700], np.float32)
    pool = SpectrumPool(np.tile(snow, (50, 1)), np.zeros(50, np.int32), *np.full((2, 50), SNOW, np.uint8))
    drawn = np.concatenate([recolouring._draw_plain_spectra(pool, rng).digital_numbers for _ in range(60)])
    assert drawn[:, 7:].max() <= 1400
    assert set(np.unique(drawn[:, 7])) >= {900, 1400}


@pytest.mark.usefixtures("no_tint")
def test_a_weak_label_goes_where_its_spectrum_goes_and_nowhere_else():
    rng = np.random.default_rng(5)
    dark, bright = np.full((200, BANDS), 400, np.float32), np.full((200, BANDS), 4000, np.float32)
    weak_labels = np.repeat([3, NOT_CROPS], 200).astype(np.uint8)
    pool = SpectrumPool(np.concatenate([dark, bright]), np.zeros(400, np.int32), np.full(400, 5, np.uint8), weak_labels)
    chip = np.exp(rng.normal(7.1, 0.02, (BANDS, 64, 64))).astype(np.float32)  # near 1200, between the two
    levels_by_label = dict.fromkeys((0, 3, NOT_CROPS), np.zeros(0, np.float32))
    for _ in range(40):
        land = recolouring.recolour(chip, pool, rng)
        levels_by_label = {
            weak_label: np.append(
                levels_by_label[weak_label], np.median(land.l2a, axis=0)[land.weak_label == weak_label]
            )
            for weak_label in levels_by_label
        }
    assert all(len(levels) > 1000 for levels in levels_by_label.values())
    assert (
        np.median(levels_by_label[3])
        < 800
        < np.median(levels_by_label[0])
        < 2000
        < np.median(levels_by_label[NOT_CROPS])
    )


def test_open_land_is_never_labelled_crops_and_wild_land_neither_crops_nor_built():
    rng = np.random.default_rng(6)
    farmed, grazed = pool_of(rng, weak_label=CROPS), pool_of(rng, weak_label=3)
    for _ in range(10):
        assert CROPS not in recolouring.make_plain_land(some_chip(rng), farmed, rng).weak_label
        assert set(np.unique(recolouring.make_natural_land(64, farmed, rng).weak_label)) == {NATURAL}
        assert (recolouring.make_plain_land(some_chip(rng), grazed, rng).weak_label == 3).all()
        assert set(np.unique(recolouring.make_natural_land(64, grazed, rng).weak_label)) <= {3, NATURAL}


def test_land_mixed_of_two_keeps_the_labels_of_both():
    rng = np.random.default_rng(7)
    first, second = (
        recolouring.Land(np.full((BANDS, 64, 64), level, np.float32), np.full((64, 64), weak_label, np.uint8))
        for level, weak_label in ((500, 3), (900, NATURAL))
    )
    mixed = recolouring.mix_lands(first, second, rng)
    np.testing.assert_array_equal(mixed.weak_label == 3, (mixed.l2a == 500).all(axis=0))
    np.testing.assert_array_equal(mixed.weak_label == NATURAL, (mixed.l2a == 900).all(axis=0))
