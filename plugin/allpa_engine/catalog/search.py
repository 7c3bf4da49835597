"""Search: every usable Sentinel-2 L2A scene of a region and period in one catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from time import monotonic

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from ..catalogues import Catalogue, catalogue_named
from ..errors import CatalogueUnreachable, NoScenes, SceneUnsupported
from ..job import MONTHS
from ..protocol import Reporter, Silent
from ..region import Region
from ..scene import Scene
from .coverage import Window, coverage_notes, windows_of
from .duplicates import without_duplicates
from .items import scene_from_item
from .patience import PatientIO
from .source import Bounds, Item, Place, Source, open_source
from .tiles import footprint_of, region_near, tiles_of

PATIENCE_S = 120.0
STAGE = "search"
_SHOWN_IDS = 5
_PULSE_S = 0.2


@dataclass(frozen=True)
class SearchResult:
    """What a search found."""

    scenes: tuple[Scene, ...]
    """In the order tile, time, id; no duplicates."""
    notes: tuple[str, ...]
    """Facts on the search worth the reader's eye."""


@dataclass(frozen=True)
class _Ask:
    """A search, whatever catalogue answers it."""

    region: Region
    windows: tuple[Window, ...]
    reporter: Reporter
    patience_s: float
    tiles: tuple[str, ...]
    """Tiles that the region needs, by their names in the grid."""


@dataclass
class _Haul:
    """Items of one catalogue, and what it could not answer."""

    catalogue: Catalogue
    items: list[Item] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    """Tiles that it left open; all of them where it cannot be asked by tile."""
    failure: CatalogueUnreachable | None = None


def search_scenes(
    region: Region,
    start: str,
    end: str,
    *,
    catalogue: str | Catalogue,
    collection: str = "",
    months: Sequence[int] = MONTHS,
    max_cloud_percent: float = 100.0,
    reporter: Reporter | None = None,
    fallback: str | Catalogue = "",
    patience_s: float = PATIENCE_S,
) -> SearchResult:
    """Find the scenes of a region and period.

    Parameters
    ----------
    region : what must be seen; scenes that do not touch it are left out.
    start, end : ISO days, both inclusive.
    catalogue : key of the table of catalogues, or the URL of any STAC API or static catalogue.
    collection : collection id; empty takes the catalogue's own.
    months : calendar months (1 to 12) that are searched.
    max_cloud_percent : scenes with more cloud (of their valid pixels) are left out; unknown cloud stays.
    fallback : catalogue that takes over, for whole tiles and the whole period, where the first does not answer.
    patience_s : seconds without a good answer after which a catalogue counts as unreachable.

    Raises
    ------
    CatalogueUnreachable : where neither the catalogue nor the fallback answers.
    NoScenes : where nothing usable is found; the sentence says why.
    JobInvalid : where the catalogue or its collection does not exist.

    """
    first = catalogue if isinstance(catalogue, Catalogue) else catalogue_named(catalogue, collection)
    windows = windows_of(date.fromisoformat(start), date.fromisoformat(end), months)
    ask = _Ask(region, windows, reporter or Silent(), patience_s, tiles_of(region))
    hauls = [_hauled(first, ask)]
    notes: list[str] = []
    if hauls[0].failure is not None:
        if not fallback:
            raise hauls[0].failure
        second = fallback if isinstance(fallback, Catalogue) else catalogue_named(fallback)
        hauls.append(_hauled(second, ask, hauls[0].missing))
        if hauls[1].failure is not None:
            raise hauls[1].failure
        told = ", ".join(hauls[0].missing)
        notes.append(f"{second.name} replaces {first.name} for {told} and the whole period: {hauls[0].failure.what}")
    scenes, found_notes = _usable(hauls, ask, max_cloud_percent)
    return SearchResult(scenes, (*notes, *found_notes))


