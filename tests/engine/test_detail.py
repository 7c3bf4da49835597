"""Finer labels at the edges of classes, and people's labels of real land, with a teacher whose answers are known."""

import numpy as np
import pytest
import torch
from allpa_engine.evaluate.__main__ import answered_unheard
from allpa_engine.evaluate.side_by_side import answered
from allpa_engine.legend import CLOUDS, WATER
from allpa_engine.train.batches import BatchSource
from allpa_engine.train.chips import CLOUDED_CHIPS, Chip
from allpa_engine.train.detail import PEOPLE_SAMPLES, fine_chip, finer, look, near_edges, people_samples
from allpa_engine.train.labelled import LabelledSet
from allpa_engine.train.samples import SAMPLE_SIZE
from allpa_engine.train.store import open_store, people_places, write_shard
from allpa_engine.train.teacher import load_teacher, teacher_probabilities
from allpa_engine.unet import Architecture, UNet
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

TREES, GRASS = 2, 3


def by_blue(normalised):
    """A teacher that reads each pixel by itself: bright in the blue is water, dark is trees."""
    logits = torch.full_like(normalised, -20.0)
    logits[:, 0], logits[:, 1] = 8 * (normalised[:, 0] - 0.5), 8 * (0.5 - normalised[:, 0])
    return logits


def never_grass(normalised):
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


@pytest.mark.parametrize(("height", "width"), [(128, 128), (37, 190), (5, 300), (129, 64)])
def test_a_teacher_that_reads_pixels_says_the_same_in_tiles(height, width):
    l1c = a_chip(height, width).digital_numbers.astype(np.float32)
    whole = teacher_probabilities(by_blue, l1c[None])[0]
    np.testing.assert_allclose(look(by_blue, l1c), whole, atol=1e-6)


def test_the_closer_look_sees_the_land_enlarged():
    seen = []

    def watching(normalised):
        seen.append(normalised)
        return by_blue(normalised)

    even = np.full((9, 100, 60), 800, np.float32)
    answer = look(watching, even, 2)
    assert answer.shape == even.shape
    assert seen[0].shape[-2:] == (2 * (128 + 64), 2 * (128 + 64))
    np.testing.assert_allclose(answer, look(by_blue, even), atol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 40), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_pixels_near_an_edge_are_those_that_a_window_shows_another_class(seed, height, width, pixels):
    best = np.random.default_rng(seed).integers(0, 2, (height, width)).repeat(3, axis=0)
    size = 2 * pixels + 1
    expected = ndimage.maximum_filter(best, size, mode="nearest") != ndimage.minimum_filter(best, size, mode="nearest")
    np.testing.assert_array_equal(near_edges(best, pixels), expected)


def test_the_closer_look_counts_at_edges_alone():
    first = np.zeros((9, 20, 20), np.float32)
    first[0, :, :10], first[1, :, 10:] = 1, 1
    closer = np.zeros_like(first)
    closer[2] = 1
    labels = finer(first, closer)
    np.testing.assert_array_equal(labels[:, :, :8], first[:, :, :8])
    np.testing.assert_array_equal(labels[:, :, 12:], first[:, :, 12:])
    assert (labels[2, :, 8:12] == 0.5).all()
    np.testing.assert_allclose(labels.sum(axis=0), 1)


def test_pixels_without_a_label_and_clouded_chips_stay_as_they_were():
    chip = a_chip(40, 50)
    chip.soft[:, 3:9, 4] = 0
    fine = fine_chip(chip, never_grass)
    assert not fine.soft[:, 3:9, 4].any()
    assert fine.soft[:, :3].any(axis=0).all()
    clouded = a_chip(8, 8, name=min(CLOUDED_CHIPS))
    assert fine_chip(clouded, never_grass) is clouded


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_people_are_heard_and_the_teacher_where_they_said_nothing(level):
    label = np.zeros((64, 150), np.uint8)
    label[:, :40], label[:, 40:50] = GRASS, CLOUDS
    samples = people_samples([a_set("meadow_1", label, level)], never_grass, np.random.default_rng(0))
    assert PEOPLE_SAMPLES <= len(samples) < PEOPLE_SAMPLES + 2
    first = samples[0]
    assert first.hard.shape == (SAMPLE_SIZE, SAMPLE_SIZE)
    assert (first.hard[:64, :40] == GRASS).all()
    assert not first.hard[:64, 40:].any()
    assert (first.soft[:, :64, 60:].argmax(axis=0) == TREES - 1).all()


