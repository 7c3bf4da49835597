"""Makes the read-me's picture: the sample archive mapped from the dock of the real QGIS desktop.

Run by the engine's Python, which serves the archive: `build/engine/bin/python tests/ui/readme_picture.py`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from real_desktop import ROOT, sample_archive_served, take_picture

TARGET = ROOT / "docs" / "images" / "allpa_in_qgis.png"
EXTENT = [725_500, 8_482_500, 734_700, 8_491_700]
"""West, south, east, north in EPSG:32718: nearly the whole archive."""
LONGEST_RUN_S = 1500


def main():
    """Make the picture; the folder's name is the map's title in it."""
    with tempfile.TemporaryDirectory() as folder, sample_archive_served(sys.executable) as stac_url:
        results = Path(tempfile.gettempdir()) / "Allpa" / "Sample valley"
        shutil.rmtree(results, ignore_errors=True)
        job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": stac_url, "folder": str(results)}
        picture = Path(folder) / TARGET.name
        facts = take_picture(job, picture, folder, sys.executable, LONGEST_RUN_S)
        if facts["failure"]:
            sys.exit(facts["failure"])
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(picture, TARGET)
    sys.stdout.write("".join("\t".join(line) + "\n" for line in facts["table"]))
    sys.stdout.write(f"{TARGET}: {TARGET.stat().st_size / 1e3:.0f} kB\n")


if __name__ == "__main__":
    main()
