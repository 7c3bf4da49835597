"""People's labels of real land as training samples and as a check, with a teacher whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.legend import CLOUDS, GRASS, TREES, WATER
from evaluation.__main__ import predict_left_out_sites
from evaluation.comparison import predict_set
from training.batches import BatchSource
from training.chips import Chip
from training.labelled_sets import LabelledSet
from training.reference_samples import MIN_REFERENCE_SAMPLES, reference_samples
from training.samples import SAMPLE_SIZE
from training.store import list_reference_sites, open_store, write_shard
from training.variation import NOTHING_NEW


def by_blue(normalised):
    """A teacher that reads each pixel by itself: bright in the blue is water, dark is trees."""
    logits = torch.full_like(normalised, -20.0)
    logits[:, 0], logits[:, 1] = 8 * (normalised[:, 0] - 0.5), 8 * (0.5 - normalised[:, 0])
    return logits


def always_trees(normalised):
    """A teacher that says trees whatever it sees."""
    logits = torch.zeros_like(normalised)
    logits[:, 1] = 5
    return logits


def a_chip(height, width, level="L1C", name="somewhere", seed=0):
    rng = np.random.default_rng(seed)
    return Chip(
        name,
        name,
        level,
        rng.integers(200, 3000, (9, height, width)).astype(np.uint16),
        rng.integers(1, 255, (9, height, width)).astype(np.uint8),
    )


def a_set(name, label, level="L2A", quality="human", *, has_teacher_bands=True):
    label = np.asarray(label, np.uint8)
    return LabelledSet(name, a_chip(*label.shape, level, name), label, quality, has_teacher_bands)


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_reference_labels_replace_the_teachers_where_there_are_any(level):
    label = np.zeros((64, 150), np.uint8)
    label[:, :40], label[:, 40:50] = GRASS, CLOUDS
    samples = reference_samples([a_set("meadow_1", label, level)], always_trees, np.random.default_rng(0))
    assert MIN_REFERENCE_SAMPLES <= len(samples) < MIN_REFERENCE_SAMPLES + 2
    first = samples[0]
    assert first.hard.shape == (SAMPLE_SIZE, SAMPLE_SIZE)
    assert (first.hard[:64, :40] == GRASS).all()
    assert not first.hard[:64, 40:].any()
    assert (first.soft[:, :64, 60:].argmax(axis=0) == TREES - 1).all()


def test_sets_of_water_of_products_and_without_the_teachers_bands_tell_no_land():
    land = [[GRASS, 0], [TREES, 0]]
    assert a_set("a_1", land).has_land_labels
    assert a_set("worldcereal_be_424A_3", land).site == "worldcereal_be_424A"
    assert not a_set("a_1", [[WATER, 0], [CLOUDS, 0]]).has_land_labels
    assert not a_set("a_1", land, quality="official PRODUCT of a model").has_land_labels
    assert not a_set("a_1", land, has_teacher_bands=False).has_land_labels


@pytest.fixture
def cache(tmp_path):
    """A store with reference labels of grass and the teacher's of trees, at two sites."""
    everywhere = np.full((60, 60), GRASS)
    for site in ("here", "there"):
        samples = reference_samples([a_set(f"{site}_1", everywhere)], always_trees, np.random.default_rng(0))[:4]
        write_shard(tmp_path, f"reference_{site}", samples)
    unlabelled = replace(samples[0], hard=np.zeros_like(samples[0].hard))
    write_shard(tmp_path, "real_000", [unlabelled])
    write_shard(tmp_path, "made_000", [unlabelled] * 3)
    return tmp_path


def taught_classes(store, *, with_reference=True):
    batch = BatchSource(store, 64, seed=1, cloud_fields=4, mixture=replace(NOTHING_NEW, real=0.9)).batch(
        0, with_reference=with_reference
    )
    return {int(code) + 1 for code in batch.views.target.argmax(dim=1)[batch.views.weight > 0].unique()} - {CLOUDS}


def test_reference_labels_are_drawn_where_they_are_asked_for(cache):
    assert list_reference_sites(cache) == ["here", "there"]
    store = open_store(cache)
    assert taught_classes(store, with_reference=False) == {TREES}
    assert taught_classes(store, with_reference=True) == {TREES, GRASS}


def test_labels_held_out_as_a_check_are_not_trained_on_but_their_land_is(cache):
    one = open_store(cache, left_out_sites=["here"])
    here = next(hard for hard, soft in zip(one.hard, one.soft) if len(soft) == 4)
    assert not here.any()
    assert sum(one.real) == 3
    assert sum(bool(hard.any()) for hard in open_store(cache).hard) == 2
    assert taught_classes(open_store(cache, left_out_sites=["here", "there"])) == {TREES}


def test_up_to_fine_tuning_all_trainings_are_the_same_whatever_sites_they_leave_out(cache):
    sources = [BatchSource(open_store(cache, left_out_sites=sites), 4, 1, 4, NOTHING_NEW) for sites in ([], ["here"])]
    assert torch.equal(*(source.batch(8, with_reference=False).views.target for source in sources))
    assert (sources[0].class_share() == sources[1].class_share()).all()


def test_a_site_is_evaluated_by_the_network_that_was_not_trained_on_it():
    torch.manual_seed(0)
    trained, left_out = (UNet(Architecture(8, (8, 16), (1, 1))).eval() for _ in range(2))
    sets = [a_set("here_1", [[GRASS] * 9] * 9), a_set("there_1", [[TREES] * 9] * 9)]
    items = [predict_set(trained, by_blue, item) for item in sets]
    evaluated_sets = predict_left_out_sites(items, {"there": left_out}, by_blue)
    assert evaluated_sets[0] is items[0]
    expected = predict_set(left_out, by_blue, sets[1]).network.probabilities
    np.testing.assert_array_equal(evaluated_sets[1].network.probabilities, expected)
    with pytest.raises(ValueError, match="nowhere"):
        predict_left_out_sites(items, {"nowhere": left_out}, by_blue)
