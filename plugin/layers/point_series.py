"""What the scenes of a run show at one point: its NDVI and class on each date, read pixel by pixel.

Scenes and predictions are found by the tags of their files, wherever the run keeps them. One file is read at a time,
so that a window that shows the series is never blocked for long.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..allpa_engine.core import raster_tags as tag_names
from ..allpa_engine.core.errors import AllpaError
from ..allpa_engine.core.job import read_job
from ..allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend
from ..allpa_engine.core.run_paths import RunPaths
from ..existing_output import JOB_FILE
from .predictions import PREDICTIONS_FOLDER
from .raster_legend import legend_of_tags

SCENES_FOLDER = "scenes"
"""Name of the folder of scenes in a run's folder."""
NOT_CLEAR = frozenset({0, 1, 3, 8, 9, 10})
"""Codes of the scene classification: no data, saturated, shadow, clouds of medium and high probability, cirrus."""
_MAX_OPEN_FILES = 200
_STORED_NDVI, _STORED_ZERO, _STORED_STEPS = "vegetation index NDVI", 128, 127
"""Band of a prediction that keeps NDVI where its scene is gone: 128 + 127 x NDVI, 0 for no data."""


@dataclass(frozen=True)
class SceneOfPoint:
    """What one scene shows at a point."""

    scene_id: str
    day: date
    image: Path | None
    """File of the scene's bands; None where only its prediction is kept."""
    ndvi: float | None
    """-1 to 1; None without the bands or without data."""
    class_code: int | None
    """Code of the legend in the scene's prediction; None without one."""
    clear: bool
    """Whether neither scene classification nor prediction see clouds, nor the classification a shadow."""
    land_class: LandClass | None = None
    """The class of that code in the legend of the prediction."""


@dataclass(frozen=True)
class _File:
    path: Path
    scene_id: str
    day: date


@dataclass(frozen=True)
class RunScenes:
    """The scenes of a run, by id: file of the bands and of the prediction, one of which may be missing."""

    folder: Path
    files: tuple[tuple[str, date, Path | None, Path | None], ...] = ()
    """Id, day, bands, prediction; in chronological order."""


def find_scenes(folder: Path) -> Iterator[RunScenes | None]:
    """Find the scenes of a run, a file at a time.

    Parameters
    ----------
    folder : of the run, or one that holds scenes or predictions itself.

    Yields
    ------
    None after each file that was read, then what was found, once.

    """
    bands: dict[str, _File] = {}
    classes: dict[str, _File] = {}
    for path in _rasters(folder):
        found = _read_tags(path)
        if found is not None:
            file, is_prediction = found
            (classes if is_prediction else bands)[file.scene_id] = file
        yield None
    files = []
    for scene_id in {**bands, **classes}:
        image, prediction = bands.get(scene_id), classes.get(scene_id)
        day = (image or prediction or next(iter(bands.values()))).day
        files.append((scene_id, day, image.path if image else None, prediction.path if prediction else None))
    yield RunScenes(folder, tuple(sorted(files, key=lambda scene: (scene[1], scene[0]))))


def _rasters(folder: Path) -> list[Path]:
    """The rasters of the folders in which a run keeps scenes and predictions, and of the folder itself."""
    folders = [folder / SCENES_FOLDER, folder / PREDICTIONS_FOLDER]
    try:
        paths = RunPaths(read_job(folder / JOB_FILE))
        folders = [paths.cache, paths.predictions, *folders]
    except (AllpaError, OSError, ValueError):
        pass  # not a run's folder, or one that was moved
    found: list[Path] = []
    for place in dict.fromkeys([*folders, folder]):
        try:
            found += sorted(path for path in place.glob("*.tif") if not path.name.startswith("."))
        except OSError:
            continue
    return list(dict.fromkeys(found))


def _read_tags(path: Path) -> tuple[_File, bool] | None:
    """A file's scene, and whether it is its prediction; None where it is neither."""
    dataset = _open(path)
    if dataset is None:
        return None
    tags = dict(dataset.GetMetadata())
    try:
        day = date.fromisoformat(tags[tag_names.DATE][:10])
        file = _File(path, tags[tag_names.SCENE], day)
    except (KeyError, ValueError):
        return None
    return file, tag_names.MODEL in tags


