"""What many districts cost beside one run with zones, and how soon a job begins.

    python tools/bench/start_up.py [--districts N] [--archive FOLDER]

The sample archive is served on this machine, and its region cut into N districts side by side, which are mapped

* one by one, each with a process, a search and scenes of its own;
* as the rows of a batch, in one process: answers of the catalogue, bytes of scenes and the loaded network are used
  again, and all rows stand in one table;
* together, in one run with a row and a map for each district.

It prints seconds of the wall clock, how many times as fast as apart each way is, core-seconds, megabytes that the
server sent, and the seconds from the start of a job to its first progress. It compares the maps of the batch with those
apart. The network of this machine costs nothing, so what is saved on a real one is not in the seconds.
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
        """Close its input and wait; gives its core-seconds."""
        self.process.stdin.close()
        usage = os.wait4(self.process.pid, 0)[2]
        return usage.ru_utime + usage.ru_stime


def job(served, region, folder, **values):
    """The job of a map of 2020."""
    return {
        "folder": str(folder), "region": region, "start": "2020-01-01", "end": "2020-12-31",
        "catalogue": served.stac_url, "collection": served.collection, **values,
    }  # fmt: skip


def one_by_one_apart(served, regions, work):
    """Each district with a process and a folder of scenes of its own.

    Gives the largest number of seconds to the first progress, and the core-seconds.
    """
    firsts, core_s = [], 0.0
    for number, region in enumerate(regions):
        engine = Engine(work / "cache")
        firsts.append(engine.run(job(served, region, work / f"apart{number}"), work / f"apart{number}"))
        core_s += engine.end()
    return max(firsts), core_s


def in_a_batch(served, regions, work):
    """All districts in one process, as QGIS runs them: scenes beside the joint table, answers kept for a day.

    Gives the largest number of seconds to the first progress but the first, core-seconds, and memory after each.
    """
    engine, firsts, memories = Engine(work / "cache"), [], []
    shared = {"cache_folder": str(work / "scenes"), "joint_table": str(work / "all.csv"), "catalogue_hours": 24}
    for number, region in enumerate(regions):
        folder = work / f"batch{number}"
        firsts.append(engine.run(job(served, region, folder, **shared), folder))
        memories.append(engine.memory_mb())
    return max(firsts[1:] or firsts), engine.end(), memories


def together(served, regions, work, whole):
    """One run with a row and a map for each district; gives the seconds to the first progress, and core-seconds."""
    features = [
        {"type": "Feature", "properties": {"name": f"d{number}"}, "geometry": region}
        for number, region in enumerate(regions)
    ]
    work.mkdir(exist_ok=True)
    zones = work / "zones.geojson"
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    engine = Engine(work / "cache")
    first = engine.run(job(served, whole, work / "together", zones=str(zones), zone_maps=True), work / "together")
    return first, engine.end()


def maps_that_differ(work, count):
    """Maps of the batch whose bytes are not those of the run apart."""
    return [
        number
        for number in range(count)
        for name in ("landcover_2020.tif", "quality_2020.tif")
        if (work / f"apart{number}" / name).read_bytes() != (work / f"batch{number}" / name).read_bytes()
    ]


def sent_mb(log):
    """Megabytes of scenes that the server has sent so far."""
    lines = (line.split() for line in log.read_text(encoding="utf-8").splitlines())
    return sum(int(words[-1]) for words in lines if words[0] == "GET") / 1e6


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
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        log = work / "log"
        with serve_archive(options.archive, log) as served:
            together(served, regions[:1], work / "warm", regions[0])  # the precision is measured once per machine
            ways = {
                "together": lambda: together(served, regions, work, whole),
                "in a batch": lambda: in_a_batch(served, regions, work),
                "apart": lambda: one_by_one_apart(served, regions, work),
            }
            found = {}
            for name, way in ways.items():
                start, before_mb = time.perf_counter(), sent_mb(log)
                first_s, core_s, *rest = way()
                found[name] = time.perf_counter() - start, core_s, sent_mb(log) - before_mb, first_s, *rest
        different = maps_that_differ(work, len(regions))
        with (work / "all.csv").open(encoding="utf-8-sig") as table:
            rows = sum(1 for _ in table) - 1
    print(f"{options.districts} districts of {(EXTENT_M[2] - EXTENT_M[0]) / options.districts / 1000:.2f} x 6 km")
    for name, (seconds, core_s, megabytes, first_s, *_) in found.items():
        ratio = found["apart"][0] / seconds
        print(
            f"{name:<11}{seconds:8.1f} s {ratio:6.2f} times as fast {core_s:8.1f} core-s {megabytes:8.0f} MB"
            f"   first progress after {first_s:.2f} s"
        )
    print("memory after each row, MB: " + " ".join(f"{memory:.0f}" for memory in found["in a batch"][4]))
    print(f"{rows} rows in the joint table; maps that differ from those apart: {different or 'none'}")


if __name__ == "__main__":
    main()
