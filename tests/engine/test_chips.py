"""Chips cover a scene once, and no pixel's answer depends on where the chips or the region end."""

import numpy as np
import pytest
from allpa_engine.classify.tiling import chip_spans, cut_chip, even_core, needed_spans
from hypothesis import given
from hypothesis import strategies as st


@given(
    length=st.integers(1, 3000),
    origin=st.integers(-100_000, 1_000_000),
    stride=st.sampled_from([1, 2, 8, 16]),
    margin=st.integers(0, 100),
    core=st.integers(1, 1000),
)
def test_cores_cover_the_axis_once_and_chips_start_on_the_stride(length, origin, stride, margin, core):
    plan = chip_spans(length, origin, stride=stride, margin=margin, core=core)
    covered = np.zeros(length, int)
    for span in plan:
        covered[span.core_start : span.core_stop] += 1
        assert (origin + span.read_start) % stride == 0
        assert (span.read_stop - span.read_start) % stride == 0
        assert span.core_start - span.read_start >= margin
        assert span.read_stop - span.core_stop >= margin
    assert (covered == 1).all()


@given(
    runs=st.lists(st.tuples(st.integers(1, 200), st.booleans()), min_size=1, max_size=12),
    origin=st.integers(-100_000, 1_000_000),
    stride=st.sampled_from([1, 2, 8, 16]),
    core=st.integers(1, 300),
)
def test_chips_of_one_size_cover_what_is_needed_once(runs, origin, stride, core):
    needed = np.concatenate([np.full(length, is_needed) for length, is_needed in runs])
    plan = needed_spans(needed, origin, stride=stride, margin=(3 * stride, stride), core=core)
    covered = np.zeros(len(needed), int)
    for span in plan:
        covered[span.core_start : span.core_stop] += 1
        assert (origin + span.read_start) % stride == 0
        assert needed[span.core_start : span.core_start + stride].any()
        assert span.core_start - span.read_start >= 3 * stride
        assert span.read_stop - span.core_stop >= stride
    assert (covered <= 1).all()
    assert (covered[needed] == 1).all()
    assert len({span.read_stop - span.read_start for span in plan}) <= 1


@given(length=st.integers(1, 12_000), origin=st.integers(0, 10**6), core=st.integers(1, 1600))
def test_equal_parts_are_as_few_as_there_must_be(length, origin, core):
    part = even_core(length, origin, stride=16, core=core)
    count = -(-(length + origin % 16) // part)
    assert part % 16 == 0
    assert part <= -(-core // 16) * 16
    assert count == -(-(length + origin % 16) // (-(-core // 16) * 16))


def _neighbourhood_model(chip):
    """A stand-in network of receptive field 5x5 and stride 4: its answer depends on the phase and the neighbours."""
    coarse = chip.reshape(chip.shape[0], chip.shape[1] // 4, 4, chip.shape[2] // 4, 4).mean((2, 4))
    back = coarse.repeat(4, 1).repeat(4, 2)
    return back + sum(np.roll(chip, (dy, dx), (1, 2)) for dy in (-2, 0, 2) for dx in (-2, 0, 2))


def _stitched(scene, origin_y, origin_x, core):
    made = np.full(scene.shape, np.nan)
    for rows in chip_spans(scene.shape[1], origin_y, stride=4, margin=4, core=core):
        for columns in chip_spans(scene.shape[2], origin_x, stride=4, margin=4, core=core):
            answer = _neighbourhood_model(cut_chip(scene, 0, rows, columns))
            y = slice(rows.core_start, rows.core_stop)
            x = slice(columns.core_start, columns.core_stop)
            made[:, y, x] = answer[
                :,
                rows.core_start - rows.read_start : rows.core_stop - rows.read_start,
                columns.core_start - columns.read_start : columns.core_stop - columns.read_start,
            ]
    return made


@pytest.mark.parametrize("core", [8, 20, 64])
def test_inner_pixels_do_not_depend_on_chips_or_region(core):
    scene = np.random.default_rng(7).random((2, 61, 83)).astype(np.float64)
    whole = _stitched(scene, 1003, 2001, core=1000)
    np.testing.assert_allclose(_stitched(scene, 1003, 2001, core), whole)
    # another region of the same land starts 7 rows and 5 columns later
    part = _stitched(scene[:, 7:, 5:], 1010, 2006, core)
    np.testing.assert_allclose(part[:, 8:-8, 8:-8], whole[:, 15:-8, 13:-8])


@given(height=st.integers(1, 9), width=st.integers(1, 9))
def test_tiny_scenes_are_mirrored_however_short(height, width):
    scene = np.arange(height * width, dtype=np.float32).reshape(1, height, width)
    (rows,) = chip_spans(height, 0, stride=16, margin=64)
    (columns,) = chip_spans(width, 0, stride=16, margin=64)
    chip = cut_chip(scene, 0, rows, columns)
    assert chip.shape == (1, 144, 144)
    np.testing.assert_array_equal(chip[:, 64 : 64 + height, 64 : 64 + width], scene)
    assert set(np.unique(chip)) <= set(np.unique(scene))
