"""How fast this computer is: rates measured in its runs, from which a plan is computed.

One small JSON file in the user's cache folder keeps them. A run that classified something corrects them by half of
the difference, so that a single run on a busy computer does not decide; until then the figures below stand.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar

from ..core.atomic import write_json
from ..core.errors import AllpaError
from ..core.json_input import read_json
from ..fetch.shared_ranges import SharedRanges

MIN_CLASSIFIED_MPX = 0.5
"""Runs that classified less say nothing about the speed."""
_MAX_RATE = 1e15
_NEW_SHARE = 0.5
_T = TypeVar("_T")


@dataclass(frozen=True)
class Rates:
    """What a million pixels (Mpx) and a run take on a computer.

    The usual figures of classification and memory are those of a full tile on two processors with AVX2; those of files,
    composite and the rest were measured on 3 km of the sample region, on two busy processors.
    """

    classify_core_s_per_mpx: float = 2.2
    """Seconds of one processor to classify a Mpx of one scene."""
    classify_s_per_mpx: float = 1.18
    """Seconds on the clock for the same."""
    composite_s_per_mpx: float = 0.3
    """Seconds on the clock to merge a Mpx of one scene into the map, its files included."""
    composite_core_s_per_mpx: float = 0.1
    """Seconds of one processor for the same."""
    run_s: float = 19.0
    """Seconds on the clock that every run takes beside: search, tables, report."""
    fetch_bytes_per_s: float = 0.0
    """Bytes that arrive in a second; 0 where no run has fetched anything yet."""
    scene_bytes_per_px: float = 8.2
    """Of a fetched scene's file."""
    prediction_bytes_per_px: float = 2.1
    """Of a prediction."""
    peak_memory_mb: float = 1600.0
    """Largest memory of a run, the framework of the network included."""
    runs: int = 0
    """Runs of this computer that the rates were measured in."""


def rates_file() -> Path:
    """Where the rates of this computer are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(base) / "allpa" / "rates.json"


def read_rates(path: Path | None = None) -> Rates:
    """The rates of this computer; the usual ones where none were measured, or the file is damaged.

    Parameters
    ----------
    path : of the file; None takes `rates_file`.

    """
    try:
        saved = read_json(path or rates_file(), 100_000)
        values = {name.name: float(saved[name.name]) for name in fields(Rates)}
    except (ValueError, KeyError, TypeError):
        return Rates()
    if not all(0 <= value < _MAX_RATE for value in values.values()):
        return Rates()
    runs = int(values.pop("runs"))
    return Rates(**values, runs=runs)


@dataclass
class RunMeasures:
    """What a run measures of itself, step by step."""

    classified_mpx: float = 0.0
    classify_s: float = 0.0
    classify_core_s: float = 0.0
    fetch_s: float = 0.0
    fetched_bytes: int = 0
    """Estimated as the plan estimates them, of the scenes that were not in the cache."""
    composite_mpx: float = 0.0
    composite_s: float = 0.0
    composite_core_s: float = 0.0
    scene_bytes: int = 0
    scene_px: float = 0.0
    prediction_bytes: int = 0
    prediction_px: float = 0.0
    _start: float = field(default_factory=time.monotonic)

    @contextmanager
    def classifying(self, path: Path, scene_file: Path) -> Iterator[None]:
        """Measure the classification of one scene; one whose prediction is kept counts nothing.

        Parameters
        ----------
        path : of the prediction.
        scene_file : of the fetched scene.

        """
        before, start, start_core = _changed_at(path), time.monotonic(), time.process_time()
        yield
        if _changed_at(path) == before:
            return
        self.classify_s += time.monotonic() - start
        self.classify_core_s += time.process_time() - start_core
        with suppress(OSError):
            px = _pixel_count(path)
            self.classified_mpx += px / 1e6
            self.prediction_bytes += path.stat().st_size
            self.prediction_px += px
            self.scene_bytes += scene_file.stat().st_size
            self.scene_px += px

    def fetching(
        self, outcomes: Iterable[_T], expected_bytes: float, shared: SharedRanges | None = None
    ) -> Iterator[_T]:
        """Pass scenes on as they arrive, and measure how long it takes until the last one is here.

        Parameters
        ----------
        outcomes : of the fetched scenes; what is done with one while others arrive belongs to the time.
        expected_bytes : that a plan expects for them.
        shared : bytes that other jobs had received; what was read of them was not fetched.

        """
        start = time.monotonic()
        arrived = start
        for outcome in outcomes:
            arrived = time.monotonic()
            yield outcome
        fetched_bytes = round(expected_bytes) - (shared.read_bytes if shared else 0)
        if fetched_bytes > 0:
            self.fetched_bytes += fetched_bytes
            self.fetch_s += arrived - start

    @contextmanager
    def compositing(self, predictions: Sequence[Path]) -> Iterator[None]:
        """Measure the composite of predictions."""
        start, start_core = time.monotonic(), time.process_time()
        yield
        self.composite_s += time.monotonic() - start
        self.composite_core_s += time.process_time() - start_core
        self.composite_mpx += sum(_pixel_count(path) for path in predictions) / 1e6

    def save(self, path: Path | None = None) -> None:
        """Correct the rates of this computer by those of the run; a run that measured too little changes nothing.

        Parameters
        ----------
        path : of the rates' file; None takes `rates_file`.

        """
        if self.classified_mpx < MIN_CLASSIFIED_MPX or not self.composite_mpx:
            return
        with suppress(OSError, AllpaError):  # a cache folder that cannot be written ends no run
            write_json(path or rates_file(), asdict(self.corrected(read_rates(path))))

    def corrected(self, before: Rates) -> Rates:
        """The rates with those of this run.

        Parameters
        ----------
        before : those of the runs so far.

        """
        elapsed = time.monotonic() - self._start
        fetching = self.fetched_bytes / self.fetch_s if self.fetch_s and self.fetched_bytes else 0.0
        new = Rates(
            classify_core_s_per_mpx=self.classify_core_s / self.classified_mpx,
            classify_s_per_mpx=self.classify_s / self.classified_mpx,
            composite_s_per_mpx=self.composite_s / self.composite_mpx,
            composite_core_s_per_mpx=self.composite_core_s / self.composite_mpx,
            run_s=max(elapsed - max(self.classify_s, self.fetch_s) - self.composite_s, 0.0),
            fetch_bytes_per_s=fetching or before.fetch_bytes_per_s,
            scene_bytes_per_px=self.scene_bytes / self.scene_px,
            prediction_bytes_per_px=self.prediction_bytes / self.prediction_px,
        )
        peak = max(_peak_memory_mb(), before.peak_memory_mb if before.runs else 0.0) or before.peak_memory_mb
        if not before.runs:
            return replace(new, peak_memory_mb=peak, runs=1)
        names = [item.name for item in fields(Rates) if item.name not in ("runs", "peak_memory_mb")]
        mixed = {name: _mix(getattr(before, name), getattr(new, name)) for name in names}
        return Rates(**mixed, peak_memory_mb=peak, runs=before.runs + 1)


def _mix(before: float, new: float) -> float:
    return new if not before else before + _NEW_SHARE * (new - before)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _pixel_count(path: Path) -> int:
    from ..raster.gdal import open_raster

    with open_raster(path) as raster:
        return int(raster.width) * int(raster.height)


def _peak_memory_mb() -> float:
    """Largest resident memory of this process; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3
