"""Search: all usable Sentinel-2 L2A scenes of a region and period, from a catalogue or its fallback."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..core.catalogues import Catalogue, find_catalogue
from ..core.errors import NoScenes
from ..core.job import MONTHS
from ..core.messages import Message, message
from ..core.protocol import NullReporter, Reporter
from ..core.scene import Scene, TileYear
from ..geo.mgrs_tiles import tiles_for_region
from ..geo.region import Region
from .answer_cache import AnswerCache
from .coverage import (
    acquisition_days_by_tile,
    coverage_notes,
    is_suspicious,
    split_by_month,
    tile_coverage,
)
from .duplicates import drop_duplicates
from .query import QueryResult, SearchRequest, query_catalogue
from .split_granules import missing_part_notes

ANSWER_TIMEOUT_S = 120.0
_MAX_LISTED_IDS = 5
_MAX_LISTED_REASONS = 10


@dataclass(frozen=True)
class SearchResult:
    """What a search found."""

    scenes: tuple[Scene, ...]
    """In the order tile, time, id; no duplicates."""
    notes: tuple[str, ...]
    """What the user should know: acquisition days, missing, rejected and duplicate items."""
    coverage: tuple[TileYear, ...] = ()
    """Acquisition days of each tile and year, cloudy ones included."""
    warnings: tuple[str, ...] = ()
    """Those of the notes that say that scenes are missing from the list."""


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
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
    bands: Sequence[str] = (),
    answers: AnswerCache | None = None,
) -> SearchResult:
    """Find the scenes of a region and period.

    Parameters
    ----------
    region
        The region to map; scenes that do not touch it are dropped.
    start, end
        ISO days, both inclusive.
    catalogue
        Key of the table of catalogues, or the URL of any STAC API or static catalogue.
    collection
        Collection id; empty takes the catalogue's own.
    months
        Calendar months (1 to 12) to search.
    max_cloud_percent
        Scenes with more cloud (of their valid pixels) are dropped; those with unknown cloud cover are not.
    reporter
        Receives progress and log; may stop the search.
    fallback
        Catalogue that replaces the first where that does not answer, or where it lists suspiciously few acquisition
        days of a tile and the fallback more. Tiles are replaced as a whole, with a note.
    bands
        Keys of the bands that are needed; scenes without one of them are rejected, with a note.
    answers
        Answers of earlier searches; None asks the catalogue for everything.
    answer_timeout_s
        Seconds without a valid answer after which a catalogue counts as unreachable.

    Raises
    ------
    CatalogueUnreachable
        Where neither the catalogue nor the fallback answers.
    NoScenes
        Where nothing usable is found; the message says why.
    JobInvalid
        Where the catalogue or its collection does not exist.

    """
    first = catalogue if isinstance(catalogue, Catalogue) else find_catalogue(catalogue, collection)
    date_ranges = split_by_month(date.fromisoformat(start), date.fromisoformat(end), months)
    request = SearchRequest(region, date_ranges, reporter or NullReporter(), answer_timeout_s, tuple(bands), answers)
    tiles = tiles_for_region(region)
    results = [query_catalogue(first, request, tiles)]
    scenes = results[0].scenes
    notes: list[str] = []
    if fallback:
        second = fallback if isinstance(fallback, Catalogue) else find_catalogue(fallback)
        other, scenes, notes = _query_fallback(results[0], second, request, tiles)
        results += other
    elif results[0].failure is not None:
        raise results[0].failure
    found = _build_search_result(scenes, results, request, max_cloud_percent)
    warnings = tuple(note for result in results for note in result.notes)
    return replace(found, notes=(*warnings, *notes, *found.notes), warnings=warnings)


def _query_fallback(
    first: QueryResult, catalogue: Catalogue, request: SearchRequest, tiles: tuple[str, ...]
) -> tuple[list[QueryResult], list[Scene], list[str]]:
    """Take from a second catalogue the tiles that the first did not answer, or lists suspiciously few days of."""
    acquired_days: dict[str, set[date]] = {tile: set() for tile in tiles} | acquisition_days_by_tile(first.scenes)
    sparse_tiles = {tile for tile in acquired_days if is_suspicious(acquired_days[tile], request.date_ranges)}
    sparse_tiles = (sparse_tiles | (first.incomplete_tiles & set(tiles))) - set(first.unanswered)
    if first.failure is None and not sparse_tiles:
        return [], first.scenes, []
    second = query_catalogue(catalogue, request, tuple(sorted({*first.unanswered, *sparse_tiles})))
    if second.failure is not None:
        if first.failure is not None:
            raise second.failure
        return (
            [],
            first.scenes,
            [message("{catalogue} could not be searched: {why}", catalogue=catalogue.name, why=second.failure.what)],
        )
    fallback_days = acquisition_days_by_tile(second.scenes)
    answered = set(acquired_days) - set(first.unanswered)
    denser_tiles = {tile for tile in sparse_tiles if len(fallback_days.get(tile, ())) > len(acquired_days[tile])}
    replaced_tiles = {
        tile for tile in fallback_days if tile in denser_tiles or (first.failure is not None and tile not in answered)
    }
    notes: list[str] = []
    if first.failure is not None:
        notes.append(
            message(
                "{catalogue} replaces {first} for {tiles}: {why}",
                catalogue=catalogue.name,
                first=first.catalogue.name,
                tiles=", ".join(sorted(replaced_tiles - denser_tiles)) or "no tile",
                why=first.failure.what,
            )
        )
    notes += [
        message(
            "{catalogue} replaces {first} for {tile}: it has {days} acquisition days, not {known}.",
            catalogue=catalogue.name,
            first=first.catalogue.name,
            tile=tile,
            days=len(fallback_days[tile]),
            known=len(acquired_days[tile]),
        )
        for tile in sorted(denser_tiles)
    ]
    scenes = [scene for scene in first.scenes if scene.tile not in replaced_tiles]
    return [second], scenes + [scene for scene in second.scenes if scene.tile in replaced_tiles], notes


def _build_search_result(
    scenes: Iterable[Scene], results: list[QueryResult], request: SearchRequest, max_cloud_percent: float
) -> SearchResult:
    """Remove duplicates and cloudy scenes, with notes on what was removed."""
    rejected = {identifier: what for result in results for identifier, what in result.rejected.items()}
    unique_scenes, duplicate_notes = drop_duplicates(scenes)
    by_id = {scene.id: scene for scene in reversed(unique_scenes)}
    for scene in unique_scenes:
        if by_id[scene.id] is not scene:
            rejected[scene.id] = message("The id {id} is used by several items that differ.", id=scene.id)
    unique_scenes = tuple(scene for scene in unique_scenes if by_id[scene.id] is scene)
    clear = tuple(
        scene for scene in unique_scenes if scene.cloud_percent is None or scene.cloud_percent <= max_cloud_percent
    )
    if not clear:
        raise _no_scenes(results, request, len(unique_scenes), rejected, max_cloud_percent)
    coverage = tile_coverage(unique_scenes, request.date_ranges)
    notes = [
        *coverage_notes(coverage),
        *missing_part_notes(unique_scenes),
        *duplicate_notes,
        *_rejection_notes(rejected),
    ]
    if len(clear) < len(unique_scenes):
        notes.append(
            message(
                "{count} of {all} scenes have more than {percent:g} % cloud.",
                count=len(unique_scenes) - len(clear),
                all=len(unique_scenes),
                percent=max_cloud_percent,
            )
        )
    return SearchResult(clear, tuple(notes), coverage)


def _rejection_notes(rejected: dict[str, str]) -> list[str]:
    """One note per reason; within a reason only the id of the item differs."""
    kinds: dict[str, list[str]] = {}
    for identifier, what in sorted(rejected.items()):
        kinds.setdefault(_without_item_id(what, identifier), []).append(identifier)
    notes: list[str] = [
        message(
            "Items rejected ({count}): {why} ({items})",
            count=len(ids),
            why=what,
            items=", ".join(ids[:_MAX_LISTED_IDS]) + (", …" if len(ids) > _MAX_LISTED_IDS else ""),
        )
        for what, ids in sorted(kinds.items(), key=lambda entry: -len(entry[1]))[:_MAX_LISTED_REASONS]
    ]
    if len(kinds) > _MAX_LISTED_REASONS:
        notes.append(message("Items were rejected for {count} reasons in all.", count=len(kinds)))
    return notes


def _without_item_id(what: str, identifier: str) -> str:
    """A reason without the id of the item."""
    if isinstance(what, Message) and what.values.get("id") == identifier:
        return message(what.template, **{**what.values, "id": "…"})
    return what.replace(identifier, "…")


def _no_scenes(
    results: list[QueryResult],
    request: SearchRequest,
    cloudy_count: int,
    rejected: dict[str, str],
    max_cloud_percent: float,
) -> NoScenes:
    names = ", ".join(result.catalogue.name for result in results)
    period = message("in no month")
    if request.date_ranges:
        first, last = str(request.date_ranges[0][0]), str(request.date_ranges[-1][1])
        period = message("from {first} to {last}", first=first, last=last)
    if cloudy_count:
        return NoScenes(
            message(
                "All {count} scenes of this region {period} have more than {percent:g} % cloud.",
                count=cloudy_count,
                period=period,
                percent=max_cloud_percent,
            )
        )
    if rejected:
        commonest = Counter(rejected.values()).most_common(1)[0][0]
        return NoScenes(
            message("None of the {count} items found in {names} can be used.", count=len(rejected), names=names),
            commonest,
        )
    return NoScenes(
        message("{names} has no Sentinel-2 scene of this region {period}.", names=names, period=period),
        next((note for result in results for note in result.notes), "")
        or message("Sentinel-2 acquires land and coastal areas, not the open ocean."),
    )
