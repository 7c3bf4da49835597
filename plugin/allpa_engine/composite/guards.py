"""Guards: votes that evidence speaks against count for the scene's second class, or not at all.

The network sees one scene at a time. What it cannot see decides here: how steep the ground is, what the other dates
say, and what lies around. Each guard is on or off by its name:

`slope`
    Water does not lie on steep ground, and hardly anything is built there. Where the ground is steep all around a
    pixel, its votes for Water and Built area go to the second class of their scenes.
`persistence`
    What the network calls clouds on most dates, while the scene classification says that the sky is clear, is no cloud
    but bright ground (salt, roofs, old ice): there the second class of these scenes votes.
`shade`
    A pixel that is Water on some dates and not on others, with no pixel near it that is Water on nearly all dates, is
    shaded land: its votes for Water go to the second class of their scenes.

A second class votes with what the first one left of the probability, since its own is not stored; that is the most that
it can have had. A pixel that a guard would leave without any vote keeps those that it had. With no guard on, nothing
here is called. Which classes are water, built area and clouds is said by their roles in the legend; a guard is about
those that the legend has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core.composite_keys import PERSISTENCE, SHADE, SLOPE
from ..core.legend import BUNDLED_LEGEND, NO_DATA, ROLE_BUILT, ROLE_CLOUDS, ROLE_WATER, Legend
from ..geo.grid import Grid
from .rule import CompositeRule
from .votes import Decision, Tally, add_month, add_observations, decide, empty_tally

HALO_PX = 8
"""Pixels around a block whose votes and slopes are needed too, so that a pixel's class does not depend on the block."""
WATER_SLOPE_DEGREES, WATER_SLOPE_RADIUS_PX = 12.0, 3
"""Votes for Water do not count where all ground within so many pixels is steeper: the shore of a lake below a cliff is
near its level water. On fifteen real chips of steep mountains 3,278 of the 3,848 pixels that the network of November
2026 called water lie so, and no lake of the simulated valley loses a pixel."""
LASTING_WATER_SLOPE_DEGREES = 20.0
"""The limit where water lasts: rivers in gorges, which the elevation model's pixels of 30 m do not resolve."""
BUILT_SLOPE_DEGREES, BUILT_SLOPE_RADIUS_PX = 18.0, 1
"""The same of Built area. On those chips 9,759 of 14,365 pixels called built lie so, among them 7,591 of the 8,390 of
landslides, and 65 of the 2,428 whose teacher is sure of a built area too."""
CLOUD_SHARE = 0.5
"""Persistence: more than this share of the dates on which the sky is clear."""
MIN_CLOUD_DATES = 3
"""Persistence: and at least so many dates."""
SHADE_WATER_SHARE = 0.8
"""Shade: Water is the class so far, and that on at most this share of the clear dates."""
MIN_OTHER_DATES = 2
"""Shade: and something else on at least so many."""
LASTING_WATER_SHARE = 0.85
"""Water lasts where more than this share of the clear dates says so."""
SHORE_PX = HALO_PX
"""Shade: so near to lasting water a pixel is its shore, and keeps its votes."""
GUARD_BITS = {SLOPE: 1, PERSISTENCE: 2, SHADE: 4}
"""Bit of each guard in the layer of changed pixels."""
_T = TypeVar("_T", bound=np.generic)
_REPLACED = {ROLE_WATER: (SLOPE, SHADE), ROLE_BUILT: (SLOPE,), ROLE_CLOUDS: (PERSISTENCE,)}
"""The guards that need the second classes of each role's observations."""


