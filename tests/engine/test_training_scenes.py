"""Relief, made mountains, bright land and measured soils, against the geometry and the numbers they come from."""

import gzip

import numpy as np
import pytest
from allpa_engine.core.legend import BARE, BUILT, CLOUDS, CROPS, GRASS, SCRUB, SNOW, TREES, WATER
from training.batches import BatchSource
from training.bright_scenes import make_bright_scene
from training.measured_spectra import build_dry_pool, complete_bands, read_field_sites, read_library
from training.mountain_scenes import SceneSpectra, make_mountain_scene
from training.relief import PIXEL_M, SKY_LIGHT, Light, build_relief_bank, cast_light, draw_elevation, shade
from training.samples import SAMPLE_SIZE, Sample
from training.slide_scenes import make_slide_scene
from training.spectra import NATURAL, NATURAL_BARE
from training.store import open_store, write_shard
from training.variation import NOTHING_NEW

EAST = 0.0


@pytest.mark.parametrize("sun_deg", [20, 35, 50])
def test_a_wall_shades_the_ground_behind_it_as_far_as_geometry_says(sun_deg):
    elevation = np.zeros((9, 150), np.float32)
    elevation[:, 100:] = 200  # metres, towards the sun in the east
    lit = cast_light(elevation, EAST, np.deg2rad(sun_deg)).lit[4]
    length_px = 200 / np.tan(np.deg2rad(sun_deg)) / PIXEL_M
    shaded = np.flatnonzero(lit < 0.5)
    assert shaded.max() >= 97
    assert 100 - shaded.min() == pytest.approx(length_px, abs=4)


def test_slopes_towards_the_sun_are_brighter_by_the_cosine_of_incidence():
    columns = np.arange(60, dtype=np.float32) * PIXEL_M
    rising = np.tile(-0.3 * columns, (20, 1))  # falls towards the east: faces the sun there
    sun = np.deg2rad(40)
    angle = np.arctan(0.3)
    direct = cast_light(rising, EAST, sun).direct
    expected = (np.sin(sun) * np.cos(angle) + np.cos(sun) * np.sin(angle)) / np.sin(sun)
    np.testing.assert_allclose(direct, expected, rtol=1e-4)


def test_shadow_is_dark_and_blue_and_water_takes_no_slope():
    land = np.full((6, 40, 40), 0.3, np.float32)
    light = Light(np.full((40, 40), 1.8, np.float32), np.ones((40, 40), np.float32))
    light.lit[:, :20] = 0
    water = np.zeros((40, 40), np.float32)
    water[20:] = 1
    shaded, lit = shade(land, light, water, np.random.default_rng(0))
    dark, sunny, lake = shaded[:, 5, 5], shaded[:, 5, 30], shaded[:, 30, 30]
    assert (dark < 0.6 * land[:, 0, 0]).all()
    assert dark[0] / dark[4] > 3 * sunny[0] / sunny[4]
    assert (sunny > land[:, 0, 0]).all()
    np.testing.assert_allclose(lake, land[:, 0, 0], rtol=1e-5)
    assert (lit == light.lit).all()
    assert (np.diff(SKY_LIGHT) < 0).all()


def test_a_bank_of_relief_has_shadows_and_uses_the_elevations_it_is_given():
    rng = np.random.default_rng(1)
    flat = np.zeros((64, 64), np.float32)
    lights = build_relief_bank(rng, 8, 64, [flat]).lights
    assert sum((light.direct == 1).all() for light in lights) == 4
    made = [light for light in lights if not (light.direct == 1).all()]
    assert np.mean([(light.lit < 0.5).mean() for light in made]) > 0.03
    assert np.ptp(draw_elevation(rng, 64)) > 200


@pytest.fixture(scope="module")
def spectra():
    rng = np.random.default_rng(0)
    kinds = {WATER: 0.02, TREES: 0.05, GRASS: 0.12, SCRUB: 0.15, BARE: 0.25, SNOW: 0.7}
    classes = {code: (level * rng.uniform(0.9, 1.1, (20, 6))).astype(np.float32) for code, level in kinds.items()}
    return SceneSpectra(classes[BARE], classes)


def test_rock_is_bare_ground_in_the_sun_and_in_shadow(spectra):
    rng = np.random.default_rng(3)
    scenes = [make_mountain_scene(spectra, [], rng) for _ in range(12)]
    labels = np.stack([scene.hard for scene in scenes])
    blue = np.stack([scene.reflectance[0] for scene in scenes])
    assert set(np.unique(labels)) == {WATER, TREES, GRASS, SCRUB, BARE, SNOW} & set(np.unique(labels))
    assert (labels == BARE).mean() > 0.3
    dark_rock = (labels == BARE) & (np.stack([scene.reflectance[4] for scene in scenes]) < 600)
    assert dark_rock.mean() > 0.02, "rock as dark as water at 1.6 micrometres"
    assert np.median(blue[labels == SNOW]) > 2 * np.median(blue[labels == BARE])
    assert all(not scene.soft.any() for scene in scenes)
    weights = np.stack([scene.weight for scene in scenes])
    assert weights.min() > 0
    assert (weights == 255).any()


