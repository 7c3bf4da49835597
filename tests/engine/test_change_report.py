"""The report on change: whole, self-contained, in two languages, and drawn by a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.core.job import Job
from allpa_engine.core.legend import CLASS_BY_CODE
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from page_reading import count_pdf_pages, needs_browser, read, screenshot


def write(path, codes):
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": "EPSG:32718"}
    height, width = codes.shape
    place = Affine(10, 0, 700_000, 0, -10, 8_500_000)
    with rasterio.open(path, "w", width=width, height=height, transform=place, **profile) as file:
        file.write(codes, 1)
    return str(path)


@pytest.fixture
def compared(tmp_path):
    """Runs a comparison of three maps: a third of the trees becomes crops, then a part of these built area."""

    def run(**changes):
        codes = np.full((90, 120), 2, np.uint8)
        codes[:, 100:] = 1
        later, last = codes.copy(), codes.copy()
        later[:30, :100], last[:30, :100] = 5, 5
        last[:10, :50] = 7
        maps = {
            year: write(tmp_path / f"{year}.tif", raster)
            for year, raster in zip(range(2018, 2021), (codes, later, last))
        }
        named = {str(year): path for year, path in maps.items()}
        values = run_job(Job(str(tmp_path / "out"), task="change", maps=named, **changes), NullReporter())
        return Path(values["report"]), values

    return run


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_report_is_one_file_that_starts_with_the_warning(compared, language):
    path, values = compared(language=language, region_name="Abancay <&> Andahuaylas", change_class=2)
    html = path.read_text(encoding="utf-8")
    page = read(html)
    assert all(address.startswith("data:image/png;base64,") for address in page.fetched)
    assert len(page.fetched) == 4  # change, flows, one class, time line
    assert not re.search(r"@import|url\(|<script|<link|<iframe|https?://", html)
    texts = " ".join(page.texts)
    assert "Abancay <&> Andahuaylas" in texts
    place = texts.index(values["warning"])
    assert place < texts.index("Gain and loss" if language == "en" else "Ganancia y pérdida")
    assert html.count("alt=") == html.count("<img")


def test_the_figures_are_those_of_the_maps(compared):
    path, _ = compared()
    texts = " ".join(read(path.read_text(encoding="utf-8")).texts)
    # 90 x 120 pixels of 100 m²: 30 x 100 of the trees changed, 10 x 50 of them into built area.
    assert "108.00 ha" in texts
    assert "30.00 ha · 27.8 %" in texts
    assert "Crops 25.00 ha (27.8 %)" in texts
    assert "Built area 5.00 ha (5.6 %)" in texts
    assert "Trees 25.00 ha (100.0 %)" in texts  # where the crops came from
    assert "it needs the quality rasters" in texts


def test_maps_without_any_change_have_a_report_too(tmp_path):
    same = write(tmp_path / "a.tif", np.full((20, 30), 3, np.uint8))
    values = run_job(Job(str(tmp_path / "out"), task="change", maps={"1": same, "2": same}), NullReporter())
    texts = " ".join(read(Path(values["report"]).read_text(encoding="utf-8")).texts)
    assert "No pixel changed class." in texts


@needs_browser
def test_a_browser_draws_change_flows_and_the_class_by_itself(compared, tmp_path):
    path, _ = compared(change_class=2, language="es")
    pixels = screenshot(path, tmp_path, 1000, 3000)
    for code in (5, 7):
        rows = np.flatnonzero((pixels == CLASS_BY_CODE[code].rgb).all(axis=2).sum(axis=1) > 3)
        assert len(np.flatnonzero(np.diff(rows) > 60)) >= 3, CLASS_BY_CODE[code].name  # map, bars, table, flows
    lost = (pixels == (0xD7, 0x30, 0x1F)).all(axis=2).sum()
    kept = (pixels == (0xC9, 0xCE, 0xD2)).all(axis=2).sum()
    assert kept == pytest.approx(2 * lost, rel=0.1)
    assert (pixels[:, 990:] == pixels[0, 990:]).all(), "nothing reaches beyond the page"
    assert 3 <= count_pdf_pages(path, tmp_path) <= 6
