"""One catalogue's answer to a search: the scenes it has of each tile, and what it refused or could not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from time import monotonic

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from ..core.catalogues import Catalogue
from ..core.errors import CatalogueUnreachable, SceneUnsupported
from ..core.protocol import Reporter
from ..core.scene import Scene
from ..geo.mgrs_tiles import footprint_of, region_near
from ..geo.region import Region
from .api import Item, Place, Source, open_source
from .coverage import Window
from .items import scene_from_item
from .retrying_io import PatientIO
from .static_catalogue import Bounds, Within

STAGE = "search"
_PULSE_S = 0.2


@dataclass(frozen=True)
class Ask:
    """A search, whatever catalogue answers it."""

    region: Region
    windows: tuple[Window, ...]
    """Calendar months, or parts of them, that are searched."""
    reporter: Reporter
    patience_s: float


@dataclass
class Haul:
    """What one catalogue answered."""

    catalogue: Catalogue
    scenes: list[Scene] = field(default_factory=list)
    """Scenes that touch region and period, duplicates included."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why items were refused, by id."""
    missing: tuple[str, ...] = ()
    """Tiles that were left unanswered; all that were asked for where the catalogue cannot be asked by tile."""
    failure: CatalogueUnreachable | None = None


def haul_from(catalogue: Catalogue, ask: Ask, tiles: tuple[str, ...]) -> Haul:
    """Ask a catalogue for the scenes of some tiles; it stops at the first tile that stays unanswered.

    A catalogue that cannot be asked by tile is asked by the region's box, and may answer with other tiles as well.
    """
    haul = Haul(catalogue)
    done_tiles = 0
    progress = _Progress(ask.reporter)
    parts: dict[str, BaseGeometry] = {}
    try:
        io = PatientIO(catalogue.name, ask.patience_s, progress.pulse, ask.reporter.log)
        source = open_source(catalogue, io, _within(ask), ask.reporter.log)
        places = _places(source, ask.region, tiles)
        windows = ask.windows[:1] if source.at_once else ask.windows
        progress.total = max(1, len(places) * len(windows))
        for place in places:
            items: list[Item] = []
            for window in windows:
                items += source.items(place, *_moments(window))
                progress.step()
            for item in items:
                _sort_in(item, haul, ask, parts)
            done_tiles += source.by_tile
    except CatalogueUnreachable as failure:
        haul.failure, haul.missing = failure, tiles[done_tiles:]
    return haul


def _sort_in(item: Item, haul: Haul, ask: Ask, parts: dict[str, BaseGeometry]) -> None:
    """Add an item to the scenes where it touches region and period, or to those refused."""
    try:
        scene = scene_from_item(item, haul.catalogue)
    except SceneUnsupported as refusal:
        haul.refused[str(item.get("id"))] = refusal.what
        return
    if scene.tile not in parts:
        parts[scene.tile] = region_near(ask.region, scene.tile)
    day = scene.sensed.date()
    in_period = any(first <= day <= last for first, last in ask.windows)
    if in_period and footprint_of(scene).intersection(parts[scene.tile]).area > 0:
        haul.scenes.append(scene)


class _Progress:
    """Progress of the search, and the place where a cancel is noticed."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter, self.done, self.total = reporter, 0, 1
        self._told_at = float("-inf")

    def pulse(self) -> None:
        """Give the reporter a chance to stop the search, not more often than `_PULSE_S`."""
        if monotonic() - self._told_at >= _PULSE_S:
            self._tell()

    def step(self) -> None:
        """One more piece is done."""
        self.done += 1
        self._tell()

    def _tell(self) -> None:
        self._told_at = monotonic()
        self._reporter.progress(STAGE, self.done, self.total)


def _places(source: Source, region: Region, tiles: tuple[str, ...]) -> list[Place]:
    if source.by_tile:
        return [Place(tile=tile) for tile in tiles]
    return [Place(bbox=bounds) for bounds in _boxes(region)]


def _boxes(region: Region) -> list[Bounds]:
    """One box, or one on each side of the antimeridian."""
    polygons = list(region.geometry.geoms) if isinstance(region.geometry, MultiPolygon) else [region.geometry]
    west, _, east, _ = region.bounds
    if east - west <= 180:
        return [region.bounds]
    sides = [[each for each in polygons if (each.bounds[0] < 0) == western] for western in (True, False)]
    return [MultiPolygon(side).bounds for side in sides if side]


def _within(ask: Ask) -> Within:
    now = datetime.now(timezone.utc)
    start, end = _moments((ask.windows[0][0], ask.windows[-1][1])) if ask.windows else (now, now)
    return Within(_boxes(ask.region), start, end)


def _moments(window: Window) -> tuple[datetime, datetime]:
    first, last = window
    return (
        datetime.combine(first, time(), timezone.utc),
        datetime.combine(last + timedelta(days=1), time(), timezone.utc),
    )
