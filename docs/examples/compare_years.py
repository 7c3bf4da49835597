"""Compare two land-cover maps: `python compare_years.py 2018=a.tif 2020=b.tif --folder change`."""

import argparse

from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.change import compare_maps


def main() -> None:
    """Run the comparison and print its files and numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("maps", nargs="+", metavar="PERIOD=MAP")
    parser.add_argument("--folder", required=True)
    chosen = parser.parse_args()
    maps = dict(text.split("=", 1) for text in chosen.maps)
    result = compare_maps(Job(folder=chosen.folder, task="change", maps=maps), NullReporter())
    for name, value in sorted(result.items()):
        if isinstance(value, (str, int, float)):
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