class PointSeriesReader:
    """Reads the pixel of a point in one scene after another; keeps files open.

    Parameters
    ----------
    scenes : of a run.
    crs_wkt : of the points.

    """

    def __init__(self, scenes: RunScenes, crs_wkt: str) -> None:
        self.scenes = scenes
        self._crs_wkt = crs_wkt
        self._open: dict[Path, Any] = {}
        self._transforms: dict[str, Any] = {}

    def read(self, x: float, y: float) -> Iterator[SceneOfPoint | None]:
        """The scenes at a point, in chronological order.

        Parameters
        ----------
        x, y : of the point, in the CRS of the points.

        Yields
        ------
        What each scene shows; None for one that shows nothing there. A file is read only when it is asked for.

        """
        for scene_id, day, image, prediction in self.scenes.files:
            bands = self._pixel(image, x, y) if image else {}
            classes = self._pixel(prediction, x, y) if prediction else {}
            yield _scene_of_point(scene_id, day, image, bands, classes, self._legend(prediction))

    def close(self) -> None:
        """Close the files."""
        self._open.clear()

    def _pixel(self, path: Path, x: float, y: float) -> dict[str, float]:
        """The pixel's values by name of the band; empty outside of the raster."""
        dataset = self._dataset(path)
        if dataset is None:
            return {}
        place = self._place(dataset, x, y)
        if place is None:
            return {}
        count = dataset.RasterCount
        try:
            data = dataset.ReadRaster(*place, 1, 1, buf_type=6, band_list=list(range(1, count + 1)))  # GDT_Float32
        except RuntimeError:
            return {}
        if data is None:
            return {}
        names = [dataset.GetRasterBand(number).GetDescription() for number in range(1, count + 1)]
        return dict(zip(names, struct.unpack(f"{count}f", data)))

    def _legend(self, prediction: Path | None) -> Legend:
        dataset = None if prediction is None else self._dataset(prediction)
        return BUNDLED_LEGEND if dataset is None else legend_of_tags(dict(dataset.GetMetadata()))

    def _dataset(self, path: Path) -> Any:  # noqa: ANN401 - of GDAL
        if path not in self._open:
            while len(self._open) >= _MAX_OPEN_FILES:
                self._open.pop(next(iter(self._open)))
            self._open[path] = _open(path)
        return self._open[path]

    def _place(self, dataset: Any, x: float, y: float) -> tuple[int, int] | None:  # noqa: ANN401 - of GDAL
        """Column and row; None outside."""
        from osgeo import gdal

        there = self._transformed(dataset.GetProjection(), x, y)
        inverse = gdal.InvGeoTransform(dataset.GetGeoTransform())
        if there is None or inverse is None:
            return None
        column, row = (int(value // 1) for value in gdal.ApplyGeoTransform(inverse, *there))
        inside = 0 <= column < dataset.RasterXSize and 0 <= row < dataset.RasterYSize
        return (column, row) if inside else None

    def _transformed(self, wkt: str, x: float, y: float) -> tuple[float, float] | None:
        from osgeo import osr

        if not wkt or not self._crs_wkt:
            return x, y
        if wkt not in self._transforms:
            source, target = osr.SpatialReference(self._crs_wkt), osr.SpatialReference(wkt)
            for reference in (source, target):
                reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
            same = bool(source.IsSame(target))
            self._transforms[wkt] = None if same else osr.CoordinateTransformation(source, target)
        transform = self._transforms[wkt]
        if transform is None:
            return x, y
        try:
            there = transform.TransformPoint(x, y)
        except RuntimeError:
            return None
        return (there[0], there[1]) if all(abs(value) < float("inf") for value in there[:2]) else None


def _scene_of_point(
    scene_id: str,
    day: date,
    image: Path | None,
    bands: dict[str, float],
    classes: dict[str, float],
    legend: Legend,
) -> SceneOfPoint | None:
    red, nir = bands.get("B04", 0.0), bands.get("B08", 0.0)
    ndvi = (nir - red) / (nir + red) if red > 0 and nir > 0 else None
    stored = int(classes.get(_STORED_NDVI, 0))
    if ndvi is None and stored > 0 and not bands:
        ndvi = (stored - _STORED_ZERO) / _STORED_STEPS
    code = int(classes.get("class", 0))
    if ndvi is None and code == 0:
        return None
    classification = bands.get("SCL", classes.get("scene classification"))
    return SceneOfPoint(
        scene_id,
        day,
        image if bands and ndvi is not None else None,
        ndvi,
        code if code in legend.by_code else None,
        code != legend.cloud_code and (classification is None or int(classification) not in NOT_CLEAR),
        legend.by_code.get(code),
    )


def _open(path: Path) -> Any:  # noqa: ANN401 - of GDAL
    """A raster, quietly; None where it cannot be opened."""
    from osgeo import gdal

    try:
        return gdal.OpenEx(str(path), gdal.OF_RASTER, allowed_drivers=["GTiff"])
    except RuntimeError:  # newer versions of QGIS switch GDAL's exceptions on
        return None
