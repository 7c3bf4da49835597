"""What is done to samples while training: real clouds, relief, dark water, edges, and two views of one sample."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.legend import BARE, BUILT, CLOUDS, GRASS, SNOW, TREES, WATER
from hypothesis import given, settings
from hypothesis import strategies as st
from training.batches import BatchSource
from training.chips import Chip
from training.cloud_pairs import (
    CLOUD_BLUE,
    CloudField,
    cloud_shares,
    cut_cloud_fields,
    find_twins,
    lay_clouds,
    load_cloud_fields,
    pair_samples,
    save_cloud_fields,
)
from training.clouds import build_bank
from training.new_samples import new_real_samples
from training.new_sites import NewChip
from training.relief import build_relief_bank
from training.samples import SAMPLE_SIZE, Sample
from training.store import PAIR_PREFIX, SCENE_PREFIX, SLIDE_PREFIX, open_store, write_shard
from training.training import mix_weights
from training.twin_views import WINDOW_PX, Window, consistency_loss, draw_twin, draw_window
from training.variation import (
    NOTHING_NEW,
    Banks,
    Labelled,
    add_relief,
    brighten_woods,
    cover_with_clouds,
    cut_swath_edge,
    darken_water,
    fill_as_product,
    vary,
)

SIDE = 160
GROUND_DN, CLOUD_DN = 800, 6000


def a_pair():
    """The same ground clear and clouded: thick in the first columns, thin beside it, a shadow further on."""
    ground = np.full((9, SIDE, SIDE), GROUND_DN, np.uint16)
    soft = np.zeros((9, SIDE, SIDE), np.uint8)
    soft[GRASS - 1] = 200
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[:, :30], mask[:, 30:60], mask[:, 90:120], mask[:, 150:] = 2, 1, 3, 255
    seen = ground.astype(np.float32)
    for columns, opacity in ((slice(0, 30), 0.9), (slice(30, 60), 0.15)):
        seen[:, :, columns] = (1 - opacity) * GROUND_DN + opacity * CLOUD_DN
    seen[:, :, 90:120] *= 0.4
    clouded = Chip("here_cloudy", "here", "L2A", seen.astype(np.uint16), soft)
    return NewChip(clouded, mask, None, "here"), NewChip(Chip("here", "here", "L2A", ground, soft), None, None, None)


def test_shares_of_cloud_grow_with_the_excess_of_blue_and_unknown_pixels_do_not_count():
    mask = np.array([[0, 1, 1, 1, 2, 3, 255]], np.uint8)
    excess = np.array([[0.5, 0.01, 0.05, 0.3, 0.0, -0.1, 0.5]], np.float32)
    share, weight = cloud_shares(mask, excess)
    np.testing.assert_allclose(share, [[0, 0, 0.5, 1, 1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(weight, [[1, 1, 0.4, 1, 1, 0.8, 0]], atol=1e-6)


def test_a_clouded_chip_teaches_clouds_and_the_ground_in_their_shadow(tmp_path):
    clouded, clear = a_pair()
    samples = pair_samples(clouded, clear.chip, np.random.default_rng(0))
    write_shard(tmp_path, f"{PAIR_PREFIX}000", samples)
    mixture = replace(NOTHING_NEW, pair=1.0, clouds=1.0)
    batch = BatchSource(open_store(tmp_path), 16, seed=1, cloud_fields=4, mixture=mixture).batch(0)
    best = batch.views.target.argmax(dim=1) + 1
    swir = batch.views.reflectance[:, 4]
    counted = batch.views.weight > 0
    assert (best[counted & (swir > 0.3)] == CLOUDS).all()
    assert (best[counted & (swir < 0.06)] == GRASS).all(), "the ground in shadow keeps its class, with no clouds added"
    assert 0.005 < float((~counted).float().mean()) < 0.2


def test_clouds_of_a_pair_are_separated_from_their_ground():
    clouded, clear = a_pair()
    fields = cut_cloud_fields(clouded, clear.chip, np.random.default_rng(1))
    field = fields[0]
    excess = 0.15 * (CLOUD_DN - GROUND_DN) / 1e4
    thin = np.isclose(field.opacity, excess / (CLOUD_BLUE - GROUND_DN / 1e4), atol=1e-4)
    assert thin.any()
    np.testing.assert_allclose(field.shadow[:, field.shadow[0] < 1], 0.4, atol=1e-3)
    ground = np.full((6, SAMPLE_SIZE, SAMPLE_SIZE), GROUND_DN / 1e4, np.float32)
    again = (1 - field.opacity) * ground * field.shadow + field.light
    assert {round(float(value), 3) for value in np.unique(again.round(3))} == {0.08, 0.158, 0.548, 0.032}


def test_cloud_fields_come_back_from_their_file(tmp_path):
    clouded, clear = a_pair()
    fields = cut_cloud_fields(clouded, clear.chip, np.random.default_rng(1))
    save_cloud_fields(tmp_path / "fields.npy", fields)
    again = load_cloud_fields(tmp_path / "fields.npy")
    assert len(again) == len(fields)
    np.testing.assert_allclose(again[1].light, fields[1].light, atol=1e-3)
    assert load_cloud_fields(tmp_path / "missing.npy") == []


def test_clear_twins_are_found_by_name_and_size():
    clouded, clear = a_pair()
    assert find_twins([clouded, clear])["here_cloudy"].name == "here"
    smaller = replace(clear, chip=replace(clear.chip, digital_numbers=clear.chip.digital_numbers[:, :50]))
    assert find_twins([clouded, smaller]) == {}


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_under_laid_clouds_bright_is_cloud_and_land_without_them_stays(seed):
    rng = np.random.default_rng(seed)
    size = 32
    opacity = np.zeros((size, size), np.float32)
    opacity[:8] = 0.9
    ones = np.ones((6, size, size), np.float32)
    field = CloudField(opacity, 0.6 * opacity * ones, ones, (opacity > 0).astype(np.float32), np.ones_like(opacity))
    land = 0.1 * ones
    clouded, share, weight = lay_clouds(land, field, rng)
    np.testing.assert_array_equal(share == 1, clouded[0] > 0.2)
    np.testing.assert_allclose(clouded[:, share == 0], 0.1, rtol=1e-5)
    assert share.mean() == pytest.approx(0.25)
    assert (weight == 1).all()


def a_sample(code=GRASS, level=0.1):
    target = np.zeros((10, SAMPLE_SIZE, SAMPLE_SIZE), np.float32)
    target[code - 1] = 1
    rng = np.random.default_rng(0)
    land = level * rng.uniform(0.8, 1.2, (6, SAMPLE_SIZE, SAMPLE_SIZE)).astype(np.float32)
    return Labelled(land, target, np.ones((SAMPLE_SIZE, SAMPLE_SIZE), np.float32))


@pytest.fixture(scope="module")
def banks():
    rng = np.random.default_rng(0)
    return Banks(build_bank(rng, 4, SAMPLE_SIZE), (), build_relief_bank(rng, 6, SAMPLE_SIZE))


def test_relief_changes_the_light_and_not_the_label(banks):
    before = a_sample()
    after = [add_relief(before, banks.relief, np.random.default_rng(seed)) for seed in range(6)]
    assert all((sample.target == before.target).all() for sample in after)
    darkest = min(float(sample.reflectance[4].min()) for sample in after)
    assert darkest < 0.02, "as dark as water"
    assert min(float(sample.weight.min()) for sample in after) == pytest.approx(0.6, abs=0.01)


def test_dark_water_is_darker_and_land_is_not():
    sample = a_sample(WATER, 0.05)
    sample.target[:, :, 64:] = 0
    sample.target[BARE - 1, :, 64:] = 1
    darker = darken_water(sample, np.random.default_rng(1))
    ratio = darker.reflectance / sample.reflectance
    assert (ratio[:, :, 64:] == 1).all()
    assert ratio[:, :, :64].max() == pytest.approx(ratio[:, :, :64].min(), rel=1e-5)
    assert 0.33 <= ratio[0, 0, 0] < 1


def test_bright_woods_reach_the_brightness_of_spring_and_keep_their_class():
    for seed in range(8):
        woods = brighten_woods(a_sample(TREES, 0.25), np.random.default_rng(seed))
        near_infrared, swir = woods.reflectance[3].mean(), woods.reflectance[4].mean()
        assert 0.35 <= near_infrared <= 0.5
        assert 0.15 <= swir <= 0.22
        assert (woods.target[TREES - 1] == 1).all()


def test_beyond_a_swath_edge_nothing_is_learnt_and_the_network_sees_what_the_product_shows_it():
    cut = cut_swath_edge(a_sample(), np.random.default_rng(3))
    missing = (cut.reflectance == 0).all(axis=0)
    assert 0.1 < missing.mean() < 0.9
    assert not cut.weight[missing].any()
    filled = fill_as_product(cut.reflectance)
    np.testing.assert_array_equal(filled[:, ~missing], cut.reflectance[:, ~missing])
    beside = missing & np.roll(~missing, 2, axis=1)
    assert (filled[:, beside] > 0).all()


def test_made_clouds_add_to_their_class_and_shares_stay_one(banks):
    for seed in range(6):
        covered = cover_with_clouds(a_sample(), NOTHING_NEW, banks, np.random.default_rng(seed))
        np.testing.assert_allclose(covered.target.sum(axis=0), 1, atol=1e-5)
        assert ((covered.weight >= 0) & (covered.weight <= 1)).all()


def test_towns_get_no_relief_and_dry_samples_no_dark_water(banks):
    mixture = replace(NOTHING_NEW, relief=1.0, dark_water=1.0, clouds=0.0)
    town = a_sample(BUILT)
    assert vary(town, mixture, banks, np.random.default_rng(0)).reflectance is town.reflectance


def flat_sample(code):
    soft = np.zeros((9, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8)
    soft[code - 1] = 200
    numbers = np.full((6, SAMPLE_SIZE, SAMPLE_SIZE), 100 * code, np.uint16)
    return Sample(numbers, soft, *np.zeros((2, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8))


def test_scenes_slides_and_pairs_have_the_shares_of_a_batch_that_are_asked_for(tmp_path):
    for name, code in (
        ("real_000", GRASS),
        ("made_000", TREES),
        (f"{SCENE_PREFIX}000", BARE),
        (f"{PAIR_PREFIX}000", WATER),
        (f"{SLIDE_PREFIX}real", SNOW),
        (f"{SLIDE_PREFIX}made_000", BUILT),
    ):
        write_shard(tmp_path, name, [flat_sample(code)] * (6 if code == BUILT else 3))
    mixture = replace(NOTHING_NEW, pair=0.1, scene=0.2, slides=0.1, real=0.5)
    source = BatchSource(open_store(tmp_path), 4, seed=1, cloud_fields=4, mixture=mixture)
    drawn = source.probability @ source.shares
    classes = np.array([WATER, BARE, SNOW, BUILT, GRASS, TREES]) - 1
    np.testing.assert_allclose(drawn[classes], [0.1, 0.2, 0.05, 0.05, 0.3, 0.3], atol=1e-6)


def test_landslides_drawn_by_people_are_bare_ground_whatever_the_teacher_says():
    soft = np.zeros((9, 128, 128), np.uint8)
    soft[TREES - 1] = 220
    slide = np.zeros((128, 128), bool)
    slide[20:40, 30:60] = True
    chip = Chip("l4s_1", "l4s_1", "L2A", np.full((9, 128, 128), 900, np.uint16), soft)
    nothing, (sample,) = new_real_samples([NewChip(chip, None, slide, None)], np.random.default_rng(0))
    np.testing.assert_array_equal(sample.hard == BARE, slide)
    assert (sample.hard[~slide] == 0).all()
    assert sample.weight[~slide].max() < sample.weight[slide].min()
    assert nothing == []


def by_pixel(reflectance):
    """Logits that depend on each pixel alone: the same for every shift and mirror."""
    return torch.stack([reflectance[:, band % 6] * (band + 1) for band in range(10)], dim=1)


@given(st.integers(0, 10_000))
@settings(max_examples=12, deadline=None)
def test_an_answer_that_does_not_depend_on_the_window_costs_nothing(seed):
    rng = np.random.default_rng(seed)
    land = rng.random((6, SAMPLE_SIZE, SAMPLE_SIZE), np.float32)
    first = draw_window(rng, SAMPLE_SIZE)
    second = draw_twin(first, rng, SAMPLE_SIZE)
    views = [torch.from_numpy(window.cut(land)[None].copy()) for window in (first, second)]
    valid = torch.ones(1, WINDOW_PX, WINDOW_PX, dtype=torch.bool)
    own, other = (by_pixel(view) for view in views)
    assert float(consistency_loss(own, other, valid, [(first, second)])) == pytest.approx(0, abs=1e-5)
    changed = other.clone()
    changed[:, 2] += 10
    assert float(consistency_loss(own, changed, valid, [(first, second)])) > 0.01
    assert float(consistency_loss(own, changed, ~valid, [(first, second)])) == 0


def test_the_divergence_is_symmetric_and_that_of_the_two_answers():
    window = Window(3, 5)
    own, other = torch.zeros(1, 10, WINDOW_PX, WINDOW_PX), torch.zeros(1, 10, WINDOW_PX, WINDOW_PX)
    other[:, 0] = 0.5  # logits over the temperature: 1
    valid = torch.ones(1, WINDOW_PX, WINDOW_PX, dtype=torch.bool)
    p, q = torch.full((10,), 0.1), torch.softmax(torch.tensor([1.0] + [0.0] * 9), 0)
    expected = float((p * (p / q).log()).sum() + (q * (q / p).log()).sum())
    for pair in ((own, other), (other, own)):
        assert float(consistency_loss(*pair, valid, [(window, window)])) == pytest.approx(expected, rel=1e-4)


def test_the_mean_with_other_weights_lies_between_both():
    networks = [UNet(Architecture(8, (8, 16), (1, 1))) for _ in range(2)]
    first, second = (torch.cat([value.detach().flatten() for value in network.parameters()]) for network in networks)
    mixed = mix_weights(networks[0], networks[1], 0.25)
    found = torch.cat([value.detach().flatten() for value in mixed.parameters()])
    torch.testing.assert_close(found, 0.75 * first + 0.25 * second)
