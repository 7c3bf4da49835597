"""The report: whole, self-contained, in two languages, and drawn by a real browser."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import area_table
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.core.legend import LEGEND
from allpa_engine.core.messages import format_number, message
from allpa_engine.core.scene import Candidate, FailedScene, Radiometry, Scene
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.projection import reprojected
from allpa_engine.report import ReportFacts, write_report
from allpa_engine.report.chart import CALENDAR_ROW_HEIGHT, CALENDAR_WIDTH, scene_calendar
from allpa_engine.report.map_picture import (
    format_length,
    ground_width_m,
    read_map_image,
    render_map_png,
    scale_bar_length,
    write_map_picture,
)
from allpa_engine.report.page import report_html
from allpa_engine.report.quality import quality_rows
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image
from page_reading import count_pdf_pages, needs_browser, read, screenshot
from shapely.geometry import box, mapping


def scene(name: str, day: str, cloud: float | None, tile: str = "18LYF") -> Scene:
    sensing_time = datetime.fromisoformat(day).replace(tzinfo=timezone.utc) + timedelta(hours=15)
    radiometry = Radiometry(0, "processing baseline 02.14")
    return Scene(
        name,
        "earth_search",
        "s2",
        tile,
        sensing_time,
        "S2A",
        "02.14",
        82,
        None,
        None,
        "",
        {},
        cloud,
        0.0,
        None,
        {},
        radiometry,
    )


CANDIDATES = (
    Candidate(scene("CLEAR", "2020-06-21", 2.0), True, "clear", 0.98, 1),
    Candidate(scene("BROKEN", "2020-07-01", 5.0), True, "clear", 0.95, 2),
    Candidate(scene("SPARE", "2020-08-10", 11.0), False, "enough observations", 0.89, 3),
    Candidate(scene("CLOUDY", "2020-01-01", None, "18LZF"), False, "cloudy", 0.1, 4),
)


@pytest.fixture
def landcover(tmp_path):
    codes = np.repeat(np.repeat(np.arange(1, 13, dtype=np.uint8).reshape(3, 4), 40, 0), 40, 1)
    codes[codes > 10] = 0
    path = tmp_path / "landcover_2020.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:32718"}
    place = Affine(10, 0, 700_000, 0, -10, 8_500_000)
    with rasterio.open(path, "w", width=160, height=120, transform=place, **profile) as file:
        file.write(codes, 1)
    return path


@pytest.fixture
def facts(landcover):
    return ReportFacts(
        period="2020",
        region_name="Abancay <&> Andahuaylas",
        table=area_table(landcover),
        image=read_map_image(landcover),
        paths={"landcover": str(landcover), "areas": "/somewhere/areas_2020.csv", "provenance": "landcover_2020.json"},
        candidates=CANDIDATES,
        failures=(FailedScene("BROKEN", "band B11 is cut short", "SPARE"),),
        composite={"mean_observations": 7.43, "valid_pixel_percent": 83.3, "unknown": object()},
        job={"folder": "out", "region": {"type": "Polygon", "coordinates": [[[0.5, 0.5]] * 400]}},
        versions={"allpa": "0.1.0", "model_hash": "0123456789abcdef"},
        notes=("Two duplicates were left out.",),
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_loads_nothing_from_anywhere(facts, landcover, language):
    html = report_html(replace(facts, language=language, table=area_table(landcover, language=language)))
    page = read(html)
    assert [address[:22] for address in page.fetched] == ["data:image/png;base64,"]
    assert not re.search(r"@import|url\(|<script|<link|<iframe|https?://", html)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Crops to Grass: 234 pixels, 12.34 ha",
                "left as voted: 40 of 500 pixels (too few clear dates: 30, a year unlike",
                "meadows (abcdef012345)",
            ),
        ),
        (
            "es",
            (
                "Cultivos a Pastos: 234 píxeles, 12,34 ha",
                "quedan como se votó: 40 de 500 píxeles (muy pocas fechas despejadas: 30",
                "Decisión anual",
            ),
        ),
    ],
)
def test_the_page_says_what_the_annual_decision_changed(facts, language, words):
    decision = {
        "model": "meadows",
        "model_hash": "abcdef0123456789",
        "candidate_pixels": 500,
        "changed": [{"from": 5, "to": 3, "pixels": 234, "area_ha": 12.34}],
        "held_back_pixels": {"few_observations": 30, "unlike": 10},
    }
    texts = " ".join(
        read(report_html(replace(facts, language=language, composite={"annual_decision": decision}))).texts
    )
    for word in words:
        assert word in texts


def test_the_page_says_where_the_guards_had_no_elevation(facts):
    guards = {"slope": {"changed_pixels": 1234, "elevation_share": 0.5}, "persistence": {"off": "no second class"}}
    texts = " ".join(read(report_html(replace(facts, language="es", composite={"guards": guards}))).texts)
    assert "píxeles cambiados (elevación en el 50,0" in texts
    assert "desactivado (no second class)" in texts


def test_the_page_tells_the_facts(facts):
    texts = " ".join(read(report_html(facts)).texts)
    for fact in (
        "Abancay <&> Andahuaylas",  # escaped: read back as it was
        "band B11 is cut short",
        "replaced by SPARE",
        "Two duplicates were left out.",
        "7.4",
        "83.30 %",
        "areas_2020.csv",
        "model 0123456789ab",
        "Contains modified Copernicus Sentinel data 2020",
        "accuracy with a reference sample",
        "the difference is 0.00 ha",
    ):
        assert fact in texts
    assert "/somewhere" not in texts
    assert all(land.name in texts for land in LEGEND)


def test_the_spanish_page_is_spanish(facts, landcover):
    html = report_html(replace(facts, language="es", table=area_table(landcover, language="es"), notes=()))
    texts = " ".join(read(html).texts)
    assert '<html lang="es">' in html
    assert all(land.label("es") in texts for land in LEGEND)
    for english in ("Land cover", "Areas", "Scenes", "How to cite", "Pixels", "left out"):
        assert english not in texts
    assert "10,0" in texts  # a decimal comma: each of ten classes holds a tenth


def test_the_quality_layers_are_summed_up_over_the_pixels_seen(facts, landcover, tmp_path):
    rng = np.random.default_rng(2)
    layers = rng.integers(0, 256, (5, 120, 160), dtype=np.uint8)
    layers[1] = rng.integers(0, 101, (120, 160))
    layers[2, :60] = 0  # never seen clear: no part of the figures
    path = tmp_path / "quality_2020.tif"
    profile = {"driver": "GTiff", "count": 5, "dtype": "uint8", "crs": "EPSG:32718", "nodata": 0}
    with rasterio.open(path, "w", width=160, height=120, tiled=True, blockxsize=64, blockysize=64, **profile) as file:
        file.write(layers)
    seen = layers[:, layers[2] > 0]
    rows = {row.name: row for row in quality_rows(path, "en")}
    for place, (name, scale) in enumerate([("Confidence", 100 / 255), ("Agreement", 1), ("Clear observations", 1)]):
        median, low = np.quantile(seen[place], [0.5, 0.1], method="inverted_cdf") * scale
        unit = " %" if place < 2 else ""
        assert (rows[name].median, rows[name].percentile_10) == (f"{median:.0f}{unit}", f"{low:.0f}{unit}")
    texts = read(report_html(replace(facts, paths={**facts.paths, "quality": str(path)}))).texts
    assert rows["Confidence"].median in texts
    with pytest.raises(RasterInvalid, match="not a quality raster"):
        quality_rows(landcover, "en")


def test_the_replacing_scene_is_used_and_the_failed_one_is_not(facts):
    assert [fetched.scene.id for fetched in facts.used] == ["CLEAR", "SPARE"]
    states = {mark.label[:10]: mark.state for marks in scene_calendar(facts).tiles.values() for mark in marks}
    assert states == {"2020-06-21": "used", "2020-07-01": "failed", "2020-08-10": "used", "2020-01-01": "unused"}


def test_the_calendar_places_scenes_by_date_and_cloud(facts):
    calendar = scene_calendar(facts)
    assert [tick.text for tick in calendar.ticks] == list("JFMAMJJASOND")
    (unknown,) = calendar.tiles["18LZF"]
    assert unknown.x == pytest.approx(CALENDAR_WIDTH * 0.5 / 366)
    assert unknown.label == "2020-01-01 · ? · cloudy"
    clear = next(mark for mark in calendar.tiles["18LYF"] if mark.label.startswith("2020-06-21"))
    assert clear.y == pytest.approx(CALENDAR_ROW_HEIGHT * 0.98)
    assert clear.x == pytest.approx(CALENDAR_WIDTH * 172.5 / 366)


def test_the_rows_of_the_calendar_stand_below_one_another_and_beside_their_names(facts, tmp_path):
    write_report(facts, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    moves = [tuple(map(float, move)) for move in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)"', page)]
    assert [move[0] for move in moves] == [68.0] * len(scene_calendar(facts).tiles)
    assert len({move[1] for move in moves}) == len(moves) > 1


@pytest.mark.parametrize("period", ["20191101-20200430", "20100101-20201231", "odd", ""])
def test_any_period_has_a_calendar_that_holds_its_scenes(facts, period):
    calendar = scene_calendar(replace(facts, period=period))
    marks = [mark for marks in calendar.tiles.values() for mark in marks]
    assert len(marks) == 4
    assert all(0 <= mark.x <= CALENDAR_WIDTH and 0 <= mark.y <= CALENDAR_ROW_HEIGHT for mark in marks)
    assert 1 <= len(calendar.ticks) <= 14


def test_a_report_without_scenes_quality_or_job_stands_too(facts):
    bare = ReportFacts("2020", "", facts.table, {"landcover": facts.paths["landcover"]}, facts.image)
    texts = " ".join(read(report_html(bare)).texts)
    assert "The scenes are not listed in this job." in texts
    assert "There are no quality layers." in texts
    assert "All selected scenes were used." in texts


def test_messages_of_the_engine_stand_in_the_report_in_its_language(facts):
    spoken = replace(
        facts,
        language="es",
        failures=(FailedScene("BROKEN", message("Band {band} is corrupt.", band="B11"), "SPARE"),),
        notes=(message("Tile {tile} in {year}: {days} acquisition days.", tile="18LYF", year="2020", days=71),),
    )
    texts = " ".join(read(report_html(spoken)).texts)
    assert "La banda B11 de la escena está corrupta." in texts
    assert "Tesela 18LYF en 2020: 71 días de adquisición." in texts
    assert "is corrupt" not in texts
    english = " ".join(read(report_html(replace(spoken, language="en"))).texts)
    assert "Band B11 is corrupt." in english


def test_a_gap_without_scenes_is_reported_at_the_head_and_drawn(facts, landcover, tmp_path):
    """The western quarter of the region has no scene."""
    west = box(700_000, 8_498_800, 700_400, 8_500_000)
    gap = mapping(reprojected(west, "EPSG:32718", "EPSG:4326"))
    warning = message("The scenes cover only {share:.1%} of the region; the rest of the map has no data.", share=0.75)
    spanish = replace(facts, language="es", warnings=(warning,), gap=gap)
    texts = " ".join(read(report_html(spanish)).texts)
    assert "75,0\u202f%" in texts
    assert texts.index("75,0") < texts.index("Superficies")
    write_map_picture(facts.image, tmp_path / "gap.png", "", gap=gap)
    write_map_picture(facts.image, tmp_path / "plain.png", "")
    with_gap, plain = ((image.imread(tmp_path / name)[..., :3] * 255).round() for name in ("gap.png", "plain.png"))
    hatched = (with_gap == (176, 65, 62)).all(axis=2)
    assert not (plain == (176, 65, 62)).all(axis=2).any()
    columns = np.flatnonzero(hatched.any(axis=0))
    map_width = 6 * 200  # inches x dots per inch
    in_map = columns[columns < map_width]
    assert in_map.max() == pytest.approx(map_width / 4, rel=0.03)
    assert (columns > map_width).any()  # the legend names it
    assert (with_gap.shape[1], with_gap.shape[0]) == (plain.shape[1], plain.shape[0])


def test_a_gap_around_the_scenes_leaves_their_land_free(facts, tmp_path):
    ring = box(700_000, 8_498_800, 701_600, 8_500_000).difference(box(700_400, 8_499_100, 701_200, 8_499_700))
    write_map_picture(facts.image, tmp_path / "ring.png", "", gap=mapping(reprojected(ring, "EPSG:32718", "EPSG:4326")))
    pixels = (image.imread(tmp_path / "ring.png")[..., :3] * 255).round()
    hatched = (pixels == (176, 65, 62)).all(axis=2)
    rows, columns = np.flatnonzero(hatched[:, :1200].any(axis=1)), np.flatnonzero(hatched[:, :1200].any(axis=0))
    height, width = rows.max() - rows.min(), columns.max() - columns.min()
    middle = hatched[rows.min() + int(0.3 * height) : rows.min() + int(0.7 * height)]
    assert not middle[:, columns.min() + int(0.3 * width) : columns.min() + int(0.7 * width)].any()
    assert hatched[rows.min() + int(0.05 * height), : columns.max()].any()


def test_nothing_in_the_facts_runs_or_loads_in_the_report(facts):
    """Names, reasons and jobs come from outside; the page escapes them, and its policy lets nothing run or load."""
    bad = '"><script>alert(1)</script><img src=https://example.org/x onerror=alert(1)>'
    hostile = replace(
        facts,
        region_name=bad,
        table=replace(facts.table, notes=(bad,), region_name=bad),
        candidates=tuple(
            replace(one, reason=bad, scene=replace(one.scene, id=bad, platform=bad, baseline=bad, tile=bad))
            for one in facts.candidates
        ),
        failures=(FailedScene(bad, bad, bad),),
        paths={"landcover": bad, "provenance": bad},
        composite={"rule": bad, "dates": [bad]},
        job={"folder": bad},
        versions={"allpa": bad, bad: bad},
        notes=(bad,),
        warnings=(bad,),
    )
    html = report_html(hostile)
    page = read(html)
    assert all(address.startswith("data:image/png;base64,") for address in page.fetched)
    assert "<script" not in html
    assert not re.search(r"<img[^>]*onerror", html)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html).group(1)
    assert "default-src 'none'" in policy
    assert "img-src data:" in policy
    assert "script-src" not in policy  # so the default holds: none


def test_areas_that_do_not_add_up_are_reported_prominently(facts):
    broken = replace(facts, table=replace(facts.table, region_ha=2 * facts.table.region_ha))
    assert "do not add up" in report_html(broken)
    assert "do not add up" not in report_html(facts)


@given(st.floats(-1e12, 1e12), st.integers(0, 4), st.sampled_from(["en", "es"]))
def test_numbers_are_written_so_that_they_can_be_read_back(value, decimals, language):
    text = format_number(value, decimals, language)
    back = float(text.replace("\u202f", "").replace(",", "." if language == "es" else ""))
    assert back == pytest.approx(value, abs=0.5 * 10**-decimals + 1e-3)
    assert not re.fullmatch(r"-0([.,]0*)?", text)


def test_the_report_is_whole_or_absent(facts, tmp_path):
    folder = tmp_path / "out"
    (tmp_path / "none.tif").write_bytes(b"no raster")
    missing = replace(facts, paths={"quality": str(tmp_path / "none.tif")})
    with pytest.raises(RasterInvalid):
        write_report(missing, folder / "report.html")
    assert not (folder / "report.html").exists()
    write_report(facts, folder / "report.html")
    assert [file.name for file in folder.iterdir()] == ["report.html"]


def test_the_picture_shows_every_class_in_its_colour(landcover, tmp_path):
    write_map_picture(read_map_image(landcover), tmp_path / "map.png", "Land cover 2020")
    pixels = (image.imread(tmp_path / "map.png")[..., :3] * 255).round().astype(int)
    plain = [int((pixels == land.rgb).all(axis=2).sum()) for land in LEGEND]
    assert min(plain) > 20_000  # twelve blocks of about 290 px a side
    assert max(plain) < 1.1 * min(plain)  # and equal ones, legend included


def test_a_large_map_is_drawn_from_few_pixels(tmp_path):
    path = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:4326", "SPARSE_OK": True}
    with rasterio.open(
        path, "w", width=36_000, height=9_000, tiled=True, transform=Affine(1e-4, 0, 6, 0, -1e-4, 3), **profile
    ):
        pass
    png = render_map_png(read_map_image(path))
    assert png.startswith(b"\x89PNG")
    assert len(png) < 400_000


@given(st.floats(0.5, 1e7))
def test_scale_bars_are_round_and_long(longest):
    length = scale_bar_length(longest)
    assert longest / 2.5 * (1 - 1e-6) <= length <= longest * (1 + 1e-6)
    assert f"{length:e}"[0] in "125"


def test_the_scale_bar_is_of_the_ground_not_of_the_plane():
    assert format_length(500) == "500 m"
    assert format_length(20_000) == "20 km"
    mercator = Grid("EPSG:3857", 0, 8_399_738 + 500, 10, 100, 100)  # 60 degrees north: one metre drawn as two
    assert ground_width_m(mercator) == pytest.approx(500, rel=0.01)
    assert ground_width_m(Grid("EPSG:4326", -73, 0.5, 0.01, 100, 100)) == pytest.approx(111_319, rel=1e-3)


@needs_browser
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_browser_draws_map_table_and_chart(facts, landcover, tmp_path, language):
    long = "Mancomunidad de los Andes: Apurímac, Ayacucho, Huancavelica, Junín, Cusco, Ica y Puno"
    shown = replace(facts, language=language, region_name=long, table=area_table(landcover, language=language))
    write_report(shown, tmp_path / "report.html")
    pixels = screenshot(tmp_path / "report.html", tmp_path, 1000, 2400)
    for land in LEGEND:
        rows = np.flatnonzero((pixels == land.rgb).all(axis=2).sum(axis=1) > 3)
        # Runs of rows with the class's colour: in the map and its legend, in the table, and in the chart.
        gaps = np.flatnonzero(np.diff(rows) > 60)
        assert len(gaps) >= (1 if land.name == "Clouds" else 2), land.name
    assert (pixels[:, 990:] == pixels[0, 990:]).all(), "nothing reaches beyond the page"
    assert 2 <= count_pdf_pages(tmp_path / "report.html", tmp_path) <= 5
