"""Composite the classified scenes of a run for some months: `python season_map.py --folder abancay --months 6 7 8`.

Nothing is downloaded or classified again.
"""

import argparse
from pathlib import Path

import rasterio
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job


def main() -> None:
    """Composite the predictions below the folder and print how many pixels have a class."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="output folder of the run")
    parser.add_argument("--months", type=int, nargs="+", required=True)
    chosen = parser.parse_args()
    job = Job(
        folder=str(chosen.folder),
        task="composite",
        months=tuple(chosen.months),
        outputs={"landcover": str(chosen.folder / "season.tif"), "quality": str(chosen.folder / "season_quality.tif")},
    )
    result = run_job(job, NullReporter())
    with rasterio.open(result["landcover"]) as season:
        classes = season.read(1)
    print(f"{result['landcover']}: {(classes > 0).sum()} of {classes.size} pixels have a class")


if __name__ == "__main__":
    main()
