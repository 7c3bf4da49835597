"""The annual decision: exact statistics of a year, a model file that is checked, and a map that is changed by gates."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.spectral_index import decode_index, encode_index
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite import annual_decision as annual
from allpa_engine.composite.decision_model import FEATURES, read_decision_model
from allpa_engine.composite.year_statistics import PERCENTILES, index_statistics
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.job import Job, job_from_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from predictions import write_prediction

GRASS, CROPS, TREES, SCRUB = 3, 5, 2, 6
DATES = ("2020-01-20", "2020-03-02", "2020-04-14", "2020-06-25", "2020-07-07", "2020-09-19", "2020-10-30", "2020-12-11")


@settings(deadline=None, max_examples=80)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 23), st.integers(1, 7))))
def test_statistics_are_those_of_the_clear_observations_in_any_order(codes):
    order = np.random.default_rng(1).permutation(len(codes))
    year, shuffled = index_statistics(codes), index_statistics(codes[order])
    for pixel in range(codes.shape[1]):
        clear = decode_index(codes[:, pixel][codes[:, pixel] > 0]).astype(np.float64)
        assert year.observations[pixel] == len(clear)
        if len(clear) == 0:
            assert np.isnan(year.percentiles[:, pixel]).all()
            assert np.isnan(year.deviation[pixel])
            continue
        np.testing.assert_allclose(year.percentiles[:, pixel], np.percentile(clear, PERCENTILES), atol=1e-6)
        np.testing.assert_allclose(year.deviation[pixel], clear.std(), atol=1e-6)
    np.testing.assert_array_equal(year.percentiles, shuffled.percentiles)
    np.testing.assert_array_equal(year.deviation, shuffled.deviation)


def model_values(**changes):
    """Grass where the 25th percentile of NDVI is above 0.4, crops below; everywhere, of any year."""
    pair = {
        "classes": [GRASS, CROPS],
        "mean": [0.4, 0.0],
        "scale": [0.1, 1.0],
        "coefficients": [0, 1, 0, 0, 0, 0],
        "vote_weight": 0.0,
        "vote_dates": 6,
        "precision": [[0.01, 0], [0, 0.0]],
        "max_distance": 0.5,
        "zones": [{"name": "world", "west": -180, "south": -90, "east": 180, "north": 90}],
    }
    values = {
        "format": "allpa-annual-decision",
        "format_version": 1,
        "name": "test",
        "features": ["ndvi_p25", "ndmi_p50"],
        "min_observations": 6,
        "pairs": [pair | changes.pop("pair", {})],
    }
    return values | changes


def write_model(folder, **changes):
    path = folder / "decision.json"
    path.write_text(json.dumps(model_values(**changes)))
    return path


def write_year(folder, classes, ndvi, *, scl=4, dates=DATES, confidence=200, earlier=False, top=8_600_000):
    """The same classes on all dates; NDVI `(date, y, x)` or one for all."""
    folder.mkdir(exist_ok=True)
    ndvi = np.broadcast_to(ndvi, (len(dates), *np.shape(classes)))
    scl = np.broadcast_to(scl, (len(dates), *np.shape(classes)))
    return [
        write_prediction(
            folder, classes, confidence, layer_scl, date=day, ndvi=encode_index(layer), moisture=140, earlier=earlier,
            top=top,
        )
        for day, layer, layer_scl in zip(dates, ndvi, scl, strict=True)
    ]  # fmt: skip


def composed(folder, predictions, model, rule=None, **options):
    """Map, plain map and summary, of a composite with the decision."""
    paths = {"landcover": folder / "m.tif", "quality": folder / "q.tif", "plain": folder / "p.tif"}
    decision = read_decision_model(model)
    summary = compose(predictions, None, rule or CompositeRule(), decision=decision, **paths, **options)
    bands = []
    for path in (paths["landcover"], paths["plain"]):
        with rasterio.open(path) as source:
            bands.append(source.read(1))
    return *bands, summary


def test_only_classes_of_a_pair_change_and_the_plain_map_is_that_of_the_votes(tmp_path):
    classes = np.array([[CROPS, CROPS, GRASS, GRASS, SCRUB, SCRUB]], np.uint8).repeat(3, 0)
    ndvi = np.array([[0.6, 0.2, 0.6, 0.2, 0.6, 0.2]]).repeat(3, 0)
    predictions = write_year(tmp_path / "predictions", classes, ndvi)
    decided, plain, summary = composed(tmp_path, predictions, write_model(tmp_path))
    assert decided[0].tolist() == [GRASS, CROPS, GRASS, CROPS, SCRUB, SCRUB]
    np.testing.assert_array_equal(plain, classes)
    facts = summary.annual_decision
    assert facts["candidate_pixels"] == 12
    assert [(change["from"], change["to"], change["pixels"]) for change in facts["changed"]] == [(3, 5, 3), (5, 3, 3)]
    assert facts["changed"][0]["area_ha"] == pytest.approx(0.03, rel=0.01)
    compose(predictions, None, CompositeRule(), landcover=tmp_path / "off.tif", quality=tmp_path / "off_q.tif")
    assert (tmp_path / "off.tif").read_bytes() == (tmp_path / "p.tif").read_bytes()
    assert (tmp_path / "off_q.tif").read_bytes() == (tmp_path / "q.tif").read_bytes()
    with rasterio.open(tmp_path / "m.tif") as source:
        assert (
            source.tags()["ALLPA_ANNUAL_DECISION"]
            == facts["model_hash"]
            == read_decision_model(tmp_path / "decision.json").sha256
        )
    with rasterio.open(tmp_path / "p.tif") as source:
        assert "ALLPA_ANNUAL_DECISION" not in source.tags()


@pytest.mark.parametrize(
    ("options", "changes", "reason"),
    [
        ({"dates": DATES[:5]}, {}, "few_observations"),
        ({"scl": np.array([4] * 5 + [9] * 3)[:, None, None]}, {}, "few_observations"),
        ({"dates": [f"2020-0{month}-0{day}" for month in (4, 5, 6) for day in (1, 8)]}, {}, "few_seasons"),
        ({"earlier": True}, {}, "few_observations"),
        ({}, {"pair": {"max_distance": 0.05}}, "unlike"),
        ({}, {"pair": {"zones": []}}, "zones"),
        ({}, {"pair": {"zones": [{"name": "n", "west": 0, "south": 40, "east": 20, "north": 60}]}}, "zones"),
    ],
)
def test_where_the_year_tells_too_little_the_votes_stand(tmp_path, options, changes, reason):
    predictions = write_year(tmp_path / "predictions", np.full((5, 7), CROPS), 0.6, **options)
    decided, _, summary = composed(tmp_path, predictions, write_model(tmp_path, **changes))
    assert (decided == CROPS).all()
    assert summary.annual_decision["changed"] == []
    held_back = {name: pixels for name, pixels in summary.annual_decision["held_back_pixels"].items() if pixels}
    assert held_back == {reason: 35}


def test_the_votes_weigh_against_the_year(tmp_path):
    """All eight dates say crops with 200/255 and count as six: the votes' ratio is -ln(1 + 6 x 200/255) = -1.742.

    The evidence of NDVI 0.598 is 1.984.
    """
    predictions = write_year(tmp_path / "predictions", np.full((2, 3), CROPS), 0.6)
    for weight, expected in ((1.1, GRASS), (1.2, CROPS)):
        decided, _, _ = composed(tmp_path, predictions, write_model(tmp_path, pair={"vote_weight": weight}))
        assert (decided == expected).all()


def random_year(folder, seed=0):
    rng = np.random.default_rng(seed)
    folder.mkdir()
    return [
        write_prediction(
            folder,
            rng.choice(np.array([GRASS, CROPS, CROPS, TREES, 10], np.uint8), (143, 97)),
            rng.integers(90, 256, (143, 97)),
            rng.choice(np.array([4, 5, 3, 9], np.uint8), (143, 97), p=[0.5, 0.3, 0.1, 0.1]),
            date=f"2020-{month:02d}-{day:02d}",
            ndvi=rng.integers(128, 240, (143, 97)),
            moisture=rng.integers(100, 200, (143, 97)),
        )
        for month in range(1, 13)
        for day in (3, 20)
    ]


def test_blocks_order_and_memory_do_not_change_a_pixel(tmp_path, monkeypatch):
    predictions, model = random_year(tmp_path / "predictions"), write_model(tmp_path)
    decided, plain, summary = composed(tmp_path, predictions, model)
    assert 0.02 < (decided != plain).mean() < 0.9
    monkeypatch.setattr(annual, "_MAX_STACK_BYTES", 20_000)
    for options in ({"block_px": 64}, {"threads": 1}):
        again, _, other = composed(tmp_path, predictions[::-1], model, **options)
        np.testing.assert_array_equal(again, decided)
        assert other.annual_decision == summary.annual_decision


def test_the_decision_is_that_of_the_definition_pixel_by_pixel(tmp_path):
    """Recomputed with floating-point stacks, percentiles by numpy, from the files as they lie there."""
    predictions, model = random_year(tmp_path / "predictions", 4), write_model(tmp_path, pair={"vote_weight": 0.3})
    decided, plain, _ = composed(tmp_path, predictions, model, CompositeRule(mask_dilation=False))
    stack = []
    for prediction in predictions:
        with rasterio.open(prediction.path) as source:
            stack.append(source.read())
    bands = np.stack(stack)
    clear = ~np.isin(bands[:, 2], (3, 8, 9, 10)) & (bands[:, 0] != 10)
    ndvi = np.where(clear, (bands[:, 4] - 128.0) / 127, np.nan)
    votes = {code: (clear * (bands[:, 0] == code) * bands[:, 1]).sum(axis=0) / 255 for code in (GRASS, CROPS)}
    evidence = (np.nanpercentile(ndvi, 25, axis=0) - 0.4) / 0.1
    distance = np.abs(evidence) * 0.1
    share = 6 / np.maximum(clear.sum(axis=0), 1)
    evidence += 0.3 * np.log((votes[GRASS] * share + 1) / (votes[CROPS] * share + 1))
    expected = plain.copy()
    may = (clear.sum(axis=0) >= 6) & (distance <= 0.5) & np.isin(plain, (GRASS, CROPS))
    expected[may] = np.where(evidence > 0, GRASS, CROPS)[may]
    np.testing.assert_array_equal(decided, expected)


def test_smoothing_comes_after_the_decision_and_the_plain_map_is_smoothed_as_without_it(tmp_path):
    classes = np.full((30, 30), CROPS, np.uint8)
    ndvi = np.full((30, 30), 0.2)
    ndvi[10:12, 10:12] = 0.6  # four pixels that the year calls grass
    ndvi[20:25, 20:25] = 0.6
    predictions = write_year(tmp_path / "predictions", classes, ndvi)
    decided, plain, _ = composed(tmp_path, predictions, write_model(tmp_path), CompositeRule(smoothing_px=9))
    assert (decided[10:12, 10:12] == CROPS).all()
    assert (decided[20:25, 20:25] == GRASS).all()
    assert (plain == CROPS).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"},
        {"format_version": 2},
        {"features": ["ndvi_p25", "ndvi_p33"]},
        {"features": ["ndvi_p25", "ndvi_p25"]},
        {"min_observations": 0},
        {"min_observations": 6.5},
        {"pairs": []},
        {"name": "escape \x1b[31m"},
        {"name": None},
        {"pair": {"classes": [3, 3]}},
        {"pair": {"classes": [3, 10]}},
        {"pair": {"mean": [0.4]}},
        {"pair": {"scale": [0.1, 0]}},
        {"pair": {"coefficients": [0, 1, 0, 0, 0, float("nan")]}},
        {"pair": {"coefficients": [0, 1, 0, 0, 0, 10**400]}},
        {"pair": {"precision": [[1, 0], [0, "x"]]}},
        {"pair": {"max_distance": -1}},
        {"pair": {"vote_dates": 0}},
        {"pair": {"zones": [{"name": "n", "west": 20, "south": 40, "east": 10, "north": 60}]}},
        {"pair": {"zones": "everywhere"}},
    ],
)
def test_a_model_file_that_cannot_be_used_is_refused_by_name(tmp_path, changes):
    with pytest.raises(ModelInvalid, match=r"decision\.json"):
        read_decision_model(write_model(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format": "allpa-annual-decision", "format_version": 1}'])
def test_a_damaged_model_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "decision.json").write_bytes(content)
    with pytest.raises(ModelInvalid, match=r"decision\.json"):
        read_decision_model(tmp_path / "decision.json")


def test_another_model_than_the_jobs_is_refused(tmp_path):
    path = write_model(tmp_path)
    digest = read_decision_model(path).sha256
    assert read_decision_model(path, digest).sha256 == digest
    with pytest.raises(ModelInvalid, match="not the model"):
        read_decision_model(path, "0" * 64)
    with pytest.raises(ModelInvalid, match="no model"):
        read_decision_model(tmp_path / "missing.json")


def test_the_map_is_made_again_by_the_job_of_its_record_and_by_no_other_model(tmp_path):
    """As the task `composite`: the record holds the model's hash, and tells what was changed."""
    ndvi = np.linspace(0.2, 0.7, 35).reshape(5, 7)
    write_year(tmp_path / "predictions", np.full((5, 7), CROPS), ndvi)
    model = write_model(tmp_path)
    job = Job(
        folder=str(tmp_path / "run"), task="composite", predictions=str(tmp_path / "predictions"),
        annual_decision="on", decision_model=str(model),
    )  # fmt: skip
    values = run_job(job, NullReporter())
    record = json.loads((tmp_path / "run" / "record_undated.json").read_text())
    assert record["composite"]["annual_decision"] == values["annual_decision"]
    assert record["made_by"]["decision_model_hash"] == read_decision_model(model).sha256
    again = replace(job_from_dict(record["made_by"]), folder=str(tmp_path / "again"))
    repeated = run_job(again, NullReporter())
    for name in ("landcover", "plain_landcover", "quality"):
        assert Path(values[name]).read_bytes() == Path(repeated[name]).read_bytes()
    write_model(tmp_path, min_observations=7)
    with pytest.raises(ModelInvalid, match="not the model"):
        run_job(replace(again, overwrite=True), NullReporter())


def test_the_bundled_model_can_be_read():
    model = read_decision_model()
    assert set(model.features) <= set(FEATURES)
    assert model.min_observations >= 6
    assert {pair.classes for pair in model.pairs} <= {(GRASS, CROPS)}
