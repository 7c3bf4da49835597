"""The chain on real land: the reservoir of Boadella in 2020, six dates, two of them cloudy, no scene classification."""

import numpy as np
import pytest
import rasterio
from allpa_engine.core.job import Job
from allpa_engine.core.legend import CLOUDS, NO_DATA, SNOW, WATER
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from rasterio.warp import Resampling, reproject, transform_bounds
from sample_archive import serve_archive
from sample_archive.boadella import write_boadella_archive
from shapely.geometry import box, mapping

pytestmark = pytest.mark.shared
TREES, BUILT, SCRUB = 2, 7, 6


@pytest.fixture(scope="module")
def land(shared, tmp_path_factory):
    """The 2020 map of the reservoir, the water drawn by hand on 2020-06-21 on the same grid, and the predictions."""
    series = shared / "data" / "series" / "boadella"
    folder = write_boadella_archive(series, tmp_path_factory.mktemp("boadella"))
    with rasterio.open(series / "20200621.tif") as scene:
        bounds = transform_bounds(scene.crs, "EPSG:4326", *scene.bounds)
    with serve_archive(folder) as catalogue:
        job = Job(
            folder=str(tmp_path_factory.mktemp("job")),
            region=mapping(box(*bounds).buffer(-0.0005)),
            start="2020-01-01",
            end="2020-12-31",
            catalogue=catalogue.stac_url,
            collection=catalogue.collection,
            max_cloud_percent=100,
            clear_observations=20,
        )
        values = run_job(job, NullReporter())
    with rasterio.open(values["landcover"]) as made, rasterio.open(series / "20200621_water.tif") as drawn:
        codes = made.read(1)
        water = np.zeros(codes.shape, np.uint8)
        reproject(
            rasterio.band(drawn, 1),
            water,
            dst_transform=made.transform,
            dst_crs=made.crs,
            resampling=Resampling.nearest,
        )
    return values, codes, water > 0


def test_the_reservoir_is_water(land):
    _, codes, drawn = land
    seen = codes != NO_DATA
    mapped = (codes == WATER) & seen
    assert (mapped & drawn).sum() / ((mapped | drawn) & seen).sum() > 0.85


def test_the_hills_are_trees_and_scrub(land):
    _, codes, drawn = land
    hills = (codes != NO_DATA) & ~drawn
    share = np.isin(codes[hills], (TREES, SCRUB)).mean()
    assert share > 0.75, np.bincount(codes[hills], minlength=11) / hills.sum()


def test_the_cloudy_dates_leave_no_trace(land):
    values, codes, _ = land
    seen = codes != NO_DATA
    assert values["valid_area_percent"] > 99.9
    assert (codes[seen] == CLOUDS).mean() < 1e-3
    assert (codes[seen] == SNOW).mean() < 1e-3
    assert (codes[seen] == BUILT).mean() < 0.03  # hamlets and roads; the clouds cover far more
