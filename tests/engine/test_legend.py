"""Legends of own classes: what is accepted, what is refused with which sentence, and that files keep every value."""

import json
import unicodedata

import pytest
from allpa_engine.core.errors import LegendInvalid
from allpa_engine.core.legend import (
    BUNDLED_LEGEND,
    LEGEND,
    LandClass,
    Legend,
    distinct_color,
    legend_from_tag,
    read_legend,
    write_legend,
)
from hypothesis import given
from hypothesis import strategies as st

ANDES = Legend(
    (
        LandClass(200, "Laguna Ñañaca", "#1A5BAB", 0.5, "Lagos y lagunas", "water"),
        LandClass(10, "Queñual (bosque de altura)", "#358221"),
        LandClass(20, "Pajonal húmedo", "#d9c76a", parent=10),
    )
)


def test_classes_stand_in_the_order_of_their_codes():
    assert ANDES.codes == (10, 20, 200)
    assert ANDES[0].name == "Queñual (bosque de altura)"
    assert ANDES.by_code[20].color == "#D9C76A"
    assert (ANDES.cloud_code, ANDES.land_codes, ANDES.code_of("water")) == (None, (10, 20, 200), 200)


def test_a_legend_survives_its_file_and_its_tag(tmp_path):
    write_legend(ANDES, tmp_path / "legend.json")
    assert read_legend(tmp_path / "legend.json") == ANDES
    assert legend_from_tag(ANDES.to_tag()) == ANDES
    assert "Ñañaca" in (tmp_path / "legend.json").read_text(encoding="utf-8")


def test_the_bundled_legend_needs_no_tag_and_is_recognised(tmp_path):
    write_legend(BUNDLED_LEGEND, tmp_path / "legend.json")
    assert read_legend(tmp_path / "legend.json") is BUNDLED_LEGEND
    assert (BUNDLED_LEGEND.to_tag(), legend_from_tag("")) == ("", BUNDLED_LEGEND)
    assert BUNDLED_LEGEND.cloud_code == 10


def test_own_names_are_never_translated():
    own = Legend((LandClass(1, "Water", "#0000FF"), LandClass(2, "Trees", "#00FF00")))
    assert [land.label("es") for land in own] == ["Water", "Trees"]
    assert LEGEND[0].label("es") == "Agua"


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ([], "No class of the legend can win"),
        ([{"code": 0, "name": "a"}], "code must be a whole number from 1 to 250"),
        ([{"code": 251, "name": "a"}], "code must be a whole number from 1 to 250"),
        ([{"code": True, "name": "a"}], "code must be a whole number"),
        ([{"code": 1.5, "name": "a"}], "code must be a whole number"),
        ([{"code": 1, "name": ""}], "name must have 1 to 100 characters"),
        ([{"code": 1, "name": " a"}], "name must be plain text"),
        ([{"code": 1, "name": "a\nb"}], "name must be plain text"),
        ([{"code": 1, "name": "a\u202eb"}], "name must be plain text"),
        ([{"code": 1, "name": "\ud800"}], "name must be plain text"),
        ([{"code": 1, "name": 3}], "name must be text"),
        ([{"code": 1, "name": "a", "color": "red"}], "color must have 7"),
        ([{"code": 1, "name": "a", "color": "#12345G"}], "a colour as #RRGGBB"),
        ([{"code": 1, "name": "a", "weight": -1}], "weight must be a number"),
        ([{"code": 1, "name": "a", "weight": float("nan")}], "weight must be a number"),
        ([{"code": 1, "name": "a", "weight": 0}], "No class of the legend can win"),
        ([{"code": 1, "name": "a", "role": "clouds"}], "No class of the legend can win"),
        ([{"code": 1, "name": "a", "role": "sea"}], "role must be one of"),
        ([{"code": 1, "name": "a", "parent": 2}], "is not in the legend"),
        ([{"code": 1, "name": "a", "parent": 1}], "is a part of itself"),
        ([{"code": 1, "name": "a", "parent": 2}, {"code": 2, "name": "b", "parent": 1}], "is a part of itself"),
        ([{"code": 1, "name": "a"}, {"code": 1, "name": "b"}], "have the code 1"),
        ([{"code": 1, "name": "Árbol"}, {"code": 2, "name": "A\u0301RBOL"}], "have the name árbol"),
        ([{"code": 1, "name": "a", "role": "water"}, {"code": 2, "name": "b", "role": "water"}], "have the role"),
        ([{"code": 1, "name": "a", "colour": "#000000"}], "unknown key 'colour'"),
        ([{"code": number, "name": str(number)} for number in range(251)], "has 251 classes; there can be 250"),
        (["a"], "A class is 'a'"),
        ("abc", "no list of classes"),
    ],
)
def test_a_legend_that_cannot_be_used_is_refused_with_its_cause(classes, sentence):
    with pytest.raises(LegendInvalid) as error:
        Legend.from_dict({"classes": classes})
    assert sentence in str(error.value)
    assert "legend.json" in error.value.next_step


@pytest.mark.parametrize("text", ["[1]", "{", "null", "[" * 5000, '"a"', "{" + " " * 1_000_001])
def test_a_tag_that_is_no_legend_is_refused(text):
    with pytest.raises(LegendInvalid):
        legend_from_tag(text)


def test_a_missing_or_huge_file_is_refused(tmp_path):
    with pytest.raises(LegendInvalid, match="cannot be read"):
        read_legend(tmp_path / "none.json")
    (tmp_path / "huge.json").write_text(" " * 1_100_000 + "{}")
    with pytest.raises(LegendInvalid, match="larger than 1 MB"):
        read_legend(tmp_path / "huge.json")


def test_classes_without_a_colour_get_different_ones():
    classes = [{"code": number + 1, "name": f"class {number}"} for number in range(40)]
    legend = Legend.from_dict({"classes": classes})
    assert len({land.color for land in legend}) == 40
    assert legend[0].color == distinct_color(0)


_NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)


@given(st.dictionaries(st.integers(1, 250), _NAMES, min_size=1, max_size=250))
def test_any_codes_and_names_come_back_from_json(names):
    by_spelling = {unicodedata.normalize("NFC", name).casefold(): (code, name) for code, name in names.items()}
    classes = [{"code": code, "name": name} for code, name in by_spelling.values()]
    legend = Legend.from_dict({"classes": classes})
    assert legend.codes == tuple(sorted(row["code"] for row in classes))
    assert Legend.from_dict(json.loads(json.dumps(legend.to_dict()))) == legend
