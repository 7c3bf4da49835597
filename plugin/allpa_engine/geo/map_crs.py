"""The CRS of a map: projected and in metres, and one in which the region can be drawn."""

from __future__ import annotations

import math

from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from ..core.errors import JobInvalid
from .region import Region


def check_map_crs(crs: str, region: Region | None = None) -> CRS:
    """Read the CRS of a map and check that pixels of 10 m can be counted in it.

    Parameters
    ----------
    crs : code such as `EPSG:32718`, or WKT.
    region : what must lie where the CRS can be used, if given.

    Raises
    ------
    JobInvalid : for an unknown CRS, one in degrees or feet, and one in which the region cannot be drawn.

    Examples
    --------
    >>> check_map_crs("EPSG:32718").name
    'WGS 84 / UTM zone 18S'

    """
    try:
        parsed = CRS.from_user_input(crs)
        name = crs if len(crs) < 60 else parsed.name
    except (CRSError, ValueError) as error:
        raise JobInvalid(
            f"The map's CRS {crs[:60]!r} is not known.",
            str(error)[:200],
            "Give the code of a projected CRS in metres, such as EPSG:32718, or none to use the region's UTM zone.",
        ) from error
    if not parsed.is_projected or any(axis.unit_conversion_factor != 1 for axis in parsed.axis_info[:2]):
        units = sorted({axis.unit_name for axis in parsed.axis_info[:2]})
        raise JobInvalid(
            f"The map's CRS must be projected and in metres, and {name} is not.",
            f"Its units are {' and '.join(units)}." if units else "",
            "Choose the UTM zone of the region, or a national grid in metres.",
        )
    try:
        is_drawn = region is None or all(map(math.isfinite, region.geometry_in_crs(crs).bounds))
    except (ProjError, ValueError):
        is_drawn = False
    if not is_drawn:
        raise JobInvalid(
            f"The region cannot be drawn in the map's CRS {name}.",
            "It lies too far from where this CRS is used.",
            "Choose the UTM zone of the region, or a national grid in metres.",
        )
    return parsed
