"""The measures of the network against counts worked out by hand, with networks whose answer is known."""

import csv

import numpy as np
import pytest
import torch
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.legend import CLASS_BY_CODE
from evaluation.measures import AIMS, Measure, main, measures_as_markdown, write_measures
from evaluation.new_places import (
    BARE,
    PredictedChip,
    count_clouds,
    pool_clouds,
    pool_landslides,
    score_landslides,
    score_new_clear,
)
from evaluation.new_places_tables import site_rows
from evaluation.predictions import ChipPrediction, has_network_data, product_reflectance
from evaluation.spectrum_scores import (
    chip_texture,
    estimate_blue,
    fit_blue,
    predict_flat,
    score_surfaces,
    verdict,
)
from evaluation.steadiness import chip_changes, distance_from_cut, score_edges, score_steadiness
from evaluation.surfaces import SKY_SHARE, SURFACES
from hypothesis import given, settings
from hypothesis import strategies as st
from training.chips import Chip
from training.new_sites import NewChip

WATER, TREES, CLOUDS = 1, 2, 10


def small_network(seed=3):
    torch.manual_seed(seed)
    return UNet(Architecture(8, (8, 16), (1, 1), cell=1)).eval()


def random_chip(height=125, width=131, seed=0, level="L2A"):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(300, 4000, (9, height, width)).astype(np.uint16)
    return Chip("chip", "site", level, pixels, np.ones((9, height, width), np.uint8))


def test_clouds_and_shadows_are_counted_by_the_mask():
    mask = np.array([[0, 0, 1, 1, 2, 3, 3, 3, 255]], np.uint8)
    predicted = np.array([[2, 10, 10, 2, 10, 1, 2, 1, 10]], np.uint8)
    ground = np.array([[2, 2, 2, 2, 2, 5, 2, 1, 2]], np.uint8)
    counts = count_clouds("a", mask, predicted, ground)
    assert (counts.found(0), counts.found(1), counts.found(2), counts.found(3)) == (0.5, 0.5, 1, 0)
    assert counts.pixels(3) == 3
    assert counts.shadow_called(WATER) == 0.5  # of crops and trees; the lake in shadow is water
    assert counts.shadow_called(TREES) == 0
    assert counts.shadow_kept == pytest.approx(2 / 3)
    both = pool_clouds([counts, counts])
    assert both.pixels(1) == 4
    assert both.found(1) == 0.5


def test_a_clouded_chip_without_the_label_of_its_ground_counts_for_clouds_alone():
    mask = np.array([[2, 3]], np.uint8)
    counts = count_clouds("a", mask, np.array([[10, 1]], np.uint8), np.zeros((1, 2), np.uint8))
    assert counts.found(2) == 1
    assert np.isnan(counts.shadow_called(WATER))
    assert np.isnan(counts.shadow_kept)
    assert np.isnan(pool_clouds([]).found(1))


def predicted_chip(name, teacher, network, cloud=None, landslide=None):
    soft = np.zeros((9, 1, len(teacher)), np.uint8)
    for column, code in enumerate(teacher):
        if code:
            soft[code - 1, 0, column] = 255
    chip = Chip(name, name, "L2A", np.full((9, 1, len(teacher)), 1000, np.uint16), soft)
    probabilities = np.where(np.arange(1, 11)[:, None, None] == np.array([network]), 0.82, 0.02).astype(np.float32)
    prediction = ChipPrediction(probabilities, np.ones((1, len(teacher)), bool))
    as_mask = None if landslide is None else np.array([landslide], bool)
    return PredictedChip(
        NewChip(chip, None if cloud is None else np.array([cloud], np.uint8), as_mask, None), prediction
    )


def test_landslides_and_clouded_chips_are_no_part_of_the_agreement():
    chips = [
        predicted_chip("l4s_2", [2, 2, 6, 6], [2, 3, 8, 8], landslide=[0, 0, 1, 1]),
        predicted_chip("clouded", [2, 2, 2], [10, 10, 10], cloud=[2, 2, 2]),
    ]
    assert score_new_clear(chips).confusion.sum() == 2
    assert np.trace(score_new_clear(chips).confusion) == 1
    slides = score_landslides(chips)
    assert [(item.name, item.bare) for item in slides] == [("l4s_2", 1.0)]
    assert pool_landslides(slides).predicted[BARE - 1] == 2
    assert np.isnan(pool_landslides([]).bare)
    rows = {row[0]: row for row in site_rows(chips[:1])}
    assert rows["l4s_2"][1:4] == ("left out", 2, "50.0")


@pytest.mark.parametrize("level", ["L1C", "L2A"])
def test_the_edge_of_the_data_is_filled_and_not_scored(level):
    chip = random_chip(level=level)
    chip.digital_numbers[:, :, :40] = 0
    chip.digital_numbers[0, 60, 100] = 0  # one band is enough: the product leaves such a pixel out
    reflectance = product_reflectance(chip, 16)
    assert not has_network_data(chip)[:, :40].any()
    assert not has_network_data(chip)[60, 100]
    assert (reflectance[:, :, 24:] > 0).all()
    assert (reflectance[:, :, :20] == 0).all()


class OneBand(torch.nn.Module):
    """Answers by each pixel's blue alone, so that nothing around it matters."""

    architecture = Architecture(8, (8, 16), (1, 1), cell=1)

    def forward(self, chips):
        high = (chips[:, 0] > 0.2).float()
        return torch.stack([high, 1 - high, *[torch.zeros_like(high)] * 8], dim=1)


