"""Results as layers: styles, groups in the layer tree, and metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsDateTimeRange,
    QgsLayerMetadata,
    QgsLayerTree,
    QgsMapLayer,
    QgsPalettedRasterRenderer,
    QgsProcessingContext,
    QgsProject,
    QgsRasterLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime
from qgis.PyQt.QtGui import QColor

from ..allpa_engine import __version__
from ..allpa_engine.core import raster_tags as tag_names
from ..allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ..translation import table_language, tr
from .post_processing import LayerStyler
from .raster_legend import legend_of_tags, raster_legend, raster_tags

LANDCOVER, QUALITY, CHANGE, CERTAINTY = "landcover", "quality", "change", "certainty"
"""Kinds of results, as the engine names them."""
ONE_CLASS = "one_class"
"""Loss, gain and persistence of one class."""
PREDICTION = "prediction"
"""The map of one scene."""
MAP_OUTPUTS = MappingProxyType({"LANDCOVER": LANDCOVER, "QUALITY": QUALITY})
"""Outputs of a job that are shown as layers, with their kinds; the first one is visible."""
_VISIBLE_KINDS = (LANDCOVER, CHANGE)
"""Kinds that are visible when they are loaded, and lie on top of the others."""


def landcover_renderer(layer: QgsRasterLayer) -> QgsPalettedRasterRenderer:
    """The classes of the raster in their colours and with their names; those of bundled ones in QGIS's language."""
    language = table_language()
    classes = [
        QgsPalettedRasterRenderer.Class(land_class.code, QColor(land_class.color), land_class.label(language))
        for land_class in raster_legend(Path(layer.source()))
    ]
    return QgsPalettedRasterRenderer(layer.dataProvider(), 1, classes)


def layer_metadata(layer: QgsRasterLayer, kind: str, title: str) -> QgsLayerMetadata:
    """Metadata of a result: contents, extent, rights, dates and lineage, the latter from the tags of its file.

    Parameters
    ----------
    layer : valid raster layer of the file.
    kind : `landcover`, `quality`, `change`, `certainty`, `one_class` or `prediction`; it decides the abstract.
    title : of the dataset.

    Returns
    -------
    Metadata in QGIS's language, with a link to the STAC item where one lies beside the file.

    """
    metadata = QgsLayerMetadata()
    metadata.setType("dataset")
    metadata.setTitle(title)
    tags = raster_tags(Path(layer.source()))
    metadata.setAbstract(_abstract(kind, legend_of_tags(tags)))
    metadata.setKeywords({"gmd:topicCategory": ["imageryBaseMapsEarthCover"], "": [tr("land cover"), "Sentinel-2"]})
    metadata.setCrs(layer.crs())
    extent = QgsLayerMetadata.SpatialExtent()
    extent.extentCrs = layer.crs()
    extent.bounds = layer.extent().toBox3d(0, 0)
    layer_extent = QgsLayerMetadata.Extent()
    layer_extent.setSpatialExtents([extent])
    metadata.setLicenses([tr("Sentinel data: free and open, Commission Delegated Regulation (EU) No 1159/2013")])
    _add_lineage(metadata, layer_extent, Path(layer.source()), tags)
    metadata.setExtent(layer_extent)
    return metadata


def _add_lineage(metadata: QgsLayerMetadata, extent: QgsLayerMetadata.Extent, path: Path, tags: dict[str, str]) -> None:
    """Rights, dates and lineage from the tags of the file, and a link to its STAC item."""
    metadata.setIdentifier(path.stem)
    metadata.setRights([tags.get("TIFFTAG_COPYRIGHT") or tr("Contains modified Copernicus Sentinel data.")])
    first, last = (
        QDate.fromString(tags.get(tag, ""), "yyyy-MM-dd") for tag in (tag_names.FIRST_DATE, tag_names.LAST_DATE)
    )
    if first.isValid() and last.isValid():
        times = (QDateTime(first, QTime(0, 0), Qt.TimeSpec.UTC), QDateTime(last, QTime(23, 59, 59), Qt.TimeSpec.UTC))
        extent.setTemporalExtents([QgsDateTimeRange(*times)])
    lineage = [tags.get("TIFFTAG_IMAGEDESCRIPTION", ""), tags.get("TIFFTAG_SOFTWARE") or f"Allpa {__version__}"]
    lineage += [
        f"{name.removeprefix(tag_names.PREFIX).lower()}: {value}"
        for name, value in tag_names.own_tags(tags).items()
        if value and name != tag_names.LEGEND
    ]
    for line in filter(None, lineage):
        metadata.addHistoryItem(line)
    item = path.with_suffix(".json")
    if item.is_file():
        metadata.addLink(QgsLayerMetadata.Link(tr("Metadata (STAC item)"), "WWW:LINK", item.as_uri()))


def _abstract(kind: str, legend: Legend = BUNDLED_LEGEND) -> str:
    if kind in (CHANGE, CERTAINTY, ONE_CLASS):
        return tr(
            "Change between land-cover maps of the same region. It contains the errors of both maps: assess its "
            "accuracy with a reference sample before publishing figures."
        )
    if not legend.is_bundled:
        names = ", ".join(land_class.name for land_class in legend)
        return tr("Land cover from Sentinel-2 scenes in {} classes: {}.").format(len(legend), names)
    if kind == PREDICTION:
        return tr("Land cover of ten classes in one Sentinel-2 scene, including clouds and shadows.")
    return tr("Annual land cover of ten classes from Sentinel-2 scenes, by class-weighted majority vote.")


