"""Coverage of a region by the selected scenes: its share, where the gap is, and which tiles have no scene at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import transform, union_all
from shapely.geometry import box, mapping
from shapely.geometry.base import BaseGeometry

from ..core.messages import message
from ..core.scene import Scene
from ..geo.mgrs_tiles import region_in_tile_crs, scene_footprint, squares_in_region, tile_bounds, tile_to_lonlat
from ..geo.region import Region

MIN_COVERED_SHARE = 0.95
"""Coverage of less than this share of the region is a warning."""
MIN_MISSING_SHARE = 0.01
"""A tile is missing where more than this share of its part of the region has no scene."""
_SLIVER_DEGREES = 1e-4
"""Gaps narrower than twice this, some 20 m, come from simplified outlines."""
_EARTH_RADIUS_M = 6_371_007.2
"""Of the sphere with the area of the ellipsoid."""
_MAX_LISTED_TILES = 20


@dataclass(frozen=True)
class RegionCoverage:
    """What the selected scenes cover of a region."""

    share: float
    """Of the region's area, 0 to 1."""
    gap: Mapping[str, Any] | None
    """GeoJSON (longitude/latitude) of the part without a scene; None where the scenes cover the whole region."""
    notes: tuple[str, ...]
    """The shares of the tiles and of the region."""
    warnings: tuple[str, ...]
    """A gap of more than 5 % of the region, and tiles without a scene."""


def measure_region_coverage(scenes: Iterable[Scene], region: Region) -> RegionCoverage:
    """Measure what scenes cover of a region, by their footprints.

    Parameters
    ----------
    scenes
        The selected scenes; footprints include clouds.
    region
        The region to map.

    """
    footprints: dict[str, list[BaseGeometry]] = {}
    for scene in scenes:
        footprints.setdefault(scene.tile, []).append(scene_footprint(scene))
    region_m2 = _area_m2(region.geometry)
    covered: list[BaseGeometry] = []
    notes: list[str] = []
    for tile, outlines in sorted(footprints.items()):
        part = tile_to_lonlat(region_in_tile_crs(region, tile).intersection(box(*tile_bounds(tile))), tile)
        covered.append(tile_to_lonlat(union_all(outlines), tile))
        part_m2 = _area_m2(part)
        notes.append(
            message(
                "Tile {tile} contains {share:.1%} of the region; scenes cover {covered:.1%} of that part.",
                tile=tile,
                share=min(part_m2 / region_m2, 1.0),
                covered=min(_area_m2(part.intersection(covered[-1])) / part_m2, 1.0) if part_m2 else 0.0,
            )
        )
    gap = region.geometry.difference(union_all(covered).buffer(0))
    gap = gap.buffer(-_SLIVER_DEGREES, quad_segs=1).buffer(_SLIVER_DEGREES, quad_segs=1).intersection(region.geometry)
    share = min(max(1 - _area_m2(gap) / region_m2, 0.0), 1.0)
    warnings = []
    if share < MIN_COVERED_SHARE:
        warnings.append(
            message("The scenes cover only {share:.1%} of the region; the rest of the map has no data.", share=share)
        )
    else:
        notes.append(message("The scenes cover {share:.1%} of the region.", share=share))
    missing = _tiles_without_scenes(region, gap, set(footprints))
    if missing:
        more = len(missing) - _MAX_LISTED_TILES
        listed = ", ".join(missing[:_MAX_LISTED_TILES]) + (f", … (+{more})" if more > 0 else "")
        warnings.append(message("No scene was found for these tiles of the region: {tiles}.", tiles=listed))
    return RegionCoverage(share, None if gap.is_empty else _polygons(gap), tuple(notes), tuple(warnings))


def _tiles_without_scenes(region: Region, gap: BaseGeometry, tiles: set[str]) -> list[str]:
    """The tiles that the gap lies in; one in two latitude bands is listed with both of its possible names."""
    if gap.is_empty:
        return []
    missing = []
    for names, part in squares_in_region(region).items():
        part_lonlat = tile_to_lonlat(part, names[0])
        if not tiles.intersection(names) and gap.intersection(part_lonlat).area > MIN_MISSING_SHARE * part_lonlat.area:
            missing.append("/".join(names))
    return sorted(missing)


def _area_m2(geometry: BaseGeometry) -> float:
    """Area of a geometry in longitude/latitude on the sphere (Lambert's cylindrical equal-area projection)."""

    def project(points: NDArray[np.float64]) -> NDArray[np.float64]:
        radians = np.radians(points)
        return np.column_stack((radians[:, 0], np.sin(radians[:, 1])))

    return float(transform(geometry, project).area) * _EARTH_RADIUS_M**2


def _polygons(geometry: BaseGeometry) -> dict[str, Any]:
    """The polygons of a geometry as a GeoJSON MultiPolygon, rounded to about a metre."""
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon"]
    return {"type": "MultiPolygon", "coordinates": [_rounded(mapping(part)["coordinates"]) for part in parts]}


def _rounded(values: Any) -> Any:  # noqa: ANN401 - GeoJSON nests its lists to different depths
    if isinstance(values, (list, tuple)):
        return [_rounded(value) for value in values]
    return round(values, 5)
