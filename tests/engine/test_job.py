"""A job survives the way to disk and back, and a wrong one is refused with the key named."""

import json
import math
import string
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

import pytest
from allpa_engine.core.errors import AllpaError, JobInvalid, PeriodInvalid, RegionInvalid
from allpa_engine.core.job import JOB_KEYS, Job, job_from_dict, job_to_dict, read_job
from allpa_engine.core.job_schema import job_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

REGION = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "job.schema.json"


def _job(**changes):
    return Job(**({"folder": "out", "region": REGION, "start": "2020-01-01", "end": "2020-12-31"} | changes))


@settings(deadline=None)
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
        ({"start": "last year"}, PeriodInvalid, "'start'.*cannot be read"),
        ({"end": ""}, PeriodInvalid, "'end'"),
        ({"task": "areas", "start": ""}, PeriodInvalid, "'start'"),
        ({"months": (13,)}, JobInvalid, "'months'"),
        ({"start": "2020-11-15", "end": "2021-02-03", "months": (3, 10)}, JobInvalid, "'months' lies in its period"),
        ({"weights": dict.fromkeys(range(1, 11), 0.0)}, JobInvalid, "greater than zero"),
        ({"folder": ""}, JobInvalid, "'folder'"),
        ({"task": "change", "maps": {"2020": "a.tif"}}, JobInvalid, "'maps'"),
        ({"fallback_catalogue": "planetary_computer"}, JobInvalid, "fallback_catalogue"),
        (
            {"outputs": {"areas": "a.csv", "report": "./a.csv"}},
            JobInvalid,
            "'report' is the same.*'outputs: areas'",
        ),
        ({"scenes": "a.json", "outputs": {"scenes": "a.json"}}, JobInvalid, "'scenes' is the same file"),
        ({"task": "areas", "landcover": "m.tif", "outputs": {"areas": "m.tif"}}, JobInvalid, "its key 'landcover'"),
        ({"zones": "z.json", "outputs": {"zones": "./z.json"}}, JobInvalid, "its key 'zones'"),
    ],
)
def test_what_keys_must_be_together_is_checked_before_the_run(changes, error, words):
    with pytest.raises(error, match=words) as caught:
        _job(**changes).validate()
    assert caught.value.next_step


