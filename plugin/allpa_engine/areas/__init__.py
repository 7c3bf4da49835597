"""Areas: how much land each class covers, by pixel count and on the ellipsoid."""

from .export import write_area_csv
from .table import AreaRow, AreaTable
from .tabulate import area_table

__all__ = ["AreaRow", "AreaTable", "area_table", "write_area_csv"]
