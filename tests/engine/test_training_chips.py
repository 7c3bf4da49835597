"""Chips for a network: images and labels of every block, no label in two folds, none lost."""

import json

import numpy as np
import pytest
import rasterio
import shapely
from allpa_engine.core.errors import TrainingInvalid
from allpa_engine.learn.chip_files import read_chips
from allpa_engine.learn.chips import cut_chips
from allpa_engine.learn.feature_sources import find_sources
from allpa_engine.learn.labels import read_labels
from learn_samples import BANDS, GRID, options, write_features, write_shapes

FIELDS = [
    shapely.box(700_100, 8_499_700, 700_300, 8_499_900),
    shapely.box(700_300, 8_499_700, 700_420, 8_499_800),
    shapely.box(700_900, 8_499_080, 701_162, 8_499_300),
    shapely.Point(700_655, 8_499_555),
]
VALUES = ["maíz", "papa", "maíz", "papa"]


@pytest.fixture
def make(tmp_path):
    """Cuts chips of the four labels with given blocks."""
    numbers = write_features(tmp_path / "features", gap=(slice(80, 93), slice(100, 117)))
    write_shapes(tmp_path / "labels.gpkg", shapely.to_wkb(FIELDS), VALUES, "Unknown")
    labels = read_labels(tmp_path / "labels.gpkg", options())
    scope, sources = find_sources(tmp_path / "features")

    def cut(blocks=(0, 0, 1, 2), **changes):
        chosen = options(chip_size=32, **changes)
        folder = tmp_path / "training" / "chips"
        cut_chips(labels, np.array(blocks, np.int32), sources, scope, chosen, folder)
        return read_chips(tmp_path / "training")

    return cut, numbers, labels


def positions(chips, chip):
    """Rows and columns of the grid at which a chip has labels, with their codes."""
    with rasterio.open(chips.folder / f"{chip.name}_label.tif") as source:
        row, column = round((GRID.top - source.transform.f) / 10), round((source.transform.c - GRID.left) / 10)
        codes = source.read(1)
    rows, columns = np.nonzero(codes)
    return {(row + y, column + x): int(codes[y, x]) for y, x in zip(rows.tolist(), columns.tolist())}


def expected(labels, numbers):
    """The code of every labelled pixel, tested one by one with shapely."""
    found = {}
    code = dict(
        zip(
            ("maíz", "papa"),
            (next(land.code for land in labels.legend if land.name == name) for name in ("maíz", "papa")),
        )
    )
    for row in range(GRID.height):
        for column in range(GRID.width):
            place = shapely.Point(GRID.left + 10 * column + 5, GRID.top - 10 * row - 5)
            near = shapely.box(place.x - 14.9, place.y - 14.9, place.x + 14.9, place.y + 14.9)
            for shape, value in zip(FIELDS, VALUES):
                is_label = near.contains(shape) if shape.geom_type == "Point" else shape.contains(place)
                if is_label and numbers[0, row, column]:
                    found[row, column] = code[value]
    return found


def test_every_labelled_pixel_is_in_a_chip_with_its_class(make):
    cut, numbers, labels = make
    chips = cut()
    drawn = {}
    for chip in chips.chips:
        drawn |= positions(chips, chip)
    assert drawn == expected(labels, numbers)


def test_no_pixel_is_labelled_in_two_blocks(make):
    cut, numbers, labels = make
    chips = cut(blocks=(0, 1, 2, 3))
    by_block = {}
    for chip in chips.chips:
        by_block.setdefault(chip.block, set()).update(positions(chips, chip))
    assert set(by_block) == {0, 1, 2, 3}
    assert sum(map(len, by_block.values())) == len(expected(labels, numbers))


def test_images_are_those_of_the_rasters(make):
    cut, numbers, _ = make
    chips = cut()
    assert (chips.size, chips.bands, chips.is_reflectance) == (32, BANDS, True)
    for chip in chips.chips:
        image, codes = chips.read(chip)
        with rasterio.open(chips.folder / f"{chip.name}.tif") as source:
            assert source.descriptions == BANDS
            row, column = round((GRID.top - source.transform.f) / 10), round((source.transform.c - GRID.left) / 10)
        raw = numbers[:, row : row + 32, column : column + 32]
        np.testing.assert_allclose(image, np.where(raw == 0, np.nan, raw / 1e4), rtol=1e-6)
        assert {int(code): int((codes == code).sum()) for code in np.unique(codes[codes > 0])} == chip.counts


def test_stride_and_share_decide_how_many_there_are(make):
    cut, *_ = make
    whole, half, full = cut(), cut(chip_stride=16), cut(min_labelled=0.2)
    assert len(half.chips) > len(whole.chips) > len(full.chips)
    assert all(sum(chip.counts.values()) >= 0.2 * 32 * 32 for chip in full.chips)
    with pytest.raises(TrainingInvalid, match="No chip has enough"):
        cut(min_labelled=0.99)


def test_indices_make_chips_of_real_numbers(make):
    cut, *_ = make
    chips = cut(indices=["NDVI"])
    image, _ = chips.read(chips.chips[0])
    assert not chips.is_reflectance
    np.testing.assert_allclose(image[3], (image[2] - image[1]) / (image[2] + image[1]), rtol=1e-4)


@pytest.mark.parametrize(
    "damage",
    [
        {"format": "other"}, {"size": 100_000}, {"chips": [{"name": "../x", "source": "", "block": 0, "counts": {}}]},
        {"chips": []}, {"bands": 3},
    ],
)  # fmt: skip
def test_a_damaged_list_is_refused(make, damage):
    chips = make[0]()
    path = chips.folder / "chips.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **damage}))
    with pytest.raises(TrainingInvalid):
        read_chips(chips.folder.parent)


def test_a_chip_that_is_missing_is_named(make):
    chips = make[0]()
    (chips.folder / "0001.tif").unlink()
    with pytest.raises(TrainingInvalid, match="chip 0001"):
        chips.read(chips.chips[0])


def test_a_grid_smaller_than_a_chip_is_filled_up(tmp_path):
    small = GRID.__class__("EPSG:32718", GRID.left, GRID.top, 10.0, 21, 19)
    write_features(tmp_path / "features", small)
    points = [shapely.Point(700_055, 8_499_945), shapely.Point(700_155, 8_499_905)]
    write_shapes(tmp_path / "labels.gpkg", shapely.to_wkb(points), ["a", "b"], "Point")
    labels = read_labels(tmp_path / "labels.gpkg", options())
    scope, sources = find_sources(tmp_path / "features")
    folder = tmp_path / "training" / "chips"
    cut_chips(labels, np.array([0, 1], np.int32), sources, scope, options(chip_size=32), folder)
    chips = read_chips(tmp_path / "training")
    image, codes = chips.read(chips.chips[0])
    assert image.shape == (3, 32, 32)
    assert np.isfinite(image[:, :19, :21]).all()
    assert np.isnan(image[:, 19:]).all()
    assert (codes > 0).sum() == 9
