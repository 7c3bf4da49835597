"""The design of a sample: exact counts, equal chances of all pixels of a stratum, and draws that can be repeated."""

from dataclasses import replace

import numpy as np
import pytest
from allpa_engine.accuracy import frame as frame_module
from allpa_engine.accuracy.design import DesignOptions, allocate, design_sample
from allpa_engine.accuracy.draw import draw_pixels, draw_systematic
from allpa_engine.accuracy.frame import count_cells, open_frame
from allpa_engine.accuracy.strata import PlannedStratum, StrataPlan, plan_strata
from allpa_engine.areas import Zone, tabulate
from allpa_engine.core.errors import RasterInvalid, RegionInvalid, SampleInvalid
from allpa_engine.geo.region import Region
from pyproj import Geod, Transformer
from sample_maps import LEFT, TOP, UTM, blocks_map, write_map
from shapely.geometry import box
from shapely.ops import transform

TO_DEGREES = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform


def degrees(left, top, right, bottom):
    """A box in pixels right of and below the map's corner, as longitude and latitude."""
    shape = box(LEFT + 10 * left, TOP - 10 * bottom, LEFT + 10 * right, TOP - 10 * top).segmentize(50)
    return transform(TO_DEGREES, shape)


@pytest.fixture
def codes():
    return np.random.default_rng(5).choice([0, 1, 2, 5, 9], (61, 47), p=[0.1, 0.2, 0.5, 0.17, 0.03]).astype(np.uint8)


