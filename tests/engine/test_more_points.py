"""How many more points a sample needs, and the longer sample: against formulas, by simulation, and with bad input."""

from dataclasses import replace

import numpy as np
import pytest
from allpa_engine.accuracy.design import DesignOptions, design_sample
from allpa_engine.accuracy.estimate import estimate_accuracy
from allpa_engine.accuracy.more_points import MIN_STRATUM_POINTS, PointQuality, Target, plan_more_points
from allpa_engine.accuracy.sample import LabelledSample
from allpa_engine.accuracy.sample_file import read_design, read_labels, read_points, write_sample
from allpa_engine.core.agreement import Label
from allpa_engine.core.errors import JobInvalid, SampleExists, SampleInvalid, SampleOfAnotherMap
from allpa_engine.core.job import job_from_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_maps import blocks_map, write_map
from zone_samples import draw_points, labelled_sample, zone_population


def sample_of(right, wrong, pixels):
    """Strata that are classes: points that are right, points that are wrong, and pixels of each."""
    stratum = np.repeat(np.arange(len(pixels)), np.add(right, wrong))
    reference = np.concatenate(
        [np.r_[np.full(r, k + 1), np.full(w, (k + 1) % len(pixels) + 1)] for k, (r, w) in enumerate(zip(right, wrong))]
    )
    names = tuple(f"Class {k + 1}" for k in range(len(pixels)))
    return LabelledSample(
        stratum,
        (stratum + 1).astype(np.uint8),
        reference.astype(np.uint8),
        np.full(len(stratum), -1),
        names,
        np.array(pixels, np.int64),
        np.array(pixels) * 0.01,
    )


@settings(max_examples=25, deadline=None)
@given(
    right=st.lists(st.integers(1, 60), min_size=2, max_size=6),
    wrong=st.integers(0, 30),
    width=st.floats(0.02, 0.2),
    code=st.integers(0, 1),
)
def test_a_plan_reaches_its_target_and_keeps_what_is_there(right, wrong, width, code):
    sample = sample_of(right, [wrong] * len(right), [50_000_000 * (k + 1) for k in range(len(right))])
    plan = plan_more_points(sample, Target(code, width), max_points=10_000_000)
    assert plan.expected_half_width <= width * (1 + 1e-9)
    assert all(row.more_points >= 0 for row in plan.strata)
    assert sum(row.variance_share for row in plan.strata) == pytest.approx(1)
    if plan.count:
        assert plan.half_width > width
        assert all(row.points + row.more_points >= MIN_STRATUM_POINTS for row in plan.strata)
    else:
        assert plan.expected_half_width == pytest.approx(plan.half_width)


def test_alike_strata_get_points_by_their_area():
    sample = sample_of([40, 40], [10, 10], [1_000_000, 3_000_000])
    plan = plan_more_points(sample, Target(half_width=0.01))
    assert plan.strata[1].more_points + 50 == pytest.approx(3 * (plan.strata[0].more_points + 50), rel=0.01)
    # n = z² p (1 - p) / d² with 0.8, which both strata show
    assert plan.count + 100 == pytest.approx(1.96**2 * 0.8 * 0.2 / 0.01**2, rel=0.02)


def test_with_a_quality_raster_the_planned_points_reach_the_target():
    """The width that is announced is the planned one, also where labels vary more than the pixels let expect."""
    quality = PointQuality(np.repeat(3, 80), np.zeros(80, int))
    sample = sample_of([10, 20, 20, 20], [10, 0, 0, 0], [500_000] * 4)
    plan = plan_more_points(sample, Target(half_width=0.02), quality)
    assert plan.half_width > 0.02
    assert plan.expected_half_width == pytest.approx(0.02, rel=0.01)


def test_with_a_quality_raster_the_labels_of_a_stratum_do_not_change_its_share():
    pixels, quality = [500_000] * 4, PointQuality(np.repeat(3, 80), np.zeros(80, int))
    lucky, unlucky = (
        plan_more_points(sample_of([20 - bad, 17, 17, 17], [bad, 3, 3, 3], pixels), Target(half_width=0.02), quality)
        for bad in (1, 10)
    )
    assert lucky.strata[1].more_points < unlucky.strata[1].more_points
    assert unlucky.strata[0].more_points < unlucky.strata[1].more_points


def test_low_confidence_draws_points_to_a_stratum():
    sample = sample_of([30, 30, 30], [10, 10, 10], [100_000] * 3)
    is_wrong = sample.reference_class != sample.map_class
    step = np.where(is_wrong, 0, 6)
    step[sample.stratum == 2] = 0
    plan = plan_more_points(sample, Target(half_width=0.03), PointQuality(step, np.zeros_like(step)))
    assert plan.strata[0].more_points == plan.strata[1].more_points != plan.strata[2].more_points


