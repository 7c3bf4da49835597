"""Makes the read-me's pictures in the real QGIS desktop: the sample archive mapped from the dock, or its scenes found.

Run by the engine's Python, which serves the archive: `build/engine/bin/python tests/ui/readme_picture.py [scenes]`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from real_desktop import ROOT, run_and_screenshot, sample_archive_served

IMAGES = ROOT / "docs" / "images"
EXTENT = [725_500, 8_482_500, 734_700, 8_491_700]
"""West, south, east, north in EPSG:32718: nearly the whole archive."""
RUN_TIMEOUT_S = 1500


def main(find_scenes):
    """Make the picture; the folder's name is the map's title in it."""
    target = IMAGES / ("scenes_in_qgis.png" if find_scenes else "allpa_in_qgis.png")
    with tempfile.TemporaryDirectory() as folder, sample_archive_served(sys.executable) as stac_url:
        results = Path(tempfile.gettempdir()) / "Allpa" / "Sample valley"
        shutil.rmtree(results, ignore_errors=True)
        job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": stac_url, "folder": str(results)}
        job |= {"find_scenes": find_scenes, "run": not find_scenes}
        picture = Path(folder) / target.name
        facts = run_and_screenshot(job, picture, folder, sys.executable, RUN_TIMEOUT_S)
        if facts["failure"]:
            sys.exit(facts["failure"])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(picture, target)
    sys.stdout.write("".join("\t".join(line) + "\n" for line in facts["table"]))
    sys.stdout.write(f"{target}: {target.stat().st_size / 1e3:.0f} kB\n")


if __name__ == "__main__":
    main("scenes" in sys.argv[1:])
