"""The plan of a job: tiles, scenes, bytes, core-hours, minutes, disk and memory, before anything is fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core.atomic import format_bytes
from ..core.bands import BAND_KEYS
from ..core.errors import JobInvalid, SceneUnsupported
from ..core.messages import format_number, message, text_of, translatable, translate
from ..core.mgrs import TILE_M
from ..core.safe_names import safe_name
from ..core.scene import Scene, Selection
from ..fetch.cache import find_stored_bands, scene_path
from ..fetch.larger_window import find_larger_window
from ..fetch.scene_bands import usual_resolution_m
from ..fetch.scene_request import SceneRequest, download_bytes, make_scene_request, max_pixels
from ..geo.grid import RESOLUTION_M
from ..geo.mgrs_tiles import tile_crs
from ..geo.region import Region
from .rates import Rates

MAP_BYTES_PER_PX = 12
"""Map and quality raster with what is written aside, as `composite.compose` asks for."""
MAX_TILES_FILE_BYTES = 20_000_000
_TILE_MPX = (TILE_M / RESOLUTION_M) ** 2 / 1e6


@dataclass(frozen=True)
class TilePlan:
    """What one tile takes."""

    tile: str
    """MGRS tile, such as `18LYL`."""
    scenes: int
    """Chosen scenes."""
    map_mpx: float
    """Million pixels of the tile's part of the map, at most."""
    scene_mpx: float
    """Million pixels of all the scenes' windows: each gives one vote."""
    classify_mpx: float
    """Of these, those that are not classified yet."""
    fetch_bytes: float
    """About how much must be fetched."""
    cached_bytes: float
    """About how much of what is needed lies in the cache already."""
    fetch_mpx: float
    """Million pixels of the scenes that must be fetched."""


@dataclass(frozen=True)
class Plan:
    """What a job takes; the sums are those of its tiles."""

    period: str
    tiles: tuple[TilePlan, ...]
    rates: Rates
    covered_share: float | None = None
    """Share of the region that the scenes cover, 0 to 1; None where that is not known."""
    notes: tuple[str, ...] = ()

    @property
    def scenes(self) -> int:
        """Chosen scenes of all tiles."""
        return sum(tile.scenes for tile in self.tiles)

    @property
    def fetch_bytes(self) -> float:
        """About how much must be fetched."""
        return sum(tile.fetch_bytes for tile in self.tiles)

    @property
    def classify_mpx(self) -> float:
        """Million pixels to classify."""
        return sum(tile.classify_mpx for tile in self.tiles)

    @property
    def core_hours(self) -> float:
        """Hours of one processor: classification and composite."""
        votes = sum(tile.scene_mpx for tile in self.tiles)
        seconds = self.classify_mpx * self.rates.classify_core_s_per_mpx + votes * self.rates.composite_core_s_per_mpx
        return seconds / 3600

    @property
    def minutes(self) -> float:
        """Minutes on the clock on this computer; fetching and classifying go on at the same time.

        Where no fetch was measured yet, fetching is left out; `notes` of the plan say so.
        """
        classify_s = self.classify_mpx * self.rates.classify_s_per_mpx
        fetch_s = self.fetch_bytes / self.rates.fetch_bytes_per_s if self.rates.fetch_bytes_per_s else 0.0
        votes = sum(tile.scene_mpx for tile in self.tiles)
        return (max(classify_s, fetch_s) + votes * self.rates.composite_s_per_mpx + self.rates.run_s) / 60

    @property
    def disk_bytes(self) -> float:
        """Bytes that are written: scenes, predictions, map and quality raster."""
        return sum(
            1e6 * (
                tile.fetch_mpx * self.rates.scene_bytes_per_px
                + tile.classify_mpx * self.rates.prediction_bytes_per_px
                + tile.map_mpx * MAP_BYTES_PER_PX
            )
            for tile in self.tiles
        )  # fmt: skip

    def to_dict(self) -> dict[str, object]:
        """The plan as JSON values; sizes in bytes, `minutes` on this computer."""
        return {
            "period": self.period,
            "tile_count": len(self.tiles),
            "scene_count": self.scenes,
            "classify_mpx": round(self.classify_mpx, 3),
            "fetch_bytes": round(self.fetch_bytes),
            "cached_bytes": round(sum(tile.cached_bytes for tile in self.tiles)),
            "core_hours": round(self.core_hours, 4),
            "minutes": round(self.minutes, 2),
            "disk_bytes": round(self.disk_bytes),
            "memory_mb": round(self.rates.peak_memory_mb),
            "covered_share": self.covered_share,
            "notes": [str(note) for note in self.notes],
            "rates": asdict(self.rates),
            "tiles": [asdict(tile) for tile in self.tiles],
        }


