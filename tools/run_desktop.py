"""Open the QGIS desktop with the plugin in a throw-away profile: the dock is filled in for the sample archive."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import rasterio
from qgis_profile import ROOT, make_profile
from sample_archive import build_sample_archive, serve_archive

BUILD = ROOT / "build"
STARTUP = Path(__file__).resolve().with_name("desktop_startup.py")
BRIGHT_DN = 3000
"""Digital number that is shown white: a reflectance of 0.3."""
REGION_SHARE = 0.4
"""Side of the region that is proposed, as a share of the archive's: its map takes about a minute."""


def write_picture(archive: Path, target: Path) -> tuple[float, float, float, float]:
    """Write the archive's clearest scene in true colours.

    Returns
    -------
    West, south, east, north of the region to map, in the CRS of the scene.

    """
    items = json.loads((archive / "items.json").read_text(encoding="utf-8"))["features"]
    of_all_land = [item for item in items if item["properties"]["datetime"].startswith("2020")]
    clearest = min(of_all_land, key=lambda item: item["properties"]["eo:cloud_cover"])
    bands = []
    for key in ("B04", "B03", "B02"):
        with rasterio.open(archive / "files" / clearest["assets"][key]["href"]) as source:
            bands.append(source.read(1))
            profile, bounds = source.profile, source.bounds
    rgb = (np.clip(np.stack(bands) / BRIGHT_DN, 0, 1) * 255).astype("uint8")
    profile = {
        "driver": "GTiff", "dtype": "uint8", "count": 3, "photometric": "RGB", "compress": "deflate",
        "width": rgb.shape[2], "height": rgb.shape[1], "crs": profile["crs"], "transform": profile["transform"],
    }  # fmt: skip
    with rasterio.open(target, "w", **profile) as picture:
        picture.write(rgb)
    x, y = (bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2
    half = REGION_SHARE * (bounds.right - bounds.left) / 2
    return x - half, y - half, x + half, y + half


def main() -> int:
    """Start QGIS and wait until it is closed."""
    environment = make_profile(BUILD / "profile", sys.executable)
    archive = build_sample_archive(BUILD / "archive")
    picture = BUILD / "sample_region.tif"
    extent = write_picture(archive, picture)
    with serve_archive(archive) as served:
        sample = {
            "stac_url": served.stac_url,
            "picture": str(picture),
            "folder": str(BUILD / "desktop"),
            "extent": extent,
        }
        print("QGIS opens with Allpa's dock filled in for the sample region (simulated, 2020): press Run.", flush=True)
        print(f"The catalogue is served at {served.stac_url} until QGIS is closed.", flush=True)
        print("For a real place, choose a catalogue of the list, and a polygon of 'Real places to try'.", flush=True)
        arguments = ["qgis", "--profiles-path", str(BUILD / "profile"), "--profile", "default", "--code", str(STARTUP)]
        environment["ALLPA_SAMPLE"] = json.dumps(sample)
        return subprocess.run([*arguments, *sys.argv[1:]], env=environment, cwd=Path.home(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
