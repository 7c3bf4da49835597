"""Composites of made scenes: which pixels count, where they lie, and what is made again."""

import warnings

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import season_statistics as statistics_module
from allpa_engine.composite import seasonal
from allpa_engine.composite.seasonal import SeasonPlan, SeasonProduct, compose_season
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.mgrs_tiles import tile_bounds
from allpa_engine.raster.cloud_mask import is_clear
from allpa_engine.raster.value_raster import has_key
from pyproj import Transformer
from season_scenes import BANDS, CRS, random_scene, write_scene
from shapely.geometry import box

GRID = Grid(CRS, 725_000, 8_490_000, 10, 301, 233)


def plan_of(grid=GRID, **changes):
    values = {"season": "spring", "bands": BANDS, "grid": grid, "border": None, "dilate": True, "snow": "keep"}
    return SeasonPlan(**(values | {"picture_of": "median"} | changes))


def compose(folder, plan, scenes, names=("median",), threads=2):
    products = [
        SeasonProduct(name, folder / f"{name}.tif", plan.product_key(name, ["key"]), plan.bands) for name in names
    ]
    compose_season(plan, products, scenes, threads=threads, progress=lambda share: None)
    return {product.name: rasterio.open(product.path) for product in products}


def clear_of(values, scl, dilate=True):
    """Clear pixels as the definition says, in whole arrays."""
    fine = np.repeat(np.repeat(scl, 2, axis=0), 2, axis=1)[: values.shape[1], : values.shape[2]]
    return is_clear(None, fine, dilate=dilate) & (fine != 0) & (values != 0).all(axis=0), fine == 11


