"""One figure reads the same in report, terminal, log and picture, as the job says; tables for programs never change."""

import re

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import area_table, write_area_csv
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import job_from_dict
from allpa_engine.core.messages import NUMBER_FORMATS, format_number, message, translate
from allpa_engine.report.facts import ReportFacts
from allpa_engine.report.map_picture import png_bytes, read_map_image
from allpa_engine.report.page import report_html
from allpa_engine.run.plan import Plan, TilePlan, plan_table
from allpa_engine.run.rates import Rates
from allpa_engine.run.result_text import result_text
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WRITTEN = {
    ("en", ""): "1,716.50",
    ("es", ""): "1\u202f716,50",
    ("es", "1,234.5"): "1,716.50",  # Peru, Mexico
    ("es", "1.234,5"): "1.716,50",  # Spain, Bolivia
    ("es", "1 234,5"): "1\u202f716,50",
    ("en", "1 234.5"): "1\u202f716.50",
    ("es", "1'234.5"): "1\u2019716.50",
    ("es", "1234.5"): "1716.50",  # QGIS without signs between thousands
    ("en", "1234,5"): "1716,50",
}


@pytest.fixture(scope="module")
def landcover(tmp_path_factory):
    """171,650 pixels of 10 m: 1,716.5 ha."""
    path = tmp_path_factory.mktemp("map") / "landcover_2020.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:32718"}
    place = Affine(10, 0, 500_000, 0, -10, 8_500_000)
    with rasterio.open(path, "w", width=3433, height=50, transform=place, **profile) as file:
        file.write(np.full((50, 3433), 2, np.uint8), 1)
    return path


@pytest.mark.parametrize(("language", "number_format"), WRITTEN)
def test_an_area_reads_the_same_everywhere(landcover, tmp_path, language, number_format):
    text = WRITTEN[language, number_format]
    locale = job_from_dict({"folder": "out", "language": language, "number_format": number_format}).locale
    table = area_table(landcover, None, locale)
    facts = ReportFacts(period="2020", region_name="Abancay", table=table, image=read_map_image(landcover), paths={},
                        language=locale)  # fmt: skip
    html = report_html(facts)
    assert len(re.findall(re.escape(f">{text}<"), html)) >= 2  # the class and the sum
    assert f"<b>{text} ha</b>" in html
    assert not set(re.findall(r"1\W?716\W50", html)) - {text}
    assert f": {text} ha".replace("\u202f", " ") in result_text({"changed_ha": 1716.5}, locale)
    assert translate(message("{area_ha:,.2f} ha", area_ha=1716.5), locale) == f"{text} ha"
    write_area_csv(table, tmp_path / "areas.csv")
    assert ",1716.50," in (tmp_path / "areas.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("language", "number_format"), WRITTEN)
def test_a_picture_writes_numbers_at_its_axes_as_the_job_says(language, number_format):
    figure = Figure(figsize=(6, 3))
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_xlim(-0.5, 1.5)
    axes.set_ylim(0, 1800)
    axes.set_xticks([-0.5, 0.25, 1.5])
    axes.set_yticks([0, 1716])
    locale = f"{language} {number_format}".strip()
    png_bytes(figure, locale)
    written = [label.get_text() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    numbers = [format_number(value, 2, locale) for value in (-0.5, 0.25, 1.5)]
    assert written == [*numbers, "0", format_number(1716, 0, locale)]


def test_a_count_within_a_sentence_has_the_signs_of_the_language():
    text = message("{count:,} pixels", count=np.int64(1_234_567))
    assert text == "1,234,567 pixels"
    assert translate(text, "es 1.234,5") == "1.234.567 pixels"
    assert translate(message("{name}, {share:.1%}", name="EPSG:32718 v1.2", share=0.5), "es") == (
        "EPSG:32718 v1.2, 50,0\u202f%"
    )


def test_a_plan_is_written_in_the_number_format():
    tile = TilePlan("18LYF", 3, map_mpx=1.0, scene_mpx=3.0, classify_mpx=1234.5, fetch_bytes=1.25e9, cached_bytes=0.0,
                    fetch_mpx=1.0)  # fmt: skip
    text = plan_table(Plan("2020", (tile,), Rates()), "es 1.234,5")
    assert "1.234,5" in text
    assert "1,25 GB" in text


@pytest.mark.parametrize("number_format", ["1.234.5", "de_DE", "1,234,5", " "])
def test_an_unknown_number_format_is_refused_with_the_known_ones(number_format):
    with pytest.raises(JobInvalid, match="number_format") as caught:
        job_from_dict({"folder": "out", "number_format": number_format})
    assert all(known in caught.value.what for known in NUMBER_FORMATS)
