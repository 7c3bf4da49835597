"""`allpa:landcovermap`: the whole chain, from a region and a year to the map, its areas and its report."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from .. import settings
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..existing_output import JOB_FILE, differences_from_map, require_no_map_of_other_job
from ..file_errors import file_error
from ..layers.results import load_map_on_completion
from ..translation import tr
from .access import FetchingAlgorithm, access_parameter, read_list_catalogues
from .base import (
    build_job,
    destination_text,
    require_writable,
    run_job,
)
from .batches import batch_values, joint_table_parameter, region_name_parameters
from .computing import computing_parameters, computing_values
from .map_zones import with_zones, zone_maps_parameter
from .merging import composite_parameters, composite_values
from .parameters import advanced, existing_scene_list, language_parameter, selected_language
from .period import period_dates, period_parameters
from .planning import DRY_RUN, declare_plan_outputs, plan_outputs, plan_parameter
from .region import region_geojson, region_parameters
from .searching import search_parameters, search_values
from .tiles import tile_parameters, tile_values
from .zones import ZONES, zone_source, zone_table_parameters

FOLDER, SCENES, OVERWRITE = "FOLDER", "SCENES", "OVERWRITE"
FILES = {
    "LANDCOVER": "landcover",
    "PLAIN_LANDCOVER": "plain_landcover",
    "QUALITY": "quality",
    "AREAS": "areas",
    "REPORT": "report",
    "PROVENANCE": "provenance",
    "PICTURE": "picture",
    "SCENES_USED": "scenes",
    "ZONE_LAYER": "zones",
    "ZONE_TABLE": "zones_wide",
    "ZONE_TABLE_LONG": "zones_long",
    "ZONE_TABLE_SUMS": "zones_sums",
    "ZONE_MAP_FOLDER": "zone_maps",
}
"""Outputs that are files, with their key in the engine's result."""
NUMBERS = {
    "AREA_HA": "area_ha",
    "MAPPED_AREA_PERCENT": "valid_area_percent",
    "SCENE_COUNT": "scene_count",
    "FAILED_SCENES": "failed_scenes",
    "ZONE_COUNT": "zone_count",
}