NESTED = {"type": "Polygon", "coordinates": [[[[-73, -14], [-72, -14], [-72, -13], [-73, -14]]]]}
WRONG_VALUES = [
    ("max_scenes", "20"), ("max_scenes", 0), ("max_scenes", 401), ("max_scenes", True), ("max_scenes", 2.5),
    ("max_scenes", 10**400), ("clear_observations", -3), ("clear_observations", [5]), ("clear_observations", 101),
    ("max_cloud_percent", None), ("max_cloud_percent", 900), ("max_cloud_percent", math.nan),
    ("max_cloud_percent", math.inf), ("max_cloud_percent", "80"), ("max_cloud_percent", False),
    ("soft", "false"), ("soft", 0), ("soft", None), ("month_balance", 1), ("mask_dilation", "yes"), ("overwrite", 1),
    ("annual_decision", True), ("annual_decision", "yes"), ("decision_model", 4), ("decision_model_hash", "abc"),
    ("device", 7), ("device", "gpu"), ("device", "cuda:"), ("device", ""), ("language", "fr"), ("language", "EN"),
    ("precision", "fp8"), ("precision", 16), ("backend", "tensorflow"), ("backend", 1),
    ("outputs", "x"), ("outputs", {"map": "a"}), ("outputs", {"areas": 3}), ("outputs", {"areas": ""}),
    ("region", "here"), ("region", []), ("region", None), ("task", "dance"), ("task", ["areas"]),
    ("start", 2020), ("start", None), ("end", True), ("end", ["2020-12-31"]),
    ("months", 3), ("months", "12"), ("months", [0]), ("months", [1.5]), ("months", ["1"]), ("months", [[1]]),
    ("months", {"1": 1}), ("months", [True]), ("months", [1] * 101),
    ("weights", [1]), ("weights", {"251": 1}), ("weights", {"1": "2"}), ("weights", {"1": -1}),
    ("weights", {"1": math.nan}), ("weights", {"1": None}), ("weights", {"1.0": 1}), ("weights", {"١": 1}),
    ("smoothing_px", 2501), ("smoothing_px", -1), ("threads", -1), ("threads", 257), ("cache_limit_gb", -0.5),
    ("catalogue_hours", 721),
    ("cache_limit_gb", math.inf), ("change_class", 251), ("change_class", "Trees"), ("align", "best"),
    ("folder", 5), ("folder", "a\0b"), ("folder", "x" * 4001), ("folder", ["a"]), ("model", None),
    ("weight_table", {"1": 1}), ("scenes", False), ("predictions", 3), ("landcover", 1), ("zones", ["z.geojson"]),
    ("tiles", "apart"), ("dask", "http://host:1"), ("tile_store", 3),
    ("only_tiles", "18LYK;18LZK"), ("tile_folders", {"1": 3}),
    ("zone_maps", 1), ("joint_table", 3),
    ("zone_code", 1), ("zone_sums", "PROV"), ("zone_sums", [""]), ("zone_sums", [1]), ("zone_sums", ["a"] * 11),
    ("zone_name", 1), ("region_name", "x" * 301), ("region_name", "two\nlines"), ("region_name", "\0"),
    ("region_name", "\ud800"), ("catalogue", ""), ("catalogue", 3), ("catalogue", "http://a\nb"),
    ("collection", "x" * 301), ("collection", {}), ("fallback_catalogue", 0), ("crs", 32718), ("crs", "EPSG:\x00"),
    ("cache_folder", 1), ("maps", ["a.tif", "b.tif"]), ("maps", {"../../x": "a.tif"}), ("maps", {"a/b": "a.tif"}),
    ("maps", {"": "a.tif"}), ("maps", {"2020": None}), ("maps", {"x" * 81: "a.tif"}), ("maps", {".": "a.tif"}),
    ("qualities", {"2020": 1}), ("qualities", {"a:b": "q.tif"}),
    ("number_format", "de"), ("sample", 3), ("samples", {"2020": 1}), ("agreement", "most"), ("interpreter", "x" * 201),
    ("bands", "B02"), ("bands", ["B10"]), ("bands", [2]), ("guards", "slope"), ("guards", ["height"]), ("elevation", 3),
    ("quality", 3), ("estimation", {"unknown": 1}), ("labels", 1),
    ("export_options", {"formats": ["tf"]}), ("export_options", {"tile_px": 0}), ("explain_options", {"steps": 1}),
    ("training", 3), ("test_training", 3), ("corrections", ["c.gpkg"]), ("embedding_period", "week"),
    ("forest_options", {"kind": "tree"}), ("forest_options", {"trees": 0}), ("forest_options", {"folds": 1}),
    ("network_options", {"start": "other"}), ("network_options", {"encoder": "../x"}),
    ("network_options", {"learning_rate": -1}), ("refit_options", {"strength": -1}), ("refit_options", {"x": 1}),
    ("legend", ["a"]), ("features", None), ("training_options", {"folds": 1}),
    ("training_options", {"classes": {"a": 251}}), ("seasons", {"x": []}), ("seasonal", {"statistics": ["mode"]}),
    ("strata_raster", 1), ("reference", None), ("design", []), ("design", {"points": 3}), ("design", {"size": -1}),
    ("design", {"size": 200_001}), ("design", {"size": "many"}), ("design", {"standard_error": 0}),
    ("design", {"method": "cluster"}), ("design", {"strata": ""}), ("design", {"kind": 1}),
    ("design", {"expected_accuracy": {"2": 1.5}}), ("design", {"expected_accuracy": {"": 0.5}}),
    ("design", {"expected_accuracy": [0.9]}), ("design", {"allocation": "best"}), ("design", {"minimum_points": 1}),
    ("design", {"optimal_class": 251}), ("design", {"optimal_for": "x"}), ("design", {"min_distance_m": math.nan}),
    ("design", {"seed": 2**31}), ("design", {"interpreters": []}), ("design", {"interpreters": ["A", "A"]}),
    ("design", {"interpreters": ["settled"]}), ("design", {"interpreters": "A"}), ("design", {"interpreters": [""]}),
    ("reference_options", 3), ("reference_options", {"field": "a"}), ("reference_options", {"class_field": 1}),
    ("reference_options", {"classes": {"forest": 251}}), ("reference_options", {"classes": {"forest": 1.5}}),
    ("reference_options", {"x_field": None}), ("reference_options", {"layer": 3}),
    ("reference_options", {"y_field": 1}), ("reference_options", {"crs": 1}),
    ("reference_options", {"polygons": "all"}), ("reference_options", {"points_per_polygon": 0}),
    ("reference_options", {"is_random": "yes"}), ("reference_options", {"interpreter": "x" * 81}),
    ("reference_options", {"seed": -1}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), WRONG_VALUES, ids=lambda value: str(value)[:20])