@pytest.fixture
def landcover(tmp_path, codes):
    return write_map(tmp_path / "map.tif", codes)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 16 pixels, so that small maps have many."""
    monkeypatch.setattr(tabulate, "BLOCK_PX", 16)


def pixel_indices(points):
    return ((TOP - points.y) // 10).astype(int), ((points.x - LEFT) // 10).astype(int)


def test_strata_are_counted_from_the_map(landcover, codes):
    design, points = design_sample(landcover, DesignOptions(size=60, minimum=10))
    assert {s.map_class: s.pixels for s in design.strata} == {c: (codes == c).sum() for c in (1, 2, 5, 9)}
    assert [s.name for s in design.strata] == ["Water", "Trees", "Crops", "Snow/ice"]
    assert sum(s.points for s in design.strata) == len(points) == 60
    assert sum(s.area_ha for s in design.strata) == pytest.approx((codes > 0).sum() / 100, rel=3e-3)
    assert codes[pixel_indices(points)].tolist() == points.map_class.tolist()
    assert len(set(zip(*pixel_indices(points)))) == 60


def test_more_points_than_wished_are_explained(landcover):
    design, points = design_sample(landcover, DesignOptions(size=12, minimum=10))
    assert len(points) == 40
    assert [note for note in design.notes if "instead of the 12 that were wished" in note]


def test_points_lie_at_the_centres_of_pixels(landcover):
    _, points = design_sample(landcover, DesignOptions(size=60, minimum=10))
    assert set((points.x - LEFT) % 10) == set((TOP - points.y) % 10) == {5.0}


def test_the_same_seed_draws_the_same_points(landcover):
    first, again, other = (
        design_sample(landcover, DesignOptions(method="simple", size=40, seed=seed))[1] for seed in (3, 3, 4)
    )
    assert (first.x.tolist(), first.y.tolist()) == (again.x.tolist(), again.y.tolist())
    assert first.x.tolist() != other.x.tolist()


@pytest.mark.parametrize("method", ["simple", "systematic"])
def test_every_pixel_is_equally_likely(landcover, codes, method):
    """Chi-square over 1,500 draws with fixed seeds: the statistic of N pixels lies within five deviations of N."""
    times = np.zeros(codes.shape)
    draws, size = 1500, 40
    with open_frame(landcover) as opened:
        cells = count_cells(opened)
        plan = plan_strata(cells, "", "landcover", (), "map")
        blocks = list(opened.blocks())
        frame = FrameOf(opened, blocks)
        for seed in range(draws):
            random = np.random.default_rng(seed)
            if method == "simple":
                drawn = draw_pixels(frame, plan.index_of, plan.pixels, np.array([size]), random)
            else:
                drawn = draw_systematic(frame, plan.index_of, int(plan.pixels[0]), size, random)
            np.add.at(times, (drawn.row, drawn.column), 1)
    assert not times[codes == 0].any()
    counts = times[codes > 0]
    expected = draws * size / len(counts)
    share = size / len(counts)
    statistic = ((counts - expected) ** 2 / (expected * (1 - share))).sum()
    assert abs(statistic - len(counts)) < 5 * np.sqrt(2 * len(counts))


class FrameOf:
    """A frame whose blocks were read before."""

    def __init__(self, frame, blocks):
        self.grid, self._blocks = frame.grid, blocks

    def blocks(self, reporter=None):
        return iter(self._blocks)


def test_every_pixel_of_a_stratum_is_equally_likely(landcover, codes):
    times = np.zeros(codes.shape)
    with open_frame(landcover) as opened:
        plan = plan_strata(count_cells(opened), "classes", "landcover", (), "map")
        frame = FrameOf(opened, list(opened.blocks()))
        wished = np.array([7, 5, 6, 4])
        for seed in range(1000):
            drawn = draw_pixels(frame, plan.index_of, plan.pixels, wished, np.random.default_rng(seed))
            np.add.at(times, (drawn.row, drawn.column), 1)
    for code, count in zip((1, 2, 5, 9), wished.tolist()):
        counts = times[codes == code]
        share = count / len(counts)
        statistic = ((counts - 1000 * share) ** 2 / (1000 * share * (1 - share))).sum()
        assert abs(statistic - len(counts)) < 5 * np.sqrt(2 * len(counts)), code


def test_the_first_points_are_a_sample_too(landcover):
    """Numbers are in random order: strata, rows and columns are not sorted."""
    _, points = design_sample(landcover, DesignOptions(size=200, minimum=10))
    for values in (points.stratum, points.x, points.y):
        assert abs(np.corrcoef(np.arange(200), values)[0, 1]) < 0.25


def test_a_systematic_sample_is_a_lattice(tmp_path):
    landcover = write_map(tmp_path / "all.tif", np.full((60, 60), 2, np.uint8))
    design, points = design_sample(landcover, DesignOptions(method="systematic", size=36))
    rows, columns = pixel_indices(points)
    assert len(points) == 36
    assert (set(np.diff(np.unique(rows))), set(np.diff(np.unique(columns)))) == ({10}, {10})
    assert design.notes[-1].startswith("A systematic sample is estimated like a simple random one")


def test_classes_by_zones_count_pixels_in_each_zone_once(landcover, codes):
    zones = (Zone("1", "West", degrees(0, 0, 20, 61)), Zone("2", "East", degrees(15, 0, 40, 61)))
    options = DesignOptions(strata="classes_zones", size=80, minimum=5)
    design, points = design_sample(landcover, options, zones=zones)
    for stratum in design.strata:
        columns = slice(0, 20) if stratum.zone == "West" else slice(20, 40)
        assert stratum.pixels == (codes[:, columns] == stratum.map_class).sum(), stratum.name
    assert len(design.strata) == 8
    assert "Zones overlap" in design.notes[0]
    _, columns = pixel_indices(points)
    assert ((columns < 20) == (points.zone == 0)).all()
    assert columns.max() < 40


def test_zones_are_recorded_where_strata_are_classes(landcover):
    zones = (Zone("a", "Same", degrees(0, 0, 20, 61)), Zone("b", "Same", degrees(20, 0, 40, 61)))
    design, points = design_sample(landcover, DesignOptions(size=90, minimum=5), zones=zones)
    assert design.zones == ("Same (a)", "Same (b)")
    _, columns = pixel_indices(points)
    assert points.zone.tolist() == np.select([columns < 20, columns < 40], [0, 1], -1).tolist()
    assert {count.zone for count in design.map_counts} == {"Same (a)", "Same (b)", None}


def test_a_raster_of_strata_is_used_on_the_same_grid_alone(landcover, tmp_path, codes):
    strata = np.where(np.arange(47) < 20, 3, 0).astype(np.uint8) + np.zeros((61, 1), np.uint8)
    path = write_map(tmp_path / "strata.tif", strata)
    options = DesignOptions(strata="raster", size=20)
    design, points = design_sample(landcover, options, strata_path=path)
    assert [(s.name, s.map_class, s.pixels) for s in design.strata] == [("3", None, (codes[:, :20] > 0).sum())]
    assert pixel_indices(points)[1].max() < 20
    shifted = write_map(tmp_path / "shifted.tif", strata, left=LEFT + 5)
    with pytest.raises(RasterInvalid, match=r"strata shifted\.tif is not on the grid of the map map\.tif.*origins"):
        design_sample(landcover, options, strata_path=shifted)


def test_a_region_limits_the_frame(landcover, codes):
    design, points = design_sample(landcover, DesignOptions(method="simple", size=20), Region(degrees(0, 0, 10, 10)))
    assert design.strata[0].pixels == (codes[:10, :10] > 0).sum()
    assert max(pixel_indices(points)[0].max(), pixel_indices(points)[1].max()) < 10


def test_transitions_are_the_strata_of_a_raster_of_change(tmp_path):
    path = blocks_map(tmp_path / "change.tif", {0x11: 700, 0x22: 900, 0x25: 60, 0x23: 40})
    design, _ = design_sample(path, DesignOptions(kind="change", size=60, minimum=10))
    assert [(s.name, s.pixels, s.map_class) for s in design.strata] == [
        ("No change", 1600, None), ("Trees → Crops", 60, None), ("Trees → Grass", 40, None)
    ]  # fmt: skip
    with pytest.raises(RasterInvalid, match=r"They are 17, 34, 35, 37.*for a raster of change, set the kind"):
        design_sample(path, DesignOptions(size=60))


def test_rare_transitions_share_a_stratum(tmp_path):
    pairs = {16 * 2 + later: 100 - later for later in (1, 3, 4, 5, 6, 7, 8, 9)} | {0x51: 5, 0x53: 4, 0x22: 4000}
    design, _ = design_sample(blocks_map(tmp_path / "c.tif", pairs), DesignOptions(kind="change", size=300))
    assert len(design.strata) == 10
    assert (design.strata[-1].name, design.strata[-1].pixels) == ("Other changes", 9)
    assert design.strata[-1].points == 9
    assert "All 9 pixels of the stratum Other changes are points." in design.notes


def test_points_keep_their_distance(tmp_path):
    landcover = write_map(tmp_path / "all.tif", np.full((80, 80), 2, np.uint8))
    _, points = design_sample(landcover, DesignOptions(method="simple", size=30, min_distance_m=70))
    longitude, latitude = TO_DEGREES(points.x, points.y)
    geod = Geod(ellps="WGS84")
    distances = [geod.inv(longitude[i], latitude[i], longitude[j], latitude[j])[2] for i in range(30) for j in range(i)]
    assert (len(points), min(distances) >= 70) == (30, True)


def test_distances_are_metres_in_degrees_too(tmp_path):
    codes = np.full((60, 60), 2, np.uint8)
    landcover = write_map(tmp_path / "degrees.tif", codes, 0.0001, "EPSG:4326", left=-73.0, top=60.0)
    _, points = design_sample(landcover, DesignOptions(method="simple", size=12, min_distance_m=60))
    geod = Geod(ellps="WGS84")
    pairs = [(i, j) for i in range(len(points)) for j in range(i)]
    assert min(geod.inv(points.x[i], points.y[i], points.x[j], points.y[j])[2] for i, j in pairs) >= 59.9
    assert len(points) == 12


def test_a_distance_that_cannot_be_kept_is_named(landcover):
    design, points = design_sample(landcover, DesignOptions(method="simple", size=40, min_distance_m=300))
    assert 2 <= len(points) < 10
    shortage = f"The minimum distance of 300 m leaves {len(points)} of 40 points in the stratum Whole map."
    assert shortage in design.notes
    assert any("drawn a little less often" in note for note in design.notes)
    with pytest.raises(SampleInvalid, match="leaves less than two points"):
        design_sample(landcover, DesignOptions(method="simple", size=40, min_distance_m=5000))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (DesignOptions(size=3000), r"3,000 points are wished, but the map has only 2,\d{3} pixels"),
        (DesignOptions(size=7), "7 points are too few for 4 strata"),
        (DesignOptions(allocation="optimal", optimal_class=7, size=100), "No stratum is the class 7"),
    ],
)
def test_what_cannot_be_drawn_is_refused(landcover, options, sentence):
    with pytest.raises(SampleInvalid, match=sentence):
        design_sample(landcover, options)


def test_more_points_than_can_be_labelled_are_refused():
    plan = StrataPlan((PlannedStratum("Trees", 2, None, 10**9, 1e7),), {}, ())
    with pytest.raises(SampleInvalid, match="749,438 points are needed, but at most 200,000 are drawn"):
        allocate(plan, DesignOptions(standard_error=0.0005))


def test_a_map_without_a_class_is_refused(tmp_path, landcover):
    empty = write_map(tmp_path / "empty.tif", np.zeros((20, 20), np.uint8))
    with pytest.raises(SampleInvalid, match=r"No pixel of empty\.tif can be drawn"):
        design_sample(empty, DesignOptions())
    far = (Zone("1", "Far", box(10, 10, 11, 11)),)
    with pytest.raises(RegionInvalid, match="All zones are outside the map"):
        design_sample(landcover, DesignOptions(strata="zones"), zones=far)


def test_blocks_of_another_size_draw_the_same_counts(landcover, monkeypatch):
    zones = (Zone("1", "West", degrees(0, 0, 20, 61)),)
    options = DesignOptions(strata="classes_zones", size=40, minimum=5)
    small, _ = design_sample(landcover, options, zones=zones)
    monkeypatch.setattr(tabulate, "BLOCK_PX", 1024)
    large, _ = design_sample(landcover, options, zones=zones)
    for one, other in zip(small.strata, large.strata):
        assert replace(one, area_ha=0) == replace(other, area_ha=0)
        assert one.area_ha == pytest.approx(other.area_ha)


def test_progress_is_that_of_two_passes(landcover):
    reports = []

    class Listener:
        def progress(self, stage, done, total):
            reports.append((stage, done / total))

        def log(self, text, level="info"):
            pass

    design_sample(landcover, DesignOptions(size=60), reporter=Listener())
    fractions = [fraction for _, fraction in reports]
    assert {stage for stage, _ in reports} == {frame_module.STAGE}
    assert (fractions == sorted(fractions), fractions[0], fractions[-1]) == (True, 0.0, 1.0)
