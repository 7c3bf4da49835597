"""Reading the series of points in a thread of its own, so that the window never waits for a disk."""

from __future__ import annotations

import threading
from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...plugin.layers.point_series import PointSeriesReader, RunScenes, SceneOfPoint, find_scenes
from ...plugin.layers.sample_labels import SamplePoint


class SeriesReading(QObject):
    """Finds the scenes of a folder, then reads the points that are asked for, the first one first.

    Parameters
    ----------
    folder : of a run, or one that holds scenes.
    crs_wkt : of the points.
    parent : owner.

    """

    found = pyqtSignal(int)
    """How many scenes the folder holds."""
    point_read = pyqtSignal(int)
    """A point's id; `scenes_of` gives its scenes."""

    def __init__(self, folder: Path, crs_wkt: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._crs_wkt = folder, crs_wkt
        self._read: dict[int, tuple[SceneOfPoint, ...]] = {}
        self._wanted: list[SamplePoint] = []
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="allpa-series", daemon=True)

    def start(self) -> None:
        """Begin, once the signals are connected."""
        self._thread.start()

    def ask(self, points: list[SamplePoint]) -> None:
        """Read these points next, instead of those that were asked for before.

        Parameters
        ----------
        points : the one that is shown, then those that are likely to follow.

        """
        with self._changed:
            self._wanted = list(points)
            self._changed.notify()

    def scenes_of(self, point: SamplePoint) -> tuple[SceneOfPoint, ...] | None:
        """What is known of a point; None where it was not read yet."""
        return self._read.get(point.point_id)

    def stop(self) -> None:
        """End the thread after the file that it is reading."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _work(self) -> None:
        scenes = self._find()
        if scenes is None:
            return
        self._emit_found(len(scenes.files))
        reader = PointSeriesReader(scenes, self._crs_wkt)
        while True:
            with self._changed:
                while not self._stopped and not self._next():
                    self._changed.wait()
                if self._stopped:
                    break
                point = self._next()
            if point is not None:
                self._read_point(reader, point)
        reader.close()

    def _find(self) -> RunScenes | None:
        for scenes in find_scenes(self._folder):
            if self._stopped or scenes is not None:
                return None if self._stopped else scenes
        return None

    def _next(self) -> SamplePoint | None:
        return next((point for point in self._wanted if point.point_id not in self._read), None)

    def _read_point(self, reader: PointSeriesReader, point: SamplePoint) -> None:
        scenes: list[SceneOfPoint] = []
        for scene in reader.read(point.x, point.y):
            if scene is not None:
                scenes.append(scene)
            if self._stopped or all(point.point_id != wanted.point_id for wanted in self._wanted):
                return
        self._read[point.point_id] = tuple(scenes)
        self._emit_read(point.point_id)

    def _emit_found(self, count: int) -> None:
        if not self._stopped:
            self.found.emit(count)

    def _emit_read(self, point_id: int) -> None:
        if not self._stopped:
            self.point_read.emit(point_id)