class LandCoverMap(FetchingAlgorithm):
    """Region and period to annual map, quality raster, areas, report and metadata."""

    ID = "landcovermap"
    TITLE = translatable("Annual land-cover map")
    SUMMARY = translatable("Maps the land cover of a region in a year, in ten classes, from Sentinel-2 scenes.")
    HELP = translatable(
        "Searches the scenes of the period, downloads the region's part of the best ones, classifies them with a "
        "neural network, and combines them by class-weighted majority vote. Writes the map, a quality raster, the area "
        "table, a report, an image of the map and the metadata into the folder. An interrupted run is resumed."
    )
    TAGS = ("annual", "UNet", "classification", "area", "Esri", "Impact Observatory", "mapa", "cobertura")
    EXAMPLE = MappingProxyType(
        {"EXTENT": "725000,735000,8482000,8492000 [EPSG:32718]", "YEAR": 2020, "FOLDER": "abancay"}
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        self.add(region_parameters(zones=True))
        year, start, end = period_parameters()
        catalogue, *searching = search_parameters()
        folder = QgsProcessingParameterFolderDestination(
            FOLDER, tr("Output folder"), settings.OUTPUT_FOLDER.value() or None
        )
        folder.setHelp(tr("All files are written here. Use the same folder to resume an interrupted run."))
        self.add([year, catalogue, folder])
        self.add([*zone_table_parameters(), *region_name_parameters(), start, end])
        self.add([*searching, access_parameter(), *composite_parameters(), *computing_parameters()])
        scenes = QgsProcessingParameterFile(SCENES, tr("Scene list"), extension="json", optional=True)
        self.add([advanced(scenes, tr("A list that 'Search scenes' wrote, to use instead of searching again."))])
        self.add([zone_maps_parameter(), joint_table_parameter()])
        overwrite = QgsProcessingParameterBoolean(OVERWRITE, tr("Replace the map of another job"), False)
        self.add(
            [
                language_parameter(),
                advanced(
                    overwrite,
                    tr(
                        "Whether a map of the same period in the folder that another job made may be replaced. If not, "
                        "the run is refused."
                    ),
                ),
            ]
        )
        self.add([*tile_parameters(), plan_parameter()])
        self._declare_outputs()

    def _declare_outputs(self) -> None:
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("PLAIN_LANDCOVER", tr("Land cover by the vote alone")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUALITY", tr("Quality")))
        self.addOutput(QgsProcessingOutputFile("AREAS", tr("Area table (CSV)")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", tr("Metadata (STAC item)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Map image")))
        self.addOutput(QgsProcessingOutputFile("SCENES_USED", tr("Scene list")))
        self.addOutput(QgsProcessingOutputVectorLayer("ZONE_LAYER", tr("Areas by zone")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE", tr("Areas by zone, wide (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_LONG", tr("Areas by zone, long (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_SUMS", tr("Sums of zones (CSV)")))
        self.addOutput(QgsProcessingOutputFolder("ZONE_MAP_FOLDER", tr("Folder of the maps of zones")))
        self.addOutput(QgsProcessingOutputNumber("ZONE_COUNT", tr("Zones")))
        self.addOutput(QgsProcessingOutputNumber("AREA_HA", tr("Region area (ha)")))
        self.addOutput(QgsProcessingOutputNumber("MAPPED_AREA_PERCENT", tr("Mapped area (% of region)")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes used")))
        self.addOutput(QgsProcessingOutputNumber("FAILED_SCENES", tr("Failed scenes")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))
        declare_plan_outputs(self)

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        MapExists : where it holds the map of another job.
        S3KeysMissing : where the files of the scenes need keys.
        JobInvalid, PeriodInvalid, RegionInvalid, ModelInvalid : where a value cannot be used.

        """
        folder = destination_text(parameters, FOLDER)
        require_writable(folder)
        job = self._job(parameters, context, Path(folder))
        if not self.parameterAsBoolean(parameters, DRY_RUN, context):
            require_no_map_of_other_job(job, self)
        zone_source(self, parameters, context)
        self.check_access(parameters, context)

    def differences_from_map(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[str]:
        """What differs from the job of the map that would be replaced.

        Parameters
        ----------
        parameters : the algorithm's values by name; `FOLDER` says where the map lies.
        context : of the run.

        Returns
        -------
        Titles of parameters in QGIS's language; empty where the run replaces no map or an equal one.

        Raises
        ------
        AllpaError : where the parameters cannot be used.

        """
        folder = destination_text(parameters, FOLDER)
        try:
            require_writable(folder)
            return differences_from_map(self._job(parameters, context, Path(folder)), self)
        except OSError as error:
            raise file_error(error) from error

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues that are searched, or those of the chosen scenes of a list.

        Parameters
        ----------
        parameters : the algorithm's values by name; where `SCENES` names a list, nothing is searched.
        context : of the run.

        Returns
        -------
        Keys of the table of catalogues, or URLs; the fallback catalogue is among them.

        Raises
        ------
        JobInvalid : where the catalogue's URL is none, or the fallback catalogue is the catalogue itself.

        """
        scenes = self.parameterAsFile(parameters, SCENES, context)
        if scenes:
            return read_list_catalogues(Path(scenes))
        searching = search_values(self, parameters, context)
        return {searching["catalogue"], searching["fallback_catalogue"]} - {""}

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:
        """Whether the folder holds an earlier run."""
        return (Path(destination_text(parameters, FOLDER)) / JOB_FILE).is_file()

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        folder: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        scenes = existing_scene_list(self, parameters, SCENES, context)
        computing = computing_values(self, parameters, context)
        start, end = period_dates(self, parameters, context)
        return build_job(
            "landcovermap",
            folder,
            region=region_geojson(self, parameters, context, optional=bool(scenes), zones=ZONES, feedback=feedback),
            start=start,
            end=end,
            scenes=scenes,
            overwrite=self.parameterAsBoolean(parameters, OVERWRITE, context),
            language=selected_language(self, parameters, context),
            **search_values(self, parameters, context),
            **composite_values(self, parameters, context),
            **{**computing, **batch_values(self, parameters, context, computing["cache_folder"])},
            **tile_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the map in the engine, and let Processing load it and its quality raster.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of files and layers, areas in hectares and percent, numbers of scenes, and the area table as JSON.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        require_writable(str(folder))
        job = self._job(parameters, context, folder, feedback)
        if self.parameterAsBoolean(parameters, DRY_RUN, context):
            return {**plan_outputs(job, folder, feedback, self.access_variables()), FOLDER: str(folder)}
        require_no_map_of_other_job(job, self)
        job = with_zones(job, self, parameters, context, feedback)
        values = run_job(job, folder / JOB_FILE, feedback, self.access_variables())
        load_map_on_completion(context, values, f"{job.region_name} {job.period}".strip())
        outputs: dict[str, Any] = {name: values.get(key) for name, key in {**FILES, **NUMBERS}.items()}
        outputs["AREA_TABLE"] = json.dumps(values.get("area_table", []), ensure_ascii=False)
        outputs[FOLDER] = str(folder)
        return outputs
