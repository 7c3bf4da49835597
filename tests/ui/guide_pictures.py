"""Makes the pictures of the guide in the real QGIS desktop, in English and in Spanish, from the sample archive.

Run by the engine's Python, which serves the archive: `build/engine/bin/python tests/ui/guide_pictures.py`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from real_desktop import ROOT, run_and_screenshot, sample_archive_served

IMAGES = ROOT / "resources" / "help" / "images"
EXTENT = [726_500, 8_483_500, 729_500, 8_486_500]
"""West, south, east, north in EPSG:32718."""
STEPS = ("region", "zones", "scenes", "map", "districts")
RUN_TIMEOUT_S = 1500
COLORS = 128


def main():
    """Five pictures in each language."""
    for language, locale in (("en", "en_US"), ("es", "es_PE")):
        with tempfile.TemporaryDirectory() as folder, sample_archive_served(sys.executable) as stac_url:
            results = Path(tempfile.gettempdir()) / "Allpa" / "Abancay"
            shutil.rmtree(results, ignore_errors=True)
            job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": stac_url}
            job |= {"folder": str(results), "find_scenes": True, "steps": True, "locale": locale}
            job["districts"] = "Distritos" if language == "es" else "Districts"
            job |= {"screen": [1366, 768], "dialog": "allpa:map_by_district", "dialog_size": [900, 560]}
            facts = run_and_screenshot(job, Path(folder) / "last.png", folder, sys.executable, RUN_TIMEOUT_S)
            if facts["failure"]:
                sys.exit(facts["failure"])
            IMAGES.mkdir(parents=True, exist_ok=True)
            for step in STEPS:
                with Image.open(Path(folder) / f"{step}.png") as picture:
                    picture.convert("RGB").quantize(COLORS).save(IMAGES / f"{step}_{language}.png", optimize=True)
    sys.stdout.write("".join(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB\n" for file in sorted(IMAGES.glob("*"))))


if __name__ == "__main__":
    main()
