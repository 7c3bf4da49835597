"""All the scenes of a selection, fetched by a few threads, failed ones replaced, given in a fixed order."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import rasterio
from pyproj import Transformer
from shapely.geometry import MultiPolygon, box, shape
from shapely.geometry.base import BaseGeometry

from ..core.atomic import require_room
from ..core.bands import BANDS
from ..core.errors import (
    AllpaError,
    AllScenesFailed,
    SceneUnreadable,
    SceneUnsupported,
)
from ..core.messages import said
from ..core.protocol import Reporter
from ..core.scene import Candidate, Failure, FetchedScene, Scene, Selection
from ..geo.grid import RESOLUTION_M
from ..geo.mgrs_tiles import region_near, tile_crs
from ..geo.region import Region
from .band_reader import GDAL_SETTINGS
from .cache import (
    abandon,
    cached_radiometry,
    claimed,
    scene_path,
    sweep,
    trim,
)
from .http import Connection, Patience
from .remote_file import Signer
from .scene_bands import LAYERS
from .scene_file import Wanted, write_scene_file
from .signing import signer_for
from .tiff_ranges import HEAD_BYTES
from .window import snapped_bounds

STAGE = "fetch"
"""Name of the stage in progress."""
WHOLE_FILE_SUFFIX = ".jp2"
"""Files without overviews or small blocks, which are copied whole."""
_PIXEL_BYTES = 2 * len(LAYERS)
"""Of a scene file without compression."""
TILE_PIXELS = 10_980**2
"""Of a Sentinel-2 tile at 10 m."""
_OPEN_SCENES = 3
"""So many scenes per worker are on their way at once where they are small: while some wait, others go on."""
_OPEN_BYTES = 512 << 20
"""Beyond this size of raw files together, only one scene per worker is."""
_OF_ONE_SCENE = (SceneUnreadable, SceneUnsupported)
"""Errors that end a scene; others end the run."""
_POLL_S = 0.2
_FAREWELL_S = 1.5
"""How long threads are waited for when a run is stopped."""


@dataclass
class _Task:
    """One scene on its way."""

    scene: Scene
    path: Path
    wanted: Wanted
    share: float = 0.0
    """Done, 0 to 1."""
    running: bool = False
    outcome: FetchedScene | AllpaError | None = None
    died_of: BaseException | None = field(default=None, repr=False)
    """An error that nobody expected."""

    def advance(self, share: float) -> None:
        """Note how much is done."""
        self.share = share


def fetch_selection(
    selection: Selection,
    region: Region,
    folder: Path,
    *,
    reporter: Reporter,
    workers: int = 4,
    margin_m: float = 0.0,
    signer: Signer | None = None,
    patience: Patience | None = None,
    cache_bytes: int | None = None,
) -> Iterator[FetchedScene | Failure]:
    """Fetch the chosen scenes' windows over the region into `folder`, and give them in the selection's order.

    A scene that cannot be used is given as a Failure, followed by the tile's next candidate in its place where one is
    left; what comes out does not depend on the threads' timing. Files that are there already cost no request. The
    files are fetched ahead while the caller works on the earlier ones.

    Scenes are cut to the region's bounds in their tile, outward on multiples of 20 m, with `margin_m` of land around
    for the network's and the mask's sake. `workers` scenes are fetched at once, up to three times as many where their
    windows are small, since their time is waiting for servers. Several jobs may share the `folder`; where
    `cache_bytes` is given, files used longest ago are removed at the end. The `reporter` is told the stage
    "fetch" in scenes, and its Cancelled stops the run within two seconds. `signer` None takes the catalogue's own.

    Raises
    ------
    DiskFull, FolderNotWritable : before the start where the room does not suffice, or while writing.
    AllScenesFailed : at the end, where not one scene could be used.
    Cancelled
    """
    run = _Run(region, Path(folder), margin_m, signer, patience)
    chosen = [run.task(scene) for scene in selection.chosen]
    threads = run.require_room(chosen, workers)
    sweep(run.folder)
    try:
        run.start(threads)
        yield from _in_order(run, chosen, selection, reporter)
    finally:
        run.end()
    if cache_bytes is not None:
        trim(run.folder, cache_bytes, frozenset(run.given))


def scene_bytes(scene: Scene, region: Region, margin_m: float = 0.0) -> int:
    """About how many bytes a scene takes to download for a region; 0 where it does not show it.

    Of COGs the window is read (measured: they hardly compress), JPEG 2000 files are copied whole.
    """
    try:
        return _bytes_of(_wanted(scene, region, margin_m))
    except SceneUnsupported:
        return 0


def _in_order(
    run: _Run, chosen: list[_Task], selection: Selection, reporter: Reporter
) -> Iterator[FetchedScene | Failure]:
    """Give outcomes in the order of `chosen`; each failure takes the next candidate of its tile that can be used."""
    substitutes = _Substitutes(run, selection)
    for task in chosen:
        run.submit(task)
    reasons: list[str] = []
    for task in chosen:
        failed: list[Failure] = []
        current: _Task | None = task
        fetched: FetchedScene | None = None
        while current is not None and fetched is None:
            outcome = _settled(current, run, substitutes, reporter)
            if isinstance(outcome, FetchedScene):
                fetched = outcome
            else:
                failed.append(Failure(current.scene.id, _reason(outcome)))
                current = substitutes.next_of(task.scene.tile)
        for failure in failed:
            reasons.append(f"{failure.scene_id}: {failure.reason}")
            yield replace(failure, replaced_by=fetched.scene.id if fetched else None)
        if fetched is not None:
            run.given.append(fetched.path)
            yield fetched
    if chosen and not run.given:
        raise AllScenesFailed(f"None of the {len(reasons)} scenes that were tried could be read.", reasons[0])


def _settled(task: _Task, run: _Run, substitutes: _Substitutes, reporter: Reporter) -> FetchedScene | AllpaError:
    """Wait for a scene, telling the progress of all."""
    while True:
        run.check()
        substitutes.keep_up()
        reporter.progress(STAGE, *run.progress())
        if task.outcome is not None:
            run.check()  # it may have come just now
            return task.outcome
        run.wait()


def _reason(error: AllpaError) -> str:
    return said("{what} {why}", what=error.what, why=error.why) if error.why else error.what


class _Substitutes:
    """The candidates that were left, started one per failure and handed out in order of rank."""

    def __init__(self, run: _Run, selection: Selection) -> None:
        self._run = run
        self._waiting: dict[str, list[Candidate]] = {}
        for each in sorted(selection.candidates, key=lambda candidate: candidate.rank):
            if not each.chosen and not each.by_hand and each.clear_share > 0:
                self._waiting.setdefault(each.scene.tile, []).append(each)
        self._started: dict[str, list[_Task]] = {tile: [] for tile in self._waiting}
        self._used: dict[str, int] = dict.fromkeys(self._waiting, 0)

    def keep_up(self) -> None:
        """Start one substitute for each failure known so far: all will be used, whichever failure came first."""
        failures: dict[str, int] = {}
        for task in self._run.tasks:
            if isinstance(task.outcome, AllpaError):
                failures[task.scene.tile] = failures.get(task.scene.tile, 0) + 1
        for tile, waiting in self._waiting.items():
            while waiting and len(self._started[tile]) < failures.get(tile, 0):
                task = self._run.task(waiting.pop(0).scene)
                self._started[tile].append(task)
                self._run.submit(task)

    def next_of(self, tile: str) -> _Task | None:
        """The next substitute of a tile; None where none is left."""
        self.keep_up()
        used = self._used.get(tile, 0)
        if used >= len(self._started.get(tile, ())):
            return None
        self._used[tile] = used + 1
        return self._started[tile][used]


class _Run:
    """The threads of a run and what they share."""

    def __init__(
        self, region: Region, folder: Path, margin_m: float, signer: Signer | None, patience: Patience | None
    ) -> None:
        self.folder = folder
        self.given: list[Path] = []
        self.tasks: list[_Task] = []
        self._region, self._margin_m = region, margin_m
        self._connection = Connection(patience, len(LAYERS) * HEAD_BYTES)  # what any scene takes at least
        self._signers: dict[str, Signer] = {}
        self._signer = signer
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def task(self, scene: Scene) -> _Task:
        """What fetching a scene will need."""
        self._signers.setdefault(scene.catalogue, self._signer or signer_for(scene.catalogue, self._connection))
        try:
            wanted = _wanted(scene, self._region, self._margin_m)
        except SceneUnsupported as error:
            nowhere = Wanted(scene, (0.0, 0.0, 0.0, 0.0), MultiPolygon())
            return _Task(scene, self.folder / "none.tif", nowhere, outcome=error)
        return _Task(scene, scene_path(self.folder, scene, wanted.bounds, wanted.crs), wanted)

    def require_room(self, tasks: list[_Task], workers: int) -> int:
        """Check the disk for the files that are not there yet, and for what the threads have aside; gives how many."""
        missing = [task.wanted for task in tasks if not task.path.is_file()]
        sizes = sorted(_PIXEL_BYTES * _pixels(wanted) for wanted in missing)
        fetched = sorted(_bytes_of(wanted) for wanted in missing)
        small = _OPEN_BYTES // max(1, round(sizes[-1])) if sizes else 0
        threads = max(workers, min(_OPEN_SCENES * workers, small))
        require_room(self.folder, round(sum(sizes) + 2 * sum(sizes[-threads:])) + sum(fetched[-threads:]))
        return threads

    def start(self, count: int) -> None:
        """Start the threads; they end with the process."""
        for number in range(count):
            thread = threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, task: _Task) -> None:
        """Put a scene in the threads' queue."""
        self.tasks.append(task)
        if task.outcome is None:
            self._queue.put(task)

    def progress(self) -> tuple[float, float]:
        """Scenes done (with shares of those on their way), and scenes in all."""
        return sum(1.0 if task.outcome else task.share for task in self.tasks), float(len(self.tasks))

    def wait(self) -> None:
        """Wait a moment for a scene to end."""
        self._ended.wait(_POLL_S)
        self._ended.clear()

    def check(self) -> None:
        """Raise what ends the whole run, such as a full disk."""
        for task in self.tasks:
            if task.died_of is not None:
                raise task.died_of
            if isinstance(task.outcome, AllpaError) and not isinstance(task.outcome, _OF_ONE_SCENE):
                raise task.outcome

    def end(self) -> None:
        """Stop the threads, and remove what those leave that do not stop at once."""
        self._connection.stop.set()
        for _ in self._threads:
            self._queue.put(None)
        until = time.monotonic() + _FAREWELL_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            for task in self.tasks:
                if task.running:
                    abandon(task.path)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            if self._connection.stop.is_set():
                continue
            task.running = True
            try:
                with rasterio.Env(**GDAL_SETTINGS):
                    task.outcome = self._fetched(task)
            except AllpaError as error:
                task.outcome = error
            finally:
                task.running = False
                if task.outcome is None:
                    task.died_of = sys.exc_info()[1]
                self._ended.set()

    def _fetched(self, task: _Task) -> FetchedScene:
        radiometry = cached_radiometry(task.path)
        if radiometry is None:
            with claimed(task.path, self._connection):
                radiometry = cached_radiometry(task.path)  # another job may have fetched it meanwhile
                if radiometry is None:
                    radiometry = write_scene_file(
                        task.wanted, task.path, self._connection, self._signers[task.scene.catalogue], task.advance
                    )
        return FetchedScene(replace(task.scene, radiometry=radiometry), task.path)