def test_two_draws_together_have_little_bias():
    """400 samples of a population that is known: a first draw, a plan by its labels, a second draw."""
    rng = np.random.default_rng(20)
    counts = zone_population(rng, 4, pixels=50_000)
    pixels = counts.sum(axis=(0, 2, 3))
    truth = sum(counts[:, code, :, code].sum() for code in range(4)) / counts.sum()
    estimates, inside = [], []
    for _ in range(400):
        first = draw_points(rng, counts, 15)
        quality = PointQuality(first[2] * 6, np.zeros(first.shape[1], int))
        plan = plan_more_points(labelled_sample(counts, first), Target(half_width=0.03), quality)
        parts = [first]
        for code, row in enumerate(plan.strata):
            stratum = counts[:, code].ravel()
            drawn = rng.multivariate_hypergeometric(stratum, row.more_points, method="marginals")
            zone, step, true = np.unravel_index(np.repeat(np.arange(stratum.size), drawn), counts[:, code].shape)
            parts.append(np.stack([zone, np.full(len(zone), code), step, true]))
        found = estimate_accuracy(labelled_sample(counts, np.concatenate(parts, axis=1))).overall
        estimates.append(found.value)
        inside.append(found.low <= truth <= found.high)
    error = np.std(estimates) / np.sqrt(400)
    assert pixels.sum() == counts.sum()
    assert abs(np.mean(estimates) - truth) < 0.2 * np.std(estimates) + 2 * error
    assert 0.91 < np.mean(inside) < 0.99


def test_targets_that_cannot_be_planned_are_refused():
    sample = sample_of([30, 30], [5, 5], [10_000, 20_000])
    with pytest.raises(SampleInvalid, match="No labelled point is"):
        plan_more_points(sample, Target(9, 0.1))
    with pytest.raises(SampleInvalid, match="more points than"):
        plan_more_points(sample, Target(half_width=0.001), max_points=500)
    with pytest.raises(SampleInvalid, match="is labelled"):
        plan_more_points(replace(sample, reference_class=np.zeros(70, np.uint8)), Target())


@pytest.fixture
def labelled_file(tmp_path):
    """A map of three classes, and a sample with labels of two interpreters, one error in seven."""
    path = blocks_map(tmp_path / "landcover_2020.tif", {2: 3000, 5: 5000, 7: 900})
    options = DesignOptions(size=60, minimum=15, interpreters=("Ana", "Luis"))
    design, points = design_sample(path, options)
    labels = [
        Label(number, name, 5 if number % 7 == 0 else int(points.map_class[number - 1]))
        for name in ("Ana", "Luis")
        for number in range(1, len(points) + 1)
    ]
    write_sample(tmp_path / "first.gpkg", design, points, labels)
    return path, tmp_path / "first.gpkg"


def extend(labelled_file, **values):
    path, sample = labelled_file
    job = {
        "folder": str(path.parent),
        "task": "accuracy_more_points",
        "landcover": str(path),
        "sample": str(sample),
        "outputs": {"sample": str(path.parent / "second.gpkg")},
        "estimation": {"target_percent": 4},
    }
    return run_job(job_from_dict(job | values), NullReporter())


def test_the_longer_sample_keeps_points_and_labels_and_adds_new_pixels(labelled_file):
    found = extend(labelled_file)
    first, second = labelled_file[1], found["sample"]
    old_design, new_design = read_design(first), read_design(second)
    old, new = read_points(first, old_design), read_points(second, new_design)
    count = len(old)
    assert found["points"] == len(new) - count > 0
    assert np.array_equal(new.x[:count], old.x)
    assert len(set(zip(new.x, new.y))) == len(new)
    assert np.array_equal(new.stratum[:count], old.stratum)
    assert np.bincount(new.stratum).tolist() == [part.points for part in new_design.strata]
    assert [row["more_points"] for row in found["strata"]] == (
        np.bincount(new.stratum) - np.bincount(old.stratum)
    ).tolist()
    labels = read_labels(second, len(new))
    assert [label for label in labels if label.point_id <= count] == list(read_labels(first, count))
    added = [label for label in labels if label.point_id > count]
    assert len(added) == 2 * found["points"]
    assert all(label.reference_class is None for label in added)
    assert "points were added" in new_design.notes[-1]
    codes = {part.name: part.map_class for part in new_design.strata}
    assert all(codes[new_design.strata[s].name] == c for s, c in zip(new.stratum, new.map_class))


def test_a_sample_that_is_exact_enough_is_left_as_it_is(labelled_file):
    found = extend(labelled_file, estimation={"target_percent": 50})
    assert (found["sample"], found["points"]) == (None, 0)
    assert found["sentence"].startswith("No more points are needed")
    assert not (labelled_file[0].parent / "second.gpkg").exists()


def test_the_sentence_is_in_the_language_of_the_job(labelled_file):
    found = extend(labelled_file, language="es", estimation={"target_class": 7, "target_percent": 30})
    assert "Área construida" in found["sentence"]
    assert found["expected_half_width_percent"] <= 30


def test_samples_that_cannot_be_extended_are_refused(labelled_file, tmp_path):
    path, sample = labelled_file
    design = read_design(sample)
    points = read_points(sample, design)
    for values, reason in (
        ({"method": "systematic"}, "regular grid"),
        ({"method": "imported"}, "by chance"),
        ({"min_distance_m": 30.0}, "distance"),
    ):
        other = tmp_path / "other.gpkg"
        write_sample(other, replace(design, **values), points, read_labels(sample, len(points)))
        with pytest.raises(SampleInvalid) as refused:
            extend((path, other))
        assert reason in refused.value.why
    other_map = write_map(tmp_path / "landcover_2021.tif", np.full((40, 40), 2, np.uint8))
    with pytest.raises(SampleOfAnotherMap):
        extend((other_map, sample))
    with pytest.raises(JobInvalid, match="same file"):
        extend(labelled_file, outputs={"sample": str(sample)})
    (tmp_path / "second.gpkg").write_bytes(sample.read_bytes())
    with pytest.raises(SampleExists):
        extend(labelled_file)
