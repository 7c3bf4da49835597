"""The area table: the study's own figures, and the arithmetic of hectares and percents."""

import csv
import io
import json
from fractions import Fraction

import pytest
from allpa_engine.areas.csv_table import csv_text
from allpa_engine.areas.export import write_area_csv, write_area_json
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


def read_csv(table: AreaTable, folder) -> list[dict[str, str]]:
    write_area_csv(table, folder / "areas.csv")
    return list(csv.DictReader(io.StringIO((folder / "areas.csv").read_text(encoding="utf-8-sig"))))


def test_the_study_s_table_comes_out_to_the_digit(tmp_path):
    table = table_of({code: pixels for code, (pixels, _, _) in STUDY.items()})
    lines = read_csv(table, tmp_path)
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


def test_no_data_has_a_line_of_its_own_outside_the_hundred_percent(tmp_path):
    lines = read_csv(table_of({1: 3, 0: 5}), tmp_path)
    assert (lines[-1]["class"], lines[-1]["pixels"], lines[-1]["percent"]) == ("No data", "5", "")


def test_an_empty_map_has_zeros_and_no_division():
    table = table_of({0: 7})
    assert table.total.percent == 0
    assert {row.percent for row in table.rows} == {0.0}


def test_the_table_speaks_spanish(tmp_path):
    path = tmp_path / "areas.csv"
    write_area_csv(table_of({2: 10}, language="es"), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # else spreadsheet programs on Windows spoil the accents
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "clase,píxeles,resolución,superficie (ha),porcentaje,código,superficie elipsoidal (ha)"
    assert lines[2].startswith("Árboles,10,10,0.10,100.00,2,")
    assert [path.name for path in tmp_path.iterdir()] == ["areas.csv"]


def test_the_file_for_programs_is_the_same_in_every_language(tmp_path):
    files = [tmp_path / "en.json", tmp_path / "es.json"]
    for language, path in zip(("en", "es"), files):
        write_area_json(table_of({1: 3, 2: 1, 0: 4}, language=language), path)
    assert files[0].read_bytes() == files[1].read_bytes()
    content = json.loads(files[0].read_text(encoding="utf-8"))
    assert [row["name"] for row in content["classes"]] == [land.name for land in LEGEND]
    assert content["classes"][0]["percent"] == 75.0
    assert (content["total"]["pixels"], content["no_data"]["pixels"]) == (4, 4)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_reaches_a_spreadsheet_as_a_formula(start):
    rows = list(csv.reader(io.StringIO(csv_text([[f"{start}cmd|'/C calc'!A1", 1, "-2.50"], ["next"]]), newline="")))
    assert rows == [["'" + start.replace("\r", "\n") + "cmd|'/C calc'!A1", "1", "-2.50"], ["next"]]


def test_negative_numbers_stay_numbers_and_plain_texts_stay_as_they_are():
    assert csv_text([["-3.5", "+1e3", "Abancay", "a=b", ""]]) == "-3.5,+1e3,Abancay,a=b,\n"
