"""The search for further scenes counts clear observations as the composite does."""

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite.shortage import SAMPLE_STEP, shortage_shares
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.core.scene import Selection
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.run import scenes
from allpa_engine.run.record import Run, RunRecord
from predictions import write_prediction
from pyproj import Transformer

LEFT, TOP = 700_000, 8_600_000
HEIGHT, WIDTH = 611, 298


def region_of(left, top, right, bottom):
    """A region by pixel edges of the predictions."""
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    ring = [to_degrees(LEFT + 10 * column, TOP - 10 * row) for column, row in corners]
    return region_from_geojson({"type": "Polygon", "coordinates": [ring]})


@pytest.fixture
def predictions(tmp_path):
    """Four scenes of one tile under small clouds, shadows and clouds that only the network sees; one half empty."""
    rng = np.random.default_rng(11)
    written = []
    for month in (1, 3, 5, 8):
        coarse = rng.choice(np.array([4, 4, 4, 4, 5, 9, 3], np.uint8), (-(-HEIGHT // 16), -(-WIDTH // 16)))
        scl = coarse.repeat(16, 0).repeat(16, 1)[:HEIGHT, :WIDTH]
        classes = rng.choice(np.array([2, 5, 10], np.uint8), (HEIGHT, WIDTH), p=(0.5, 0.4, 0.1))
        if month == 5:
            classes[:, 150:] = 0
        written.append(write_prediction(tmp_path, classes, 200, scl, date=f"2020-{month:02d}-01"))
    return written


@pytest.mark.parametrize("dilate", [False, True])
@pytest.mark.parametrize("bounds", [(0, 0, WIDTH, HEIGHT), (37, 101, 222, 555)])
def test_short_of_what_the_map_has_of_clear_observations(tmp_path, predictions, dilate, bounds):
    rule = CompositeRule(mask_dilation=dilate)
    compose(predictions, None, rule, landcover=tmp_path / "map" / "m.tif", quality=tmp_path / "map" / "q.tif")
    with rasterio.open(tmp_path / "map" / "q.tif") as quality:
        observations = quality.read(3)
    left, top, right, bottom = bounds
    sampled = np.zeros(observations.shape, bool)
    sampled[::SAMPLE_STEP, ::SAMPLE_STEP] = True
    inside = np.zeros(observations.shape, bool)
    inside[top:bottom, left:right] = True
    counted = observations[sampled & inside]
    for wanted in (1, 2, 3):
        shares = shortage_shares(predictions, region_of(*bounds), wanted, dilate=dilate)
        assert shares == {"18LYR": pytest.approx((counted < wanted).mean(), abs=1e-9)}


def test_more_scenes_are_fetched_where_dilated_clouds_hide_the_land(tmp_path, monkeypatch):
    """A cloud of 180 m every 800 m: a twentieth of the land without dilation, more than a fifth with it."""
    under = np.arange(400) % 80 < 18
    scl = np.where(under[:, None] & under, 9, 4).astype(np.uint8)
    predictions = [write_prediction(tmp_path, np.full((400, 400), 2), 200, scl)]
    selection, asked = Selection(()), []
    monkeypatch.setattr(scenes, "MAX_SHORTAGE_SHARE", 0.2)
    monkeypatch.setattr(
        scenes,
        "choose_next_acquisitions",
        lambda before, tile, count: asked.append((job.mask_dilation, tile)) or before,
    )
    for dilate in (False, True):
        job = Job(folder=str(tmp_path), clear_observations=1, mask_dilation=dilate)
        run = Run(RunPaths(job), NullReporter(), RunRecord())
        scenes.add_missing_scenes(run, selection, predictions, region_of(0, 0, 400, 400))
    assert asked == [(True, "18LYR")]