def _wanted(scene: Scene, region: Region, margin_m: float) -> Wanted:
    crs = tile_crs(scene.tile)
    near = region_near(region, scene.tile)
    bounds = (0.0, 0.0, 0.0, 0.0) if near.is_empty else snapped_bounds(near, margin_m)
    tags = {
        "ALLPA_SCENE": scene.id,
        "ALLPA_TILE": scene.tile,
        "ALLPA_DATE": scene.date,
        "ALLPA_BASELINE": scene.baseline or "",
    }
    return Wanted(scene, bounds, near, crs, tuple(tags.items()))


def _bytes_of(wanted: Wanted) -> int:
    """About how many bytes a scene takes to download."""
    assets = wanted.scene.assets.values()
    sizes = [asset.size for asset in assets if asset.href.lower().endswith(WHOLE_FILE_SUFFIX)]
    if sizes and None not in sizes:
        return sum(size or 0 for size in sizes)
    per_pixel = sum(2 * (10 / band.resolution_m) ** 2 for band in BANDS) + 0.05
    return round(_pixels(wanted) * per_pixel)


def _pixels(wanted: Wanted) -> float:
    """At most so many 10 m pixels of a scene are wanted: the bounds as far as its footprint reaches."""
    if wanted.region.is_empty:
        return 0.0
    reach: BaseGeometry = box(*wanted.bounds)
    if wanted.scene.footprint:
        to_tile = Transformer.from_crs("EPSG:4326", wanted.crs, always_xy=True)
        reach = reach.intersection(box(*to_tile.transform_bounds(*shape(dict(wanted.scene.footprint)).bounds)))
    return min(reach.area / RESOLUTION_M**2, float(TILE_PIXELS))
