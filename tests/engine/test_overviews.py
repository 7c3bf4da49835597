"""Overviews: the most frequent value of each cell, odd sizes, and files that GDAL takes as overviews."""

from collections import Counter

import numpy as np
import pytest
import rasterio
from allpa_engine.raster.overviews import downsample_by_mode, write_overviews
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def mode_of_cells(values):
    """Cell by cell in plain Python: no data left out, of equals the first."""
    _, height, width = values.shape
    out = np.zeros((len(values), -(-height // 2), -(-width // 2)), np.uint8)
    for band, row, column in np.ndindex(out.shape):
        cell = values[band, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel().tolist()
        seen = Counter(value for value in cell if value)
        out[band, row, column] = max(seen, key=lambda value, seen=seen: seen[value]) if seen else 0
    return out


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(
        np.uint8,
        st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5)),
        elements=st.sampled_from([0, 0, 1, 2, 9, 255]),
    )
)
def test_each_cell_has_its_most_frequent_value(values):
    assert np.array_equal(downsample_by_mode(values), mode_of_cells(values))


@pytest.mark.parametrize("by_mode", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (600, 513), (1300, 2051)])
def test_gdal_takes_the_files_beside_as_overviews(tmp_path, by_mode, shape):
    values = np.random.default_rng(3).integers(0, 5, (2, *shape)).astype(np.uint8)
    path = tmp_path / "raster.tif"
    profile = {"driver": "GTiff", "height": shape[0], "width": shape[1], "count": 2, "dtype": "uint8", "nodata": 0}
    place = rasterio.Affine(10, 0, 700_000, 0, -10, 8_600_000)
    with rasterio.open(path, "w", tiled=True, blockxsize=512, blockysize=512, transform=place, **profile) as made:
        made.write(values)
    shares = []
    write_overviews(path, by_mode=by_mode, min_size_px=512, progress=shares.append)
    assert shares[-1] == 1
    assert shares == sorted(shares)
    with rasterio.open(path) as raster:
        factors = raster.overviews(1)
    assert factors == [2, 4, 8][: len(factors)]
    expected = values
    for level in range(len(factors)):
        expected = downsample_by_mode(expected) if by_mode else expected[:, ::2, ::2]
        with rasterio.open(path, overview_level=level) as overview:
            assert np.array_equal(overview.read(), expected)
    assert max(expected.shape) <= 512
