"""The tiles that the dock names before a search are those that the engine finds for the same region."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
SCRIPT = """
import json, sys
from allpa_engine.geo.mgrs_tiles import tiles_for_region
from allpa_engine.geo.region import region_from_geojson
print(json.dumps([tiles_for_region(region_from_geojson(shape)) for shape in json.load(sys.stdin)]))
"""

pytestmark = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


def polygons():
    """Quadrilaterals all over the world, of some kilometres to hundreds; two at the exceptions of the grid."""
    chance = np.random.default_rng(5)
    for number in range(120):
        west, south = chance.uniform(-179.5, 179), chance.uniform(-82, 82)
        if number < 2:
            west, south = (4.5, 60.0) if number else (20.0, 76.0)
        width = chance.choice([0.02, 0.1, 0.5, 1, 3, 7])
        east, north = min(west + width, 180), min(south + width * chance.uniform(0.3, 1.2), 84)
        ring = [
            [west, south],
            [east, south + (north - south) * 0.1],
            [east - (east - west) * 0.2, north],
            [west + (east - west) * 0.1, north - (north - south) * 0.3],
        ]
        yield {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def districts():
    """Regions of dozens of squares that lie apart, as many in a tile or few, across zones and the equator too."""
    chance = np.random.default_rng(6)
    for _ in range(12):
        west, south, step = chance.uniform(-179, 170), chance.uniform(-70, 70), chance.choice([0.05, 0.3, 0.9])
        places = [
            (west + step * (number % 7), south + step * (number // 7)) for number in range(chance.integers(5, 60))
        ]
        size = step * 0.8
        rings = [[[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]] for x, y in places]
        yield {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}


def test_the_dock_names_the_tiles_that_the_engine_finds(allpa, qgis_app):
    from allpa.plugin.region_geometry import geometry_from_geojson
    from allpa.plugin.tiles_of_region import tiles_of_region

    shapes = [*polygons(), *districts()]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "plugin")}
    answer = subprocess.run(
        [ENGINE, "-c", SCRIPT], input=json.dumps(shapes), capture_output=True, text=True, check=True, env=environment
    )
    found = [list(tiles_of_region(geometry_from_geojson(shape))) for shape in shapes]
    assert found == json.loads(answer.stdout)
    assert max(map(len, found)) > 30
