"""The land around the town one year later: a stand of trees is felled and farmed, and houses are built on fields."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, uniform_filter

from .landscape import BUILT, CROPS, TREES, Landscape, Mask, blob, town_plan
from .random_fields import fractal_field, make_rng
from .terrain import Terrain

SIDE_PX = 352
"""The year's scenes show a square of this side, so that the archive stays small."""
FELLED_RADIUS_PX, BUILT_RADIUS_PX = 50, 30


@dataclass(frozen=True)
class Window:
    """A square part of the land, from its first row and column, both even."""

    row: int
    column: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.row, self.row + SIDE_PX), slice(self.column, self.column + SIDE_PX)


WHOLE = Window(0, 0)
"""For scenes that show all land."""


def window_of_town(landscape: Landscape) -> Window:
    """The square around the largest built area."""
    built = uniform_filter((landscape.truth == BUILT).astype(np.float32), 101)
    row, column = np.unravel_index(int(np.argmax(built)), built.shape)
    limits = [side - SIDE_PX for side in built.shape]
    first_row, first_column = (
        int(np.clip(centre - SIDE_PX // 2, 0, limit)) // 2 * 2
        for centre, limit in zip((row, column), limits, strict=True)
    )
    return Window(first_row, first_column)


def cut(landscape: Landscape, window: Window) -> Landscape:
    """The land within the window alone."""
    at, land = window.slices, landscape.terrain
    south, east = land.gradient
    terrain = Terrain(
        land.height_m[at], land.slope[at], land.river[at], land.river_distance_m[at], (south[at], east[at])
    )
    return Landscape(landscape.truth[at], landscape.parcel[at], landscape.street[at], terrain)


def one_year_later(land: Landscape, seed: int) -> Landscape:
    """The same land with less forest and a larger town; its texture and its fields' calendar differ as in any year."""
    shape = land.truth.shape
    rough = gaussian_filter(fractal_field(shape, 2.6, make_rng(seed, "next year")), 2)
    truth, parcel = land.truth.copy(), land.parcel.copy()
    truth[blob(shape, _deepest(truth == TREES), FELLED_RADIUS_PX, rough) & (truth == TREES)] = CROPS
    built = blob(shape, _deepest(land.truth == CROPS), BUILT_RADIUS_PX, rough) & (land.truth == CROPS)
    truth[built] = BUILT
    street, roofs = town_plan(shape, seed)
    parcel[built] = roofs[built] + 2**41
    return replace(land, truth=truth, parcel=parcel, street=land.street | street & built)


def _deepest(land: Mask) -> tuple[int, int]:
    """The pixel farthest from the edge of what `land` covers."""
    distance = np.asarray(distance_transform_edt(np.pad(land, 1)))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(distance)), land.shape)
    return int(row), int(column)