@dataclass
class SecondVotes:
    """What the second classes of some observations of n pixels would vote, tallied beside the votes themselves."""

    size: int
    guards: tuple[str, ...]
    max_observations: int
    legend: Legend = BUNDLED_LEGEND
    by_class: dict[int, Tally] = field(default_factory=dict)
    """By the first class, whose observations they stand for."""
    cloud_dates: NDArray[np.uint16] = field(init=False)
    """`(n,)` dates on which the network saw clouds and the scene classification none."""

    def __post_init__(self) -> None:
        for role, names in _REPLACED.items():
            code = self.legend.code_of(role)
            if code is not None and set(names) & set(self.guards):
                self.by_class[code] = empty_tally(self.size, self.max_observations, self.legend.land_codes)
        self.cloud_dates = np.zeros(self.size if self.legend.cloud_code in self.by_class else 0, np.uint16)

    def slice(self, pixels: slice) -> SecondVotes:
        """The votes of some of the pixels, as views."""
        part = SecondVotes(0, self.guards, self.max_observations, self.legend)
        part.by_class = {code: slice_tally(tally, pixels) for code, tally in self.by_class.items()}
        part.cloud_dates = self.cloud_dates[pixels]
        return part

    def cropped(self, block: Grid) -> SecondVotes:
        """The votes of a block, of those of the block with its halo."""
        part = SecondVotes(0, self.guards, self.max_observations, self.legend)
        part.by_class = {code: cropped(tally, block) for code, tally in self.by_class.items()}
        part.cloud_dates = without_halo(self.cloud_dates, block) if self.cloud_dates.size else self.cloud_dates
        return part

    def add(
        self,
        classes: NDArray[np.uint8],
        confidence: NDArray[np.uint8],
        second: NDArray[np.uint8],
        votes: NDArray[np.bool_],
        sky_is_clear: NDArray[np.bool_],
        months: Sequence[int],
        *,
        soft: bool,
    ) -> None:
        """Add the observations of some scenes, all arrays `(scene, n)`.

        Parameters
        ----------
        classes, confidence : the first class and its confidence x 255.
        second : the second class, 0 where a scene has none.
        votes : which observations vote.
        sky_is_clear : where the scene classification sees data without cloud or shadow.
        months : month of each scene.
        soft : all probabilities of land vote already, those of the second classes too.

        """
        rest, clouds = np.uint8(255) - confidence, self.legend.cloud_code
        for code, tally in self.by_class.items():
            replaced = (classes == code) & (sky_is_clear if code == clouds else votes)
            if not replaced.any():
                continue
            if code == clouds:
                self.cloud_dates += np.add.reduce(replaced, axis=0, dtype=np.uint16)
            replaced &= second != NO_DATA
            if clouds is not None:
                replaced &= second != clouds
            votes_of_seconds = np.zeros_like(rest) if soft and code != clouds else rest
            add_observations(tally, second * replaced.view(np.uint8), votes_of_seconds, months)

    def add_month(self, month: SecondVotes, votes: Tally) -> None:
        """Add a month's votes, in the fixed point of `votes.add_month`; `votes` are the month's first classes.

        Second classes stand for observations of first ones, so they are divided by the number of these.
        """
        for code, tally in self.by_class.items():
            seconds = month.by_class[code]
            extra = seconds.observations.sum(axis=0, dtype=np.uint32) if code == self.legend.cloud_code else 0
            add_month(tally, seconds, votes.observations.sum(axis=0, dtype=np.uint32) + extra)
        self.cloud_dates += month.cloud_dates


def slice_tally(tally: Tally, pixels: slice | NDArray[np.intp] | NDArray[np.bool_]) -> Tally:
    """The tally of some of the pixels; of a slice a view."""
    return Tally(tally.confidence[:, pixels], tally.observations[:, pixels], tally.months[pixels], tally.codes)


@dataclass(frozen=True)
class Evidence:
    """Where each guard applies, of n pixels."""

    steep_for_water: NDArray[np.bool_] | None
    """None where the guard is off."""
    steep_for_built: NDArray[np.bool_] | None
    persistent_clouds: NDArray[np.bool_] | None
    shaded: NDArray[np.bool_] | None

    def where(self, guard: str) -> NDArray[np.bool_] | None:
        """Where a guard applies."""
        if guard == SLOPE:
            if self.steep_for_water is None or self.steep_for_built is None:
                return None
            steep: NDArray[np.bool_] = self.steep_for_water | self.steep_for_built
            return steep
        return self.persistent_clouds if guard == PERSISTENCE else self.shaded

    def part(self, pixels: slice | NDArray[np.intp]) -> Evidence:
        """The evidence of some of the pixels."""
        masks = (self.steep_for_water, self.steep_for_built, self.persistent_clouds, self.shaded)
        return Evidence(*(None if mask is None else mask[pixels] for mask in masks))


def expanded_by_halo(block: Grid) -> Grid:
    """A block with the pixels around it that guards need."""
    halo_m = HALO_PX * block.resolution
    return Grid(
        block.crs, block.left - halo_m, block.top + halo_m, block.resolution,
        block.width + 2 * HALO_PX, block.height + 2 * HALO_PX,
    )  # fmt: skip


