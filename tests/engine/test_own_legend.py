"""Classes of a user's own from predictions to maps, tables, reports, styles and STAC items."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.prediction_file import check_prediction, read_predictions
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite.smoothing import fill_small_patches
from allpa_engine.core.errors import JobInvalid, LegendsDiffer, RasterInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.raster.class_raster import open_class_raster
from allpa_engine.report.map_picture import read_map_image, render_map_png
from allpa_engine.report.page import report_html
from allpa_engine.report.stac_item import build_stac_item
from allpa_engine.run.pipeline import run_job
from own_legends import ANDES, BOFEDAL, CROPS_40
from predictions import write_prediction
from sample_maps import write_map
from test_change import parsed
from test_main_job import Listener
from test_provenance import facts_of

SHAPE = (37, 53)


def random_codes(legend, scenes, seed=3):
    return np.random.default_rng(seed).choice([0, *legend.codes], (scenes, *SHAPE)).astype(np.uint8)


def write_scenes(folder, legend, stack, **bands):
    folder.mkdir(exist_ok=True)
    for month, codes in enumerate(stack, 1):
        write_prediction(folder, codes, date=f"2020-{month:02d}-15", legend=legend, **bands)
    return folder


def most_voted(stack, legend):
    """The class of the largest sum of weights, pixel by pixel; of equals that of more votes, then the lower code."""
    best, out = np.full(stack.shape[1:], -1.0), np.zeros(stack.shape[1:], int)
    for land in legend:
        votes = (stack == land.code).sum(axis=0)
        rank = 1000 * land.weight * votes + votes
        out = np.where((votes > 0) & (rank > best), land.code, out)
        best = np.where(votes > 0, np.maximum(best, rank), best)
    return out


def composited(tmp_path, legend, stack, **options):
    folder = write_scenes(tmp_path / "predictions", legend, stack)
    job = Job(str(tmp_path / "out"), task="composite", predictions=str(folder), start="2020-01-01", end="2020-12-31")
    listener = Listener()
    values = run_job(replace(job, **options), listener)
    with rasterio.open(values["landcover"]) as source:
        return values, source.read(1), listener


@pytest.mark.parametrize("legend", [ANDES, CROPS_40], ids=["3 classes", "40 classes"])
def test_predictions_of_any_legend_become_the_map_of_the_most_votes(tmp_path, legend):
    stack = random_codes(legend, 5)
    values, codes, _ = composited(tmp_path, legend, stack)
    assert (codes == most_voted(stack, legend)).all()
    with open_class_raster(tmp_path / "out" / "landcover_2020.tif") as raster:
        assert raster.legend == legend
        assert raster.source.colormap(1)[legend.codes[-1]][:3] == legend[-1].rgb
    assert values["pixels"] == {str(code): int((codes == code).sum()) for code in (0, *legend.codes)}
    with rasterio.open(values["quality"]) as quality:
        assert quality.tags()["ALLPA_LEGEND"] == legend.to_tag()


def test_guards_without_a_class_of_theirs_are_off_and_the_log_says_so(tmp_path):
    values, _, listener = composited(tmp_path, ANDES, random_codes(ANDES, 2))
    assert "no class that it is about" in values["guards"]["slope"]["off"]
    assert any("guard persistence is off" in text for text in listener.texts)


def test_the_class_of_clouds_hides_the_land_and_own_water_needs_its_share(tmp_path):
    votes = np.array([[[13, 12, 11]], [[13, 11, 11]], [[13, 11, 11]], [[13, 11, 11]], [[13, 11, 12]]], np.uint8)
    folder = write_scenes(tmp_path / "predictions", BOFEDAL, votes)
    rule = CompositeRule(weights={11: 0.1, 12: 1.0})
    summary = compose(
        read_predictions(folder), None, rule, landcover=tmp_path / "map.tif", quality=tmp_path / "quality.tif"
    )
    with rasterio.open(tmp_path / "map.tif") as source:
        assert source.read(1).tolist() == [[13, 11, 11]]  # a fifth of the dates is not more than a quarter
    assert summary.valid_pixel_percent == pytest.approx(200 / 3)


def test_without_a_class_of_clouds_the_scene_classification_masks(tmp_path):
    folder = tmp_path / "predictions"
    folder.mkdir()
    write_prediction(folder, [[10, 200]], scl=np.array([[9, 4]]), legend=ANDES)
    compose(read_predictions(folder), None, CompositeRule(), landcover=tmp_path / "m.tif", quality=tmp_path / "q.tif")
    with rasterio.open(tmp_path / "m.tif") as source:
        assert source.read(1).tolist() == [[0, 200]]


def test_soft_votes_of_three_classes_are_added_up(tmp_path):
    folder = tmp_path / "predictions"
    folder.mkdir()
    for day, shares in ((1, (200, 50, 5)), (2, (20, 120, 115)), (3, (20, 120, 115))):
        write_prediction(
            folder, [[10 if day == 1 else 20]], date=f"2020-06-{day:02d}", legend=ANDES,
            probabilities=np.reshape(shares, (3, 1, 1)),
        )  # fmt: skip
    rule = CompositeRule(soft=True, weights={200: 1.0})
    compose(read_predictions(folder), None, rule, landcover=tmp_path / "m.tif", quality=tmp_path / "q.tif")
    with rasterio.open(tmp_path / "m.tif") as source:
        assert source.read(1).tolist() == [[20]]  # 240, 290 and 235


def test_predictions_of_two_legends_are_refused(tmp_path):
    folder = write_scenes(tmp_path / "predictions", ANDES, random_codes(ANDES, 1))
    write_prediction(folder, random_codes(BOFEDAL, 1)[0], date="2020-12-01", legend=BOFEDAL)
    with pytest.raises(LegendsDiffer, match="have different classes"):
        compose(
            read_predictions(folder), None, CompositeRule(), landcover=tmp_path / "m.tif", quality=tmp_path / "q.tif"
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"weights": {5: 2.0}}, r"codes that do not exist: \[5\].*Codes are 10, 20, 200"),
        ({"weights": {10: 0.0, 20: 0.0, 200: 0.0}}, "weight of land or water must be greater than zero"),
        ({"annual_decision": "on"}, "knows the classes of the bundled model only"),
    ],
)
def test_options_that_do_not_fit_the_legend_are_refused(tmp_path, options, sentence):
    with pytest.raises(JobInvalid, match=sentence):
        composited(tmp_path, ANDES, random_codes(ANDES, 1), **options)


def test_a_damaged_legend_in_a_file_is_refused(tmp_path):
    prediction = write_prediction(tmp_path, random_codes(ANDES, 1)[0], legend=ANDES)
    path = write_map(tmp_path / "map.tif", random_codes(ANDES, 1)[0], legend=ANDES)
    for file in (prediction.path, path):
        with rasterio.open(file, "r+") as source:
            source.update_tags(ALLPA_LEGEND='{"classes": [{"code": 999}]}')
    with pytest.raises(RasterInvalid, match="is damaged"):
        check_prediction(prediction.path)
    with open_class_raster(path) as raster, pytest.raises(RasterInvalid, match=r"legend in map\.tif cannot be read"):
        _ = raster.legend


def test_small_patches_of_codes_above_127_are_filled(tmp_path):
    stack = np.full((1, *SHAPE), 200, np.uint8)
    stack[0, 5:7, 5:7] = 10
    stack[0, 20:30, 20:30] = 20
    _, codes, _ = composited(tmp_path, ANDES, stack, smoothing_px=9)
    assert (codes == fill_small_patches(stack[0], 9, None)).all()
    assert codes[5, 5] == 200
    assert codes[25, 25] == 20


@pytest.mark.parametrize("legend", [ANDES, CROPS_40], ids=["3 classes", "40 classes"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_tables_report_item_and_styles_have_the_own_names(tmp_path, legend, language):
    values, codes, _ = composited(tmp_path, legend, random_codes(legend, 3), language=language)
    zones = {"type": "FeatureCollection", "features": [zone(name, box) for name, box in ZONES]}
    (tmp_path / "zones.geojson").write_text(json.dumps(zones))
    tables = run_job(
        Job(
            str(tmp_path / "out"), task="areas", landcover=values["landcover"], zones=str(tmp_path / "zones.geojson"),
            language=language,
        ),
        NullReporter(),
    )  # fmt: skip
    with Path(tables["areas"]).open(encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1 : len(legend) + 1]] == [land.name for land in legend]
    assert [int(row[1]) for row in rows[1 : len(legend) + 1]] == [int((codes == code).sum()) for code in legend.codes]
    assert [row["color"] for row in tables["area_table"][:-1]] == [land.color for land in legend]
    with Path(tables["zones_wide"]).open(encoding="utf-8-sig") as file:
        (first, *_) = csv.DictReader(file)
    assert {name for name in first if name.startswith("ha_") and name[3:].isdigit()} == {
        f"ha_{code}" for code in legend.codes
    }
    landcover = tmp_path / "out" / "landcover_2020.tif"
    facts = facts_of(landcover, language=language)
    facts = replace(facts, table=replace(facts.table, language=language))
    html = report_html(facts)
    assert all(land.name in html for land in legend)
    assert "Agua" not in html
    assert f"background:{legend[0].color}" in html
    item = build_stac_item(tmp_path / "out" / "item.json", facts)
    classes = item["assets"]["landcover"]["classification:classes"][1:]
    assert [entry["value"] for entry in classes] == list(legend.codes)
    assert [entry["title"] for entry in classes] == [land.name for land in legend]
    assert all(
        entry["name"].replace("_", "").replace("-", "").isalnum() and entry["name"].isascii() for entry in classes
    )
    assert len({entry["name"] for entry in classes}) == len(legend)
    entries = list(parsed(landcover.with_suffix(".qml")).iter("paletteEntry"))
    assert [(int(entry.get("value")), entry.get("label")) for entry in entries] == [
        (land.code, land.name) for land in legend
    ]
    names = [part.text for part in parsed(f"{landcover}.aux.xml").iter("Category")]
    assert names[legend.codes[-1]] == legend[-1].name


def test_the_picture_lists_at_most_forty_classes(tmp_path):
    many = np.arange(1, 251, dtype=np.uint8).reshape(10, 25)
    path = write_map(tmp_path / "map.tif", many, legend=hundreds())
    assert render_map_png(read_map_image(path)).startswith(b"\x89PNG")


def hundreds():
    from allpa_engine.core.legend import LandClass, Legend, distinct_color

    return Legend(tuple(LandClass(code, f"Ñ{'x' * 90}{code}", distinct_color(code)) for code in range(1, 251)))


ZONES = (("Ayrihuanca", (-73.1, -12.7, -73.0, -12.6)), ("Mamará", (-74.0, -13.5, -72.0, -12.0)))


def zone(name, bounds):
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
