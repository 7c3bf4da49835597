"""The simulated archive behind its real servers, run by the engine's Python; `qgis_process` as a user types it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ENGINE = os.environ.get("ALLPA_TEST_ENGINE", "")
TOOLS = Path(__file__).resolve().parents[2] / "tools"
LEFT, TOP = 725_000, 8_492_240
"""Upper left corner of the archive in EPSG:32718."""

needs_engine = pytest.mark.skipif(not ENGINE, reason="needs the engine's Python, whose path `make test` gives")


@pytest.fixture(scope="module")
def engine_python():
    """The engine's interpreter."""
    if not ENGINE:
        pytest.skip("needs the engine's Python, whose path `make test` gives")
    return ENGINE


@pytest.fixture(scope="module")
def archive(engine_python, root):
    """The archive's catalogue, served by the engine's Python as long as its input is open."""
    folder = root / "build" / "archive"
    make = "import pathlib, sys, sample_archive as made; made.build_sample_archive(pathlib.Path(sys.argv[1]))"
    subprocess.run([engine_python, "-c", make, str(folder)], cwd=TOOLS, check=True, timeout=300)
    command = [engine_python, "-m", "sample_archive", "serve", str(folder)]
    with subprocess.Popen(command, cwd=TOOLS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield json.loads(server.stdout.readline())
        server.stdin.close()


def qgis_process(environment, *arguments):
    """Run QGIS's tool for terminals in a profile."""
    from qgis_profile import QGIS_PROCESS

    return subprocess.run(
        [QGIS_PROCESS, *arguments], env={**environment, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip


def write_rectangles(path, **edges):
    """Polygons with a name, in pixels of the archive: first column, last column, first row, last row (both outside)."""
    features = []
    for name, (first_column, last_column, first_row, last_row) in edges.items():
        west, east = (LEFT + 10 * column for column in (first_column, last_column))
        north, south = (TOP - 10 * row for row in (first_row, last_row))
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"DISTRITO": name}, "geometry": geometry})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32718"}}
    collection = {"type": "FeatureCollection", "crs": crs, "features": features}
    path.write_text(json.dumps(collection), encoding="utf-8")
    return str(path)
