"""Search: every usable Sentinel-2 L2A scene of a region and period in one catalogue, or in another in its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..core.catalogues import Catalogue, catalogue_named
from ..core.errors import NoScenes
from ..core.job import MONTHS
from ..core.messages import Sentence, said
from ..core.protocol import Reporter, Silent
from ..core.scene import Scene, TileYear
from ..geo.mgrs_tiles import tiles_of
from ..geo.region import Region
from .coverage import (
    acquisition_days,
    coverage_notes,
    coverage_of,
    is_suspicious,
    windows_of,
)
from .duplicates import without_duplicates
from .query import Ask, Haul, haul_from
from .split_granules import missing_part_notes

PATIENCE_S = 120.0
_SHOWN_IDS = 5


@dataclass(frozen=True)
class SearchResult:
    """What a search found."""

    scenes: tuple[Scene, ...]
    """In the order tile, time, id; no duplicates."""
    notes: tuple[str, ...]
    """Facts on the search worth the reader's eye."""
    coverage: tuple[TileYear, ...] = ()
    """How often each tile was seen in each year, before clouds were looked at."""


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
    reporter : listener; may stop the search.
    fallback : catalogue that takes over where the first does not answer, or knows suspiciously few acquisitions and
        this one more; always for whole tiles and the whole period, and told in the notes.
    patience_s : seconds without a good answer after which a catalogue counts as unreachable.

    Raises
    ------
    CatalogueUnreachable : where neither the catalogue nor the fallback answers.
    NoScenes : where nothing usable is found; the sentence says why.
    JobInvalid : where the catalogue or its collection does not exist.

    """
    first = catalogue if isinstance(catalogue, Catalogue) else catalogue_named(catalogue, collection)
    windows = windows_of(date.fromisoformat(start), date.fromisoformat(end), months)
    ask = Ask(region, windows, reporter or Silent(), patience_s)
    tiles = tiles_of(region)
    hauls = [haul_from(first, ask, tiles)]
    scenes = hauls[0].scenes
    notes: list[str] = []
    if fallback:
        second = fallback if isinstance(fallback, Catalogue) else catalogue_named(fallback)
        other, scenes, notes = _completed(hauls[0], second, ask, tiles)
        hauls += other
    elif hauls[0].failure is not None:
        raise hauls[0].failure
    found = _usable(scenes, hauls, ask, max_cloud_percent)
    return replace(found, notes=(*notes, *found.notes))


def _completed(
    first: Haul, catalogue: Catalogue, ask: Ask, tiles: tuple[str, ...]
) -> tuple[list[Haul], list[Scene], list[str]]:
    """Let a second catalogue take over the tiles that the first left open, or of which it knows suspiciously little."""
    seen: dict[str, set[date]] = {tile: set() for tile in tiles} | acquisition_days(first.scenes)
    thin = {tile for tile in seen if is_suspicious(seen[tile], ask.windows)} - set(first.missing)
    if first.failure is None and not thin:
        return [], first.scenes, []
    second = haul_from(catalogue, ask, tuple(sorted({*first.missing, *thin})))
    if second.failure is not None:
        if first.failure is not None:
            raise second.failure
        return (
            [],
            first.scenes,
            [said("{catalogue} could not be asked: {why}", catalogue=catalogue.name, why=second.failure.what)],
        )
    offered = acquisition_days(second.scenes)
    answered = set(seen) - set(first.missing)
    better = {tile for tile in thin if len(offered.get(tile, ())) > len(seen[tile])}
    taken = {tile for tile in offered if tile in better or (first.failure is not None and tile not in answered)}
    notes: list[str] = []
    if first.failure is not None:
        notes.append(
            said(
                "{catalogue} replaces {first} for {tiles}: {why}",
                catalogue=catalogue.name,
                first=first.catalogue.name,
                tiles=", ".join(sorted(taken - better)) or "no tile",
                why=first.failure.what,
            )
        )
    notes += [
        said(
            "{catalogue} replaces {first} for {tile}: it has {days} acquisition days, not {known}.",
            catalogue=catalogue.name,
            first=first.catalogue.name,
            tile=tile,
            days=len(offered[tile]),
            known=len(seen[tile]),
        )
        for tile in sorted(better)
    ]
    scenes = [scene for scene in first.scenes if scene.tile not in taken]
    return [second], scenes + [scene for scene in second.scenes if scene.tile in taken], notes


def _usable(scenes: Iterable[Scene], hauls: list[Haul], ask: Ask, max_cloud_percent: float) -> SearchResult:
    """Drop duplicates and clouds; with notes on what was left out."""
    refused = {identifier: what for haul in hauls for identifier, what in haul.refused.items()}
    kept, duplicate_notes = without_duplicates(scenes)
    clear = tuple(each for each in kept if each.cloud_percent is None or each.cloud_percent <= max_cloud_percent)
    if not clear:
        raise _no_scenes(hauls, ask, len(kept), refused, max_cloud_percent)
    coverage = coverage_of(kept, ask.windows)
    notes = [*coverage_notes(coverage), *missing_part_notes(kept), *duplicate_notes, *_refusal_notes(refused)]
    if len(clear) < len(kept):
        notes.append(
            said(
                "{count} of {all} scenes have more than {percent:g} % cloud.",
                count=len(kept) - len(clear),
                all=len(kept),
                percent=max_cloud_percent,
            )
        )
    return SearchResult(clear, tuple(notes), coverage)


def _refusal_notes(refused: dict[str, str]) -> list[str]:
    """One note per kind of refusal; the item's id is what differs within a kind."""
    kinds: dict[str, list[str]] = {}
    for identifier, what in sorted(refused.items()):
        kinds.setdefault(_of_any(what, identifier), []).append(identifier)
    return [
        said(
            "{count} refused: {why} ({items})",
            count=len(ids),
            why=what,
            items=", ".join(ids[:_SHOWN_IDS]) + (", …" if len(ids) > _SHOWN_IDS else ""),
        )
        for what, ids in kinds.items()
    ]


def _of_any(what: str, identifier: str) -> str:
    """A refusal without the item's id."""
    if isinstance(what, Sentence) and what.values.get("id") == identifier:
        return said(what.template, **{**what.values, "id": "…"})
    return what.replace(identifier, "…")


def _no_scenes(hauls: list[Haul], ask: Ask, cloudy: int, refused: dict[str, str], max_cloud_percent: float) -> NoScenes:
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