def test_sets_of_water_of_products_and_without_the_teachers_bands_tell_no_land():
    land = [[GRASS, 0], [TREES, 0]]
    assert a_set("a_1", land).tells_land
    assert a_set("worldcereal_be_424A_3", land).place == "worldcereal_be_424A"
    assert not a_set("a_1", [[WATER, 0], [CLOUDS, 0]]).tells_land
    assert not a_set("a_1", land, quality="official PRODUCT of a model").tells_land
    assert not a_set("a_1", land, has_teacher_bands=False).tells_land


@pytest.fixture
def cache(tmp_path):
    """A store with all kinds of shards; people say grass where the teacher says trees."""
    everywhere = np.full((60, 60), GRASS)
    for place in ("here", "there"):
        samples = people_samples([a_set(f"{place}_1", everywhere)], never_grass, np.random.default_rng(0))[:4]
        write_shard(tmp_path, f"people_{place}", samples)
    for name in ("real_000", "fine_000", "made_000"):
        write_shard(tmp_path, name, samples[: {"real_000": 1, "fine_000": 2, "made_000": 3}[name]])
    return tmp_path


def test_finer_labels_and_people_stand_in_place_of_the_first_labels(cache):
    plain, detail = open_store(cache), open_store(cache, detail=True)
    assert sorted(len(part) for part in plain.soft) == [1, 3]
    assert sorted(len(part) for part in detail.soft) == [2, 3, 4, 4]
    assert sum(plain.real) == 1
    assert sum(detail.real) == 3
    assert people_places(cache) == ["here", "there"]


def test_labels_that_are_kept_as_a_check_are_not_heard(cache):
    def said(store):
        batch = BatchSource(store, 64, seed=1, cloud_fields=4, real_share=0.9).batch(0)
        return {int(code) + 1 for code in batch.target.argmax(dim=1)[batch.weight > 0].unique()}

    for name in ("fine_000", "made_000"):
        (cache / f"{name}_hard.npy").unlink()
    assert GRASS in said(open_store(cache, detail=True, unheard=["here"]))
    assert GRASS not in said(open_store(cache, detail=True, unheard=["here", "there"]))


def test_a_place_is_checked_by_the_network_that_has_not_heard_of_it():
    torch.manual_seed(0)
    heard, unheard = (UNet(Architecture(8, (8, 16), (1, 1))).eval() for _ in range(2))
    sets = [a_set("here_1", [[GRASS] * 9] * 9), a_set("there_1", [[TREES] * 9] * 9)]
    items = [answered(heard, by_blue, item) for item in sets]
    checked = answered_unheard(items, sets, {"there": unheard}, by_blue)
    assert checked[0] is items[0]
    expected = answered(unheard, by_blue, sets[1]).network.probabilities
    np.testing.assert_array_equal(checked[1].network.probabilities, expected)
    with pytest.raises(ValueError, match="nowhere"):
        answered_unheard(items, sets, {"nowhere": unheard}, by_blue)


@pytest.mark.shared
def test_tiles_give_the_teachers_answer_to_the_whole(shared):
    teacher = load_teacher(shared / "data" / "teacher")
    chip = a_chip(150, 200, seed=3)
    smooth = ndimage.gaussian_filter(chip.digital_numbers.astype(np.float32), (0, 6, 6)) + 300
    padded = np.pad(smooth, ((0, 0), (64, 64), (64, 64)), mode="reflect")
    whole = teacher_probabilities(teacher, padded[None])[0][:, 64:-64, 64:-64]
    np.testing.assert_allclose(look(teacher, smooth), whole, atol=2e-3)
