"""Wrong labels that were put in are found among right ones; balancing and the layer of suspicious labels."""

from dataclasses import replace

import numpy as np
import pyogrio
import pytest
import shapely
from allpa_engine.learn.balance import balanced
from allpa_engine.learn.label_quality import label_quality
from allpa_engine.learn.labels import OUTSIDE, Labels, LeftOut
from allpa_engine.learn.suspicious_layer import write_suspicious
from learn_samples import LEGEND, sample_table


@pytest.fixture(scope="module")
def checked():
    """A table of 200 labels, ten of which are wrong, and what is found of it."""
    right = sample_table(600, 4, spread=0.06)
    wrong = np.random.default_rng(11).choice(200, 10, replace=False)
    shifted = {3: 7, 7: 250, 250: 3}
    codes = np.array(
        [shifted[code] if label in wrong else code for code, label in zip(right.codes.tolist(), right.samples)]
    )
    return right, wrong, label_quality(replace(right, codes=codes.astype(np.uint8)), 5)


def test_wrong_labels_are_found_with_the_right_class(checked):
    right, wrong, quality = checked
    found = set(quality.samples[quality.is_suspicious].tolist())
    assert len(found & set(wrong.tolist())) >= 8
    assert len(found) <= 13
    truth = dict(zip(right.samples.tolist(), right.codes.tolist()))
    for label in found & set(wrong.tolist()):
        assert quality.suggested[label] == truth[label]


def test_wrong_labels_have_the_highest_scores(checked):
    _, wrong, quality = checked
    first = quality.samples[np.argsort(-quality.score)[:10]]
    assert len(set(first.tolist()) & set(wrong.tolist())) >= 9
    assert quality.score.min() >= 0
    assert quality.score.max() <= 1


def test_a_wrong_field_does_not_vouch_for_itself():
    """Forty labels of one block are all wrong and all alike: the other blocks contradict them."""
    table = sample_table(600, 4, spread=0.04)
    field = (table.codes == 3) & (table.samples % 7 == 2)
    quality = label_quality(replace(table, codes=np.where(field, 250, table.codes).astype(np.uint8)), 5)
    labels = np.unique(table.samples[field])
    assert quality.is_suspicious[labels].mean() > 0.9
    assert set(quality.suggested[labels].tolist()) == {3}


def test_the_layer_shows_both_classes_the_score_and_what_was_left_out(checked, tmp_path):
    right, _, quality = checked
    points = shapely.points(right.x[::3], right.y[::3])
    values = np.array([LEGEND.by_code[code].name for code in quality.codes], object)
    out = LeftOut((901, 902), (shapely.Point(700_000, 8_400_000), None), ("Ichu", "Ichu"), (OUTSIDE, OUTSIDE))
    labels = Labels(
        points, quality.codes, np.arange(1, 201, dtype=np.int32), values, None, "EPSG:32718", LEGEND, out
    )  # fmt: skip
    count = write_suspicious(tmp_path / "suspicious.gpkg", labels, quality, "es")
    meta, _, geometry, columns = pyogrio.raw.read(tmp_path / "suspicious.gpkg", layer="suspicious")
    rows = dict(zip(meta["fields"], columns))
    assert count == len(geometry) == int(quality.is_suspicious.sum())
    assert (np.diff(rows["score"]) <= 0).all()
    assert set(rows["recorded"]) <= {land.name for land in LEGEND}
    assert (rows["recorded"] != rows["suggested"]).all()
    assert meta["crs"] == "EPSG:32718"
    _, _, places, left_out = pyogrio.raw.read(tmp_path / "suspicious.gpkg", layer="left_out")
    assert places[1] is None
    assert left_out[2].tolist() == ["Está fuera de las imágenes."] * 2
    style = pyogrio.raw.read(tmp_path / "suspicious.gpkg", layer="layer_styles", read_geometry=False)[3][5][0]
    assert "sugerida: Queñual" in style


def test_without_a_check_the_layers_are_empty_but_there(tmp_path):
    labels = Labels(
        np.array([shapely.Point(0, 0)], object), np.array([3], np.uint8), np.array([1], np.int32),
        np.array(["Queñual"], object), None, "EPSG:4326", LEGEND, LeftOut(),
    )  # fmt: skip
    assert write_suspicious(tmp_path / "suspicious.gpkg", labels, None) == 0
    assert len(pyogrio.raw.read(tmp_path / "suspicious.gpkg", layer="suspicious")[2]) == 0


def uneven():
    """90 rows of class 3, 30 of 7, 6 of 250; three pixels a label."""
    table = sample_table(126, 2)
    return replace(table, codes=np.repeat([3, 7, 250], [90, 30, 6]).astype(np.uint8))


def counts(table):
    return [int((table.codes == code).sum()) for code in (3, 7, 250)]


def test_weights_make_classes_equal_and_keep_the_mean():
    table = balanced(uneven(), "weights")
    sums = [table.weights[table.codes == code].sum() for code in (3, 7, 250)]
    np.testing.assert_allclose(sums, 42, rtol=1e-5)
    assert table.weights.mean() == pytest.approx(1)
    assert counts(table) == [90, 30, 6]


def test_down_leaves_rows_out_the_neighbours_first():
    table = balanced(uneven(), "down", 20)
    assert counts(table) == [20, 20, 6]
    assert (table.pixels[table.codes == 3] == 0).all()
    assert (table.pixels[table.codes == 7] == 0).sum() == 10
    assert counts(balanced(uneven(), "down")) == [6, 6, 6]


def test_up_repeats_rows_of_small_classes_as_often_as_each_other():
    table = balanced(uneven(), "up")
    assert counts(table) == [90, 90, 90]
    repeats = np.unique(table.features[table.codes == 250, 0], return_counts=True)[1]
    assert repeats.tolist() == [15] * 6


def test_the_way_of_the_paper_keeps_the_labelled_pixel_of_the_largest_class():
    assert counts(balanced(uneven(), "centre_of_largest")) == [30, 30, 6]
    assert counts(balanced(uneven(), "none")) == [90, 30, 6]
