"""All the scenes of a selection, fetched by a few threads, failed ones replaced, given in a fixed order."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError
from shapely.geometry import MultiPolygon

from ..core.atomic import check_free_space
from ..core.bands import BAND_KEYS
from ..core.errors import AllpaError, AllScenesFailed, SceneUnreadable, SceneUnsupported, ServerUnreachable
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.retry import RetryPolicy
from ..core.scene import Candidate, FailedScene, FetchedScene, Radiometry, Scene, Selection
from ..geo.region import Region
from ..raster.gdal import GDAL_SETTINGS
from .cache import (
    CachedFileInvalid,
    discard_unfinished,
    find_stored_bands,
    lock_scene_file,
    read_cached_radiometry,
    remove_leftovers,
    scene_path,
    trim_cache,
    trim_shared,
)
from .http import Connection
from .larger_window import find_larger_window
from .remote_file import Signer
from .scene_file import cut_scene_file, write_scene_file
from .scene_request import SceneRequest, download_bytes, make_scene_request, max_pixels
from .shared_ranges import SharedRanges
from .signing import signer_for
from .tiff_ranges import HEAD_BYTES

STAGE = "fetch"
"""Name of the stage in progress."""
_MAX_SCENES_PER_WORKER = 3
"""Small scenes are fetched so many at once per worker: while some wait for their servers, others go on."""
_MAX_OPEN_BYTES = 512 << 20
"""Beyond this size of raw files together, only one scene per worker is."""
_SCENE_ERRORS = (SceneUnreadable, SceneUnsupported)
"""Errors that end a scene; others end the run."""
_POLL_S = 0.2
_JOIN_TIMEOUT_S = 1.5
"""How long threads are waited for when a run is stopped."""


@dataclass
class _Task:
    """One scene on its way."""

    scene: Scene
    path: Path
    scene_request: SceneRequest
    rank: int = 0
    """Its place among the tasks: what came first is worked on first."""
    share: float = 0.0
    """Done, 0 to 1."""
    has_lock: bool = False
    """Whether its file is being written, by this process."""
    note: str = ""
    """What the user should know, for the log."""
    outcome: FetchedScene | AllpaError | None = None
    exception: BaseException | None = field(default=None, repr=False)
    """An unexpected error."""

    def on_progress(self, share: float) -> None:
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
    retry_policy: RetryPolicy | None = None,
    cache_bytes: int | None = None,
    known_failures: Mapping[str, str] | None = None,
    bands: Sequence[str] = BAND_KEYS,
    shared: SharedRanges | None = None,
) -> Iterator[FetchedScene | FailedScene]:
    """Fetch the chosen scenes' windows over the region, and give them in the selection's order.

    A scene that cannot be used is given as a `FailedScene`, followed by the tile's next candidate in its place where
    one is left; the result does not depend on the threads' timing. Files that are there already cost no request. Scenes
    are fetched ahead while the caller works on the earlier ones.

    Parameters
    ----------
    selection : the chosen scenes, and the candidates that may replace them.
    region : scenes are cut to its bounds in their tile, outward on multiples of 20 m.
    folder : of the scene files; several jobs may share it.
    reporter : hears the stage "fetch" in scenes; its Cancelled stops the run within two seconds.
    workers : scenes that are fetched at once; up to three times as many where their windows are small.
    margin_m : land around the region that is fetched too, for the network's and the mask's sake, metres.
    signer : signs all addresses; None takes each catalogue's own.
    retry_policy : how long failures of a server are retried.
    cache_bytes : size of the folder beyond which what was used longest ago is removed at the end; None removes none.
    known_failures : reasons by scene id of scenes that failed before; they fail again without a request.
    bands : keys of the bands that are wanted; a file that has more of them serves too.
    shared : bytes of the scenes' files that other jobs received, and that this one adds to; None shares none.

    Yields
    ------
    FetchedScene or FailedScene

    Raises
    ------
    DiskFull, FolderNotWritable : before the start where the free space does not suffice, or while writing.
    AllScenesFailed : at the end, where not one scene could be used.
    Cancelled
    """
    scheduler = _Scheduler(region, Path(folder), margin_m, signer, retry_policy, known_failures or {}, bands)
    scheduler.connection.shared = shared
    chosen = [scheduler.task(scene) for scene in selection.chosen]
    threads = scheduler.check_free_space(chosen, workers)
    remove_leftovers(scheduler.folder)
    try:
        scheduler.start(threads)
        yield from _outcomes_in_order(scheduler, chosen, selection, reporter)
    finally:
        scheduler.end()
        trim_shared(scheduler.folder, shared, cache_bytes)
    if cache_bytes is not None:
        trim_cache(scheduler.folder, cache_bytes, frozenset(scheduler.fetched_paths))


def _outcomes_in_order(
    scheduler: _Scheduler, chosen: list[_Task], selection: Selection, reporter: Reporter
) -> Iterator[FetchedScene | FailedScene]:
    """Give outcomes in the order of `chosen`; each failure takes the next candidate of its tile that can be used."""
    replacements = _Replacements(scheduler, selection)
    for task in chosen:
        scheduler.submit(task)
    reasons: list[str] = []
    advice = ""
    for task in chosen:
        failures: list[FailedScene] = []
        current: _Task | None = task
        fetched: FetchedScene | None = None
        while current is not None and fetched is None:
            outcome = _wait_for_outcome(current, scheduler, replacements, reporter)
            if isinstance(outcome, FetchedScene):
                fetched = outcome
            else:
                failures.append(FailedScene(current.scene.id, _reason(outcome)))
                if isinstance(outcome, ServerUnreachable):
                    advice = outcome.next_step
                current = replacements.next_for_tile(task.scene.tile)
        for failure in failures:
            reasons.append(f"{failure.scene_id}: {failure.reason}")
            yield replace(failure, replaced_by=fetched.scene.id if fetched else None)
        if fetched is not None:
            scheduler.fetched_paths.append(fetched.path)
            yield fetched
    if chosen and not scheduler.fetched_paths:
        raise AllScenesFailed(
            message("None of the {count} scenes that were tried could be read.", count=len(reasons)), reasons[0], advice
        )


def _wait_for_outcome(
    task: _Task, scheduler: _Scheduler, replacements: _Replacements, reporter: Reporter
) -> FetchedScene | AllpaError:
    """Wait for a scene, telling the progress of all."""
    while True:
        scheduler.check()
        replacements.start_replacements()
        reporter.progress(STAGE, *scheduler.progress())
        if task.outcome is not None:
            scheduler.check()  # it may have come just now
            if task.note:
                reporter.log(task.note, "warning")
            return task.outcome
        scheduler.wait()


def _reason(error: AllpaError) -> str:
    return message("{what} {why}", what=error.what, why=error.why) if error.why else error.what


class _Replacements:
    """The candidates that were left, started one per failure and handed out in order of rank."""

    def __init__(self, scheduler: _Scheduler, selection: Selection) -> None:
        self._scheduler = scheduler
        self._unused_candidates: dict[str, list[Candidate]] = {}
        for candidate in sorted(selection.candidates, key=lambda item: item.rank):
            if not candidate.chosen and not candidate.by_hand and candidate.clear_share > 0:
                self._unused_candidates.setdefault(candidate.scene.tile, []).append(candidate)
        self._started: dict[str, list[_Task]] = {tile: [] for tile in self._unused_candidates}
        self._used: dict[str, int] = dict.fromkeys(self._unused_candidates, 0)

    def start_replacements(self) -> None:
        """Start one replacement for each failure so far: all will be used, whichever failure came first."""
        failures: dict[str, int] = {}
        for task in self._scheduler.tasks:
            if isinstance(task.outcome, AllpaError):
                failures[task.scene.tile] = failures.get(task.scene.tile, 0) + 1
        for tile, unused_candidates in self._unused_candidates.items():
            while unused_candidates and len(self._started[tile]) < failures.get(tile, 0):
                task = self._scheduler.task(unused_candidates.pop(0).scene)
                self._started[tile].append(task)
                self._scheduler.submit(task)

    def next_for_tile(self, tile: str) -> _Task | None:
        """The next replacement of a tile; None where none is left."""
        self.start_replacements()
        used = self._used.get(tile, 0)
        if used >= len(self._started.get(tile, ())):
            return None
        self._used[tile] = used + 1
        return self._started[tile][used]


class _Scheduler:
    """The threads of a run and what they share."""

    def __init__(
        self,
        region: Region,
        folder: Path,
        margin_m: float,
        signer: Signer | None,
        retry_policy: RetryPolicy | None,
        known_failures: Mapping[str, str],
        bands: Sequence[str],
    ) -> None:
        self.folder = folder
        self.fetched_paths: list[Path] = []
        self.tasks: list[_Task] = []
        self._region, self._margin_m = region, margin_m
        self._known_failures, self._bands = known_failures, bands
        self.connection = Connection(retry_policy, (len(bands) + 1) * HEAD_BYTES)  # what any scene takes at least
        self._signers: dict[str, Signer] = {}
        self._signer = signer
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._task_ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def task(self, scene: Scene) -> _Task:
        """What fetching a scene will need."""
        self._signers.setdefault(scene.catalogue, self._signer or signer_for(scene.catalogue, self.connection))
        try:
            if scene.id in self._known_failures:
                raise SceneUnsupported(self._known_failures[scene.id])
            scene_request = self._request(scene)
        except SceneUnsupported as error:
            empty_request = SceneRequest(scene, (0.0, 0.0, 0.0, 0.0), MultiPolygon())
            return _Task(scene, self.folder / "none.tif", empty_request, outcome=error)
        path = scene_path(self.folder, scene, scene_request.bounds, scene_request.crs, scene_request.bands)
        return _Task(scene, path, scene_request)

    def _request(self, scene: Scene) -> SceneRequest:
        """The scene's window with the wanted bands; with those of a file that is there, where it has more."""
        wanted = make_scene_request(scene, self._region, self._margin_m, self._bands)
        stored = find_stored_bands(self.folder, scene, wanted.bounds, wanted.crs, wanted.bands)
        return wanted if stored == wanted.bands else make_scene_request(scene, self._region, self._margin_m, stored)

    def check_free_space(self, tasks: list[_Task], workers: int) -> int:
        """Check that the disk has room for the missing files and for what the threads write aside.

        Parameters
        ----------
        tasks : the scenes; those whose files are there need nothing.
        workers : scenes that are fetched at once.

        Returns
        -------
        The number of threads: `workers`, more where the windows are small.

        Raises
        ------
        DiskFull, FolderNotWritable : where the folder has too little space or cannot be written.

        """
        missing = [task.scene_request for task in tasks if not task.path.is_file()]
        sizes = sorted(2 * len(request.layers) * max_pixels(request) for request in missing)  # of uint16
        fetched = sorted(download_bytes(scene_request) for scene_request in missing)
        small = _MAX_OPEN_BYTES // max(1, round(sizes[-1])) if sizes else 0
        threads = max(workers, min(_MAX_SCENES_PER_WORKER * workers, small))
        check_free_space(self.folder, round(sum(sizes) + 2 * sum(sizes[-threads:])) + sum(fetched[-threads:]))
        return threads

    def start(self, count: int) -> None:
        """Start the threads; they end with the process."""
        for number in range(count):
            thread = threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, task: _Task) -> None:
        """Put a scene in the threads' queue."""
        task.rank = len(self.tasks)
        self.tasks.append(task)
        if task.outcome is None:
            self._queue.put(task)

    def progress(self) -> tuple[float, float]:
        """Scenes done (with shares of those being fetched), and scenes in all."""
        return sum(1.0 if task.outcome else task.share for task in self.tasks), float(len(self.tasks))

    def wait(self) -> None:
        """Wait a moment for a scene to end."""
        self._task_ended.wait(_POLL_S)
        self._task_ended.clear()

    def check(self) -> None:
        """Raise what ends the whole run, such as a full disk."""
        for task in self.tasks:
            if task.exception is not None:
                raise task.exception
            if isinstance(task.outcome, AllpaError) and not isinstance(task.outcome, _SCENE_ERRORS):
                raise task.outcome

    def end(self) -> None:
        """Stop the threads, and remove what those leave that do not stop at once."""
        self.connection.stop.set()
        for _ in self._threads:
            self._queue.put(None)
        deadline = time.monotonic() + _JOIN_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            for task in self.tasks:
                if task.has_lock:
                    discard_unfinished(task.path)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            if self.connection.stop.is_set():
                continue
            try:
                with self.connection.slots.hold(task.rank), rasterio.Env(**GDAL_SETTINGS):
                    task.outcome = self._fetch(task)
            except AllpaError as error:
                task.outcome = error
            finally:
                if task.outcome is None:
                    task.exception = sys.exc_info()[1]
                self._task_ended.set()

    def _fetch(self, task: _Task) -> FetchedScene:
        radiometry = self._cached_radiometry(task)
        if radiometry is None:
            with lock_scene_file(task.path, self.connection):
                task.has_lock = True
                try:
                    radiometry = self._cached_radiometry(task)  # another job may have fetched it meanwhile
                    if radiometry is None:
                        radiometry = self._cut(task)
                    if radiometry is None:
                        radiometry = write_scene_file(
                            task.scene_request,
                            task.path,
                            self.connection,
                            self._signers[task.scene.catalogue],
                            task.on_progress,
                        )
                finally:
                    task.has_lock = False
        return FetchedScene(replace(task.scene, radiometry=radiometry), task.path)

    def _cut(self, task: _Task) -> Radiometry | None:
        """Cut the window out of a larger one of the same scene in the cache; None where there is none."""
        larger = find_larger_window(self.folder, task.scene_request)
        if larger is None:
            return None
        try:
            return cut_scene_file(task.scene_request, larger, task.path, self.connection, task.on_progress)
        except RasterioError:  # damaged or removed since it was found
            return None

    @staticmethod
    def _cached_radiometry(task: _Task) -> Radiometry | None:
        try:
            return read_cached_radiometry(task.path, dict(task.scene_request.tags), task.scene_request.bands)
        except CachedFileInvalid as fault:
            task.note = message(
                "The file of scene {scene} in the cache is not used, since {fault}; it is fetched again.",
                scene=task.scene.id,
                fault=fault.args[0],
            )
            return None