def without_halo(values: NDArray[_T], block: Grid) -> NDArray[_T]:
    """The block's part, flat in the last axis, of flat values of `expanded_by_halo(block)`."""
    shape = (*values.shape[:-1], block.height + 2 * HALO_PX, block.width + 2 * HALO_PX)
    inner = values.reshape(shape)[..., HALO_PX:-HALO_PX, HALO_PX:-HALO_PX]
    return np.ascontiguousarray(inner).reshape(*values.shape[:-1], -1)


def cropped(tally: Tally, block: Grid) -> Tally:
    """The tally of a block, of that of the block with its halo."""
    return Tally(
        without_halo(tally.confidence, block),
        without_halo(tally.observations, block),
        without_halo(tally.months, block),
        tally.codes,
    )


def gather_evidence(
    block: Grid, votes: Tally, seconds: SecondVotes, slope_degrees: NDArray[np.float32] | None, rule: CompositeRule
) -> Evidence:
    """Where each guard of the rule applies.

    Parameters
    ----------
    block : grid of the block.
    votes, seconds : of `expanded_by_halo(block)`.
    slope_degrees : `(y, x)` of the same; None where no elevation is known.
    rule : names the guards that are on.

    Returns
    -------
    Masks of the block's own pixels, flat.

    """
    from scipy.ndimage import maximum_filter, minimum_filter  # takes 0.15 s, which maps without guards need not wait

    shape = block.height + 2 * HALO_PX, block.width + 2 * HALO_PX
    water = _observations(votes, rule.legend.code_of(ROLE_WATER))
    dates = votes.observations.sum(axis=0, dtype=np.uint32)
    lasting = (water > LASTING_WATER_SHARE * dates) & (dates > 0)
    steep_for_water = steep_for_built = persistent = shaded = None
    if SLOPE in rule.guards and slope_degrees is not None:
        # A pixel without height counts as flat, so nothing near it is steep.
        known = np.where(np.isnan(slope_degrees), np.float32(0), slope_degrees)
        flattest_far, flattest_near = (
            without_halo(minimum_filter(known, 2 * radius_px + 1).ravel(), block)
            for radius_px in (WATER_SLOPE_RADIUS_PX, BUILT_SLOPE_RADIUS_PX)
        )
        limits = np.where(without_halo(lasting, block), LASTING_WATER_SLOPE_DEGREES, WATER_SLOPE_DEGREES)
        steep_for_water, steep_for_built = flattest_far > limits, flattest_near > BUILT_SLOPE_DEGREES
    if PERSISTENCE in rule.guards:
        clouds = seconds.cloud_dates.astype(np.uint32)
        persistent = without_halo((clouds >= MIN_CLOUD_DATES) & (clouds > CLOUD_SHARE * (clouds + dates)), block)
    if SHADE in rule.guards:
        near_water = maximum_filter(lasting.reshape(shape).view(np.uint8), 2 * SHORE_PX + 1).ravel() > 0
        at_times = (water > 0) & (water <= SHADE_WATER_SHARE * dates) & (dates - water >= MIN_OTHER_DATES)
        shaded = without_halo(at_times & ~near_water, block)
    return Evidence(steep_for_water, steep_for_built, persistent, shaded)


def _observations(votes: Tally, code: int | None) -> NDArray[np.uint32]:
    """Clear observations `(n,)` of a class; 0 where there is no such class."""
    if code is None:
        return np.zeros(votes.months.size, np.uint32)
    observations: NDArray[np.uint32] = votes.observations[votes.codes.index(code)].astype(np.uint32)
    return observations


