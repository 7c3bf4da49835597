"""The query of one catalogue: scenes by tile, rejected items, and tiles without an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from time import monotonic

from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from ..core.catalogues import Catalogue
from ..core.errors import CatalogueUnreachable, SceneUnsupported
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import Scene
from ..geo.mgrs_tiles import region_in_tile_crs, scene_footprint
from ..geo.region import Region
from .answer_cache import AnswerCache
from .api import ItemSource, TileOrBox, open_catalogue
from .coverage import DateRange
from .items import scene_from_item
from .paging import StacItem
from .retrying_io import RetryingIO
from .static_catalogue import Bounds, SearchExtent

STAGE = "search"
MAX_SEARCH_ITEMS = 200_000
"""Most items of a search in one catalogue."""
OPEN_TIME_S = 1500.0
"""Time limit for the root of a catalogue, or for all of a static one."""
SEARCH_TIME_S = 300.0
TIME_PER_QUERY_S = 60.0
"""A search may take `SEARCH_TIME_S`, and so much more for each of its queries."""
_REPORT_INTERVAL_S = 0.2
_MAX_ID_CHARS = 100


@dataclass(frozen=True)
class SearchRequest:
    """What is searched, in any catalogue."""

    region: Region
    date_ranges: tuple[DateRange, ...]
    """Calendar months, or parts of them."""
    reporter: Reporter
    answer_timeout_s: float
    bands: tuple[str, ...] = ()
    """Keys of bands that a scene must have beside the six and SCL."""
    answers: AnswerCache | None = None
    """Answers of catalogues that were kept."""


@dataclass
class QueryResult:
    """What one catalogue answered."""

    catalogue: Catalogue
    scenes: list[Scene] = field(default_factory=list)
    """Scenes within region and period, duplicates included."""
    rejected: dict[str, str] = field(default_factory=dict)
    """Why items cannot be used, by id."""
    unanswered: tuple[str, ...] = ()
    """Tiles without an answer; all of them where the catalogue cannot filter by tile."""
    failure: CatalogueUnreachable | None = None
    notes: list[str] = field(default_factory=list)
    """What the catalogue lists and could not be read."""
    incomplete_tiles: set[str] = field(default_factory=set)
    """Tiles whose scenes could not be listed whole."""


def query_catalogue(catalogue: Catalogue, request: SearchRequest, tiles: tuple[str, ...]) -> QueryResult:
    """Query a catalogue for the scenes of some tiles, up to the first tile that it does not answer.

    A catalogue that cannot filter by tile is queried by the region's bounding box and may return other tiles as well.

    Parameters
    ----------
    catalogue
        The catalogue to query.
    request
        Region, period and listener.
    tiles
        Names of tiles; a catalogue that cannot filter by tile ignores them.

    Returns
    -------
    QueryResult
        What was found until then; a failure of the catalogue stands in it and is not raised.

    """
    result = QueryResult(catalogue)
    done_tiles = 0
    progress = _SearchProgress(request.reporter)
    parts: dict[str, BaseGeometry] = {}
    try:
        io = RetryingIO(catalogue.name, request.answer_timeout_s, progress.check_cancelled, request.reporter.log)
        io.answers = request.answers
        io.end_s = monotonic() + OPEN_TIME_S
        source = open_catalogue(catalogue, io, _search_extent(request), request.reporter.log)
        tiles_or_boxes = _tiles_or_boxes(source, request.region, tiles)
        date_ranges = request.date_ranges[:1] if source.lists_everything else request.date_ranges
        progress.total = max(1, len(tiles_or_boxes) * len(date_ranges))
        io.end_s = monotonic() + SEARCH_TIME_S + TIME_PER_QUERY_S * progress.total
        for tile_or_box in tiles_or_boxes:
            items: list[StacItem] = []
            for date_range in date_ranges:
                items += source.items(tile_or_box, *_datetimes(date_range))
                progress.step()
            for item in items:
                _add_item(item, result, request, parts)
            if len(result.scenes) + len(result.rejected) > MAX_SEARCH_ITEMS:
                raise io.too_large(message("It has more than {count} items.", count=MAX_SEARCH_ITEMS))
            result.notes, result.incomplete_tiles = list(source.notes), source.incomplete_tiles
            done_tiles += source.supports_tile_query
    except CatalogueUnreachable as failure:
        result.failure, result.unanswered = failure, tiles[done_tiles:]
    return result


def _add_item(item: StacItem, result: QueryResult, request: SearchRequest, parts: dict[str, BaseGeometry]) -> None:
    """Add an item to the scenes, if within region and period, or to the rejected ones."""
    try:
        scene = scene_from_item(item, result.catalogue, request.bands)
    except SceneUnsupported as error:
        result.rejected[str(item.get("id"))[:_MAX_ID_CHARS]] = error.what
        return
    if scene.tile not in parts:
        parts[scene.tile] = region_in_tile_crs(request.region, scene.tile)
    day = scene.sensing_time.date()
    in_period = any(first <= day <= last for first, last in request.date_ranges)
    if in_period and scene_footprint(scene).intersection(parts[scene.tile]).area > 0:
        result.scenes.append(scene)


class _SearchProgress:
    """Progress of the search, which also notices a cancel."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter, self.done, self.total = reporter, 0, 1
        self._reported_at = float("-inf")

    def check_cancelled(self) -> None:
        """Give the reporter a chance to stop the search, not more often than `_REPORT_INTERVAL_S`."""
        if monotonic() - self._reported_at >= _REPORT_INTERVAL_S:
            self._report()

    def step(self) -> None:
        """One more request is done."""
        self.done += 1
        self._report()

    def _report(self) -> None:
        self._reported_at = monotonic()
        self._reporter.progress(STAGE, self.done, self.total)


def _tiles_or_boxes(source: ItemSource, region: Region, tiles: tuple[str, ...]) -> list[TileOrBox]:
    if source.supports_tile_query:
        return [TileOrBox(tile=tile) for tile in tiles]
    return [TileOrBox(bbox=bounds) for bounds in _boxes(region)]


def _boxes(region: Region) -> list[Bounds]:
    """One box, or one on each side of the antimeridian."""
    polygons = list(region.geometry.geoms) if isinstance(region.geometry, MultiPolygon) else [region.geometry]
    west, _, east, _ = region.bounds
    if east - west <= 180:
        return [region.bounds]
    sides = [[polygon for polygon in polygons if (polygon.bounds[0] < 0) == western] for western in (True, False)]
    return [MultiPolygon(side).bounds for side in sides if side]


def _search_extent(request: SearchRequest) -> SearchExtent:
    now = datetime.now(timezone.utc)
    start, end = (
        _datetimes((request.date_ranges[0][0], request.date_ranges[-1][1])) if request.date_ranges else (now, now)
    )
    return SearchExtent(_boxes(request.region), start, end)


def _datetimes(date_range: DateRange) -> tuple[datetime, datetime]:
    first, last = date_range
    return (
        datetime.combine(first, time(), timezone.utc),
        datetime.combine(last + timedelta(days=1), time(), timezone.utc),
    )