def test_a_value_that_a_key_cannot_have_is_refused_with_the_keys_name(key, value):
    with pytest.raises(AllpaError, match=key) as caught:
        job_from_dict({"folder": "f", key: value})
    assert len(str(caught.value)) < 600
    assert caught.value.next_step
    with pytest.raises(AllpaError, match=key):
        replace(_job(), **{key: value}).validate()


def test_the_schema_refuses_what_the_engine_refuses():
    """Apart from what a schema cannot say: control characters, and numbers that JSON does not have."""
    validator = Draft202012Validator(job_schema())
    accepted = [(key, value) for key, value in WRONG_VALUES if validator.is_valid({"folder": "f", key: value})]
    unspeakable = [
        (key, value)
        for key, value in WRONG_VALUES
        if "nan" in str(value) or (isinstance(value, str) and not value.isprintable())
    ]
    assert [value for value in accepted if value not in unspeakable] == []


def test_every_key_is_among_the_wrong_values():
    assert {key for key, _ in WRONG_VALUES} == set(JOB_KEYS) == {field.name for field in fields(Job)}


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, "not a polygon"),
        ({"type": "Feature", "geometry": REGION}, "not a polygon.*Feature"),
        ({"type": ["Polygon"], "coordinates": []}, "not a polygon"),
        ({"type": "Polygon"}, "nested"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "MultiPolygon", "coordinates": []}, "empty"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "empty"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "fewer than three"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], "ab"]]}, "nested"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, None]]]}, "finite numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, math.nan]]]}, "finite numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [10**400, 1]]]}, "finite numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [True, False]]]}, "finite numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1]]]}, "finite numbers"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [200, 1]]]}, "leaves the area"),
        ({"type": "Polygon", "coordinates": [[[500000, 8e6], [510000, 8e6], [510000, 8.1e6]]]}, "longitude"),
        (NESTED, "fewer than three"),
        ({"type": "Polygon", "coordinates": [[[0, 0]] * 1_000_001]}, "corners"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_region_with_a_wrong_structure_is_refused_before_any_work(geometry, words):
    with pytest.raises(RegionInvalid, match=f"region.*({words})"):
        job_from_dict({"folder": "f", "region": geometry})


def test_no_months_mean_all_and_a_whole_number_may_have_a_point():
    job = job_from_dict({"folder": "f", "months": [], "max_scenes": 7.0, "max_cloud_percent": 50})
    assert job.months == tuple(range(1, 13))
    assert (job.max_scenes, type(job.max_scenes)) == (7, int)
    assert _job(months=()).validate().months == tuple(range(1, 13))


@pytest.mark.parametrize("month", [11, 12, 1, 2])
def test_a_month_of_a_period_over_the_new_year_is_one_of_it(month):
    assert _job(start="2020-11-15", end="2021-02-03", months=(month,)).validate().months == (month,)


def test_paths_are_absolute_afterwards_that_of_a_catalogue_in_a_file_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "catalog.json").write_text("{}")
    job = _job(catalogue="catalog.json", fallback_catalogue="cdse", scenes="a.json", maps={"2020": "m.tif"})
    absolute = job.with_absolute_paths()
    assert (absolute.catalogue, absolute.fallback_catalogue) == (str(tmp_path / "catalog.json"), "cdse")
    assert (absolute.folder, absolute.scenes) == (str(tmp_path / "out"), str(tmp_path / "a.json"))
    assert absolute.maps == {"2020": str(tmp_path / "m.tif")}
    assert absolute.model == ""
    for address in ("https://example.org/a.json", "no such file.json", "x" * 5000):
        assert replace(job, catalogue=address).with_absolute_paths().catalogue == address


