"""Map the land cover of a region in a year: `python map_region.py --catalogue planetary_computer --folder abancay`."""

import argparse

from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job


class PrintingReporter(NullReporter):
    """Prints the log of a run."""

    def log(self, text: str, level: str = "info") -> None:
        """Print a line."""
        print(f"{level}: {text}")


def rectangle(west: float, south: float, east: float, north: float) -> dict:
    """GeoJSON of a rectangle in degrees."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def main() -> None:
    """Run the main job and print the areas."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", required=True, help="key of the catalogue table, or the URL of a STAC API")
    parser.add_argument("--collection", default="")
    parser.add_argument("--folder", required=True)
    parser.add_argument("--year", type=int, default=2020)
    parser.add_argument("--bounds", type=float, nargs=4, default=(-72.876, -13.690, -72.866, -13.680))
    parser.add_argument("--max-scenes", type=int, default=20)
    chosen = parser.parse_args()
    job = Job(
        folder=chosen.folder,
        region=rectangle(*chosen.bounds),
        start=f"{chosen.year}-01-01",
        end=f"{chosen.year}-12-31",
        catalogue=chosen.catalogue,
        collection=chosen.collection,
        max_scenes=chosen.max_scenes,
    )
    result = run_job(job, PrintingReporter())
    for row in result["area_table"]:
        print(f"{row['name']:20} {row['area_ha']:10.2f} ha")
    print(result["landcover"])


if __name__ == "__main__":
    main()
