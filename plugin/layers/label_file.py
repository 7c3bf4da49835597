"""A layer of labels as a GeoPackage for the engine: all its features and fields, whatever format it comes from."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsFields,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsVectorFileWriter,
    QgsWkbTypes,
)

from ..allpa_engine.core.atomic import atomic_write
from ..allpa_engine.core.errors import FolderNotWritable, ReferenceInvalid
from ..translation import tr

LAYER_NAME, ROW_FIELD = "labels", "allpa_row"
UNCHECKED = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
"""Broken polygons go to the engine as they are: it repairs them and says so."""


def write_labels(source: QgsProcessingFeatureSource, path: Path, context: QgsProcessingContext) -> int:
    """Write the features of a layer, or those that are selected, in the layer's own CRS.

    Parameters
    ----------
    source : points or polygons.
    path : of the GeoPackage, written whole or not at all.
    context : of the run; its project chooses transformations.

    Returns
    -------
    Number of features.

    Raises
    ------
    ReferenceInvalid : where the layer has no features.
    FolderNotWritable, DiskFull : where the file cannot be written.

    """
    fields, positions = QgsFields(), []
    for position, field in enumerate(source.fields()):
        if field.name().casefold() not in ("fid", ROW_FIELD):  # GeoPackage's own, which may repeat in a joined layer
            fields.append(field)
            positions.append(position)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", LAYER_NAME
    options.layerOptions = [f"FID={ROW_FIELD}", "SPATIAL_INDEX=NO"]
    count = 0
    with atomic_write(path) as temporary_path:
        writer = QgsVectorFileWriter.create(
            str(temporary_path),
            fields,
            QgsWkbTypes.Type.Unknown,
            source.sourceCrs(),
            context.transformContext(),
            options,
        )
        for feature in source.getFeatures(QgsFeatureRequest(), UNCHECKED):
            copy = QgsFeature(fields)
            values = feature.attributes()
            copy.setAttributes([values[position] for position in positions])
            copy.setGeometry(feature.geometry())
            if not writer.addFeature(copy, QgsFeatureSink.Flag.FastInsert):
                raise FolderNotWritable(tr("The labels cannot be written: {}.").format(path), writer.errorMessage())
            count += 1
        problem = writer.errorMessage() if writer.hasError() else ""
        del writer  # writes the rest
        if problem:
            raise FolderNotWritable(tr("The labels cannot be written: {}.").format(path), problem)
        if not count:
            raise ReferenceInvalid(tr("The layer of labels has no features."), "", tr("Choose another layer."))
    return count
