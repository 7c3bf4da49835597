"""List the scenes of a region and a period, and which would be used: `python list_scenes.py --catalogue cdse`."""

import argparse

from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.select import SelectionRule, select_scenes
from shapely.geometry import box


def main() -> None:
    """Search, select and print a line for each scene."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", required=True, help="key of the catalogue table, or the URL of a STAC API")
    parser.add_argument("--collection", default="")
    parser.add_argument("--start", default="2020-01-01")
    parser.add_argument("--end", default="2020-12-31")
    parser.add_argument("--bounds", type=float, nargs=4, default=(-72.876, -13.690, -72.866, -13.680))
    chosen = parser.parse_args()
    region = Region(box(*chosen.bounds), "Example")
    found = search_scenes(
        region, chosen.start, chosen.end, catalogue=chosen.catalogue, collection=chosen.collection, max_cloud_percent=80
    )
    selection = select_scenes(found.scenes, region, SelectionRule(max_scenes=6, clear_observations=4), found.notes)
    for candidate in selection.candidates:
        scene = candidate.scene
        mark, cloud = "+" if candidate.chosen else " ", scene.cloud_percent or 0
        print(f"{mark} {scene.sensing_time:%Y-%m-%d} {scene.tile} {cloud:5.1f} % cloud: {candidate.reason}")
    for note in selection.notes:
        print(note)


if __name__ == "__main__":
    main()