def median_of(scenes, masks):
    series = np.where(np.stack(masks)[:, None], np.stack(scenes).astype(float), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.floor(np.nanmedian(series, axis=0) + 0.5)).astype(np.uint16)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Four scenes on one odd-sized grid, as files and as arrays."""
    folder = tmp_path_factory.mktemp("scenes")
    arrays = [random_scene(seed, GRID.height, GRID.width) for seed in range(4)]
    dates = ("2020-03-01", "2020-03-11", "2020-03-21", "2020-04-02")
    return [write_scene(folder, *pair, date=day) for pair, day in zip(arrays, dates, strict=True)], arrays


@pytest.mark.parametrize("block_px", [512, 64])
@pytest.mark.parametrize("dilate", [True, False])
def test_the_median_of_the_clear_pixels_whatever_the_blocks(made, tmp_path, monkeypatch, block_px, dilate):
    scenes, arrays = made
    monkeypatch.setattr(seasonal, "block_size", lambda scenes, bands: block_px)
    files = compose(tmp_path, plan_of(dilate=dilate), scenes, ("median", "observations"))
    masks = [clear_of(*pair, dilate)[0] for pair in arrays]
    np.testing.assert_array_equal(files["median"].read(), median_of([pair[0] for pair in arrays], masks))
    np.testing.assert_array_equal(files["observations"].read(1), np.sum(masks, axis=0))
    assert files["median"].descriptions == ("spring_B02", "spring_B03", "spring_B04")
    assert files["median"].scales == (0.0001,) * 3
    assert files["median"].nodata == 0


def test_snow_counts_only_where_nothing_else_is_seen(made, tmp_path):
    scenes, arrays = made
    file = compose(tmp_path, plan_of(snow="if_alone"), scenes)["median"]
    masks, snow = zip(*(clear_of(*pair) for pair in arrays), strict=True)
    ground = np.stack(masks) & ~np.stack(snow)
    wanted = np.where(ground.any(axis=0), ground, np.stack(masks))
    assert (wanted != np.stack(masks)).any()
    assert (wanted & np.stack(snow)).any()
    np.testing.assert_array_equal(file.read(), median_of([pair[0] for pair in arrays], list(wanted)))
    without = compose(tmp_path, plan_of(snow="leave_out"), scenes)["median"].read()
    np.testing.assert_array_equal(without, median_of([pair[0] for pair in arrays], list(ground)))


def test_the_region_cuts_the_composite_at_pixel_centres(made, tmp_path):
    border = box(725_500, 8_488_500, 726_004, 8_489_000)
    values = compose(tmp_path, plan_of(border=border), made[0])["median"].read(1)
    inside = GRID.mask_inside(border)
    assert not values[~inside].any()
    assert values[inside].any()


def test_where_tiles_overlap_a_pixel_comes_from_the_nearest_that_shows_it_clear(tmp_path):
    middle = np.mean([np.mean(tile_bounds(tile)[1::2]) for tile in ("18LYK", "18LYL")])
    top = middle // 20 * 20 + 300
    grid = Grid(CRS, 725_000, top, 10, 60, 60)
    scl = np.full((30, 30), 4, np.uint8)
    north = write_scene(tmp_path / "s", np.full((3, 60, 60), 100), scl, tile="18LYL", top=top)
    hidden = scl.copy()
    hidden[:, :10] = 9
    south = write_scene(tmp_path / "s", np.full((3, 60, 60), 200), hidden, tile="18LYK", top=top)
    values = compose(tmp_path, plan_of(grid, dilate=False), [north, south])["median"].read(1)
    y = grid.top - 10 * (np.arange(60) + 0.5)
    wanted = np.where((y < middle)[:, None], 200, 100) * np.ones((60, 60), int)
    wanted[:, :20] = 100  # the southern tile sees clouds there
    np.testing.assert_array_equal(values, wanted)
    assert {100, 200} <= set(np.unique(values[:, 20:]))


def test_scenes_of_a_neighbouring_zone_are_read_by_nearest_pixel(tmp_path):
    values = np.arange(1, 3 * 80 * 80 + 1).reshape(3, 80, 80).astype(np.uint16)
    scene = write_scene(tmp_path / "s", values, np.full((40, 40), 4), tile="19LBE", left=166_000, top=8_494_000,
                        crs="EPSG:32719")  # fmt: skip
    back = Transformer.from_crs(CRS, "EPSG:32719", always_xy=True)
    there = Transformer.from_crs("EPSG:32719", CRS, always_xy=True)
    x, y = there.transform(166_400, 8_493_600)
    grid = Grid(CRS, round(x / 10) * 10, round(y / 10) * 10, 10, 21, 17)
    found = compose(tmp_path, plan_of(grid, dilate=False), [scene])["median"].read()
    columns, rows = np.meshgrid(grid.left + 10 * (np.arange(21) + 0.5), grid.top - 10 * (np.arange(17) + 0.5))
    east, north = back.transform(columns, rows)
    wanted = values[:, np.floor((8_494_000 - north) / 10).astype(int), np.floor((east - 166_000) / 10).astype(int)]
    np.testing.assert_array_equal(found, wanted)


def test_the_picture_is_brighter_where_the_land_is_and_says_how_it_was_stretched(made, tmp_path):
    files = compose(tmp_path, plan_of(), made[0], ("median", "true_color"))
    picture, median = files["true_color"], files["median"].read()
    red = picture.read(1)
    assert picture.dtypes == ("uint8",) * 3
    assert [interp.name for interp in picture.colorinterp] == ["red", "green", "blue"]
    assert "reflectance" in picture.tags()["ALLPA_STRETCH"]
    np.testing.assert_array_equal(red == 0, median[2] == 0)
    order = np.argsort(median[2].ravel(), kind="stable")
    assert (np.diff(red.ravel()[order].astype(int)) >= 0).all()


def test_a_key_changes_with_everything_that_changes_the_pixels():
    plan, scenes = plan_of(), ["a", "b"]
    key = plan.product_key("median", scenes)
    assert plan.product_key("median", ["b", "a"]) == key
    others = [
        plan.product_key("median", ["a"]),
        plan.product_key("p90", scenes),
        plan_of(dilate=False).product_key("median", scenes),
        plan_of(snow="leave_out").product_key("median", scenes),
        plan_of(bands=("B02", "B03")).product_key("median", scenes),
        plan_of(border=box(0, 0, 1, 1)).product_key("median", scenes),
        plan_of(Grid(CRS, 725_010, 8_490_000, 10, 301, 233)).product_key("median", scenes),
    ]
    assert key not in others
    assert len(set(others)) == len(others)


def test_only_a_whole_file_of_the_same_key_counts_as_made(made, tmp_path):
    plan = plan_of()
    path = tmp_path / "median.tif"
    compose(tmp_path, plan, made[0])["median"].close()
    assert has_key(path, plan.product_key("median", ["key"]))
    assert not has_key(path, "other")
    assert not has_key(tmp_path / "none.tif", "other")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert not has_key(path, plan.product_key("median", ["key"]))


def test_a_run_that_is_stopped_leaves_nothing_half(made, tmp_path):
    class Stopped(Exception):
        pass

    def stop(share):
        if share > 0.3:
            raise Stopped

    product = SeasonProduct("median", tmp_path / "median.tif", "key", BANDS)
    with pytest.raises(Stopped):
        compose_season(plan_of(), [product], made[0], threads=1, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_scene_without_a_band_and_a_damaged_one_are_named(made, tmp_path):
    with pytest.raises(RasterInvalid, match="no band B12"):
        compose(tmp_path, plan_of(bands=("B02", "B12")), made[0])
    values, scl = random_scene(5, GRID.height, GRID.width)
    scene = write_scene(tmp_path / "s", values, scl)
    scene.path.write_bytes(scene.path.read_bytes()[:20_000])
    with pytest.raises(RasterInvalid, match=scene.path.name):
        compose(tmp_path, plan_of(), [scene])
    assert not list(tmp_path.glob("*.tif"))


def test_memory_does_not_grow_with_the_scenes(made, tmp_path, monkeypatch):
    """Stacks of more scenes are of smaller blocks."""
    sizes = []
    whole = statistics_module.season_statistics

    def noted(stack, *rest):
        sizes.append(stack.nbytes)
        return whole(stack, *rest)

    monkeypatch.setattr(seasonal, "season_statistics", noted)
    monkeypatch.setattr(seasonal, "_STACK_BYTES", 400_000)
    compose(tmp_path, plan_of(), made[0])
    assert max(sizes) <= 400_000
    assert seasonal.block_size(400, 14) >= 64


def test_aerosol_lies_in_a_raster_of_its_own_unit_and_its_zeros_hide_no_pixel(tmp_path):
    keys, grid = ("B02", "B03", "AOT"), Grid(CRS, 725_000, 8_490_000, 10, 50, 40)
    scenes = []
    for number in range(3):
        values = np.stack([random_scene(number, 40, 50)[0][0]] * 3)
        values[:2] += 1
        values[2] = 10 * number
        day = f"2020-03-0{number + 1}"
        scenes.append(write_scene(tmp_path / "s", values, np.full((20, 25), 4), date=day, bands=keys))
    plan = plan_of(grid, bands=keys, picture_of="")
    products = [
        SeasonProduct("median", tmp_path / "reflectance.tif", "key", keys[:2]),
        SeasonProduct("median", tmp_path / "atmosphere.tif", "key", keys[2:]),
        SeasonProduct("observations", tmp_path / "observations.tif", "key"),
    ]
    compose_season(plan, products, scenes, threads=1, progress=lambda share: None)
    with rasterio.open(products[1].path) as source:
        assert (source.descriptions, source.scales) == (("spring_AOT",), (0.001,))
        assert (source.read() == 10).all()
    with rasterio.open(products[2].path) as source:
        assert (source.read() == 3).all()