def test_a_network_that_reads_single_pixels_is_perfectly_steady():
    chip = random_chip()
    assert chip_changes(OneBand(), chip) == (0, 0)
    edge = score_edges(OneBand(), [chip])
    assert (edge.within_40_m, edge.within_100_m, edge.chips) == (0, 0, 1)


class ByPosition(torch.nn.Module):
    """Answers by the column alone: even columns water, odd ones trees."""

    architecture = Architecture(8, (8, 16), (1, 1), cell=1)

    def forward(self, chips):
        odd = (torch.arange(chips.shape[3]) % 2).float().expand(chips.shape[0], *chips.shape[2:])
        return torch.stack([1 - odd, odd, *[torch.zeros_like(odd)] * 8], dim=1)


def test_a_network_that_reads_its_own_grid_changes_with_every_shift_along_it():
    shift, mirror = chip_changes(ByPosition(), random_chip())
    assert shift == pytest.approx(2 / 3)  # of the three shifts two move the columns
    assert mirror == pytest.approx(1 / 2)  # up-down leaves them, left-right turns even into odd


def test_small_chips_and_places_seen_before_are_left_out_of_the_steadiness():
    small = random_chip(64, 64)
    assert score_steadiness(OneBand(), [small]).chips == 0
    assert np.isnan(score_edges(OneBand(), [small]).within_40_m)
    assert score_steadiness(OneBand(), [random_chip(), random_chip(seed=1)]).chips == 1


@given(st.integers(20, 90), st.integers(20, 90), st.sampled_from([0.3, 0.5, 0.7]))
@settings(max_examples=20, deadline=None)
def test_a_cut_has_land_on_both_sides_and_measures_pixels(height, width, position):
    distance = distance_from_cut(height, width, position)
    assert (distance > 0).any()
    assert (distance < 0).any()
    steps = np.hypot(*np.gradient(distance.astype(np.float64)))
    np.testing.assert_allclose(steps, 1, atol=1e-3)


def test_a_patch_has_the_answer_of_endless_land_of_its_colour():
    network = small_network()
    spectra = np.random.default_rng(0).uniform(0.01, 0.6, (5, 6)).astype(np.float32)
    patches = predict_flat(network, spectra)
    wide = torch.from_numpy(spectra)[:, :, None, None].expand(-1, -1, 160, 160).contiguous()
    with torch.inference_mode():
        expected = torch.softmax(network(wide), dim=1)[:, :, 80, 80].numpy()
    np.testing.assert_allclose(patches, expected, atol=1e-5)
    np.testing.assert_allclose(patches.sum(axis=1), 1, atol=1e-5)


def test_the_surfaces_are_scored_both_ways():
    scores = score_surfaces(OneBand(), random_chip(160, 160))
    for score in scores:
        blue = score.surface.spectrum[0] / 10_000
        if not 0.2 / 1.5 < blue < 0.2 / 0.6:
            expected = WATER if blue > 0.2 else TREES
            assert (score.flat_code, score.textured_code) == (expected, expected), score.surface.name
            assert score.textured_share == float(expected in score.surface.right)
    texture = chip_texture(random_chip(160, 160), 16)
    assert texture.shape == (128, 128)
    assert texture.mean() == pytest.approx(1, abs=0.05)


def test_the_typical_spectra_are_physical_and_named_once():
    names = [surface.name for surface in SURFACES]
    assert len(set(names)) == len(names) >= 30
    for surface in SURFACES:
        assert all(0 < value <= 10_000 for value in surface.spectrum), surface.name
        assert set(surface.right) <= set(CLASS_BY_CODE)
    by_name = {surface.name: surface for surface in SURFACES}
    shade = np.array(by_name["rock, deep shade"].spectrum) / by_name["rock"].spectrum
    np.testing.assert_allclose(shade, SKY_SHARE, atol=0.002)


@pytest.mark.parametrize(
    ("code", "confidence", "expected"), [(9, 0.3, "right"), (8, 0.3, "low confidence"), (8, 0.7, "wrong")]
)
def test_a_wrong_class_counts_less_where_the_network_doubts(code, confidence, expected):
    assert verdict(code, confidence, (9,)) == expected


def test_blue_is_found_again_where_it_follows_the_other_bands():
    rng = np.random.default_rng(0)
    others = rng.uniform(300, 5000, (200, 5))
    blue = 0.5 * others[:, 0] ** 0.8 * others[:, 1] ** 0.2
    fit = fit_blue(np.column_stack([blue, others]))
    assert estimate_blue(fit, [1000.0, 1500.0, 2000.0, 2500.0, 2000.0]) == pytest.approx(0.5 * 1000**0.8 * 1500**0.2)


def test_the_table_has_the_other_weights_beside_and_a_dash_for_nothing(tmp_path):
    path = tmp_path / "measures.csv"
    write_measures(path, [Measure("pilbara", "Pilbara, agreement", 0.462, 100), Measure("labels", "labels", np.nan)])
    with path.open(encoding="utf-8") as stream:
        rows = {row["key"]: row for row in csv.DictReader(stream)}
    assert (rows["pilbara"]["value"], rows["pilbara"]["aim"], rows["labels"]["value"]) == (
        "46.20",
        AIMS["pilbara"],
        "–",
    )
    text = measures_as_markdown([Measure("pilbara", "Pilbara, agreement", 0.55, 100)], {"pilbara": "46.20"})
    assert "| Pilbara, agreement | 46.2 | 55.0 | 55 | 100 |" in text


def test_without_data_the_command_fails_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        main(["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--quick"])
