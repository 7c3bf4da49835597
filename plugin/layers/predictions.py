"""The classified scenes of a run as layers for the temporal controller: each is shown on its acquisition date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsLayerDefinition,
    QgsLayerTree,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..allpa_engine.core import raster_tags as tag_names
from ..allpa_engine.core.atomic import atomic_write
from ..allpa_engine.core.errors import RasterInvalid
from ..translation import tr
from .post_processing import LayerStyler
from .raster_legend import raster_tags
from .results import PREDICTION, style_result

PREDICTIONS_FOLDER = "predictions"
"""Name of the folder of predictions in a run's folder."""


@dataclass(frozen=True)
class PredictionFile:
    """One classified scene, by the tags of its file."""

    path: Path
    scene_id: str
    tile: str
    day: date

    @property
    def title(self) -> str:
        """The layer's name; names sort chronologically."""
        return f"{self.day.isoformat()} {self.tile}"


def find_predictions(folder: Path) -> list[PredictionFile]:
    """The predictions in a folder, or in the folder `predictions` of a run's folder, in chronological order.

    Other rasters are left out.

    Raises
    ------
    RasterInvalid
        Where there are none.

    """
    predictions_folder = folder / PREDICTIONS_FOLDER
    if not predictions_folder.is_dir():
        predictions_folder = folder
    paths = sorted(path for path in predictions_folder.glob("*.tif") if not path.name.startswith("."))
    found = [prediction for prediction in map(_read_prediction, paths) if prediction is not None]
    if not found:
        raise RasterInvalid(
            tr("There are no predictions in {}.").format(folder), "", tr("Choose the folder of a run of Allpa.")
        )
    return sorted(found, key=lambda prediction: (prediction.day, prediction.tile, prediction.scene_id))


def _read_prediction(path: Path) -> PredictionFile | None:
    """The facts in a raster's tags; None where it is none, or no prediction."""
    tags = raster_tags(path)
    try:
        day = date.fromisoformat(tags.get(tag_names.DATE, "")[:10])
    except ValueError:
        return None
    return PredictionFile(path.absolute(), tags.get(tag_names.SCENE, path.stem), tags.get(tag_names.TILE, ""), day)


def day_range(day: date) -> QgsDateTimeRange:
    """A day in UTC, a second short of the midnights at both ends.

    QGIS takes a time step that ends when a layer's range begins as one that shows the layer, and forgets on saving
    whether the ends belong to a range; a range that touches no midnight shows in the steps of its own day only.
    """
    qdate = QDate(day.year, day.month, day.day)
    utc = Qt.TimeSpec.UTC
    return QgsDateTimeRange(QDateTime(qdate, QTime(0, 0, 1), utc), QDateTime(qdate, QTime(23, 59, 59), utc))


def style_prediction(layer: QgsMapLayer, prediction: PredictionFile) -> None:
    """Give a layer of a prediction its classes' colours, name, metadata and day.

    Parameters
    ----------
    layer : raster layer of the prediction's file; it must be valid.
    prediction : the facts of that file. Its day in UTC becomes the layer's time range.

    """
    style_result(layer, PREDICTION, prediction.title)
    properties = layer.temporalProperties()
    properties.setMode(Qgis.RasterTemporalMode.FixedTemporalRange)
    properties.setFixedTemporalRange(day_range(prediction.day))
    properties.setIsActive(True)
    metadata = layer.metadata()
    metadata.setIdentifier(prediction.scene_id)
    extent = metadata.extent()
    extent.setTemporalExtents([day_range(prediction.day)])
    metadata.setExtent(extent)
    layer.setMetadata(metadata)


def add_predictions(project: QgsProject, predictions: list[PredictionFile], title: str) -> list[QgsRasterLayer]:
    """Add predictions to a project, in a collapsed group on top of the layer tree; on the main thread only.

    Parameters
    ----------
    project : gets the layers, and their range of days where it has no time range.
    predictions : in chronological order, at least one.
    title : of the group; an existing group of this title is used.

    Returns
    -------
    The layers that were added; files that QGIS cannot open are left out.

    """
    added = []
    for prediction in predictions:
        layer = QgsRasterLayer(str(prediction.path), prediction.title)
        if layer.isValid():
            style_prediction(layer, prediction)
            project.addMapLayer(layer, False)
            _insert_sorted(project.layerTreeRoot(), layer, title)
            added.append(layer)
    _set_project_time_range(project, predictions)
    return added


def write_layer_definition(predictions: list[PredictionFile], title: str, path: Path) -> None:
    """Write predictions as a QGIS layer definition: the group with its layers, named by relative paths.

    Parameters
    ----------
    predictions : in chronological order, at least one.
    title : of the group.
    path : of the `.qlr` file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.
    RasterInvalid : where QGIS cannot write it.

    """
    project = QgsProject()
    add_predictions(project, predictions, title)
    with atomic_write(path) as temporary_path:
        written, reason = QgsLayerDefinition.exportLayerDefinition(
            str(temporary_path), project.layerTreeRoot().children()
        )
        if not written:
            raise RasterInvalid(tr("The layer definition cannot be written."), reason)


def load_predictions_on_completion(
    context: QgsProcessingContext, predictions: list[PredictionFile], title: str, output: str
) -> None:
    """Let Processing load predictions, styled and grouped, when the algorithm has ended; nothing without a project.

    Parameters
    ----------
    context : of the algorithm.
    predictions : in chronological order, at least one.
    title : of the group in the layer tree.
    output : name of the algorithm's output that the layers belong to.

    """
    if context.project() is None:
        return
    for prediction in predictions:
        path = str(prediction.path)
        details = QgsProcessingContext.LayerDetails(prediction.title, context.project(), output)
        context.addLayerToLoadOnCompletion(path, details)
        PredictionStyler(prediction, predictions, title).attach(context, path, title)


class PredictionStyler(LayerStyler):
    """Styles a prediction and puts it into its position in the group."""

    def __init__(self, prediction: PredictionFile, all_predictions: list[PredictionFile], group: str) -> None:
        super().__init__()
        self._prediction = prediction
        self._predictions = all_predictions
        self._group = group

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:
        """Style the layer; a project gets the time range of all predictions."""
        style_prediction(layer, self._prediction)
        if project is not None:
            _insert_sorted(project.layerTreeRoot(), layer, self._group)
            _set_project_time_range(project, self._predictions)


def _insert_sorted(root: QgsLayerTree, layer: QgsMapLayer, title: str) -> None:
    """Put a layer into the group of this title (created where it is missing), before the names that follow."""
    group = root.findGroup(title)
    if group is None:
        group = root.insertGroup(0, title)
        group.setExpanded(False)
    others = [child for child in group.children() if child.name() != layer.name()]
    position = sum(child.name() <= layer.name() for child in others)
    node = root.findLayer(layer.id())
    if node is None:
        group.insertLayer(position, layer)
        return
    group.insertChildNode(position, node.clone())
    node.parent().removeChildNode(node)


def _set_project_time_range(project: QgsProject, predictions: list[PredictionFile]) -> None:
    """Give a project without a time range the one of the predictions."""
    settings = project.timeSettings()
    if settings.temporalRange().isInfinite() or settings.temporalRange().isEmpty():
        first, last = (day_range(predictions[index].day) for index in (0, -1))
        settings.setTemporalRange(QgsDateTimeRange(first.begin().addSecs(-1), last.end().addSecs(1)))
