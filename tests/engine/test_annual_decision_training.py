"""How the model of the annual decision is learnt, on points whose truth is known, and that it is the one that ships."""

import json

import numpy as np
import pytest
from allpa_engine.composite.decision_model import bundled_decision_path, quadratic_terms, read_decision_model
from training.annual_decision import FEATURES, balanced_accuracy, build_model, fit_pair, score_regions
from training.year_points import L2A, YearPoints, convert_ndvi, match_to_surface

GRASS, CROPS = 3, 5


def points(seed, count=3000, shift=0.0, stretch=1.0, names=("A", "B", "C")):
    """Grass and crops whose evidence is a known function of the features, in some regions."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, len(FEATURES)))
    evidence = 1.5 * features[:, 1] - features[:, 3] + 0.8 * features[:, 1] * features[:, 2]
    code = np.where(rng.random(count) < 1 / (1 + np.exp(-evidence)), GRASS, CROPS).astype(np.uint8)
    spectra = np.full((count, 6), np.nan, np.float32)
    return YearPoints(shift + stretch * features, code, rng.choice(np.array(names), count), spectra), evidence


def test_the_evidence_that_made_the_points_is_found():
    made, _ = points(1, 20_000)
    fit = fit_pair(made.features, made.code == GRASS, np.ones(len(made.code)))
    test, evidence = points(2)
    found = fit.evidence(test.features)
    assert np.corrcoef(found, evidence)[0, 1] > 0.99
    assert np.median(np.abs(found - evidence)) < 0.15


def test_ten_points_of_each_class_fit_without_a_runaway():
    made, _ = points(3)
    few = np.concatenate([np.flatnonzero(made.code == code)[:10] for code in (GRASS, CROPS)])
    fit = fit_pair(made.features[few], made.code[few] == GRASS, np.full(20, 5.0))
    assert np.abs(fit.coefficients).max() < 5
    test, _ = points(4)
    assert balanced_accuracy(test.code == GRASS, fit.evidence(test.features) > 0) > 0.55


def test_points_of_another_level_are_moved_onto_those_of_the_surface():
    surface, _ = points(5)
    shifted, _ = points(6, shift=0.3, stretch=0.6)
    matched = match_to_surface(shifted, surface)
    np.testing.assert_allclose(matched.features.mean(axis=0), 0, atol=0.12)
    np.testing.assert_allclose(matched.features.std(axis=0), 1, atol=0.1)


def test_ndvi_at_the_top_of_the_atmosphere_becomes_that_of_the_surface():
    """Red 0.03 and near infrared 0.40 at the surface, through the median gains and offsets of the two bands."""
    red, nir = 0.781 * 300 + 368, 0.802 * 4000 + 267
    ndvi = convert_ndvi(np.array([(nir - red) / (nir + red)]), np.array([nir]))
    assert ndvi[0] == pytest.approx((0.40 - 0.03) / (0.40 + 0.03), abs=1e-6)


def test_the_written_model_decides_as_the_fit_and_knows_what_is_unlike(tmp_path):
    field, _ = points(7)
    surface, _ = points(8, names=(f"{L2A}one",))
    path = tmp_path / "m.json"
    path.write_text(json.dumps(build_model(field, surface, "", {})))
    (pair,) = read_decision_model(path).pairs
    test, evidence = points(9)
    found = pair.evidence(test.features, np.zeros(len(test.code)))
    assert np.corrcoef(found, evidence)[0, 1] > 0.95
    assert 0.95 < pair.is_familiar(test.features).mean() < 1
    assert not pair.is_familiar(test.features + 8).any()
    by_hand = quadratic_terms((test.features - pair.mean) / pair.scale) @ pair.coefficients
    np.testing.assert_allclose(pair.evidence(test.features, np.ones(len(test.code))), by_hand + pair.vote_weight)


def test_a_region_is_scored_by_a_fit_that_has_not_seen_it():
    """The points of one region have their classes swapped: a fit that saw them would not be so wrong there."""
    field, _ = points(10, 6000)
    swapped = field.region == "B"
    code = np.where(swapped, GRASS + CROPS - field.code, field.code).astype(np.uint8)
    field = YearPoints(field.features, code, field.region, field.median_reflectance)
    surface, _ = points(11, names=(f"{L2A}one", f"{L2A}two"))
    scores = {row["region"]: row["year"] for row in score_regions(field, surface, None)}
    assert scores["B"] < 0.35 < 0.7 < scores["A"]


@pytest.mark.shared
def test_the_model_that_ships_is_what_the_tool_makes_of_the_data(shared):
    pytest.importorskip("pyarrow")
    data = shared / "data"
    if not (data / "more" / "series").is_dir():
        pytest.skip("no field points here")
    from training.year_points import read_field_points, read_surface_points

    made = build_model(read_field_points(data), read_surface_points(data), "", {})
    ships = json.loads(bundled_decision_path().read_text())
    for name in ("mean", "scale", "coefficients", "precision", "max_distance"):
        np.testing.assert_allclose(made["pairs"][0][name], ships["pairs"][0][name], atol=2e-4)
    assert made["pairs"][0]["zones"] == ships["pairs"][0]["zones"]
