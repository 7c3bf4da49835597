"""Print the areas of a land-cover map's classes: `python class_areas.py landcover_2020.tif`."""

import sys
from pathlib import Path

from allpa_engine.areas import area_table


def main() -> None:
    """Count the pixels of each class and print their areas."""
    table = area_table(Path(sys.argv[1]))
    for row in table.rows:
        print(f"{row.name:20} {row.pixels:9} pixels {row.area_ha:10.2f} ha {row.percent:6.2f} %")


if __name__ == "__main__":
    main()
