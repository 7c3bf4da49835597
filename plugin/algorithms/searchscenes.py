"""`allpa:searchscenes`: find and select the scenes of a region and period, and write them as a list."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeatureSink,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsWkbTypes,
)

from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..layers.footprints import (
    CRS,
    FootprintStyler,
    footprint_features,
    footprint_fields,
)
from ..layers.scene_list import read_scene_list
from ..translation import tr
from .base import (
    AllpaAlgorithm,
    build_job,
    destination_text,
    expected_output,
    job_file_beside,
    require_writable,
    run_job,
)
from .merging import months_parameter, selected_months
from .period import period_dates, period_parameters
from .region import region_geojson, region_parameters
from .searching import search_parameters, search_values

OUTPUT, FOOTPRINTS = "OUTPUT", "FOOTPRINTS"


class SearchScenes(AllpaAlgorithm):
    """Region and period to a scene list."""

    ID = "searchscenes"
    TITLE = translatable("Search scenes")
    SUMMARY = translatable(
        "Finds the Sentinel-2 scenes of a region and period, selects the best ones, and writes a scene list."
    )
    HELP = translatable(
        "The list is a STAC ItemCollection (JSON) of all candidates, with the selection and its reasons. It can be "
        "edited, and is an input (SCENES) of the other algorithms. The footprints are a layer of the same candidates."
    )
    TAGS = ("STAC", "catalogue", "scenes")
    EXAMPLE = MappingProxyType(
        {"EXTENT": "725000,735000,8482000,8492000 [EPSG:32718]", "YEAR": 2020, "OUTPUT": "scenes.json"}
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        year, start, end = period_parameters()
        catalogue, *searching = search_parameters()
        self.add([*region_parameters(), year, catalogue, start, end, *searching, months_parameter()])
        output = QgsProcessingParameterFileDestination(OUTPUT, tr("Scene list"), tr("Scene lists (*.json)"))
        output.setHelp(tr("JSON file of the scene list."))
        footprints = QgsProcessingParameterFeatureSink(
            FOOTPRINTS, tr("Footprints"), QgsProcessing.SourceType.TypeVectorPolygon, None, True, False
        )
        footprints.setHelp(tr("Layer of the candidates' footprints, with date, cloud cover and reason."))
        self.add([output, footprints])
        self.addOutput(QgsProcessingOutputNumber("CANDIDATES", tr("Scenes found")))
        self.addOutput(QgsProcessingOutputNumber("CHOSEN", tr("Scenes selected")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder of the scene list cannot be written.
        JobInvalid, PeriodInvalid, RegionInvalid : where a value cannot be used.

        """
        require_writable(destination_text(parameters, OUTPUT), is_file=True)
        self._job(parameters, context, expected_output(parameters, OUTPUT, "scenes.json"))

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        output: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        start, end = period_dates(self, parameters, context)
        return build_job(
            "search",
            output.parent,
            region=region_geojson(self, parameters, context, optional=False, feedback=feedback),
            start=start,
            end=end,
            months=selected_months(self, parameters, context),
            outputs={"scenes": str(output.absolute())},
            **search_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Search scenes in the engine, and write the layer of footprints where one is asked for.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The scene list, the numbers of candidates and of chosen scenes, and the layer of footprints.

        Raises
        ------
        AllpaError : of the class that names the cause.
        QgsProcessingException : where the footprints cannot be written.

        """
        output = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        values = run_job(self._job(parameters, context, output, feedback), job_file_beside(output), feedback)
        outputs = {
            OUTPUT: values.get("scenes", str(output)),
            "CANDIDATES": values.get("candidates"),
            "CHOSEN": values.get("scene_count"),
        }
        return outputs | self._footprints(parameters, context, Path(str(outputs[OUTPUT])))

    def _footprints(
        self, parameters: dict[str, Any], context: QgsProcessingContext, scene_list: Path
    ) -> dict[str, Any]:
        sink, layer = self.parameterAsSink(
            parameters,
            FOOTPRINTS,
            context,
            footprint_fields(),
            QgsWkbTypes.Type.MultiPolygon,
            QgsCoordinateReferenceSystem(CRS),
        )
        if sink is None:
            return {}
        scenes = read_scene_list(scene_list)
        if not sink.addFeatures(footprint_features(scenes), QgsFeatureSink.Flag.FastInsert):
            raise QgsProcessingException(self.writeFeatureError(sink, parameters, FOOTPRINTS))
        del sink  # closes the file
        FootprintStyler().attach(context, layer)
        return {FOOTPRINTS: layer}
