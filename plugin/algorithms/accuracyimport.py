"""`allpa:accuracyimport`: reference data that were labelled elsewhere, as a sample of a map."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid, ReferenceInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.sample_keys import IMPORT, INNER_POINT, RANDOM_POINTS
from ..layers.raster_legend import raster_legend
from ..layers.sample_layers import load_labels
from ..translation import tr
from . import zones as zone_layer
from .accuracysample import zones_file
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    expected_output,
    job_file_beside,
    notes_text,
    require_writable,
    run_job,
)
from .parameters import advanced, is_given, language_parameter, selected_language
from .rasters import raster_file

REFERENCE, LANDCOVER, SAMPLE, OUTPUT = "REFERENCE", "LANDCOVER", "SAMPLE", "OUTPUT"
CLASS_FIELD, CLASSES, X_FIELD, Y_FIELD, CRS = "CLASS_FIELD", "CLASSES", "X_FIELD", "Y_FIELD", "CRS"
LAYER, POLYGONS, POINTS_PER_POLYGON = "LAYER", "POLYGONS", "POINTS_PER_POLYGON"
IS_RANDOM, INTERPRETER, SEED, OVERWRITE = "IS_RANDOM", "INTERPRETER", "SEED", "OVERWRITE"


class AccuracyImport(AllpaAlgorithm):
    """Reference data to sample."""

    ID = "accuracyimport"
    TITLE = translatable("Import reference data")
    SUMMARY = translatable("Makes a sample of a map from points, polygons or a raster that were labelled elsewhere.")
    HELP = translatable(
        "Reads tables with coordinates (LUCAS, Geo-Wiki, Collect Earth), KML, KMZ, GeoJSON, shapefiles and "
        "GeoPackages. Names and codes of the legend and LUCAS codes are known; other values are mapped by hand. "
        "Polygons give their innermost point, or several random points. Points that were not drawn at random from the "
        "map describe themselves alone: the report then says that intervals do not hold. With a sample, its points "
        "get the classes of a dense reference, a raster or polygons, and remain a probability sample."
    )
    TAGS = ("accuracy", "reference", "LUCAS", "Geo-Wiki", "Collect Earth", "KML", "exactitud", "referencia")
    EXAMPLE = MappingProxyType(
        {"REFERENCE": "points.csv", "LANDCOVER": "landcover_2020.tif", "CLASS_FIELD": "class", "OUTPUT": "sample.gpkg"}
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        formats = "*.csv *.txt *.tsv *.geojson *.json *.kml *.kmz *.shp *.gpkg *.tif *.tiff"
        reference = QgsProcessingParameterFile(
            REFERENCE, tr("Reference data"), fileFilter=tr("Reference data ({})").format(formats)
        )
        reference.setHelp(tr("Points, polygons or a table with a class each; with a sample also a raster of classes."))
        landcover = QgsProcessingParameterRasterLayer(LANDCOVER, tr("Land-cover map"))
        landcover.setHelp(tr("The map that will be assessed, with the codes 1 to 10; 0 is no data."))
        field = QgsProcessingParameterString(CLASS_FIELD, tr("Field of the classes"), None, False, True)
        field.setHelp(tr("If empty, a field with a usual name is taken, such as class, landcover, LC1 or cobertura."))
        classes = QgsProcessingParameterString(CLASSES, tr("Classes of values"), None, True, True)
        classes.setHelp(
            tr("Value = class code or name, one per line or divided by ';', e.g. Bosque=2; Puna=Scrub/shrub; 99=0. "
               "0 leaves a value out.")
        )  # fmt: skip
        zones, zone_field = zone_layer.zone_parameters()
        zones.setHelp(tr("Provinces or districts: points carry the name of their zone."))
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Sample"), tr("GeoPackage (*.gpkg)"))
        output.setHelp(tr("A file with labels is never replaced unasked."))
        self.add([reference, landcover, field, classes, zones, zone_field, output, *_advanced_parameters()])
        self.add([language_parameter()])
        self.addOutput(QgsProcessingOutputNumber("POINTS", tr("Points")))
        self.addOutput(QgsProcessingOutputNumber("LABELS", tr("Labels")))
        self.addOutput(QgsProcessingOutputString("METHOD", tr("Sampling method")))
        self.addOutput(QgsProcessingOutputString("NOTES", tr("Notes (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the file's folder cannot be written.
        ReferenceInvalid, RasterInvalid : where the reference data or the map are no file.
        RegionInvalid, JobInvalid : where the zones or another value cannot be used.

        """
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        self._job(parameters, context, expected_output(parameters, OUTPUT, "sample.gpkg"))

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, output: Path) -> Job:
        source = zone_layer.zone_source(self, parameters, context)
        return build_job(
            "accuracy_import",
            output.parent,
            language=selected_language(self, parameters, context),
            landcover=str(raster_file(self.parameterAsRasterLayer(parameters, LANDCOVER, context))),
            reference=self._file(parameters, REFERENCE, context),
            sample=self._file(parameters, SAMPLE, context),
            reference_options=self._options(parameters, context),
            zones="" if source is None else str(zones_file(output)),
            zone_name="" if source is None else zone_layer.zone_name_field(self, parameters, context),
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            outputs={"sample": str(output.absolute())},
        )

    def _file(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        path = self.parameterAsFile(parameters, name, context) if is_given(parameters, name) else ""
        if path and not Path(path).is_file():
            raise ReferenceInvalid(tr("The file {} does not exist.").format(path), "", tr("Choose another file."))
        return str(Path(path).absolute()) if path else ""

    def _options(self, parameters: dict[str, Any], context: QgsProcessingContext) -> dict[str, Any]:
        texts = {
            key: (self.parameterAsString(parameters, name, context) or "").strip()
            for name, key in (
                (CLASS_FIELD, "class_field"), (LAYER, "layer"), (X_FIELD, "x_field"), (Y_FIELD, "y_field"),
                (INTERPRETER, "interpreter"),
            )
        }  # fmt: skip
        legend = raster_legend(raster_file(self.parameterAsRasterLayer(parameters, LANDCOVER, context)))
        crs = self.parameterAsCrs(parameters, CRS, context) if is_given(parameters, CRS) else None
        return {
            **IMPORT.defaults,
            **texts,
            "classes": parse_classes(self.parameterAsString(parameters, CLASSES, context) or "", legend),
            "crs": "" if crs is None or not crs.isValid() else crs.authid() or crs.toWkt(),
            "polygons": self.parameterAsEnumString(parameters, POLYGONS, context) or INNER_POINT,
            "points_per_polygon": self.parameterAsInt(parameters, POINTS_PER_POLYGON, context),
            "is_random": self.parameterAsBoolean(parameters, IS_RANDOM, context),
            "seed": self.parameterAsInt(parameters, SEED, context),
        }

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Import the reference data in the engine, and let Processing load the labels.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Path of the sample, numbers of points and labels, method and notes.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        job = self._job(parameters, context, output)
        source = zone_layer.zone_source(self, parameters, context)
        if source is not None:
            zone_layer.write_zones(source, zones_file(output), context, feedback)
        values = run_job(job, job_file_beside(output), feedback)
        name = job.reference_options["interpreter"] or Path(job.reference).stem[:80]
        load_labels(context, output.absolute(), [name])
        return {
            OUTPUT: values.get("sample", str(output)),
            "POINTS": values.get("points"),
            "LABELS": values.get("labels"),
            "METHOD": values.get("method"),
            "NOTES": notes_text(values),
        }


def _advanced_parameters() -> list[QgsProcessingParameterDefinition]:
    sample = QgsProcessingParameterFile(
        SAMPLE, tr("Sample to label"), optional=True, fileFilter=tr("GeoPackage (*.gpkg)")
    )
    choices = [INNER_POINT, RANDOM_POINTS]
    integer = QgsProcessingParameterNumber.Type.Integer
    return [
        advanced(sample, tr("A sample of this map: its points get the classes of the reference.")),
        advanced(
            QgsProcessingParameterEnum(POLYGONS, tr("Points of polygons"), choices, False, INNER_POINT, True, True),
            tr("inner_point: the point furthest from the border; random_points: several of each polygon."),
        ),
        advanced(
            QgsProcessingParameterNumber(
                POINTS_PER_POLYGON, tr("Random points per polygon"), integer, 5, True, 1, 1000
            ),
            tr("Points of one polygon are alike: many of them make intervals too narrow."),
        ),
        advanced(
            QgsProcessingParameterBoolean(IS_RANDOM, tr("The points are a simple random sample of the map"), False),
            tr("Only then intervals hold. Points at roads, in parcels or chosen by hand are none."),
        ),
        advanced(
            QgsProcessingParameterString(INTERPRETER, tr("Name of the labels"), None, False, True),
            tr("If empty, the name of the file."),
        ),
        *_table_parameters(),
        advanced(
            QgsProcessingParameterNumber(SEED, tr("Seed"), integer, 1, True, 0, 2_147_483_647),
            tr("The same seed takes the same random points."),
        ),
        advanced(
            QgsProcessingParameterBoolean(OVERWRITE, tr("Replace a sample with labels"), False),
            tr("Labels of the file are lost."),
        ),
    ]


def _table_parameters() -> list[QgsProcessingParameterDefinition]:
    """Where a file does not say what it holds."""
    return [
        advanced(
            QgsProcessingParameterString(X_FIELD, tr("Column of x (longitude)"), None, False, True),
            tr("Of a table; if empty, a column with a usual name is taken."),
        ),
        advanced(
            QgsProcessingParameterString(Y_FIELD, tr("Column of y (latitude)"), None, False, True),
            tr("Of a table; if empty, a column with a usual name is taken."),
        ),
        advanced(
            QgsProcessingParameterCrs(CRS, tr("CRS of the reference data"), None, True),
            tr("Where the file does not name it; if empty, longitude and latitude."),
        ),
        advanced(
            QgsProcessingParameterString(LAYER, tr("Layer of a GeoPackage"), None, False, True),
            tr("If empty, the first one with points or polygons."),
        ),
    ]


def parse_classes(text: str, legend: Legend = BUNDLED_LEGEND) -> dict[str, int]:
    """Class codes by values from a text such as `Bosque=2; Puna=Scrub/shrub; 99=0`.

    Parameters
    ----------
    text : of the parameter.
    legend : of the map; its classes may be written by name.

    Raises
    ------
    JobInvalid
        Where a part is not `value=class`, or the class does not exist.

    """
    names = {name.casefold(): land.code for land in legend for name in (land.label("en"), land.label("es"))}
    classes = {}
    for part in (piece.strip() for piece in text.replace("\n", ";").split(";")):
        value, equals, name = (piece.strip() for piece in part.rpartition("="))
        if not part:
            continue
        code = int(name) if name.isdigit() and len(name) < 4 else names.get(name.casefold(), -1)
        if not (equals and value and code in (0, *legend.codes)):
            raise JobInvalid(
                tr("The class of a value cannot be read: {}.").format(repr(part)[:80]),
                "",
                tr("Write value = class code or name, e.g. Bosque=2; Puna=Scrub/shrub; 99=0."),
            )
        classes[value] = code
    return classes
