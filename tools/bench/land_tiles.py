"""Lists of Sentinel-2 tiles of a country, or of the world's land, for `allpa plan --tiles-file`.

    PYTHONPATH=plugin:tools python -m bench.land_tiles COUNTRIES.zip [--country Peru] > peru.csv

COUNTRIES is a zipped shapefile of Natural Earth's countries (public domain), 1:10 million. A tile is listed where its
100 km square has land, whole; Antarctica is left out. A square in two latitude bands is one tile, under the first of
its names.
"""

import argparse
import sys

from allpa_engine.geo.mgrs_tiles import squares_in_region
from allpa_engine.geo.region import Region
from shapely import from_wkb, make_valid
from shapely.geometry import MultiPolygon, Polygon

SQUARE_M2 = 1e10


def read_countries(path):
    """Name and geometry of each country, longitude and latitude."""
    from pyogrio.raw import read

    _, _, geometries, (names,) = read(f"/vsizip/{path}" if str(path).endswith(".zip") else path, columns=["ADMIN"])
    return [(name, make_valid(from_wkb(wkb))) for name, wkb in zip(names, geometries)]


def polygons_of(geometry):
    """The polygons of any geometry."""
    if isinstance(geometry, Polygon):
        return [geometry]
    return [polygon for part in getattr(geometry, "geoms", []) for polygon in polygons_of(part)]


def land_tiles(countries):
    """Share of land in the 100 km square of each tile, by the tile's name, for `(name, geometry)` of countries."""
    shares = {}
    for _, geometry in countries:
        polygons = [polygon for polygon in polygons_of(geometry) if polygon.area > 0]
        for names, part in squares_in_region(Region(MultiPolygon(polygons))).items():
            shares[names[0]] = min(shares.get(names[0], 0) + part.area / SQUARE_M2, 1.0)
    return dict(sorted(shares.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("countries")
    parser.add_argument("--country", default="")
    options = parser.parse_args()
    countries = [(name, geometry) for name, geometry in read_countries(options.countries) if name != "Antarctica"]
    if options.country:
        countries = [(name, geometry) for name, geometry in countries if name == options.country]
    shares = land_tiles(countries)
    sys.stdout.write("".join(f"{name}\n" for name in shares))
    sys.stderr.write(f"{len(shares)} tiles, {sum(shares.values()) * 100:.0f} hundred square kilometres of land\n")


if __name__ == "__main__":
    main()
