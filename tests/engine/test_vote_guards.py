"""Guards: steep ground, lasting clouds and shade, on small maps whose right class is known by construction."""

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.errors import JobInvalid
from predictions import write_prediction
from rasterio.transform import from_origin

WATER, GRASS, SCRUB, BUILT, BARE, SNOW, CLOUDS = 1, 3, 6, 7, 8, 9, 10
LEFT, TOP = 700_000, 8_600_000
ALL = ("slope", "persistence", "shade")


def write_heights(path, heights, resolution=30, left=LEFT - 600, top=TOP + 600, crs="EPSG:32718"):
    heights = np.asarray(heights, np.float32)
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32",
        crs=crs, transform=from_origin(left, top, resolution, resolution), nodata=-9999,
    ) as target:  # fmt: skip
        target.write(heights, 1)
    return path


def plane(degrees, side=80):
    """Ground that falls to the east."""
    return np.tile(5000 - np.tan(np.radians(degrees)) * 30 * np.arange(side), (side, 1))


def mapped(folder, predictions, guards, elevation=None, *, block_px=512, **options):
    folder.mkdir(exist_ok=True)
    landcover = folder / "landcover.tif"
    summary = compose(
        predictions, None, CompositeRule(guards=guards, **options), landcover=landcover,
        quality=folder / "quality.tif", elevation=elevation, block_px=block_px,
    )  # fmt: skip
    with rasterio.open(landcover) as source:
        return source.read(1), summary.guards


def year_of(folder, layers, seconds=None, **options):
    """A prediction for each month, from class arrays or codes of an image of 40 x 50 pixels."""
    folder.mkdir()
    written = []
    for number, layer in enumerate(layers):
        classes = np.broadcast_to(np.uint8(layer), (40, 50))
        second = 0 if seconds is None else seconds[number]
        written.append(write_prediction(folder, classes, date=f"2020-{number + 1:02}-15", second=second, **options))
    return written


@pytest.mark.parametrize("code", [WATER, BUILT])
def test_steep_ground_takes_the_second_class(tmp_path, code):
    predictions = year_of(tmp_path / "p", [code] * 4 + [GRASS], [BARE] * 5, confidence=140)
    steep = write_heights(tmp_path / "steep.tif", plane(35))
    landcover, guards = mapped(tmp_path / "a", predictions, ("slope",), steep)
    assert (landcover == BARE).all()
    assert guards == {"slope": {"changed_pixels": 2000}}


@pytest.mark.parametrize(
    ("code", "degrees"), [(WATER, 5), (WATER, 17), (BUILT, 5), (BUILT, 16), (SNOW, 50), (GRASS, 60)]
)
def test_gentle_ground_and_other_classes_stay(tmp_path, code, degrees):
    predictions = year_of(tmp_path / "p", [code] * 5, [SCRUB] * 5)
    heights = write_heights(tmp_path / "h.tif", plane(degrees))
    landcover, guards = mapped(tmp_path / "a", predictions, ("slope",), heights)
    assert (landcover == code).all()
    assert guards["slope"]["changed_pixels"] == 0


def test_water_of_some_dates_goes_from_gentler_slopes_than_lasting_water(tmp_path):
    predictions = year_of(tmp_path / "p", [WATER] * 4 + [GRASS], [BARE] * 5, confidence=140)
    heights = write_heights(tmp_path / "h.tif", plane(17))
    assert (mapped(tmp_path / "a", predictions, ("slope",), heights)[0] == BARE).all()


def test_a_lake_below_a_cliff_stays_up_to_its_shore(tmp_path):
    heights = np.zeros((80, 80))
    heights[:, 26:] = 30 * np.tan(np.radians(45)) * (np.arange(80 - 26) + 1)  # the shore lies 180 m into the map
    classes = np.full((40, 50), BARE)
    classes[:, :18] = WATER
    predictions = year_of(tmp_path / "p", [classes] * 4, [SCRUB] * 4)
    elevation = write_heights(tmp_path / "h.tif", heights)
    landcover, _ = mapped(tmp_path / "a", predictions, ("slope",), elevation)
    assert (landcover[:, :18] == WATER).all()


def test_a_pixel_that_would_lose_all_votes_keeps_its_class(tmp_path):
    predictions = year_of(tmp_path / "p", [WATER] * 4, [BUILT] * 4)
    landcover, guards = mapped(tmp_path / "a", predictions, ("slope",), write_heights(tmp_path / "h.tif", plane(40)))
    assert (landcover == WATER).all()
    assert guards["slope"]["changed_pixels"] == 0


def test_ground_without_elevation_counts_as_flat(tmp_path):
    heights = plane(40)
    heights[:, :45] = -9999
    predictions = year_of(tmp_path / "p", [WATER] * 4, [BARE] * 4)
    landcover, _ = mapped(tmp_path / "a", predictions, ("slope",), write_heights(tmp_path / "h.tif", heights))
    assert (landcover == WATER).all()


