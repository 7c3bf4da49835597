"""The demonstration: the main job through `qgis_process` on the sample archive, and its agreement with the truth."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from qgis_profile import QGIS_PROCESS, ROOT, make_profile
from rasterio.windows import from_bounds
from sample_archive import build_sample_archive, serve_archive

sys.path.insert(0, str(ROOT / "plugin"))
from allpa_engine.core.legend import LEGEND

BUILD = ROOT / "build"
OUTPUT = BUILD / "demo"
EXTENT_M = (725_040, 735_200, 8_482_040, 8_492_200)
"""Left, right, bottom, top in EPSG:32718."""


def run_job(stac_url: str) -> None:
    """Map 2020 with `qgis_process`, as anybody would from a terminal."""
    environment = make_profile(BUILD / "profile", sys.executable)
    extent = ",".join(map(str, EXTENT_M)) + " [EPSG:32718]"
    parameters = {"EXTENT": extent, "REGION_NAME": "Sample region", "YEAR": 2020, "CATALOGUE_URL": stac_url}
    cli_parameters = [f"--{name}={value}" for name, value in {**parameters, "FOLDER": OUTPUT}.items()]
    command = [QGIS_PROCESS, "run", "allpa:landcovermap", *cli_parameters]
    done = subprocess.run(command, env={**environment, "QT_QPA_PLATFORM": "offscreen"}, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def print_areas(path: Path) -> None:
    """The area table as it was written."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.reader(line for line in stream if not line.startswith("#")) if row]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())


def read_pair(landcover: Path, truth: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Map and truth on the same pixels."""
    with rasterio.open(landcover) as mapped, rasterio.open(truth) as truth_codes:
        window = from_bounds(*mapped.bounds, truth_codes.transform)
        return mapped.read(1), truth_codes.read(1, window=window, boundless=True, fill_value=0)


def print_agreement(mapped: NDArray[np.uint8], truth_codes: NDArray[np.uint8]) -> None:
    """Producer's and user's agreement of each class, and the agreement of all pixels."""
    valid = (mapped > 0) & (truth_codes > 0)
    print("\nAgreement with the simulated truth (the network was not trained on it; not an accuracy of real maps)")
    print(f"  {'class':20} {'true ha':>9} {'mapped ha':>9} {'producer %':>11} {'user %':>8}")
    for land in LEGEND:
        true, found = valid & (truth_codes == land.code), valid & (mapped == land.code)
        both = int((true & found).sum())
        shares = [f"{100 * both / int(mask.sum()):.1f}" if mask.any() else "-" for mask in (true, found)]
        areas = [int(mask.sum()) / 100 for mask in (true, found)]
        print(f"  {land.name:20} {areas[0]:9.1f} {areas[1]:9.1f} {shares[0]:>11} {shares[1]:>8}")
    print(f"  All pixels: {100 * (mapped == truth_codes)[valid].mean():.1f} % agree")


def main() -> None:
    """Write the archive, serve it, map it, and print what came out."""
    started = time.monotonic()
    print("Writing the sample archive (simulated Sentinel-2 scenes of a year, with known truth)", flush=True)
    folder = build_sample_archive(BUILD / "archive")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    with serve_archive(folder) as archive:
        print(f"Serving it at {archive.stac_url}\n", flush=True)
        run_job(archive.stac_url)
    print("\nAreas")
    print_areas(OUTPUT / "areas_2020.csv")
    area_ha = (EXTENT_M[1] - EXTENT_M[0]) * (EXTENT_M[3] - EXTENT_M[2]) / 10_000
    print(f"  The region's area in the map's CRS: {area_ha:.2f} ha")
    print_agreement(*read_pair(OUTPUT / "landcover_2020.tif", folder / "truth.tif"))
    print(f"\nFiles in {OUTPUT}")
    for path in sorted(OUTPUT.iterdir()):
        if path.is_file():
            print(f"  {path.name:32} {path.stat().st_size / 1e3:8.1f} kB")
    print(
        f"\nDone in {time.monotonic() - started:.0f} s. Open landcover_2020.tif in QGIS, report_2020.html in a browser."
    )


if __name__ == "__main__":
    main()