def plan_selection(
    selection: Selection,
    region: Region,
    rates: Rates,
    *,
    period: str,
    cache: Path,
    predictions: Path,
    margin_m: float,
    bands: Sequence[str] = BAND_KEYS,
) -> Plan:
    """Plan the run of a scene list.

    Parameters
    ----------
    selection : the scenes; only the chosen ones count.
    region : what is mapped.
    rates : of the computer.
    period : name of the period.
    cache, predictions : folders whose files need not be made again.
    margin_m : land around the region that is fetched too, metres.
    bands : keys of the bands that are fetched.

    Returns
    -------
    The plan, its tiles in the order of their names.

    """
    by_tile: dict[str, list[Scene]] = {}
    for scene in selection.chosen:
        by_tile.setdefault(scene.tile, []).append(scene)
    tiles = []
    for tile, scenes in sorted(by_tile.items()):
        facts = [_scene_facts(scene, region, cache, predictions, margin_m, bands) for scene in scenes]
        tiles.append(
            TilePlan(
                tile,
                len(scenes),
                map_mpx=max(fact.mpx for fact in facts),
                scene_mpx=sum(fact.mpx for fact in facts),
                classify_mpx=sum(fact.mpx for fact in facts if not fact.is_classified),
                fetch_bytes=sum(fact.bytes for fact in facts if not fact.is_cached),
                cached_bytes=sum(fact.bytes for fact in facts if fact.is_cached),
                fetch_mpx=sum(fact.mpx for fact in facts if not fact.is_cached),
            )
        )
    return Plan(period, tuple(tiles), rates, selection.covered_share, (*_rate_notes(rates), *selection.warnings))


def plan_tiles(
    tiles: Mapping[str, float],
    scenes_per_tile: float,
    rates: Rates,
    *,
    period: str = "",
    bands: Sequence[str] = BAND_KEYS,
) -> Plan:
    """Plan whole tiles without a search, for a country or the world.

    Parameters
    ----------
    tiles : share of each tile that is mapped, 0 to 1, by its name.
    scenes_per_tile : scenes that vote in a tile, on average.
    rates : of the computer.
    period : name of the period; may be empty.
    bands : keys of the bands that are fetched, without compression.

    Returns
    -------
    The plan, its tiles in the order of their names.

    Raises
    ------
    JobInvalid : where a name is not that of a tile, or a number is out of its limits.

    Examples
    --------
    >>> plan = plan_tiles({"18LYL": 1.0, "18LZL": 0.5}, 20, Rates())
    >>> plan.scenes, round(plan.classify_mpx)
    (40, 3617)

    """
    if not 0 < scenes_per_tile <= 1000:
        raise JobInvalid(message("The number of scenes per tile must lie between 1 and 1000."))
    bytes_per_px = sum(2 * (RESOLUTION_M / usual_resolution_m(key)) ** 2 for key in bands)
    planned = []
    for tile, share in sorted(tiles.items()):
        try:
            tile_crs(tile)
        except SceneUnsupported as error:
            raise JobInvalid(error.what) from error
        if not 0 < share <= 1:
            raise JobInvalid(message("The share of tile {tile} must lie between 0 and 1.", tile=tile))
        mpx = _TILE_MPX * share
        scenes_mpx = mpx * scenes_per_tile
        planned.append(
            TilePlan(
                tile,
                round(scenes_per_tile),
                mpx,
                scenes_mpx,
                scenes_mpx,
                scenes_mpx * 1e6 * bytes_per_px,
                0,
                scenes_mpx,
            )
        )
    return Plan(period, tuple(planned), rates, None, _rate_notes(rates))