def test_files_of_earlier_versions_lose_the_vote_alone(tmp_path):
    predictions = year_of(tmp_path / "p", [WATER, WATER, WATER, GRASS], earlier=True)
    landcover, _ = mapped(tmp_path / "a", predictions, ("slope",), write_heights(tmp_path / "h.tif", plane(40)))
    assert (landcover == GRASS).all()


def test_bright_ground_that_is_called_clouds_takes_its_second_class(tmp_path):
    predictions = year_of(tmp_path / "p", [CLOUDS] * 6 + [SNOW], [BARE] * 7)
    assert (mapped(tmp_path / "a", predictions, ())[0] == SNOW).all()
    landcover, guards = mapped(tmp_path / "b", predictions, ("persistence",))
    assert (landcover == BARE).all()
    assert guards["persistence"]["changed_pixels"] == 2000


def test_true_clouds_do_not_vote(tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    predictions = [
        write_prediction(folder, np.full((40, 50), CLOUDS), scl=9, second=SNOW, date=f"2020-{month:02}-01")
        for month in range(1, 8)
    ]
    predictions += [write_prediction(folder, np.full((40, 50), GRASS), second=SCRUB, date="2020-09-01")]
    landcover, _ = mapped(tmp_path / "a", predictions, ("persistence",))
    assert (landcover == GRASS).all()


def test_shade_is_no_water_where_other_dates_see_land(tmp_path):
    classes = [WATER] * 5 + [SCRUB] * 3
    predictions = year_of(tmp_path / "p", classes, [SCRUB] * 8)
    assert (mapped(tmp_path / "a", predictions, ())[0] == WATER).all()
    landcover, guards = mapped(tmp_path / "b", predictions, ("shade",))
    assert (landcover == SCRUB).all()
    assert guards["shade"]["changed_pixels"] == 2000


def test_the_shore_of_lasting_water_may_fall_dry(tmp_path):
    wet, dry = np.full((40, 50), WATER), np.full((40, 50), BARE)
    dry[:, :20] = WATER  # a lake on all dates, and a shore that is under water on five of eight
    predictions = year_of(tmp_path / "p", [wet] * 5 + [dry] * 3, [BARE] * 8)
    landcover, _ = mapped(tmp_path / "a", predictions, ("shade",))
    assert (landcover[:, :28] == WATER).all(), "eight pixels from the lake are its shore"
    assert (landcover[:, 28:] == BARE).all()


def random_year(folder, earlier=False):
    """Patches of random classes on nine dates, with second classes and some clouds."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    written = []
    for month in range(1, 10):
        coarse = rng.choice([WATER, WATER, GRASS, BUILT, BARE, CLOUDS], (16, 18))
        classes = np.kron(coarse, np.ones((9, 9), np.uint8))[:130, :157]
        second = rng.choice([0, WATER, GRASS, BARE, BUILT, CLOUDS], classes.shape)
        scl = np.full(classes.shape, 4)
        scl[10 * month : 10 * month + 20, 30:60] = 9
        confidence = rng.integers(80, 250, classes.shape)
        date = f"2020-{month:02}-15"
        written.append(write_prediction(folder, classes, confidence, scl, second=second, date=date, earlier=earlier))
    return written


@pytest.fixture
def rough(tmp_path):
    rng = np.random.default_rng(5)
    return write_heights(tmp_path / "rough.tif", rng.normal(0, 9, (120, 130)).cumsum(axis=1))


@pytest.mark.parametrize("options", [{}, {"month_balance": True}, {"mask_dilation": True}])
def test_the_size_of_blocks_changes_nothing(tmp_path, rough, options):
    predictions = random_year(tmp_path / "p")
    maps = [mapped(tmp_path / str(px), predictions, ALL, rough, block_px=px, **options) for px in (512, 61, 37)]
    for landcover, guards in maps[1:]:
        assert (landcover == maps[0][0]).all()
        assert guards == maps[0][1]
    assert all(facts["changed_pixels"] > 0 for facts in maps[0][1].values()), "the case must be one that guards change"


def test_plain_maps_do_not_depend_on_elevation(tmp_path, rough):
    predictions = random_year(tmp_path / "p")
    mapped(tmp_path / "a", predictions, ())
    mapped(tmp_path / "b", predictions, (), rough)
    for name in ("landcover.tif", "quality.tif"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_counts_are_those_of_the_maps(tmp_path, rough):
    predictions = random_year(tmp_path / "p")
    plain, _ = mapped(tmp_path / "a", predictions, ())
    for guard in ALL:
        guarded, guards = mapped(tmp_path / guard, predictions, (guard,), rough)
        assert guards == {guard: {"changed_pixels": int((plain != guarded).sum())}}


def test_the_guards_stand_in_the_tags_of_the_map(tmp_path):
    predictions = year_of(tmp_path / "p", [GRASS] * 2)
    mapped(tmp_path / "a", predictions, ("shade", "slope"))
    with rasterio.open(tmp_path / "a" / "landcover.tif") as source:
        assert source.tags()["ALLPA_GUARDS"] == "shade slope"


def test_an_unknown_guard_is_refused():
    with pytest.raises(JobInvalid, match="walls"):
        CompositeRule(guards=("walls",)).validate()
