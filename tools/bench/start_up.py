"""What many districts cost beside one run with zones, and how soon a job begins.

    python tools/bench/start_up.py [--districts N] [--archive FOLDER]

The sample archive is served on this machine, and its region cut into N districts side by side, which are mapped

* one by one, each with a process, a search and scenes of its own;
* one by one in one process, which uses answers of the catalogue, windows of scenes and the loaded network again, after
  the whole region's scenes were fetched once;
* together, in one run with a row and a map for each district.

It prints seconds of the wall clock, the ratio to the run with zones, and the seconds from the start of a job to its
first progress. The network of this machine costs nothing, so what is saved on a real one is not in these figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyproj import Transformer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tools")]

EXTENT_M = (725_600, 8_482_600, 731_600, 8_488_600)
"""Left, bottom, right, top in EPSG:32718."""


def polygon(left, bottom, right, top):
    """A rectangle in UTM as a GeoJSON polygon."""
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
    return {"type": "Polygon", "coordinates": [[list(to_degrees(x, y)) for x, y in corners]]}


def districts(count):
    """So many strips of the extent."""
    left, bottom, right, top = EXTENT_M
    width = (right - left) / count
    return [polygon(left + n * width, bottom, left + (n + 1) * width, top) for n in range(count)]


class Engine:
    """A process that serves jobs, with the seconds from sending a job to its first progress."""

    def __init__(self, cache):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "plugin"), "XDG_CACHE_HOME": str(cache)}
        command = [sys.executable, "-u", "-m", "allpa_engine", "serve"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self.number = 0

    def run(self, job, folder):
        """Run a job; gives the seconds to its first progress."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "asked.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        self.number += 1
        line = {"type": "job", "number": self.number, "arguments": ["run", str(path)], "variables": {}}
        start = time.perf_counter()
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()
        first_s = None
        for text in self.process.stdout:
            message = json.loads(text)
            if message["type"] == "progress" and first_s is None:
                first_s = time.perf_counter() - start
            if message["type"] == "error":
                sys.exit(f"{message['what']} {message['why']}")
            if message["type"] == "result":
                return first_s
        return sys.exit("The engine ended.")

    def memory_mb(self):
        """Memory that the process holds, where Linux says it."""
        status = Path(f"/proc/{self.process.pid}/statm")
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if status.exists() else 0.0

    def end(self):
        """Close its input and wait."""
        self.process.stdin.close()
        self.process.wait()


def job(served, region, folder, **values):
    """The job of a map of 2020."""
    return {
        "folder": str(folder), "region": region, "start": "2020-01-01", "end": "2020-12-31",
        "catalogue": served.stac_url, "collection": served.collection, **values,
    }  # fmt: skip


def one_by_one_apart(served, regions, work):
    """Each district with a process and a folder of scenes of its own; gives the seconds to the first progress."""
    firsts = []
    for number, region in enumerate(regions):
        engine = Engine(work / "cache")
        firsts.append(engine.run(job(served, region, work / f"apart{number}"), work / f"apart{number}"))
        engine.end()
    return firsts


def one_by_one_in_one_process(served, regions, work, whole):
    """All districts in one process; gives the seconds to the first progress, and memory after each."""
    engine, shared = Engine(work / "cache"), {"cache_folder": str(work / "scenes"), "catalogue_hours": 24}
    engine.run(job(served, whole, work / "union", task="fetch", **shared), work / "union")
    firsts, memories = [], []
    for number, region in enumerate(regions):
        folder = work / f"shared{number}"
        firsts.append(engine.run(job(served, region, folder, **shared), folder))
        memories.append(engine.memory_mb())
    engine.end()
    return firsts, memories


def together(served, regions, work, whole):
    """One run with a row and a map for each district."""
    features = [
        {"type": "Feature", "properties": {"name": f"d{number}"}, "geometry": region}
        for number, region in enumerate(regions)
    ]
    work.mkdir(exist_ok=True)
    zones = work / "zones.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    engine = Engine(work / "cache")
    first = engine.run(job(served, whole, work / "together", zones=str(zones), zone_maps=True), work / "together")
    engine.end()
    return first


def main():
    """Run the three ways one after another and print the table."""
    from sample_archive import build_sample_archive, serve_archive

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--districts", type=int, default=6)
    parser.add_argument("--archive", type=Path, default=ROOT / "build" / "archive")
    options = parser.parse_args()
    if not (options.archive / "items.json").is_file():
        build_sample_archive(options.archive)
    regions, whole = districts(options.districts), polygon(*EXTENT_M)
    with tempfile.TemporaryDirectory() as folder, serve_archive(options.archive) as served:
        work, times, firsts = Path(folder), {}, {}
        together(served, regions[:1], work / "warm", regions[0])  # the precision is measured once per machine
        start = time.perf_counter()
        firsts["together"] = together(served, regions, work, whole)
        times["together"] = time.perf_counter() - start
        start = time.perf_counter()
        found = one_by_one_apart(served, regions, work)
        times["one by one, apart"], firsts["one by one, apart"] = time.perf_counter() - start, max(found)
        start = time.perf_counter()
        found, memories = one_by_one_in_one_process(served, regions, work, whole)
        times["one by one, one process"] = time.perf_counter() - start
        firsts["one by one, one process"] = max(found[1:] or found)
    print(f"{options.districts} districts of {(EXTENT_M[2] - EXTENT_M[0]) / options.districts / 1000:.2f} x 6 km")
    for name, seconds in times.items():
        ratio = seconds / times["together"]
        print(f"{name:<26}{seconds:8.1f} s {ratio:6.2f} x   first progress after {firsts[name]:.2f} s")
    print("memory after each job, MB: " + " ".join(f"{memory:.0f}" for memory in memories))


if __name__ == "__main__":
    main()
