"""Folds by blocks of land: no block is parted, classes are spread, and what cannot be validated is reported."""

import numpy as np
import pytest
from allpa_engine.core.errors import TrainingInvalid
from allpa_engine.learn.folds import block_numbers, default_block_size, fold_counts, group_folds, spatial_blocks
from hypothesis import given
from hypothesis import strategies as st
from learn_samples import LEGEND


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([3, 7, 250])), min_size=2, max_size=200),
    st.integers(2, 12),
    st.integers(0, 5),
)
def test_every_row_is_tested_once_and_no_group_is_parted(rows, wanted, seed):
    groups, codes = np.array([row[0] for row in rows], np.int32), np.array([row[1] for row in rows], np.uint8)
    if len(set(groups.tolist())) < 2:
        with pytest.raises(TrainingInvalid, match="one block or group"):
            group_folds(groups, codes, wanted, seed)
        return
    found = group_folds(groups, codes, wanted, seed)
    assert found.count == min(wanted, len(set(groups.tolist())))
    tested = np.zeros(len(groups), int)
    for learnt, test in found.splits():
        assert len(learnt)
        assert len(test)
        assert not set(groups[learnt].tolist()) & set(groups[test].tolist())
        tested[test] += 1
    assert (tested == 1).all()


def test_blocks_are_squares_of_land():
    random = np.random.default_rng(3)
    x, y = random.uniform(-5_000, 20_000, 900), random.uniform(8_400_000, 8_430_000, 900)
    blocks = block_numbers(x, y, 2_000.0)
    for number in np.unique(blocks):
        inside = blocks == number
        assert len(set(np.floor(x[inside] / 2_000))) == len(set(np.floor(y[inside] / 2_000))) == 1
    assert len(np.unique(blocks)) == len(set(zip(np.floor(x / 2_000), np.floor(y / 2_000))))


def test_classes_are_spread_over_the_folds():
    """600 blocks whose classes are very uneven: each fold tests about a fifth of each class."""
    random = np.random.default_rng(5)
    codes = random.choice(np.array([3, 7, 250], np.uint8), 6_000, p=[0.9, 0.08, 0.02])
    groups = random.integers(0, 600, 6_000).astype(np.int32)
    counts = fold_counts(group_folds(groups, codes, 5), codes, (3, 7, 250))
    shares = counts / counts.sum(axis=0)
    assert shares.min() > 0.15
    assert shares.max() < 0.25


def test_the_same_seed_makes_the_same_folds():
    random = np.random.default_rng(8)
    x, y = random.uniform(0, 9_000, (2, 400))
    one, same, other = (spatial_blocks(x, y, 1_000, 4, seed).fold for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_fewer_blocks_than_folds_and_classes_of_one_block_are_reported():
    groups = np.array([0, 0, 1, 1, 2, 2], np.int32)
    codes = np.array([3, 7, 3, 7, 3, 250], np.uint8)
    found = group_folds(groups, codes, 5)
    notes = " ".join(found.notes(LEGEND))
    assert found.count == 3
    assert "3 blocks for 5 folds" in notes
    assert "Suelo desnudo" in notes
    assert "Queñual" not in notes


def test_no_note_where_all_is_well():
    groups = np.arange(20, dtype=np.int32)
    codes = np.tile(np.array([3, 7], np.uint8), 10)
    assert group_folds(groups, codes, 5).notes(LEGEND) == []


def test_blocks_are_as_large_as_the_classes_allow():
    random = np.random.default_rng(2)
    x, y = random.uniform(0, 100_000, (2, 2_000))
    codes = random.choice(np.array([3, 7], np.uint8), 2_000)
    assert default_block_size(x, y, codes, 5) == 10_000
    assert default_block_size(x / 20, y / 20, codes, 5) == 1_000
    narrow = np.where(codes == 7, 50_000 + x / 100, x)  # the second class within a square kilometre
    assert default_block_size(narrow, np.where(codes == 7, 50_000 + y / 100, y), codes, 5) < 10_000
