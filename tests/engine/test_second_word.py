"""Where the reflectance speaks against the teacher's class its second word is learnt."""

import numpy as np
import pytest
from allpa_engine.legend import BUILT, TREES
from allpa_engine.train.batches import BatchSource
from allpa_engine.train.samples import SAMPLE_SIZE, Sample
from allpa_engine.train.store import open_store, write_shard

GRASS = 3
# Land as the network sees it: B02, B03, B04, B08, B11, B12, digital numbers.
WOODS, MEADOW = (200, 350, 200, 2700, 1100, 450), (300, 600, 400, 3800, 2300, 1000)
ROOFS, DRY_WOODS = (900, 1000, 1100, 1500, 1600, 1400), (400, 610, 700, 2100, 2300, 1300)
EDGE = 60


def share_learnt(folder, code, inside, outside, widened, *, second_word):
    """Columns that are learnt as `code` of a sample of `inside` land up to `EDGE`, called so `widened` columns on."""
    land = np.empty((6, SAMPLE_SIZE, SAMPLE_SIZE), np.uint16)
    land[:, :, :EDGE], land[:, :, EDGE:] = np.array(inside)[:, None, None], np.array(outside)[:, None, None]
    soft = np.zeros((9, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8)
    soft[code - 1, :, : EDGE + widened], soft[GRASS - 1, :, : EDGE + widened] = 150, 80
    soft[GRASS - 1, :, EDGE + widened :] = 200
    nothing = np.zeros(land.shape[1:], np.uint8)
    write_shard(folder, "real_000", [Sample(land, soft, nothing, nothing)] * 2)
    batch = BatchSource(open_store(folder), 16, seed=1, cloud_fields=4, second_word=second_word).batch(0)
    return float((batch.target[:, code - 1] > 0.5).float().mean(dim=(1, 2)).max()) * SAMPLE_SIZE


@pytest.mark.parametrize("widened", [1, 3, 5])
def test_a_town_that_was_widened_over_a_meadow_is_mended_three_pixels_deep(tmp_path, widened):
    def learnt(second_word):
        return share_learnt(tmp_path, BUILT, ROOFS, MEADOW, widened, second_word=second_word)

    assert learnt(second_word=False) == pytest.approx(EDGE + widened)
    assert learnt(second_word=True) == pytest.approx(EDGE + max(0, widened - 3))


def test_roofs_at_the_edge_of_a_town_stay_town(tmp_path):
    assert share_learnt(tmp_path, BUILT, ROOFS, ROOFS, 9, second_word=True) == pytest.approx(EDGE + 9)


@pytest.mark.parametrize(("outside", "expected"), [(MEADOW, EDGE), (WOODS, EDGE + 40), (DRY_WOODS, EDGE + 40)])
def test_meadows_that_were_overlooked_in_a_wood_are_meadows_and_other_woods_stay(tmp_path, outside, expected):
    assert share_learnt(tmp_path, TREES, WOODS, outside, 40, second_word=True) == pytest.approx(expected)
    assert share_learnt(tmp_path, TREES, WOODS, outside, 40, second_word=False) == pytest.approx(EDGE + 40)
