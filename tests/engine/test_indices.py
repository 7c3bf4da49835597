"""Spectral indices: those of spyndex as spyndex gives them, the nine of landcoverpy by formulas written out here."""

import math

import numpy as np
import pytest
from allpa_engine.core.errors import FeaturesInvalid
from allpa_engine.learn.feature_names import find_index_feature, is_feature_name
from allpa_engine.learn.indices import PAPER_INDICES, compute_index, find_index, index_names
from hypothesis import given, settings
from hypothesis import strategies as st

spyndex = pytest.importorskip("spyndex")

KEYS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
NAMES_OF_SPYNDEX = dict(zip(KEYS, ("A", "B", "G", "R", "RE1", "RE2", "RE3", "N", "N2", "WV", "S1", "S2"), strict=True))
reflectances = st.fixed_dictionaries({key: st.floats(0, 1.5, width=32) for key in KEYS})

BY_HAND = {
    "cri1": lambda b: (1 / b["B02"]) / (1 / b["B03"]),
    "ri": lambda b: (b["B04"] - b["B03"]) / (b["B04"] + b["B03"]),
    "evi2": lambda b: 2.4 * ((b["B08"] - b["B04"]) / (b["B08"] + b["B04"] + 1.0)),
    "mndwi": lambda b: (b["B03"] - b["B11"]) / (b["B03"] + b["B11"]),
    "moisture": lambda b: (b["B8A"] - b["B11"]) / (b["B8A"] + b["B11"]),
    "ndyi": lambda b: (b["B03"] - b["B02"]) / (b["B03"] + b["B02"]),
    "ndre": lambda b: (b["B09"] - b["B05"]) / (b["B09"] + b["B05"]),
    "ndvi": lambda b: (b["B08"] - b["B04"]) / (b["B08"] + b["B04"]),
    "osavi": lambda b: (1 + 0.16) * (b["B08"] - b["B04"]) / (b["B08"] + b["B04"] + 0.16),
}


def one_pixel(bands):
    return {key: np.array([[value]], np.float32) for key, value in bands.items()}


@settings(max_examples=200, deadline=None)
@given(reflectances, st.sampled_from(sorted(BY_HAND)))
def test_the_nine_follow_the_papers_formulas(bands, name):
    (found,) = compute_index(name, one_pixel(bands)).ravel()
    try:
        expected = BY_HAND[name](bands)
    except ZeroDivisionError:
        return  # the next test is about these
    denominators = min(bands["B02"], bands["B03"]) if name == "cri1" else 1
    if math.isfinite(expected) and denominators > 1e-30:
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_a_zero_denominator_gives_no_data(name):
    dark = one_pixel(dict.fromkeys(KEYS, 0.0))
    if name in ("evi2", "osavi"):  # a constant stands in their denominator
        assert compute_index(name, dark).item() == 0
    else:
        assert np.isnan(compute_index(name, dark)).all()
    assert set(PAPER_INDICES) == set(BY_HAND)


def test_indices_of_the_catalogue_are_those_of_spyndex():
    rng = np.random.default_rng(4)
    bands = {key: rng.uniform(0.01, 0.9, (11, 7)).astype(np.float32) for key in KEYS}
    constants = {key: constant.default for key, constant in spyndex.constants.items() if constant.default is not None}
    arguments = {NAMES_OF_SPYNDEX[key]: values for key, values in bands.items()}
    for name in set(index_names()) - set(PAPER_INDICES):
        with np.errstate(all="ignore"):
            expected = np.asarray(spyndex.computeIndex(name, {**constants, **arguments}), np.float32)
        found = compute_index(name, bands)
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(np.isfinite(found), finite, err_msg=name)
        np.testing.assert_allclose(found[finite], expected[finite], rtol=1e-5, err_msg=name)


def test_a_band_without_data_gives_no_data_in_every_index():
    bands = one_pixel(dict.fromkeys(KEYS, 0.3))
    for name in index_names():
        for key in find_index(name).bands:
            assert np.isnan(compute_index(name, {**bands, key: np.full((1, 1), np.nan, np.float32)})).all(), name


def test_most_of_the_catalogue_for_sentinel_2_can_be_computed():
    names = index_names()
    assert len(names) > 230
    assert {"NDVI", "EVI", "NDMI", "MNDWI", "OSAVI", "GVMI", "CRI550", "NDREI"} <= set(names)
    assert "NDVIT" not in names  # it needs a thermal band


def test_the_papers_cri1_ndre_and_moisture_are_not_the_usual_ones():
    bands = one_pixel({key: 0.1 + 0.03 * number for number, key in enumerate(KEYS)})
    for own, usual in (("cri1", "CRI550"), ("ndre", "NDREI"), ("moisture", "GVMI")):
        assert abs(compute_index(own, bands).item() - compute_index(usual, bands).item()) > 0.01


def test_an_unknown_index_and_missing_bands_are_named():
    with pytest.raises(FeaturesInvalid, match=r"no spectral index ndwx"):
        compute_index("ndwx", {})
    with pytest.raises(FeaturesInvalid, match=r"NDVI needs bands that are missing: B04"):
        compute_index("NDVI", {"B08": np.zeros(1, np.float32)})


@pytest.mark.parametrize(
    ("name", "stored", "bands"),
    [
        ("NDVI", ["B04", "B08"], ["B04", "B08"]),
        ("dry_2020_ndvi", ["dry_2020_B04", "dry_2020_B08"], ["dry_2020_B04", "dry_2020_B08"]),
        ("spring_NDVI_medoid", ["spring_B04_medoid", "spring_B08_medoid"], ["spring_B04_medoid", "spring_B08_medoid"]),
        ("spring_NDVI_p90", ["spring_B04_p90", "spring_B08_p90"], None),
        ("spring_NDVI", ["autumn_B04", "spring_B08"], None),
        ("spring", ["B04", "B08"], None),
    ],
)
def test_an_index_is_of_one_season_and_one_statistic(name, stored, bands):
    found = find_index_feature(name, stored)
    assert (sorted(found.bands.values()) if found else None) == bands


@pytest.mark.parametrize("name", ["", "_a", "a_", "a b", "a/b", "a" * 81, None, 3, "a\n", "..", "é" * 81])
def test_what_can_be_no_name_is_none(name):
    assert not is_feature_name(name)


def test_names_may_have_any_alphabet():
    assert is_feature_name("época_húmeda_NDVI")
