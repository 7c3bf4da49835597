"""Change: equal to a plain numpy count, clouds no change, grids refused, rasters coded and styled."""

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import area_table
from allpa_engine.change import (
    ChangeRule,
    change_matrix,
    timeline,
    write_certainty_raster,
    write_change_raster,
    write_classes_csv,
    write_matrix_csv,
    write_timeline_csv,
)
from allpa_engine.change.grids import common_grid
from allpa_engine.core.errors import JobInvalid, RasterInvalid
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.legend import LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.report.change_picture import write_sankey_png, write_timeline_png
from allpa_engine.run.pipeline import run_job
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from matplotlib import image
from pyproj import Transformer
from rasterio.features import geometry_mask
from rio_cogeo.cogeo import cog_validate
from shapely.geometry import Point, mapping

UTM = "EPSG:32718"
PLACE = Affine(10, 0, 700_000, 0, -10, 8_500_000)
SHAPE = (141, 203)


def write(path: Path, layers: np.ndarray, crs=UTM, place=PLACE) -> Path:
    layers = layers if layers.ndim == 3 else layers[np.newaxis]
    count, height, width = layers.shape
    profile = {"driver": "GTiff", "count": count, "dtype": "uint8", "nodata": 0, "crs": crs, "transform": place}
    with rasterio.open(
        path, "w", width=width, height=height, tiled=True, blockxsize=64, blockysize=64, **profile
    ) as file:
        file.write(layers)
    return path


def rows_of(path) -> list[list[str]]:
    return list(csv.reader(Path(path).read_text(encoding="utf-8-sig").splitlines()))


def parsed(path) -> Xml.ElementTree:
    return Xml.parse(path)  # noqa: S314 - written by the test itself


@pytest.fixture
def codes():
    rng = np.random.default_rng(21)
    before = rng.integers(0, 11, SHAPE, dtype=np.uint8)
    moved = rng.random(SHAPE) < 0.2
    return before, np.where(moved, rng.integers(0, 11, SHAPE), before).astype(np.uint8)


@pytest.fixture
def maps(tmp_path, codes):
    return write(tmp_path / "2020.tif", codes[0]), write(tmp_path / "2021.tif", codes[1])