def decide_guarded(
    votes: Tally, seconds: SecondVotes, evidence: Evidence, seen: NDArray[np.bool_], rule: CompositeRule
) -> Decision:
    """Decide pixels by their votes after the guards, one guard after the other.

    Parameters
    ----------
    votes, seconds : of n pixels, with at most `MAX_OBSERVATIONS` observations each.
    evidence : where each guard applies, of the same pixels.
    seen : `(n,)` where any scene observed the pixel.
    rule : of the composite.

    Returns
    -------
    The layers, and in `guarded` which guards changed a pixel's class.

    """
    layers = decide(votes, seen, rule).layers
    changed = np.zeros(seen.size, np.uint8)
    masks = {name: mask for name in GUARD_ORDER if (mask := evidence.where(name)) is not None}
    pixels = np.flatnonzero(np.logical_or.reduce(list(masks.values()))) if masks else np.empty(0, np.intp)
    if not pixels.size:
        return Decision(layers, changed)
    current = _wide(slice_tally(votes, pixels))
    parts = {code: slice_tally(tally, pixels) for code, tally in seconds.by_class.items()}
    here = evidence.part(pixels)
    for name, mask in masks.items():
        applies = mask[pixels]
        if name == SHADE:
            applies &= layers[0, pixels] == rule.legend.code_of(ROLE_WATER)
        where = np.flatnonzero(applies)
        if not where.size:
            continue
        guarded = slice_tally(current, where)
        by_class = {code: slice_tally(part, where) for code, part in parts.items()}
        _APPLY[name](guarded, by_class, here.part(where), rule.legend)
        has_votes = np.asarray(guarded.observations.any(axis=0), np.bool_)
        where, guarded = where[has_votes], slice_tally(guarded, has_votes)
        for target, source in zip(_arrays(current), _arrays(guarded), strict=True):
            target[..., where] = source
        outcome = decide(guarded, seen[pixels[where]], rule).layers
        changed[pixels[where[outcome[0] != layers[0, pixels[where]]]]] |= np.uint8(GUARD_BITS[name])
        layers[:, pixels[where]] = outcome
    return Decision(layers, changed)


def _wide(tally: Tally) -> Tally:
    """The tally in types that hold whatever is added."""
    return Tally(
        tally.confidence.astype(np.uint32), tally.observations.astype(np.uint16), tally.months.copy(), tally.codes
    )


def _arrays(tally: Tally) -> tuple[NDArray[np.unsignedinteger], ...]:
    return tally.confidence, tally.observations, tally.months


def _add(tally: Tally, seconds: Tally, where: NDArray[np.bool_] | None = None) -> None:
    """Add votes, in place; only where a mask says so."""
    factor = 1 if where is None else where.view(np.uint8)
    tally.confidence += seconds.confidence * factor
    tally.observations += seconds.observations * factor
    tally.months |= seconds.months * factor


def _clear_votes(tally: Tally, code: int, where: NDArray[np.bool_]) -> None:
    row = tally.codes.index(code)
    tally.confidence[row, where] = 0
    tally.observations[row, where] = 0


def _guard_slope(tally: Tally, seconds: Mapping[int, Tally], evidence: Evidence, legend: Legend) -> None:
    if evidence.steep_for_water is None or evidence.steep_for_built is None:
        return
    roles = ((ROLE_WATER, evidence.steep_for_water), (ROLE_BUILT, evidence.steep_for_built))
    barred = [(code, where) for role, where in roles if (code := legend.code_of(role)) is not None]
    for code, where in barred:
        _clear_votes(tally, code, where)
        _add(tally, seconds[code], where)
    for code, where in barred:  # a second class may be the other one
        _clear_votes(tally, code, where)


def _guard_persistence(tally: Tally, seconds: Mapping[int, Tally], evidence: Evidence, legend: Legend) -> None:  # noqa: ARG001 - as the others
    if legend.cloud_code is not None:
        _add(tally, seconds[legend.cloud_code])


def _guard_shade(tally: Tally, seconds: Mapping[int, Tally], evidence: Evidence, legend: Legend) -> None:
    # Where the ground is steep its votes for water have gone already.
    steep, water = evidence.steep_for_water, legend.code_of(ROLE_WATER)
    if water is None:
        return
    where = np.ones(tally.months.size, bool) if steep is None else ~steep
    _clear_votes(tally, water, where)
    _add(tally, seconds[water], where)


GUARD_ORDER = (PERSISTENCE, SLOPE, SHADE)
"""Persistence first: the votes that it adds are under the others like any vote."""
_APPLY: dict[str, Callable[[Tally, Mapping[int, Tally], Evidence, Legend], None]] = {
    PERSISTENCE: _guard_persistence,
    SLOPE: _guard_slope,
    SHADE: _guard_shade,
}
"""What each guard does to the votes of the pixels where it applies, in place."""
