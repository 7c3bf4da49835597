"""The area table: the study's own figures, and the arithmetic of hectares and percents."""

import csv
import io
from fractions import Fraction

import pytest
from allpa_engine.areas.export import area_csv, write_area_csv
from allpa_engine.areas.table import AreaTable, area_rows
from allpa_engine.core.legend import LEGEND
from hypothesis import given
from hypothesis import strategies as st

STUDY = {
    1: (939284, "9392.84", "0.44"),
    2: (8072151, "80721.51", "3.82"),
    3: (11536132, "115361.32", "5.46"),
    4: (174399, "1743.99", "0.08"),
    5: (3440809, "34408.09", "1.63"),
    6: (174048669, "1740486.69", "82.43"),
    7: (2727120, "27271.20", "1.29"),
    8: (10178540, "101785.40", "4.82"),
    9: (22789, "227.89", "0.01"),
    10: (1636, "16.36", "0.00"),
}
"""Pixels, hectares and percent of the Apurímac study's table, by code; its printing leaves trailing zeros out."""


def table_of(pixels: dict[int, int], pixel_m2: float = 100.0, language: str = "en") -> AreaTable:
    true_m2 = {code: count * pixel_m2 * 0.999 for code, count in pixels.items()}
    rows, no_data, total = area_rows(pixels, true_m2, pixel_m2, language)
    region_ha = total.ellipsoidal_ha + no_data.ellipsoidal_ha
    return AreaTable(rows, no_data, total, 10.0, "m", region_ha, 0.0, 1.0, total.ellipsoidal_ha, "", language)


def read_csv(table: AreaTable) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(area_csv(table))))


def test_the_study_s_table_comes_out_to_the_digit():
    table = table_of({code: pixels for code, (pixels, _, _) in STUDY.items()})
    lines = read_csv(table)
    for line, land in zip(lines, LEGEND):
        pixels, hectares, percent = STUDY[land.code]
        assert (line["code"], line["class"], line["pixels"]) == (str(land.code), land.name, str(pixels))
        assert (line["resolution"], line["area (ha)"], line["percent"]) == ("10", hectares, percent)
    total = lines[len(LEGEND)]
    assert (total["class"], total["pixels"], total["area (ha)"], total["percent"]) == (
        "Total",
        "211141529",
        "2111415.29",
        "100.00",
    )


counts = st.dictionaries(st.integers(0, 10), st.integers(0, 10**12))


@given(counts, st.sampled_from([100.0, 400.0, 900.0, 0.25]))
def test_hectares_and_percents_are_those_of_exact_arithmetic(pixels, pixel_m2):
    table = table_of(pixels, pixel_m2)
    seen = sum(pixels.get(land.code, 0) for land in LEGEND)
    assert table.total.pixels == seen
    for row in table.rows:
        exact_ha = Fraction(pixels.get(row.code, 0)) * Fraction(pixel_m2) / 10_000
        assert row.area_ha == pytest.approx(float(exact_ha), rel=1e-15)
        exact_percent = Fraction(100 * pixels.get(row.code, 0), seen) if seen else Fraction(0)
        assert abs(Fraction(f"{row.percent:.2f}") - exact_percent) <= Fraction(1, 200) + Fraction(1, 10**9)


@given(counts)
def test_classes_and_no_data_make_up_the_whole(pixels):
    table = table_of(pixels)
    assert sum(row.area_ha for row in table.rows) == pytest.approx(table.total.area_ha)
    assert sum(row.ellipsoidal_ha for row in table.rows) == pytest.approx(table.total.ellipsoidal_ha)
    assert sum(row.percent for row in table.rows) == pytest.approx(100.0 if table.total.pixels else 0.0)
    assert table.is_within_tolerance
    assert [row.code for row in table.rows] == list(range(1, 11))


def test_the_total_is_a_row_without_a_code_in_the_values():
    values = table_of({1: 3, 2: 1, 0: 4}).to_records()
    assert [row["code"] for row in values] == [*range(1, 11), None]
    assert values[-1] == {
        "code": None,
        "name": "Total",
        "pixels": 4,
        "area_ha": 0.04,
        "percent": 100.0,
        "ellipsoidal_ha": 0.04,
    }
    assert values[0]["percent"] == 75.0


def test_no_data_has_a_line_of_its_own_outside_the_hundred_percent():
    lines = read_csv(table_of({1: 3, 0: 5}))
    assert (lines[-1]["class"], lines[-1]["pixels"], lines[-1]["percent"]) == ("No data", "5", "")


def test_an_empty_map_has_zeros_and_no_division():
    table = table_of({0: 7})
    assert table.total.percent == 0
    assert {row.percent for row in table.rows} == {0.0}


def test_the_table_speaks_spanish(tmp_path):
    path = tmp_path / "areas.csv"
    write_area_csv(table_of({2: 10}, language="es"), path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "clase,píxeles,resolución,área (ha),porcentaje,código,área elipsoidal (ha)"
    assert lines[2].startswith("Árboles,10,10,0.10,100.00,2,")
    assert [path.name for path in tmp_path.iterdir()] == ["areas.csv"]
