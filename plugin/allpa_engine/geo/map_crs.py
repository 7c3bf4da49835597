"""The CRS of a map: projected and in metres, and one in which the region can be drawn."""

from __future__ import annotations

import math

from pyproj import CRS
from pyproj.exceptions import CRSError, ProjError

from ..core.errors import JobInvalid
from ..core.messages import message
from .projection import SQUARE_METRES_PER_HECTARE
from .region import Region

WEB_MERCATOR = 3857
MIN_AREA_RATIO, MAX_AREA_RATIO = 0.5, 2.0
"""Area of the region in the map's CRS divided by its true area."""


def check_map_crs(crs: str, region: Region | None = None) -> CRS:
    """Read the CRS of a map and check that pixels of 10 m can be counted in it.

    Parameters
    ----------
    crs : code such as `EPSG:32718`, or WKT.
    region : must have a place in the CRS; None leaves that out.

    Returns
    -------
    The CRS: projected, its axes in metres.

    Raises
    ------
    JobInvalid : for an unknown CRS, one in degrees or feet, and one that is not meant for the region.

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
            message("The map's CRS {crs} is not known.", crs=repr(crs[:60])),
            str(error)[:200],
            "Give the code of a projected CRS in metres, such as EPSG:32718, or none to use the region's UTM zone.",
        ) from error
    if not parsed.is_projected or any(axis.unit_conversion_factor != 1 for axis in parsed.axis_info[:2]):
        units = sorted({axis.unit_name for axis in parsed.axis_info[:2]})
        raise JobInvalid(
            message("The map's CRS must be projected and in metres, and {name} is not.", name=name),
            message("{type_name}, {names}.", type_name=parsed.type_name, names=" and ".join(units))
            if units
            else message("{type_name}.", type_name=parsed.type_name),
            "Choose the UTM zone of the region, or a national grid in metres.",
        )
    if region is not None and not _is_usable_at(parsed, crs, region):
        raise JobInvalid(
            message("The map's CRS {name} cannot be used for this region.", name=name),
            "The region lies too far from where this CRS is used: its pixels would not have their true size.",
            "Choose the UTM zone of the region, or a national grid in metres.",
        )
    return parsed


def _is_usable_at(parsed: CRS, crs: str, region: Region) -> bool:
    """Whether areas in the CRS are within half and double the true ones; Web Mercator is only warned of."""
    try:
        drawn = region.geometry_in_crs(crs)
    except (ProjError, ValueError):
        return False
    if not all(map(math.isfinite, drawn.bounds)):
        return False
    ratio = drawn.area / SQUARE_METRES_PER_HECTARE / region.area_ha
    return parsed.to_epsg() == WEB_MERCATOR or MIN_AREA_RATIO < ratio < MAX_AREA_RATIO