def read_tiles_file(path: Path) -> dict[str, float]:
    """Read a list of tiles: a name on each line, behind a comma the share of it that is mapped (else all).

    Parameters
    ----------
    path : of a text file; empty lines and those that begin with `#` are skipped.

    Returns
    -------
    The shares, 0 to 1, by the names of the tiles.

    Raises
    ------
    JobInvalid : where it cannot be read, a line cannot be understood, or a tile stands twice.

    """
    try:
        if path.stat().st_size > MAX_TILES_FILE_BYTES:
            raise JobInvalid(message("The list of tiles {name} is too large.", name=path.name))
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise JobInvalid(message("The list of tiles {name} cannot be read.", name=path.name), text_of(error)) from error
    tiles: dict[str, float] = {}
    for number, line in enumerate(lines, start=1):
        name, _, share = line.strip().partition(",")
        if not name or name.startswith("#"):
            continue
        try:
            value = float(share) if share.strip() else 1.0
        except ValueError:
            value = 0.0
        if name.strip() in tiles or not 0 < value <= 1:
            raise JobInvalid(
                message("Line {number} of the list of tiles cannot be used.", number=number),
                message("It is {line}.", line=repr(line[:80])),
                translatable("Write each tile once, and behind a comma its share, between 0 and 1."),
            )
        tiles[name.strip()] = value
    if not tiles:
        raise JobInvalid(message("The list of tiles {name} is empty.", name=path.name))
    return tiles


def plan_table(plan: Plan, language: str = "en", max_rows: int = 40) -> str:
    """The plan as a table of text.

    Parameters
    ----------
    plan : the plan.
    language : `en` or `es`.
    max_rows : tiles that are shown; the sums hold all.

    Returns
    -------
    Lines: a row per tile, the sums, and the notes.

    """
    words = {word: translate(word, language) for word in _WORDS}
    lines = [f"{words['tile']:<12}{words['scenes']:>10}{words['Mpx to classify']:>24}{words['to fetch']:>14}"]
    lines += [
        _row(tile.tile, tile.scenes, tile.classify_mpx, tile.fetch_bytes, language) for tile in plan.tiles[:max_rows]
    ]
    if len(plan.tiles) > max_rows:
        lines.append(translate(message("and {count} more tiles", count=len(plan.tiles) - max_rows), language))
    lines.append(_row(words["all"], plan.scenes, plan.classify_mpx, plan.fetch_bytes, language))
    lines += [translate(text, language) for text in (*plan_sentences(plan), *plan.notes)]
    return "\n".join(lines)


def _row(name: str, scenes: int, classify_mpx: float, fetch_bytes: float, language: str) -> str:
    size = translate(format_bytes(fetch_bytes), language)
    return f"{name:<12}{scenes:>10}{format_number(classify_mpx, 1, language):>24}{size:>14}"


def plan_sentences(plan: Plan) -> tuple[str, ...]:
    """What a plan says of time, disk, memory and coverage, as messages."""
    covered = () if plan.covered_share is None else (
        message("The scenes cover {share:.1%} of the region.", share=plan.covered_share),
    )  # fmt: skip
    return (
        message(
            "About {minutes:,.1f} minutes on this computer, {hours:,.3f} core-hours.",
            minutes=plan.minutes,
            hours=plan.core_hours,
        ),
        message(
            "About {disk} of disk space and {memory:,.1f} GB of memory.",
            disk=format_bytes(plan.disk_bytes),
            memory=plan.rates.peak_memory_mb / 1000,
        ),
        *covered,
    )


_WORDS = (
    translatable("tile"),
    translatable("scenes"),
    translatable("Mpx to classify"),
    translatable("to fetch"),
    translatable("all"),
)


def _rate_notes(rates: Rates) -> tuple[str, ...]:
    notes = []
    if not rates.runs:
        notes.append(message("No run has been measured on this computer yet: the times are those of another one."))
    if not rates.fetch_bytes_per_s:
        notes.append(message("The speed of the network is not known yet: the time to fetch is not counted."))
    return tuple(notes)


@dataclass(frozen=True)
class _SceneFacts:
    mpx: float
    bytes: int
    is_cached: bool
    is_classified: bool


def _scene_facts(
    scene: Scene, region: Region, cache: Path, predictions: Path, margin_m: float, bands: Sequence[str]
) -> _SceneFacts:
    try:
        request = make_scene_request(scene, region, margin_m, bands)
    except SceneUnsupported:
        return _SceneFacts(0.0, 0, is_cached=False, is_classified=False)
    is_cached = _is_cached(request, cache)
    is_classified = (predictions / f"{safe_name(scene.id)}.tif").is_file()
    return _SceneFacts(max_pixels(request) / 1e6, download_bytes(request), is_cached, is_classified)


def _is_cached(request: SceneRequest, cache: Path) -> bool:
    stored = find_stored_bands(cache, request.scene, request.bounds, request.crs, request.bands)
    path = scene_path(cache, request.scene, request.bounds, request.crs, stored)
    return path.is_file() or find_larger_window(cache, request) is not None
