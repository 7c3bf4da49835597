"""A region of very many tiles is named before the work, where it is to be mapped as a whole."""

import pytest
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.run.scenes import warn_of_many_tiles
from shapely.geometry import box, mapping


class Log(NullReporter):
    def __init__(self):
        self.warnings = []

    def log(self, text, level="info"):
        self.warnings += [str(text)] if level == "warning" else []


@pytest.mark.parametrize(
    ("sides", "values", "warned"),
    [
        ((-80, -18, -62, 0), {}, True),
        ((-80, -18, -62, 0), {"tiles": "separately"}, False),
        ((-80, -18, -62, 0), {"task": "search"}, False),
        ((-74, -15, -72, -13), {}, False),  # as large as the department of Apurímac
    ],
)
def test_only_a_very_large_region_in_one_piece_is_warned_of(tmp_path, sides, values, warned):
    job = Job(**{"folder": str(tmp_path), "task": "landcovermap", "start": "2020-01-01", "end": "2020-12-31", **values})
    log = Log()
    warn_of_many_tiles(job, region_from_geojson(mapping(box(*sides)), "Perú"), log)
    assert [("tiles of Sentinel-2" in text) for text in log.warnings] == [True] * warned