def _hauled(catalogue: Catalogue, ask: _Ask, only: tuple[str, ...] = ()) -> _Haul:
    """All items of the search; stops at the first tile that stays unanswered."""
    haul = _Haul(catalogue)
    wanted = only or ask.tiles
    done_tiles = 0
    progress = _Progress(ask.reporter)
    try:
        source = open_source(catalogue, PatientIO(catalogue.name, ask.patience_s, progress.pulse))
        places = _places(source, ask.region, wanted)
        progress.total = max(1, len(places) * (1 if source.at_once else len(ask.windows)))
        for place in places:
            found = []
            for window in ask.windows[:1] if source.at_once else ask.windows:
                found += source.items(place, *_moments(window))
                progress.step()
            haul.items += found
            done_tiles += source.by_tile
    except CatalogueUnreachable as failure:
        haul.failure, haul.missing = failure, wanted[done_tiles:]
    return haul


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


def _moments(window: Window) -> tuple[datetime, datetime]:
    first, last = window
    return (
        datetime.combine(first, time(), timezone.utc),
        datetime.combine(last + timedelta(days=1), time(), timezone.utc),
    )


def _usable(hauls: list[_Haul], ask: _Ask, max_cloud_percent: float) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Normalise, keep what touches region and period, drop duplicates and clouds; with notes on what was left out."""
    scenes: list[Scene] = []
    refused: dict[str, str] = {}
    answered = set(ask.tiles) - set(hauls[0].missing)
    for number, haul in enumerate(hauls):
        for item in haul.items:
            try:
                scene = scene_from_item(item, haul.catalogue)
            except SceneUnsupported as refusal:
                refused[str(item.get("id"))] = refusal.what
                continue
            if number == 0 or scene.tile not in answered:
                scenes.append(scene)
    touching = list(_touching(scenes, ask))
    kept, duplicate_notes = without_duplicates(touching)
    clear = tuple(each for each in kept if each.cloud_percent is None or each.cloud_percent <= max_cloud_percent)
    if not clear:
        raise _no_scenes(hauls, ask, len(kept), refused, max_cloud_percent)
    notes = [*coverage_notes(kept, ask.windows), *duplicate_notes, *_refusal_notes(refused)]
    if len(clear) < len(kept):
        notes.append(f"{len(kept) - len(clear)} of {len(kept)} scenes have more than {max_cloud_percent:g} % cloud.")
    return clear, tuple(notes)


def _touching(scenes: list[Scene], ask: _Ask) -> Iterator[Scene]:
    parts: dict[str, BaseGeometry] = {}
    for scene in scenes:
        if scene.tile not in parts:
            parts[scene.tile] = region_near(ask.region, scene.tile)
        day = scene.sensed.date()
        in_period = any(first <= day <= last for first, last in ask.windows)
        if in_period and footprint_of(scene).intersection(parts[scene.tile]).area > 0:
            yield scene


def _refusal_notes(refused: dict[str, str]) -> list[str]:
    """One note per kind of refusal; the item's id is what differs within a kind."""
    kinds: dict[str, list[str]] = {}
    for identifier, what in sorted(refused.items()):
        kinds.setdefault(what.replace(identifier, "…"), []).append(identifier)
    return [
        f"{len(ids)} refused: {what} ({', '.join(ids[:_SHOWN_IDS])}{', …' if len(ids) > _SHOWN_IDS else ''})"
        for what, ids in kinds.items()
    ]


def _no_scenes(
    hauls: list[_Haul], ask: _Ask, cloudy: int, refused: dict[str, str], max_cloud_percent: float
) -> NoScenes:
    names = " and ".join(haul.catalogue.name for haul in hauls)
    period = f"from {ask.windows[0][0]} to {ask.windows[-1][1]}" if ask.windows else "in no month"
    if cloudy:
        return NoScenes(f"All {cloudy} scenes of this region {period} have more than {max_cloud_percent:g} % cloud.")
    if refused:
        commonest = Counter(refused.values()).most_common(1)[0][0]
        return NoScenes(f"None of the {len(refused)} items that {names} lists can be used.", commonest)
    return NoScenes(
        f"{names} has no Sentinel-2 scene of this region {period}.",
        "Sentinel-2 images land and coasts, not the open sea.",
    )
