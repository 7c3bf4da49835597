"""Weight tables: saved, edited, read again; and what is refused."""

import json

import pytest
from allpa_engine.composite import CompositeRule, read_weight_table, write_weight_table
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.legend import LEGEND


def test_defaults_come_from_the_legend_and_clouds_have_no_vote():
    weights = dict(zip(range(1, 10), CompositeRule().integer_weights, strict=True))
    assert len(weights) == 9
    assert weights[3] == max(weights.values()), "grass passes quickly and counts more"
    assert weights[9] == min(weights.values()), "snow passes quickly and counts less"
    assert weights[1] == round(10_000 * LEGEND[0].weight / 1.2)


def test_a_table_is_edited_by_hand_and_read_again(tmp_path):
    path = tmp_path / "puna.json"
    write_weight_table(CompositeRule(name="puna"), path)
    table = json.loads(path.read_text())
    assert [row["name"] for row in table["classes"]] == [land.name for land in LEGEND[:9]]
    table["classes"][2]["weight"] = 2.4
    table["classes"][0]["min_share"] = None
    path.write_text(json.dumps(table))
    rule = read_weight_table(path)
    assert (rule.name, rule.weights[3], rule.weights[9]) == ("puna", 2.4, 0.6)
    assert dict(rule.min_share) == {9: 0.5}
    assert rule.integer_weights[2] == 10_000
    write_weight_table(rule, tmp_path / "again.json")
    assert read_weight_table(tmp_path / "again.json") == rule


ROW = {"code": 3, "weight": 1.0, "min_share": None}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "no list of classes"),
        ([], "no list of classes"),
        ({"classes": "all"}, "no list of classes"),
        ({"classes": [[3, 1.0]]}, "no list of classes"),
        ({"classes": [{"code": 3}]}, "weight of class 3"),
        ({"classes": [{**ROW, "code": 42}]}, "code"),
        ({"classes": [{**ROW, "code": "3"}]}, "code"),
        ({"classes": [{**ROW, "code": True}]}, "code"),
        ({"classes": [ROW, ROW]}, "class 3 twice"),
        ({"classes": [{**ROW, "weight": "heavy"}]}, "weight of class 3 must be a number"),
        ({"classes": [{**ROW, "weight": -1}]}, "weight of class 3"),
        ({"classes": [{**ROW, "weight": float("nan")}]}, "weight of class 3"),
        ({"classes": [{**ROW, "weight": 10**400}]}, "weight of class 3"),
        ({"classes": [{**ROW, "min_share": 1.5}]}, "minimum share of class 3"),
        ({"classes": [{**ROW, "min_share": [0.5]}]}, "minimum share of class 3"),
        ({"classes": [ROW], "name": 7}, "name must be text"),
        ({"classes": [ROW], "name": "x" * 5000}, "name must have"),
    ],
)
def test_a_broken_table_is_refused_with_what_is_wrong(tmp_path, table, words):
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(table))
    with pytest.raises(JobInvalid, match=rf"broken\.json.*{words}") as caught:
        read_weight_table(path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_a_table_that_is_no_json_is_refused(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(JobInvalid, match="cannot be read"):
        read_weight_table(path)
    with pytest.raises(JobInvalid):
        read_weight_table(tmp_path / "absent.json")


@pytest.mark.parametrize(
    "rule",
    [
        CompositeRule(weights={3: -1}),
        CompositeRule(weights={3: float("nan")}),
        CompositeRule(weights=dict.fromkeys(range(1, 10), 0.0)),
        CompositeRule(weights={11: 1}),
        CompositeRule(min_share={9: 1.0}),
        CompositeRule(months=()),
        CompositeRule(months=(0,)),
        CompositeRule(smoothing_px=-1),
    ],
)
def test_rules_that_cannot_decide_a_map_are_refused(rule):
    with pytest.raises(JobInvalid):
        rule.validate()


def test_a_table_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "bom.json"
    path.write_text(json.dumps({"classes": [ROW]}), encoding="utf-8-sig")
    assert read_weight_table(path).weights == {3: 1.0}