def counted(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The from-to count of classes 1 to 10, the slow and plain way."""
    return np.array([[((before == i) & (after == j)).sum() for j in range(1, 11)] for i in range(1, 11)])


def test_the_matrix_equals_a_plain_count(maps, codes):
    matrix = change_matrix(*maps)
    np.testing.assert_array_equal(matrix.pixels, counted(*codes))
    np.testing.assert_allclose(matrix.area_ha, matrix.pixels * 0.01)
    np.testing.assert_allclose(matrix.ellipsoidal_ha, matrix.area_ha, rtol=2e-3)
    assert (matrix.ellipsoidal_ha != matrix.area_ha).any()


def test_a_region_cuts_the_matrix(maps, codes):
    longitude, latitude = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(701_000, 8_499_300)
    region = region_from_geojson(mapping(Point(longitude, latitude).buffer(0.005)))
    inside = ~geometry_mask([region.geometry_in_crs(UTM)], SHAPE, PLACE)
    np.testing.assert_array_equal(change_matrix(*maps, region).pixels, counted(*(raster[inside] for raster in codes)))


def test_clouds_hide_land_and_are_no_change_of_it(maps, codes):
    matrix = change_matrix(*maps)
    land = (codes[0] > 0) & (codes[1] > 0) & (codes[0] < 10) & (codes[1] < 10)
    assert matrix.compared_ha == pytest.approx(0.01 * land.sum())
    assert matrix.changed_ha == pytest.approx(0.01 * (land & (codes[0] != codes[1])).sum())
    clouds = matrix.classes()[-1]
    assert (clouds.before_ha, clouds.gain_ha, clouds.loss_ha) == (0, 0, 0)


def test_gain_loss_and_net_of_every_class_agree_with_the_maps(maps, codes):
    land = (codes[0] > 0) & (codes[1] > 0) & (codes[0] < 10) & (codes[1] < 10)
    for change in change_matrix(*maps).classes()[:9]:
        before, after = (land & (code == change.code) for code in codes)
        assert change.before_ha == pytest.approx(0.01 * before.sum())
        assert change.after_ha == pytest.approx(0.01 * after.sum())
        assert change.gain_ha == pytest.approx(0.01 * (after & ~before).sum())
        assert change.loss_ha == pytest.approx(0.01 * (before & ~after).sum())
        assert change.net_ha == pytest.approx(change.after_ha - change.before_ha)


def test_one_class_s_flows_come_most_first_and_add_up(maps):
    matrix = change_matrix(*maps)
    trees = matrix.classes()[1]
    for flows, whole in ((matrix.losses_by_class(2), trees.loss_ha), (matrix.gains_by_class(2), trees.gain_ha)):
        assert sum(area for _, area in flows) == pytest.approx(whole)
        assert all(first[1] >= second[1] for first, second in pairwise(flows))
        assert {land.code for land, _ in flows} <= set(range(1, 10)) - {2}


def test_the_story_of_one_class_is_a_raster_and_a_table(tmp_path, maps, codes):
    named = {"2020": str(maps[0]), "2021": str(maps[1])}
    job = Job(str(tmp_path / "out"), task="change", maps=named, change_class=2, language="es")
    values = run_job(job, NullReporter())
    land = (codes[0] > 0) & (codes[1] > 0) & (codes[0] < 10) & (codes[1] < 10)
    before, after = (land & (raster == 2) for raster in codes)
    expected = np.select([before & after, before, after], [1, 2, 3], 0)
    with rasterio.open(values["one_class"]) as source:
        np.testing.assert_array_equal(source.read(1), expected)
        assert source.colormap(1)[2][:3] == (215, 48, 31)
    assert cog_validate(values["one_class"], strict=True)[0]
    assert Path(values["one_class"]).name == "change_2020_2021_class_2.tif"
    labels = [
        entry.get("label") for entry in parsed(Path(values["one_class"]).with_suffix(".qml")).iter("paletteEntry")
    ]
    assert labels == ["Árboles: pérdida", "Árboles: ganancia", "Árboles: sin cambio"]
    rows = rows_of(values["one_class_table"])
    areas = {row[0]: (float(row[2]), float(row[3])) for row in rows[1:-2]}
    assert areas["Árboles: sin cambio"][0] == pytest.approx(0.01 * (before & after).sum())
    crops = 0.01 * (before & (codes[1] == 5)).sum()
    assert areas["Árboles: pérdida a Cultivos"] == (
        pytest.approx(crops),
        pytest.approx(crops / before.sum() * 1e4, abs=0.005),
    )
    gained = [value for key, value in areas.items() if "ganancia" in key]
    assert sum(area for area, _ in gained) == pytest.approx(0.01 * (after & ~before).sum())
    assert sum(percent for _, percent in gained) == pytest.approx(1e2 * (after & ~before).sum() / after.sum(), abs=0.05)
    assert {flow["part"] for flow in values["class_flows"]} == {"unchanged", "lost", "gained"}
    with pytest.raises(JobInvalid, match="Class 10 cannot be selected for change"):
        run_job(replace(job, change_class=10), NullReporter())


small = st.lists(st.integers(0, 10), min_size=12, max_size=12)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(small, small)
def test_change_backwards_is_the_matrix_turned(tmp_path, first, second):
    paths = [
        write(tmp_path / f"{name}.tif", np.array(codes, np.uint8).reshape(3, 4))
        for name, codes in (("a", first), ("b", second))
    ]
    assume(any(0 < one < 10 and 0 < other < 10 for one, other in zip(first, second)))
    forth, back = change_matrix(*paths), change_matrix(*reversed(paths))
    np.testing.assert_array_equal(forth.pixels, back.pixels.T)
    assert forth.changed_ha == pytest.approx(back.changed_ha)
    assert sum(change.net_ha for change in forth.classes()) == pytest.approx(0)
    np.testing.assert_array_equal(
        np.diag(change_matrix(paths[0], paths[0]).pixels), np.bincount(first, minlength=11)[1:]
    )


@pytest.mark.parametrize(
    ("place", "crs", "message"),
    [
        (Affine(10, 0, 700_010, 0, -10, 8_500_000), UTM, "origins differ"),
        (Affine(20, 0, 700_000, 0, -20, 8_500_000), UTM, "pixel sizes differ: 10 and 20"),
        (PLACE, "EPSG:32717", "CRS differ: EPSG:32718"),
    ],
)
def test_maps_on_different_grids_are_refused_in_words(tmp_path, maps, codes, place, crs, message):
    other = write(tmp_path / "other.tif", codes[1], crs, place)
    with pytest.raises(RasterInvalid, match=message) as raised:
        change_matrix(maps[0], other)
    assert "different grids" in raised.value.what
    assert "alignment" in raised.value.next_step


def test_alignment_is_explicit_and_takes_the_nearest_pixel(tmp_path, maps, codes):
    shifted = write(tmp_path / "shifted.tif", codes[1], place=PLACE @ Affine.translation(3, 2))
    common = common_grid({"2020": maps[0], "2021": shifted}, "first")
    matrix = change_matrix(maps[0], shifted, target_grid=common.grid)
    np.testing.assert_array_equal(matrix.pixels, counted(codes[0][2:, 3:], codes[1][:-2, :-3]))
    assert "The 2021 map (EPSG:32718, 10 m) was resampled to the grid of the 2020 map" in common.notes[0]
    with pytest.raises(JobInvalid, match="'align' must be one of"):
        Job("out", task="change", align="bilinear").validate()


def test_a_series_on_three_grids_is_read_on_the_first_or_on_the_finest(tmp_path, codes):
    """20 m, 10 m and 30 m: on the first grid the finer map gives its most frequent class, the coarser its nearest."""
    rng = np.random.default_rng(8)
    coarse = rng.integers(1, 10, (40, 50), dtype=np.uint8)
    fine = np.repeat(np.repeat(coarse, 2, 0), 2, 1)
    fine[::2, ::2] = 9  # a quarter of each 20 m pixel: nearest would often show it, the majority never does
    series = {
        "2019": write(tmp_path / "2019.tif", coarse, place=PLACE @ Affine.scale(2)),
        "2020": write(tmp_path / "2020.tif", fine),
        "2021": write(tmp_path / "2021.tif", np.full((27, 34), 3, np.uint8), place=PLACE @ Affine.scale(3)),
    }
    values = run_job(
        Job(str(tmp_path / "a"), task="change", maps={k: str(v) for k, v in series.items()}, align="first"),
        NullReporter(),
    )
    assert [("most frequent" in note, "nearest" in note) for note in values["notes"]] == [(True, False), (False, True)]
    rows = rows_of(values["timeline"])[1:11]
    for code, row in enumerate(rows, 1):
        majority = (coarse == code).sum() * 0.04
        assert float(row[2]) == pytest.approx(majority)
        assert float(row[3]) == pytest.approx(majority)
        assert float(row[4]) == pytest.approx(40 * 50 * 0.04 if code == 3 else 0)
    assert Path(values["report"]).read_text(encoding="utf-8").count("was resampled to the grid of the 2019 map") == 2

    finest = run_job(
        Job(str(tmp_path / "b"), task="change", maps={k: str(v) for k, v in series.items()}, align="finest"),
        NullReporter(),
    )
    with rasterio.open(finest["change"]) as source:
        assert source.res == (10, 10)
        np.testing.assert_array_equal(source.read(1) >> 4, np.repeat(np.repeat(coarse, 2, 0), 2, 1))
    with pytest.raises(RasterInvalid, match="2019 and 2020 have different grids"):
        run_job(Job(str(tmp_path / "c"), task="change", maps={k: str(v) for k, v in series.items()}), NullReporter())


def test_sizes_and_codes_that_do_not_fit_are_reported(tmp_path, maps, codes):
    with pytest.raises(RasterInvalid, match="203 x 141"):
        change_matrix(maps[0], write(tmp_path / "small.tif", codes[1][:-1]))
    with pytest.raises(RasterInvalid, match=r"odd\.tif contains codes .*They are 99;"):
        change_matrix(maps[0], write(tmp_path / "odd.tif", np.full(SHAPE, 99, np.uint8)))


def test_the_change_raster_holds_every_pair_and_its_style_names_them(tmp_path, maps, codes):
    path = tmp_path / "change.tif"
    present = write_change_raster(*maps, path, language="es")
    both = (codes[0] > 0) & (codes[1] > 0)
    expected = np.where(both, 16 * codes[0].astype(int) + codes[1], 0)
    with rasterio.open(path) as source:
        np.testing.assert_array_equal(source.read(1), expected)
        colors = source.colormap(1)
        assert source.nodata == 0
    assert present == tuple(np.unique(expected[both]))
    entries = parsed(path.with_suffix(".qml")).iter("paletteEntry")
    labels = {int(entry.get("value")): (entry.get("label"), entry.get("color")) for entry in entries}
    assert set(labels) == set(present)
    assert labels[16 * 2 + 5] == ("Árboles → Cultivos", "#ffdb5c")
    assert labels[16 * 2 + 2][0] == "Árboles"
    assert labels[16 * 2 + 2][1] != "#358221"  # what stayed is drawn faded
    assert colors[16 * 2 + 5][:3] == (255, 219, 91 + 1)
    names = [category.text for category in parsed(f"{path}.aux.xml").iter("Category")]
    assert names[16 * 2 + 5] == "Árboles → Cultivos"
    assert sorted(file.name for file in tmp_path.glob("*change*")) == ["change.qml", "change.tif", "change.tif.aux.xml"]


def test_a_change_is_confident_where_both_maps_are_sure(tmp_path, maps, codes):
    rng = np.random.default_rng(4)
    layers = [
        np.stack([rng.integers(0, top, SHAPE, dtype=np.uint8) for top in (255, 101, 9, 13, 11)]) for _ in range(2)
    ]
    qualities = [write(tmp_path / f"quality{place}.tif", layer) for place, layer in enumerate(layers)]
    path = tmp_path / "certainty.tif"
    rule = ChangeRule(min_confidence=0.4, min_agreement=0.3, min_observations=2)
    percent = write_certainty_raster((maps[0], qualities[0]), (maps[1], qualities[1]), path, rule=rule)
    sure = np.logical_and(*((layer[0] >= 102) & (layer[1] >= 30) & (layer[2] >= 2) for layer in layers))
    land = (codes[0] > 0) & (codes[1] > 0) & (codes[0] < 10) & (codes[1] < 10)
    changed = land & (codes[0] != codes[1])
    expected = np.select([changed & sure, changed, land], [3, 2, 1], 0)
    with rasterio.open(path) as source:
        np.testing.assert_array_equal(source.read(1), expected)
    assert percent == pytest.approx(100 * (changed & sure).sum() / changed.sum())
    labels = [entry.get("label") for entry in parsed(path.with_suffix(".qml")).iter("paletteEntry")]
    assert labels == ["Same class", "Change, low confidence", "Change, high confidence"]


def test_a_quality_raster_of_another_map_is_refused(tmp_path, maps, codes):
    good = write(tmp_path / "good.tif", np.zeros((5, *SHAPE), np.uint8))
    other = write(tmp_path / "other.tif", np.zeros((5, 10, 10), np.uint8))
    for bad, message in (
        (other, "not on the same grid"),
        (maps[0], "not a quality raster"),
        (tmp_path / "none", "cannot be read"),
    ):
        with pytest.raises(RasterInvalid, match=message):
            write_certainty_raster((maps[0], good), (maps[1], bad), tmp_path / "certainty.tif")
    assert not (tmp_path / "certainty.tif").exists()


def test_a_time_line_holds_each_year_s_table(tmp_path, maps):
    line = timeline({"2021": maps[1], "2020": maps[0]})
    assert line.periods == ("2020", "2021")
    for land in LEGEND:
        expected = tuple(area_table(path).rows[land.code - 1].area_ha for path in maps)
        assert line.area_ha(land.code) == expected
    write_timeline_csv(line, tmp_path / "line.csv")
    rows = list(csv.reader((tmp_path / "line.csv").open(encoding="utf-8-sig")))
    assert rows[0] == ["code", "class", "2020 (ha)", "2021 (ha)"]
    assert [float(cell) for cell in rows[2][2:]] == pytest.approx(line.area_ha(2))
    assert "assess the change with a reference sample" in rows[-1][0]


def test_a_time_line_needs_two_maps_on_one_grid(tmp_path, maps, codes):
    with pytest.raises(JobInvalid, match="two maps"):
        timeline({"2020": maps[0]})
    with pytest.raises(RasterInvalid, match="2020 and 2022 have different grids"):
        timeline({"2020": maps[0], "2022": write(tmp_path / "small.tif", codes[1][1:])})


def test_the_tables_add_up_and_carry_the_warning(tmp_path, maps):
    matrix = change_matrix(*maps, language="es")
    write_matrix_csv(matrix, tmp_path / "matrix.csv")
    write_classes_csv(matrix, tmp_path / "classes.csv")
    rows = list(csv.reader((tmp_path / "matrix.csv").open(encoding="utf-8-sig")))
    assert (rows[0][0], rows[0][2], rows[0][-1]) == ("de \\ a (ha)", "Árboles", "Total")
    body = np.array([[float(cell) for cell in row[1:]] for row in rows[1:12]])
    np.testing.assert_allclose(body[:10, :10].sum(axis=1), body[:10, 10], atol=0.06)
    np.testing.assert_allclose(body[:10].sum(axis=0), body[10], atol=0.06)
    assert "muestra de referencia propia" in rows[-1][0]
    classes = list(csv.reader((tmp_path / "classes.csv").open(encoding="utf-8-sig")))
    assert classes[0][5:] == ["ganancia (ha)", "pérdida (ha)", "neto (ha)"]
    assert "muestra de referencia propia" in classes[-1][0]


def test_pictures_show_the_classes_that_change(tmp_path):
    before = np.full((50, 50), 2, np.uint8)
    after = before.copy()
    after[:25] = 5
    paths = write(tmp_path / "a.tif", before), write(tmp_path / "b.tif", after)
    write_sankey_png(change_matrix(*paths), tmp_path / "flow.png", ("2020", "2021"))
    write_timeline_png(timeline(dict(zip(("2020", "2021"), paths))), tmp_path / "line.png")
    pixels = (image.imread(tmp_path / "flow.png")[..., :3] * 255).round().astype(int)
    trees, crops, water = ((pixels == LEGEND[place].rgb).all(axis=2) for place in (1, 4, 0))
    width = pixels.shape[1]
    # Half of the trees became crops: the later column has half as many tree pixels, and no water stands anywhere.
    left, right = trees[:, : width // 2].sum(), trees[:, width // 2 :].sum()
    assert right == pytest.approx(left / 2, rel=0.05)
    assert crops[:, width // 2 :].sum() == pytest.approx(right, rel=0.1)
    assert not crops[:, : width // 3].any()
    assert not water.any()
    assert image.imread(tmp_path / "line.png").shape[1] == 1600


class Recorder(NullReporter):
    def __init__(self):
        self.stages, self.texts = [], []

    def progress(self, stage, done, total):
        self.stages.append((stage, done / total))

    def log(self, text, level="info"):
        self.texts.append((level, text))


def test_the_change_step_leaves_every_product_and_says_the_warning(tmp_path, maps, codes):
    third = write(tmp_path / "2022.tif", np.roll(codes[1], 3, axis=0))
    quality = write(tmp_path / "quality.tif", np.full((5, *SHAPE), 90, np.uint8))
    named = {"2020": str(maps[0]), "2021": str(maps[1]), "2022": str(third)}
    folder, reporter = tmp_path / "out", Recorder()
    job = Job(str(folder), task="change", maps=named, qualities=dict.fromkeys(named, str(quality)), language="es")
    values = run_job(job, reporter)
    names = ("change", "matrix", "classes", "change_data", "picture", "certainty", "timeline", "timeline_picture")
    assert {Path(values[name]).name for name in names} == {
        "change_2020_2022.tif",
        "change_2020_2022.csv",
        "change_2020_2022_classes.csv",
        "change_2020_2022_data.json",
        "change_2020_2022.png",
        "certainty_2020_2022.tif",
        "timeline_2020_2022.csv",
        "timeline_2020_2022.png",
    }
    assert all(Path(values[name]).is_file() for name in names)
    assert all(cog_validate(values[name], strict=True)[0] for name in ("change", "certainty"))
    assert values["changed_ha"] == pytest.approx(change_matrix(maps[0], third).changed_ha, abs=1e-3)
    assert values["class_changes"][1]["name"] == "Árboles"
    assert values["confident_percent"] == 0  # a confidence of 90/255 is none
    assert ("warning", values["warning"]) in reporter.texts
    assert {stage for stage, _ in reporter.stages} == {"change"}
    assert reporter.stages[-1][1] == 1
    assert not [path for path in folder.rglob("*") if ".part" in path.name]


def test_a_job_s_maps_are_named_by_their_periods():
    job = job_from_dict({"folder": "out", "task": "change", "maps": {"2020": "a.tif", "2021": "b.tif"}})
    assert job_from_dict(job_to_dict(job)) == job
    with pytest.raises(JobInvalid, match="'maps' must be paths by name"):
        job_from_dict({"folder": "out", "maps": ["a.tif", "b.tif"]})


def test_the_change_step_needs_two_maps_and_grids_that_fit(tmp_path, maps, codes):
    with pytest.raises(JobInvalid, match="two maps"):
        run_job(Job(str(tmp_path), task="change", maps={"2020": str(maps[0])}), NullReporter())
    shifted = write(tmp_path / "shifted.tif", codes[1], place=PLACE @ Affine.translation(3, 2))
    job = Job(str(tmp_path / "out"), task="change", maps={"2020": str(maps[0]), "2021": str(shifted)})
    with pytest.raises(RasterInvalid, match="different grids"):
        run_job(job, NullReporter())
    aligned = run_job(replace(job, align="first", qualities=job.maps), NullReporter())
    assert "certainty" not in aligned
    assert Path(aligned["change"]).is_file()


def test_hectares_in_degrees_are_true_ones(tmp_path, codes):
    place = Affine(1e-4, 0, 6, 0, -1e-4, 50)
    paths = [write(tmp_path / f"{index}.tif", raster, "EPSG:4326", place) for index, raster in enumerate(codes)]
    matrix = change_matrix(*paths)
    np.testing.assert_array_equal(matrix.area_ha, matrix.ellipsoidal_ha)
    assert matrix.area_ha.sum() / matrix.pixels.sum() == pytest.approx(0.00797, rel=0.01)  # 11.1 m x 7.2 m
