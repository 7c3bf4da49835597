"""Where the reflectance speaks against the teacher's class its second word is learnt."""

import numpy as np
import pytest
from allpa_engine.core.legend import BUILT, GRASS, TREES
from training.batches import BatchSource
from training.label_cleaning import remove_implausible_labels
from training.samples import SAMPLE_SIZE, Sample
from training.store import open_store, write_shard
from training.variation import NOTHING_NEW

# Land as the network sees it: B02, B03, B04, B08, B11, B12, digital numbers.
WOODS, MEADOW = (200, 350, 200, 2700, 1100, 450), (300, 600, 400, 3800, 2300, 1000)
ROOFS, DRY_WOODS = (900, 1000, 1100, 1500, 1600, 1400), (400, 610, 700, 2100, 2300, 1300)
EDGE = 60


def share_learnt(folder, code, inside, outside, dilation_px, roughness=0.0):
    """Columns learnt as `code`, of `inside` land up to `EDGE` whose label goes on for `dilation_px` columns.

    roughness : deviation of the land's brightness from pixel to pixel, relative to it.
    """
    land = np.empty((6, SAMPLE_SIZE, SAMPLE_SIZE))
    land[:, :, :EDGE], land[:, :, EDGE:] = np.array(inside)[:, None, None], np.array(outside)[:, None, None]
    land = (land * (1 + roughness * np.random.default_rng(0).uniform(-1.7, 1.7, land.shape[1:]))).astype(np.uint16)
    soft = np.zeros((9, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8)
    soft[code - 1, :, : EDGE + dilation_px], soft[GRASS - 1, :, : EDGE + dilation_px] = 150, 80
    soft[GRASS - 1, :, EDGE + dilation_px :] = 200
    nothing = np.zeros(land.shape[1:], np.uint8)
    write_shard(folder, "real_000", [Sample(land, soft, nothing, nothing)] * 2)
    batch = BatchSource(open_store(folder), 16, seed=1, cloud_fields=4, mixture=NOTHING_NEW).batch(0)
    return float((batch.views.target[:, code - 1] > 0.5).float().mean(dim=(1, 2)).max()) * SAMPLE_SIZE


@pytest.mark.parametrize("dilation_px", [1, 3, 5])
def test_a_town_that_was_dilated_over_a_meadow_is_corrected_three_pixels_deep(tmp_path, dilation_px):
    learnt = share_learnt(tmp_path, BUILT, ROOFS, MEADOW, dilation_px)
    assert learnt == pytest.approx(EDGE + max(0, dilation_px - 3))


def test_roofs_at_the_edge_of_a_town_stay_town(tmp_path):
    assert share_learnt(tmp_path, BUILT, ROOFS, ROOFS, 9) == pytest.approx(EDGE + 9)


@pytest.mark.parametrize(("outside", "expected"), [(MEADOW, EDGE), (WOODS, EDGE + 40), (DRY_WOODS, EDGE + 40)])
def test_meadows_that_were_overlooked_in_a_wood_are_meadows_and_other_woods_stay(tmp_path, outside, expected):
    assert share_learnt(tmp_path, TREES, WOODS, outside, 40) == pytest.approx(expected, abs=2)


def test_crowns_in_fresh_leaf_as_bright_as_a_meadow_stay_woods_by_their_roughness(tmp_path):
    assert share_learnt(tmp_path, TREES, WOODS, MEADOW, 40, roughness=0.3) == pytest.approx(EDGE + 40, abs=2)
    assert share_learnt(tmp_path, TREES, WOODS, MEADOW, 40, roughness=0.01) == pytest.approx(EDGE, abs=2)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (5, 128), (131, 7)])
def test_land_of_any_size_is_judged_by_the_most_even_window_of_each_pixel(height, width):
    """Against windows cut out one by one."""
    rng = np.random.default_rng(1)
    land = np.repeat(np.array(MEADOW)[:, None, None] / 1e4, height, axis=1).repeat(width, axis=2).astype(np.float32)
    land[3] *= rng.uniform(0.9, 1.1, (height, width)).astype(np.float32)
    soft_labels = np.full((9, height, width), 10)
    remove_implausible_labels(soft_labels, np.full((height, width), TREES - 1), land)
    corners = [(y, x) for y in range(height - 2) for x in range(width - 2)]
    windows = {(y, x): land[3, y : y + 3, x : x + 3].astype(np.float64) for y, x in corners}
    even = {at for at, window in windows.items() if window.std() / window.mean() < 0.05}
    expected = np.zeros((height, width), bool)
    for y, x in even:
        expected[y : y + 3, x : x + 3] = True
    np.testing.assert_array_equal(soft_labels[TREES - 1] == 0, expected)
    assert (np.delete(soft_labels, TREES - 1, axis=0) == 10).all()
