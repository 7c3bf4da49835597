"""A dense reference, raster or polygons, labels the points of a sample, which stays a probability sample."""

import numpy as np
import pyogrio
import pytest
import shapely
from allpa_engine.accuracy.labelled_sample import read_labelled_sample
from allpa_engine.accuracy.sample_file import read_design, read_labels, read_points
from allpa_engine.core.errors import JobInvalid, ReferenceInvalid, SampleInvalid, SampleOfAnotherMap
from allpa_engine.core.job import job_from_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from rasterio.warp import transform_bounds
from sample_maps import LEFT, TOP, UTM, write_map
from shapely.geometry import box

CODES = np.random.default_rng(2).choice([1, 2, 5], (40, 40)).astype(np.uint8)
TRUTH = np.where(np.arange(40) < 20, 2, 5).astype(np.uint8) + np.zeros((40, 1), np.uint8)


@pytest.fixture
def landcover(tmp_path):
    return write_map(tmp_path / "map.tif", CODES)


@pytest.fixture
def sample(tmp_path, landcover):
    job = {"folder": str(tmp_path), "task": "accuracy_sample", "landcover": str(landcover)}
    return run_job(job_from_dict(job | {"design": {"size": 60, "minimum_points": 5}}), NullReporter())["sample"]


@pytest.fixture
def label(tmp_path, landcover, sample):
    def run(reference, options=None, **keys):
        job = {"folder": str(tmp_path / "out"), "task": "accuracy_import", "landcover": str(landcover)}
        job |= {"sample": sample, "reference": str(reference), "reference_options": options or {}, **keys}
        return run_job(job_from_dict(job), NullReporter())

    return run


def columns_of(path):
    points = read_points(path, read_design(path))
    return ((points.x - LEFT) // 10).astype(int)


def test_a_raster_of_another_resolution_labels_the_points(label, tmp_path, landcover, sample):
    finer = write_map(tmp_path / "reference.tif", TRUTH.repeat(5, 0).repeat(5, 1), resolution=2)
    result = label(finer)
    labelled = read_labelled_sample(result["sample"], landcover)
    assert labelled.reference_class.tolist() == np.where(columns_of(sample) < 20, 2, 5).tolist()
    design = read_design(result["sample"])
    assert (design.method, design.interpreters, result["labels"]) == ("stratified", ("reference",), 60)
    assert design.strata == read_design(sample).strata


def test_a_raster_in_degrees_labels_the_points(label, tmp_path, landcover, sample):
    west, south, east, north = transform_bounds(UTM, "EPSG:4326", LEFT - 20, TOP - 420, LEFT + 420, TOP + 20)
    step = 0.00002
    shape = int((north - south) / step), int((east - west) / step)
    path = write_map(tmp_path / "d.tif", np.full(shape, 7, np.uint8), step, "EPSG:4326", left=west, top=north)
    labelled = read_labelled_sample(label(path)["sample"], landcover)
    assert set(labelled.reference_class.tolist()) == {7}


def test_polygons_label_the_points_in_them(label, tmp_path, landcover, sample):
    half, whole = box(LEFT, TOP - 400, LEFT + 200, TOP), box(LEFT, TOP - 400, LEFT + 300, TOP)
    path = tmp_path / "parcels.gpkg"
    names = np.array(["Bosque", "Cultivos"], object)
    pyogrio.raw.write(str(path), shapely.to_wkb([half, whole]), [names], ["clase"], geometry_type="Polygon", crs=UTM)
    result = label(path, {"classes": {"bosque": 2}, "interpreter": "Catastro"})
    expected = np.select([columns_of(sample) < 20, columns_of(sample) < 30], [2, 5], 0)
    assert read_labelled_sample(result["sample"], landcover).reference_class.tolist() == expected.tolist()
    assert result["notes"] == [f"Points without a class in the reference: {(expected == 0).sum()}."]
    assert {label.interpreter for label in read_labels(result["sample"], 60)} == {"Catastro"}


def test_a_reference_that_covers_nothing_is_refused(label, tmp_path):
    far = write_map(tmp_path / "far.tif", TRUTH, left=LEFT + 100_000)
    with pytest.raises(ReferenceInvalid, match=r"far\.tif has a class at none of the 60 points"):
        label(far)


def test_a_sample_of_another_map_is_refused(label, tmp_path):
    other = write_map(tmp_path / "other.tif", TRUTH)
    with pytest.raises(SampleOfAnotherMap):
        label(other, landcover=str(other))


def test_a_raster_needs_a_sample(label, tmp_path, landcover):
    with pytest.raises(JobInvalid, match="needs the sample whose points it labels"):
        label(landcover, sample="")
    with pytest.raises(SampleInvalid, match=r"none\.gpkg does not exist"):
        label(landcover, sample=str(tmp_path / "none.gpkg"))