def real_land(rng):
    soft = np.zeros((9, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8)
    soft[GRASS - 1] = 200
    numbers = rng.integers(500, 2500, (6, SAMPLE_SIZE, SAMPLE_SIZE)).astype(np.uint16)
    numbers[:, :3] = 0
    return Sample(numbers, soft, *np.zeros((2, SAMPLE_SIZE, SAMPLE_SIZE), np.uint8))


def test_bright_land_is_bright_never_cloud_and_the_rest_keeps_its_label():
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(40):
        land = real_land(rng)
        scene = make_bright_scene(land, rng)
        codes = set(np.unique(scene.hard)) - {0}
        seen |= codes
        assert codes <= {BARE, SNOW, BUILT}
        assert CLOUDS not in codes
        assert not scene.hard[:3].any()
        assert not scene.reflectance[:, :3].any()
        assert not scene.weight[:3].any()
        np.testing.assert_array_equal(scene.soft, land.soft)
        far = (scene.hard == 0) & (scene.weight == 255)
        if codes and far.sum() > 500:
            visible = scene.reflectance[:3].mean(axis=0)
            assert visible[scene.hard > 0].mean() > 1.1 * visible[far].mean()
    assert seen == {BARE, SNOW, BUILT}


def test_landslides_are_bare_patches_in_green_land(spectra):
    rng = np.random.default_rng(6)
    scenes = [make_slide_scene(real_land(rng), spectra, rng) for _ in range(12)]
    bare = np.stack([scene.hard == BARE for scene in scenes])
    assert 0.01 < bare.mean() < 0.6
    assert {int(code) for scene in scenes for code in np.unique(scene.hard)} == {0, BARE}
    swir = np.stack([scene.reflectance[4] for scene in scenes]).astype(float)
    assert swir[bare].mean() > 1.1 * swir[:, 3:][~bare[:, 3:]].mean()
    assert not any(scene.weight[:3].any() for scene in scenes), "nothing is learnt where there are no data"


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "more" / "points"
    folder.mkdir(parents=True)
    names = "B2,B3,B4,B5,B6,B7,B8,B11,B12"
    rng = np.random.default_rng(0)
    soil = [",".join(str(1000 + 100 * band + int(rng.integers(50))) for band in range(9)) for _ in range(420)]
    rows = [f"s{number},{values},soil" for number, values in enumerate(soil)]
    rows += ["roof,3000,3000,3000,3000,3000,3000,3000,3000,3000,metal", "gap,1000,,1,1,1,1,1,1,1,soil"]
    with gzip.open(folder / "earthlib_spectra.csv.gz", "wt") as stream:
        stream.write(f"name,{names},level_3\n" + "\n".join(rows) + "\n")
    with gzip.open(folder / "fc3_australia_field_cover.csv.gz", "wt") as stream:
        stream.write("class,B3,B4,B8,B11,B12,green,dry,bare,level,source\n")
        stream.write("0,1100,1200,1600,1700,1800,0.05,0.15,0.8,L2A,x\n" * 20)
        stream.write("0,1150,1250,1650,1750,1850,0.05,0.85,0.1,L2A,x\n" * 20)
        stream.write("0,600,500,3000,1700,900,0.9,0.05,0.05,L2A,x\n" * 20)
    return tmp_path


def test_only_whole_spectra_of_the_kinds_asked_for_are_read(library):
    assert read_library(library, {"soil"}).shape == (420, 9)
    assert read_library(library, {"metal"}).tolist() == [[3000.0] * 9]


def test_dry_sites_are_bare_or_natural_and_green_ones_are_left_out(library):
    soils = read_library(library, {"soil"})
    spectra, labels = read_field_sites(library, soils)
    assert sorted(labels.tolist()) == sorted([NATURAL_BARE] * 20 + [NATURAL] * 20)
    np.testing.assert_allclose(spectra[0, [1, 2, 6, 7, 8]], [1100, 1200, 1600, 1700, 1800])
    assert spectra[0, 0] == pytest.approx(1000, abs=60), "blue as it is in soils beside such green and red"
    assert (np.diff(spectra[0, 2:7]) > 0).all()


def test_the_red_edge_lies_between_red_and_near_infrared():
    soils = np.linspace(500, 3000, 9 * 30).reshape(30, 9).astype(np.float32)
    nine = complete_bands(np.array([[800, 1000, 2000, 2500, 2300]], np.float32), soils)
    np.testing.assert_allclose(nine[0, 3:6], [1226, 1424, 1667])


def test_the_dry_pool_keeps_each_spectrum_with_its_weak_label(library):
    pool = build_dry_pool(library, np.random.default_rng(0))
    assert len(pool.spectra) == 460
    assert (pool.land_class[pool.weak_label == NATURAL_BARE] == BARE).all()
    assert np.unique(pool.group).tolist() == list(range(int(pool.group.max()) + 1))
    drawn = pool.draw_group(np.random.default_rng(1), 30)
    assert set(drawn.weak_label) <= {NATURAL_BARE, NATURAL}


def test_measured_bare_ground_is_never_learnt_as_crops(tmp_path):
    """The teacher says crops before scrub; half of the target is bare, and none of it crops."""
    rng = np.random.default_rng(2)
    sample = real_land(rng)
    soft = np.zeros_like(sample.soft)
    soft[CROPS - 1], soft[SCRUB - 1] = 150, 80
    label = np.full(sample.hard.shape, NATURAL_BARE, np.uint8)
    write_shard(tmp_path, "dry_000", [Sample(sample.reflectance, soft, sample.hard, label)] * 2)
    batch = BatchSource(open_store(tmp_path), 8, seed=1, cloud_fields=4, mixture=NOTHING_NEW).batch(0)
    clear = (batch.views.target[:, CLOUDS - 1] == 0) & (batch.views.weight > 0)
    shares = batch.views.target.permute(0, 2, 3, 1)[clear]
    np.testing.assert_allclose(shares[:, CROPS - 1], 0)
    np.testing.assert_allclose(shares[:, BARE - 1], 0.5, atol=1e-5)
    np.testing.assert_allclose(shares[:, SCRUB - 1], 0.5, atol=1e-5)