def style_result(layer: QgsMapLayer, kind: str, title: str) -> None:
    """Give a loaded result its style, name and metadata; does nothing for a layer that is no valid raster.

    Parameters
    ----------
    layer : as it was loaded.
    kind : `landcover` and `prediction` get the colours of the classes; `quality`, `change`, `certainty` and `one_class`
        the style file beside them.
    title : name of the layer.

    """
    if not isinstance(layer, QgsRasterLayer) or not layer.isValid():
        return
    layer.setName(title)
    if kind in (LANDCOVER, PREDICTION):
        layer.setRenderer(landcover_renderer(layer))
    else:
        layer.loadDefaultStyle()  # Processing loads layers without the style that lies beside them
    layer.setMetadata(layer_metadata(layer, kind, title))
    layer.triggerRepaint()


def open_result(path: str, kind: str, title: str) -> QgsRasterLayer:
    """A styled layer of a result's file, not yet in a project.

    Parameters
    ----------
    path : of the raster.
    kind : `landcover`, `quality`, `change`, `certainty`, `one_class` or `prediction`.
    title : name of the layer.

    Returns
    -------
    The layer; not valid where QGIS cannot open the file.

    """
    options = QgsRasterLayer.LayerOptions()
    options.loadDefaultStyle = kind not in (LANDCOVER, PREDICTION)  # it reads values, and their colours replace it
    layer = QgsRasterLayer(path, title, "gdal", options)
    style_result(layer, kind, title)
    return layer


def add_results(project: QgsProject, results: dict[str, Any], title: str) -> list[QgsRasterLayer]:
    """Add a job's map and quality raster to a project, in a new group on top; on the main thread only.

    Parameters
    ----------
    project : gets the layers; of them only the map is visible.
    results : an algorithm's outputs, paths by `LANDCOVER` and `QUALITY`; what is missing or unreadable is left out.
    title : of the group, and part of the layers' names.

    Returns
    -------
    The layers that were added, the map first.

    """
    layers = (add_result(project, results, output, title) for output in MAP_OUTPUTS)
    return [layer for layer in layers if layer is not None]


def add_result(project: QgsProject, results: dict[str, Any], output: str, title: str) -> QgsRasterLayer | None:
    """Add one raster of a job to a project; on the main thread only.

    Parameters
    ----------
    project : gets the layer.
    results : an algorithm's outputs.
    output : which of `MAP_OUTPUTS`; with the first one a new group is made on top.
    title : of the group, and part of the layer's name.

    Returns
    -------
    The layer; None where it is missing or unreadable.

    """
    root, kind, is_first = project.layerTreeRoot(), MAP_OUTPUTS[output], output == next(iter(MAP_OUTPUTS))
    group = None if is_first else root.findGroup(title)
    group = group or root.insertGroup(0, title)
    layer = open_result(str(results.get(output) or ""), kind, f"{kind_title(kind)} {title}".strip())
    if not layer.isValid():
        return None
    project.addMapLayer(layer, False)
    node = group.addLayer(layer)
    node.setItemVisibilityChecked(is_first)
    node.setExpanded(is_first)
    return layer


def kind_title(kind: str) -> str:
    """Title of a kind of result."""
    titles = {
        QUALITY: tr("Quality"),
        CHANGE: tr("Change"),
        CERTAINTY: tr("Change confidence"),
        ONE_CLASS: tr("Change of one class"),
    }
    return titles.get(kind) or tr("Land cover")


class ResultStyler(LayerStyler):
    """Styles a result and puts it into its group."""

    def __init__(self, kind: str, title: str, group: str) -> None:
        super().__init__()
        self._kind = kind
        self._title = title
        self._group = group

    def style(self, layer: QgsMapLayer, project: QgsProject | None) -> None:
        """Style the layer; where there is a group, it shows maps and hides what explains them."""
        style_result(layer, self._kind, self._title)
        if project is not None and self._group:
            move_to_group(project.layerTreeRoot(), layer, self._group, visible=self._kind in _VISIBLE_KINDS)


def move_to_group(root: QgsLayerTree, layer: QgsMapLayer, title: str, *, visible: bool) -> None:
    """Put a layer into its group, visible ones first; newer versions of QGIS have put it there themselves."""
    node = root.findLayer(layer.id())
    if node is None:
        return
    parent = node.parent()
    group = parent if parent.name() == title else root.findGroup(title) or root.insertGroup(0, title)
    moved = node.clone()
    moved.setItemVisibilityChecked(visible)
    group.insertChildNode(0 if visible else -1, moved)
    parent.removeChildNode(node)


def load_map_on_completion(context: QgsProcessingContext, values: Mapping[str, Any], title: str) -> None:
    """Let Processing load a map above its quality raster, when the algorithm has ended.

    Parameters
    ----------
    context : of the algorithm.
    values : of the engine's result, with the paths of both.
    title : of the group in the layer tree, and part of the layers' names.

    """
    for output, kind in (("QUALITY", QUALITY), ("LANDCOVER", LANDCOVER)):
        load_on_completion(context, str(values.get(kind) or ""), kind, title, output)


def load_on_completion(context: QgsProcessingContext, path: str, kind: str, title: str, output: str) -> None:
    """Let Processing load a result, styled and grouped, when the algorithm has ended.

    Without a project, or where the file does not exist, nothing happens.

    Parameters
    ----------
    context : of the algorithm.
    path : of the raster.
    kind : `landcover`, `quality`, `change`, `certainty`, `one_class` or `prediction`.
    title : of the group in the layer tree, and part of the layer's name.
    output : name of the algorithm's output.

    """
    if context.project() is None or not Path(path).is_file():
        return
    name = f"{kind_title(kind)} {title}".strip()
    if not context.willLoadLayerOnCompletion(path):
        details = QgsProcessingContext.LayerDetails(name, context.project(), output)
        context.addLayerToLoadOnCompletion(path, details)
    ResultStyler(kind, name, title).attach(context, path, title)
