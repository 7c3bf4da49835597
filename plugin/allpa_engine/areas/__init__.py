"""Areas: how much land each class covers, by pixel count and on the ellipsoid, in a map, a region or many zones."""

from .export import write_area_csv, write_area_json
from .joint_table import add_to_joint_table, read_joint_table
from .table import AreaRow, AreaTable
from .tabulate import area_table
from .zone_export import renamed_columns, write_zones_layer, write_zones_long, write_zones_wide
from .zone_layer import read_zones
from .zone_maps import write_zone_maps
from .zone_sums import sum_zones, write_zone_sums
from .zones import Zone, ZoneAreas, ZoneTable, remarks_message, zone_table

__all__ = [
    "AreaRow",
    "AreaTable",
    "Zone",
    "ZoneAreas",
    "ZoneTable",
    "add_to_joint_table",
    "area_table",
    "read_joint_table",
    "read_zones",
    "remarks_message",
    "renamed_columns",
    "sum_zones",
    "write_area_csv",
    "write_area_json",
    "write_zone_maps",
    "write_zone_sums",
    "write_zones_layer",
    "write_zones_long",
    "write_zones_wide",
    "zone_table",
]
