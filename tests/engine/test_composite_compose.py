"""Compositing files: blocks, borders, tiles, zones, damage; against plain numpy and rasterio."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.prediction_file import read_predictions
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.bands import SCL_OBSCURED
from allpa_engine.core.errors import Cancelled, JobInvalid, RasterInvalid, RegionInvalid
from allpa_engine.geo.region import region_from_geojson
from composite_reference import decide_pixel
from predictions import write_prediction
from pyproj import Transformer
from rasterio.features import geometry_mask
from shapely.geometry import mapping

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
LEFT, TOP = 700_000, 8_600_000


def run(folder, predictions, region=None, rule=None, **options):
    """Composite into `folder`: landcover `(y, x)`, quality `(5, y, x)`, summary."""
    folder.mkdir(exist_ok=True)
    paths = {"landcover": folder / "map.tif", "quality": folder / "quality.tif"}
    summary = compose(predictions, region, rule or CompositeRule(), **{"threads": 2} | options, **paths)
    with rasterio.open(paths["landcover"]) as landcover, rasterio.open(paths["quality"]) as quality:
        return landcover.read(1), quality.read(), summary


@pytest.fixture
def season(tmp_path):
    """Seven random scenes of one tile, 301 x 287 pixels, in five months; and their arrays."""
    rng = np.random.default_rng(5)
    (tmp_path / "p").mkdir()
    made = []
    for month in (1, 1, 3, 6, 6, 6, 11):
        classes = rng.choice(np.array([0, 1, 3, 5, 9, 10], np.uint8), (301, 287))
        confidence, scl = (rng.integers(low, high, (301, 287)).astype(np.uint8) for low, high in ((80, 256), (0, 12)))
        made.append((classes, confidence, scl, month))
    predictions = [
        write_prediction(tmp_path / "p", *layers, date=f"2020-{month:02d}-{day + 1:02d}", left=LEFT, top=TOP)
        for day, (*layers, month) in enumerate(made)
    ]
    return predictions, made


def reference(made, rule, rows, columns):
    """The six layers of some pixels by the plain definition."""
    out = []
    for row, column in zip(rows, columns, strict=True):
        observations = [
            (int(c[row, column]), int(p[row, column]), s[row, column] not in SCL_OBSCURED, month, None)
            for c, p, s, month in made
        ]
        out.append(decide_pixel(observations, rule))
    return np.array(out).T


@pytest.mark.parametrize(
    "rule", [CompositeRule(), CompositeRule(month_balance=True), CompositeRule(months=(6, 11), min_share={})]
)
def test_files_in_files_out_equal_the_definition(tmp_path, season, rule):
    predictions, made = season
    landcover, quality, summary = run(tmp_path / "out", predictions, rule=rule, block_px=128)
    rng = np.random.default_rng(0)
    rows, columns = rng.integers(0, 301, 1500), rng.integers(0, 287, 1500)
    expected = reference(made, rule, rows, columns)
    assert np.array_equal(landcover[rows, columns], expected[0])
    assert np.array_equal(quality[:, rows, columns], expected[1:])
    counts = np.bincount(landcover.ravel(), minlength=11)
    assert summary.pixels == dict(enumerate(counts.tolist()))
    assert summary.observation_count == quality[2].sum(dtype=int)
    assert summary.scene_count == sum(month in rule.months for *_, month in made)


@pytest.mark.parametrize("block_px", [37, 64, 300, 1024])
def test_block_size_and_order_change_nothing(tmp_path, season, block_px):
    predictions, _ = season
    rule = CompositeRule(smoothing_px=3)
    first = run(tmp_path / "a", predictions, rule=rule)
    again = run(tmp_path / "b", predictions[::-1], rule=rule, block_px=block_px)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert first[2] == again[2]


@pytest.mark.parametrize("rule", [CompositeRule(min_share={}), CompositeRule(month_balance=True, min_share={})])
def test_scenes_without_data_in_a_block_leave_no_mark_on_the_others(tmp_path, rule):
    """A whole scene of trees between two swaths of crops, whose empty parts still hold confidences and SCL codes."""
    (tmp_path / "p").mkdir()
    columns = np.arange(150)
    for month, share in ((1, columns < 50), (2, columns >= 0), (3, columns >= 110)):
        code = 2 if share.all() else 5
        classes = np.where(share, code, 0) * np.ones((90, 1), int)
        write_prediction(tmp_path / "p", classes, 255 if code == 5 else 100, 4, date=f"2020-0{month}-01")
    landcover, quality, _ = run(tmp_path / "out", read_predictions(tmp_path / "p"), rule=rule, block_px=32)
    crops = (columns < 50) | (columns >= 110)
    assert (landcover == np.where(crops, 5, 2)).all()
    assert (quality[2] == np.where(crops, 2, 1)).all()
    assert (quality[4] == np.where(crops, 2, 0)).all()


@pytest.mark.parametrize("threads", [1, 5])
def test_the_number_of_threads_changes_nothing(tmp_path, season, threads):
    predictions, _ = season
    first = run(tmp_path / "a", predictions, block_px=64)
    again = run(tmp_path / "b", predictions, block_px=64, threads=threads)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert first[2] == again[2]


def region_of(corners, crs="EPSG:32718", name=""):
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    return region_from_geojson(
        {"type": "Polygon", "coordinates": [[to_degrees(*corner) for corner in [*corners, corners[0]]]]}, name
    )


def test_the_region_is_cut_at_pixel_centres_as_rasterio_cuts_it(tmp_path, season):
    predictions, _ = season
    corners = [
        (LEFT + 113, TOP - 207),
        (LEFT + 2411, TOP - 551),
        (LEFT + 1717, TOP - 2803),
        (LEFT + 1203, TOP - 903),
        (LEFT + 303, TOP - 1999),
    ]
    region = region_of(corners, name="Odd")
    landcover, quality, summary = run(tmp_path / "out", predictions, region, block_px=100)
    whole, *_ = run(tmp_path / "whole", predictions)
    with rasterio.open(tmp_path / "out" / "map.tif") as cut:
        assert all(edge % 10 == 0 for edge in cut.bounds)
        inside = geometry_mask([mapping(region.geometry_in_crs("EPSG:32718"))], cut.shape, cut.transform, invert=True)
        row, column = round((TOP - cut.bounds.top) / 10), round((cut.bounds.left - LEFT) / 10)
        assert "Odd" in cut.tags()["TIFFTAG_DOCUMENTNAME"]
    part = whole[row : row + inside.shape[0], column : column + inside.shape[1]]
    assert np.array_equal(landcover, np.where(inside, part, 0))
    assert not quality[:, ~inside].any()
    assert sum(summary.pixels.values()) == inside.sum()


def test_a_region_larger_than_the_predictions_has_no_data_there(tmp_path):
    (tmp_path / "p").mkdir()
    predictions = [write_prediction(tmp_path / "p", np.full((20, 20), 2))]
    region = region_of(
        [(LEFT - 95, TOP + 105), (LEFT + 395, TOP + 105), (LEFT + 395, TOP - 395), (LEFT - 95, TOP - 395)]
    )
    landcover, _, summary = run(tmp_path / "out", predictions, region)
    assert (landcover == 2).sum() == 400
    assert summary.pixels[2] == 400
    assert summary.pixels[0] + 400 == pytest.approx(49 * 50, abs=50)
    assert summary.valid_pixel_percent == pytest.approx(100 * 400 / sum(summary.pixels.values()))


def test_clouds_alone_give_clouds_and_nothing_seen_gives_no_data(tmp_path):
    (tmp_path / "p").mkdir()
    classes = np.zeros((8, 9), np.uint8)
    classes[:4] = 3
    classes[0] = 10
    scl = np.full((8, 9), 4, np.uint8)
    scl[1] = 9
    scl[2] = 3
    landcover, quality, _ = run(tmp_path / "out", [write_prediction(tmp_path / "p", classes, 200, scl)])
    assert landcover[:, 0].tolist() == [10, 10, 10, 3, 0, 0, 0, 0]
    assert quality[2, :, 0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_overlapping_tiles_are_partitioned_and_no_observation_is_counted_twice(tmp_path):
    """Two tiles of odd sizes, three scenes each: one tile shows grass, the other trees."""
    (tmp_path / "p").mkdir()
    west = [
        write_prediction(tmp_path / "p", np.full((101, 91), 3), date=f"2020-0{m}-01", tile="18LYR") for m in (1, 2, 3)
    ]
    east = [
        write_prediction(tmp_path / "p", np.full((77, 133), 2), date=f"2020-0{m}-01", tile="18LZR", left=LEFT + 570)
        for m in (1, 2, 3)
    ]
    landcover, quality, summary = run(tmp_path / "out", [*east, *west], block_px=50)
    assert landcover.shape == (101, 57 + 133)
    rows, columns = np.indices(landcover.shape) + 0.5
    in_west, in_east = columns < 91, (columns > 57) & (rows < 77)
    nearer_west = (columns - 45.5) ** 2 + (rows - 50.5) ** 2 <= (columns - 57 - 66.5) ** 2 + (rows - 38.5) ** 2
    of_west = in_west & (~in_east | nearer_west)
    of_east = in_east & ~of_west
    assert np.array_equal(landcover == 3, of_west)
    assert np.array_equal(landcover == 2, of_east)
    assert np.array_equal(quality[2], 3 * (of_west | of_east))
    assert summary.tile_pixels == {"18LYR": of_west.sum(), "18LZR": of_east.sum()}


def test_neighbouring_regions_take_a_pixel_from_the_same_tile(tmp_path):
    """Two tiles that overlap by 9.8 km; each region's predictions are cut to it, as they are when they are fetched."""
    from allpa_engine.geo.mgrs_tiles import tile_bounds

    west, east = tile_bounds("18LYL"), tile_bounds("18LZL")
    middle = (west[0] + east[2]) / 2
    assert east[0] < middle < west[2]
    maps = []
    for number, half_px in enumerate((20, 70)):
        folder = tmp_path / f"p{number}"
        folder.mkdir()
        left, top = int(middle // 10) * 10 - 10 * half_px, west[3] - 50_000
        size = 2 * half_px
        predictions = [
            write_prediction(folder, np.full((size, size - cut), code), tile=tile, left=left + 10 * offset, top=top)
            for tile, code, cut, offset in (("18LYL", 3, 7, 0), ("18LZL", 2, 3, 3))
        ]
        landcover, _, _ = run(tmp_path / f"out{number}", predictions)
        maps.append(landcover)
    small, large = maps
    assert np.array_equal(small[:, 3:-7], large[:40, 53:-57])
    assert {3, 2} == set(np.unique(small[:, 3:-7]))


def test_where_the_nearest_tile_saw_clouds_the_other_one_steps_in(tmp_path):
    (tmp_path / "p").mkdir()
    cloudy = np.full((40, 40), 3, np.uint8)
    cloudy[:, 15:] = 10
    west = write_prediction(tmp_path / "p", cloudy, tile="18LYR")
    east = write_prediction(tmp_path / "p", np.full((40, 40), 2), tile="18LZR", left=LEFT + 100)
    landcover, _, _ = run(tmp_path / "out", [west, east])
    assert (landcover[:, :15] == 3).all()
    assert (landcover[:, 15:] == 2).all()


def test_tiles_of_two_zones_meet_by_nearest_pixel(tmp_path):
    """A scene in zone 19 beside one in zone 18, at the zones' edge: every pixel has the value at its centre."""
    (tmp_path / "p").mkdir()
    rng = np.random.default_rng(2)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32718", always_xy=True).transform(-72.0, -14.0)
    x, y = round(x / 10) * 10, round(y / 10) * 10
    x19, y19 = Transformer.from_crs("EPSG:32718", "EPSG:32719", always_xy=True).transform(x, y)
    x19, y19 = round(x19 / 10) * 10, round(y19 / 10) * 10
    values18, values19 = (
        rng.integers(1, 9, (150, 160)).astype(np.uint8),
        rng.integers(1, 9, (170, 180)).astype(np.uint8),
    )
    left18, top18, left19, top19 = x - 1500, y + 700, x19 - 200, y19 + 900
    zone18 = write_prediction(tmp_path / "p", values18, tile="18LZR", left=left18, top=top18)
    zone19 = write_prediction(tmp_path / "p", values19, tile="19LBL", left=left19, top=top19, crs="EPSG:32719")
    landcover, quality, summary = run(tmp_path / "out", [zone18, zone19], crs="EPSG:32718", block_px=64)
    assert summary.crs == "EPSG:32718"
    expected = np.zeros_like(landcover)
    with rasterio.open(tmp_path / "out" / "map.tif") as out:
        row, column = round((out.bounds.top - top18) / 10), round((left18 - out.bounds.left) / 10)
        centre19 = Transformer.from_crs("EPSG:32719", "EPSG:32718", always_xy=True).transform(left19 + 900, top19 - 850)
        xs = out.bounds.left + 10 * (np.arange(out.width) + 0.5)
        ys = out.bounds.top - 10 * (np.arange(out.height) + 0.5)
    # GDAL's warper is no oracle here: it shifts nearest pixels by up to an eighth of one even when told not to
    exact = Transformer.from_crs("EPSG:32718", "EPSG:32719", always_xy=True).transform(*np.meshgrid(xs, ys))
    rows19 = np.floor((top19 - exact[1]) / 10).astype(int)
    columns19 = np.floor((exact[0] - left19) / 10).astype(int)
    seen19 = (rows19 >= 0) & (rows19 < 170) & (columns19 >= 0) & (columns19 < 180)
    expected[seen19] = values19[rows19[seen19], columns19[seen19]]
    alone = quality[2] == 1
    assert alone.sum() == (landcover > 0).sum(), "one owner and one look per pixel"
    near18 = (xs - (left18 + 800)) ** 2 + ((ys - (top18 - 750)) ** 2)[:, None]
    near19 = (xs - centre19[0]) ** 2 + ((ys - centre19[1]) ** 2)[:, None]
    of18 = np.zeros(landcover.shape, np.uint8)
    of18[row : row + 150, column : column + 160] = values18
    clearly = np.abs(near18 - near19) > 5e4  # the footprint's centre lies a few metres off the tile's in the other zone
    takes18 = (of18 > 0) & ((expected == 0) | (near18 < near19))
    differs = (landcover != np.where(takes18, of18, expected)) & clearly
    assert not differs.any()
    assert summary.tile_pixels["18LZR"] + summary.tile_pixels["19LBL"] == alone.sum()


def test_out_of_season_and_unknown_options_are_reported(tmp_path, season):
    predictions, _ = season
    with pytest.raises(RasterInvalid, match="months"):
        run(tmp_path / "out", predictions, rule=CompositeRule(months=(4,)))
    with pytest.raises(JobInvalid, match="metres"):
        run(tmp_path / "out", predictions, crs="EPSG:4326")
    with pytest.raises(JobInvalid, match="metres"):
        run(tmp_path / "out", predictions, crs="EPSG:2263")
    with pytest.raises(JobInvalid, match="not known"):
        run(tmp_path / "out", predictions, crs="EPSG:nonsense")
    with pytest.raises(RasterInvalid, match="Soft voting"):
        run(tmp_path / "out", predictions, rule=CompositeRule(soft=True))
    far = region_of([(LEFT + 90_000, TOP), (LEFT + 91_000, TOP), (LEFT + 91_000, TOP - 900)])
    with pytest.raises(RegionInvalid, match="overlaps the region"):
        run(tmp_path / "out", predictions, far)
    assert list((tmp_path / "out").iterdir()) == []


def test_web_mercator_is_made_with_a_warning(tmp_path):
    (tmp_path / "p").mkdir()
    messages = []

    class Listener(CancelAfter):
        def log(self, text, level="info"):
            messages.append((level, text))

    prediction = write_prediction(tmp_path / "p", np.full((30, 30), 2))
    landcover, _, summary = run(tmp_path / "out", [prediction], crs="EPSG:3857", reporter=Listener(1000))
    assert [level for level, _ in messages] == ["warning"]
    assert summary.crs == "EPSG:3857"
    # a degree of latitude is longer by 1 / cos(latitude) there, so the same land takes more pixels
    assert (landcover == 2).sum() == pytest.approx(900 / np.cos(np.radians(12.65)) ** 2, rel=0.02)


class CancelAfter:
    def __init__(self, calls):
        self.left = calls

    def progress(self, stage, done, total):
        self.left -= 1
        if self.left < 0:
            raise Cancelled("The job was cancelled.")

    def log(self, text, level="info"):
        pass


def test_the_soft_form_reads_the_probabilities(tmp_path):
    (tmp_path / "p").mkdir()
    probabilities = np.zeros((10, 12, 11), np.uint8)
    probabilities[0], probabilities[3] = 130, 110
    second = np.roll(probabilities, 1, axis=0)
    second[3], second[4] = 110, 0
    classes = [np.full((12, 11), 1), np.full((12, 11), 2)]
    predictions = [
        write_prediction(tmp_path / "p", layer, 130, date=f"2020-0{month}-01", probabilities=layer_probabilities)
        for layer, month, layer_probabilities in zip(classes, (1, 2), (probabilities, second), strict=True)
    ]
    hard, _, _ = run(tmp_path / "hard", predictions)
    soft, _, _ = run(tmp_path / "soft", predictions, rule=CompositeRule(soft=True))
    assert (hard == 1).all()
    assert (soft == 4).all()


def test_dilated_clouds_are_seen_across_blocks(tmp_path):
    (tmp_path / "p").mkdir()
    scl = np.full((121, 133), 4, np.uint8)
    scl[60:76, 64:82] = 9
    prediction = write_prediction(tmp_path / "p", np.full((121, 133), 3), 200, scl)
    landcover, _, _ = run(tmp_path / "out", [prediction], rule=CompositeRule(mask_dilation=True), block_px=32)
    # a 600 m window of 900 pixels of 20 m, of which at least 68 are cloud
    clouds = (scl == 9)[::2, ::2].astype(int)
    counts = [[clouds[max(y - 14, 0) : y + 16, max(x - 14, 0) : x + 16].sum() for x in range(67)] for y in range(61)]
    expected = (np.array(counts) >= 68).repeat(2, 0).repeat(2, 1)[:121, :133] | (scl == 9)
    assert expected.sum() > 2 * (scl == 9).sum()
    assert np.array_equal(landcover == 10, expected)


def test_the_summary_is_json(tmp_path, season):
    predictions, _ = season
    _, _, summary = run(tmp_path / "out", predictions)
    values = json.loads(json.dumps(summary.to_dict()))
    assert values["pixels"]["10"] == summary.pixels[10]
    assert values["dates"][0] == "2020-01-01"