def test_keys_of_a_group_that_are_left_out_take_their_defaults():
    job = job_from_dict({"folder": "f", "design": {"size": 20}})
    assert (job.design["size"], job.design["method"]) == (20, "stratified")
    assert Job(folder="f").design == {**job.design, "size": 0}
    with pytest.raises(JobInvalid, match=r"The job's key 'design\.size' must be a whole number from 0 to 200,000"):
        job_from_dict({"folder": "f", "design": {"size": 0.5}})


def test_a_misspelt_key_is_refused():
    with pytest.raises(JobInvalid, match="max_scene"):
        job_from_dict({"folder": "f", "max_scene": 3})


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[1]", b"{", b"3", b"null", b'{"start": "2020-01-01"}', b"[" * 200_000, b"\xff\xfe\x00",
        b'{"folder": "\\ud800"}', b'{"folder": "f", "threads": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: str(content)[:20],
)  # fmt: skip
def test_a_broken_job_file_is_refused(tmp_path, content):
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(JobInvalid):
        read_job(path)


@pytest.mark.parametrize("path", ["no such file.json", "a\0b", "x" * 5000, "."])
def test_a_job_file_that_cannot_be_opened_is_refused(path):
    with pytest.raises(JobInvalid, match="cannot be read"):
        read_job(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_job_with_a_byte_order_mark_is_read(tmp_path, encoding):
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"folder": "f", "region_name": "Ñuñoa"}, ensure_ascii=False), encoding=encoding)
    assert read_job(path).region_name == "Ñuñoa"


def test_the_published_schema_is_that_of_the_table():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == job_schema(), "write it with: python tools/job_page.py"


def test_the_published_page_is_that_of_the_table():
    from job_page import PAGE, job_page

    assert PAGE.read_text(encoding="utf-8") == job_page(), "write it anew with: python tools/job_page.py"


def test_a_whole_job_fits_the_schema():
    Draft202012Validator.check_schema(job_schema())
    validator = Draft202012Validator(job_schema())
    job = _job(maps={"2018": "a.tif"}, outputs={"areas": "b.csv"}, device="cuda:1", crs="EPSG:32718")
    assert list(validator.iter_errors(job_to_dict(job))) == []
    multipolygon = {"type": "MultiPolygon", "coordinates": [REGION["coordinates"]]}
    assert list(validator.iter_errors(job_to_dict(_job(region=multipolygon, start="", end="")))) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(sorted(JOB_KEYS)),
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(st.text(string.printable, max_size=4), values, max_size=4)
    ),
    max_leaves=12,
)
_RING = st.lists(st.tuples(st.floats(-200, 200), st.floats(-100, 100)), max_size=5)
_GEOMETRY = st.fixed_dictionaries(
    {"type": st.sampled_from(["Polygon", "MultiPolygon", "Point"]), "coordinates": st.lists(_RING, max_size=3) | _JSON}
)
_VALUES = _JSON | _GEOMETRY | st.sampled_from(["2020-01-01", "cpu", "en", "areas", "EPSG:32718", 1, 5.0, True])


@given(st.dictionaries(st.sampled_from([*sorted(JOB_KEYS), "allpa"]) | st.text(max_size=5), _VALUES, max_size=8))
def test_whatever_stands_in_a_job_ends_in_a_job_or_a_sentence(values):
    with suppress(AllpaError):
        job = job_from_dict(values | {"folder": values.get("folder", "f")}).validate()
        assert job_from_dict(job_to_dict(job)).validate() == job
