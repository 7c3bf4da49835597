"""A job survives the way to disk and back, and a wrong one is refused with the parameter named."""

import json

import pytest
from allpa_engine.core.errors import JobInvalid, PeriodInvalid
from allpa_engine.core.job import Job, job_from_dict, job_to_dict, read_job
from hypothesis import given
from hypothesis import strategies as st

REGION = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}


def _job(**changes):
    return Job(**({"folder": "out", "region": REGION, "start": "2020-01-01", "end": "2020-12-31"} | changes))


@given(
    months=st.lists(st.integers(1, 12), min_size=1, max_size=12, unique=True),
    weights=st.dictionaries(st.integers(1, 10), st.floats(0, 100), max_size=10),
    soft=st.booleans(),
)
def test_a_job_survives_json(months, weights, soft):
    job = job_from_dict({"folder": "f", "months": months, "weights": weights, "soft": soft})
    assert job_from_dict(json.loads(json.dumps(job_to_dict(job)))) == job


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [("2020-01-01", "2020-12-31", "2020"), ("2020-04-01", "2021-03-31", "20200401-20210331")],
)
def test_period_names_files(start, end, period):
    assert _job(start=start, end=end).period == period


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"start": "2021-01-01"}, PeriodInvalid, "ends before it starts"),
        ({"start": "2010-01-01", "end": "2010-12-31"}, PeriodInvalid, "before Sentinel-2"),
        ({"start": "last year"}, PeriodInvalid, "cannot be read"),
        ({"region": {"type": "Point", "coordinates": [0, 0]}}, JobInvalid, "not a polygon"),
        ({"months": ()}, JobInvalid, "months"),
        ({"months": (13,)}, JobInvalid, "months"),
        ({"weights": {11: 1.0}}, JobInvalid, "11"),
        ({"weights": dict.fromkeys(range(1, 11), 0.0)}, JobInvalid, "greater than zero"),
        ({"weights": {1: float("nan")}}, JobInvalid, "finite"),
        ({"task": "dance"}, JobInvalid, "dance"),
        ({"max_scenes": 0}, JobInvalid, "scenes"),
        ({"folder": ""}, JobInvalid, "folder"),
    ],
)
def test_wrong_jobs_are_refused_with_the_reason(changes, error, words):
    with pytest.raises(error, match=words) as caught:
        _job(**changes).validate()
    assert caught.value.next_step


def test_a_misspelt_key_is_refused():
    with pytest.raises(JobInvalid, match="max_scene"):
        job_from_dict({"folder": "f", "max_scene": 3})


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"folder": "f", "months": 3}', '{"folder": "f", "weights": [1]}'])
def test_a_broken_job_file_is_refused(tmp_path, text):
    path = tmp_path / "job.json"
    path.write_text(text)
    with pytest.raises(JobInvalid):
        read_job(path)
