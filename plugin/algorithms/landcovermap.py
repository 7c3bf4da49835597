"""`allpa:landcovermap`: the whole job, from a region and a year to the map, its areas and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from .. import settings
from ..allpa_engine.core.errors import JobInvalid
from ..allpa_engine.core.job import Job
from ..layers.results import LANDCOVER, QUALITY, load_on_completion
from ..translation import tr
from .access import FetchingAlgorithm, access_parameter, read_list_catalogues
from .base import (
    JOB_FILE,
    build_job,
    destination_text,
    require_writable,
    run_job,
)
from .computing import computing_parameters, computing_values
from .merging import advanced, composite_parameters, composite_values
from .period import period_dates, period_parameters
from .region import region_geojson, region_parameters
from .searching import search_parameters, search_values
from .zones import (
    ZONE_FIELD,
    ZoneFiles,
    write_zones,
    zone_parameters,
    zone_source,
)

FOLDER, REGION_NAME, SCENES = "FOLDER", "REGION_NAME", "SCENES"
FILES = {
    "LANDCOVER": "landcover",
    "QUALITY": "quality",
    "AREAS": "areas",
    "REPORT": "report",
    "PROVENANCE": "provenance",
    "PICTURE": "picture",
    "SCENES_USED": "scenes",
    "ZONE_LAYER": "zones",
    "ZONE_TABLE": "zones_wide",
    "ZONE_TABLE_LONG": "zones_long",
}
"""Outputs that are files, with their key in the engine's result."""
NUMBERS = {
    "AREA_HA": "area_ha",
    "VALID_PERCENT": "valid_area_percent",
    "SCENE_COUNT": "scene_count",
    "FAILED_SCENES": "failed_scenes",
    "ZONE_COUNT": "zone_count",
}


class LandCoverMap(FetchingAlgorithm):
    """Region and period to annual map, quality, areas, report and provenance."""

    ID = "landcovermap"
    TITLE = "Annual land-cover map"
    SUMMARY = "Maps the land cover of a region in a year, in ten classes, from Sentinel-2 scenes."
    HELP = (
        "Searches the scenes of the period, fetches the region's part of the best ones, classifies each with a neural "
        "network, and merges them by a class-weighted mode. Writes the map, a quality raster, the area table, a "
        "report, a picture and the record of the run into the folder. A run that was stopped continues where it stood."
    )
    TAGS = ("annual", "UNet", "classification", "area", "Esri", "Impact Observatory", "mapa", "cobertura")

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        self.add(region_parameters())
        year, start, end = period_parameters()
        catalogue, *searching = search_parameters()
        folder = QgsProcessingParameterFolderDestination(
            FOLDER, tr("Folder of the results"), settings.OUTPUT_FOLDER.value() or None
        )
        folder.setHelp(tr("All files are written here; the same folder continues a run that was stopped."))
        self.add([year, catalogue, folder])
        name = QgsProcessingParameterString(REGION_NAME, tr("Name of the region"), None, False, True)
        self.add([advanced(name, tr("Title in the table and the report.")), start, end])
        self.add([*searching, access_parameter(), *composite_parameters(), *computing_parameters()])
        scenes = QgsProcessingParameterFile(SCENES, tr("Scene list"), extension="json", optional=True)
        self.add([advanced(scenes, tr("A list that the search wrote, to use instead of searching again."))])
        self.add(advanced(each, each.help()) for each in zone_parameters())
        self._declare_outputs()

    def _declare_outputs(self) -> None:
        self.addOutput(QgsProcessingOutputRasterLayer("LANDCOVER", tr("Land cover")))
        self.addOutput(QgsProcessingOutputRasterLayer("QUALITY", tr("Quality")))
        self.addOutput(QgsProcessingOutputFile("AREAS", tr("Area table (CSV)")))
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("PROVENANCE", tr("Record of the run (STAC item)")))
        self.addOutput(QgsProcessingOutputFile("PICTURE", tr("Picture of the map")))
        self.addOutput(QgsProcessingOutputFile("SCENES_USED", tr("Scene list")))
        self.addOutput(QgsProcessingOutputVectorLayer("ZONE_LAYER", tr("Areas by zone")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE", tr("Areas by zone, wide (CSV)")))
        self.addOutput(QgsProcessingOutputFile("ZONE_TABLE_LONG", tr("Areas by zone, long (CSV)")))
        self.addOutput(QgsProcessingOutputNumber("ZONE_COUNT", tr("Zones")))
        self.addOutput(QgsProcessingOutputNumber("AREA_HA", tr("Area of the region (ha)")))
        self.addOutput(QgsProcessingOutputNumber("VALID_PERCENT", tr("Share of the region that was seen (percent)")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes used")))
        self.addOutput(QgsProcessingOutputNumber("FAILED_SCENES", tr("Scenes that failed")))
        self.addOutput(QgsProcessingOutputString("AREA_TABLE", tr("Area table (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Make the job, as far as that needs no engine."""
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())
        zone_source(self, parameters, context)
        self.check_access(parameters, context)

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """Those that are searched, or those of the chosen scenes of a list."""
        scenes = self.parameterAsFile(parameters, SCENES, context)
        if scenes:
            return read_list_catalogues(Path(scenes))
        searching = search_values(self, parameters, context)
        return {searching["catalogue"], searching["fallback_catalogue"]} - {""}

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:
        """Whether the folder holds an earlier run."""
        return (Path(destination_text(parameters, FOLDER)) / JOB_FILE).is_file()

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        scenes = self.parameterAsFile(parameters, SCENES, context)
        if scenes and not Path(scenes).is_file():
            raise JobInvalid(tr("The scene list does not exist: {}.").format(scenes))
        start, end = period_dates(self, parameters, context)
        return build_job(
            "landcovermap",
            folder,
            region=region_geojson(self, parameters, context, optional=bool(scenes)),
            start=start,
            end=end,
            region_name=(self.parameterAsString(parameters, REGION_NAME, context) or "").strip(),
            scenes=str(Path(scenes).absolute()) if scenes else "",
            **search_values(self, parameters, context),
            **composite_values(self, parameters, context),
            **computing_values(self, parameters, context),
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run the job and hand its files, layers and numbers on."""
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        require_writable(str(folder))
        job = self._job(parameters, context, folder)
        zones = zone_source(self, parameters, context)
        if zones is not None:
            input_file = ZoneFiles.for_table(folder / f"areas_{job.period}.csv").input_file
            write_zones(zones, self.parameterAsString(parameters, ZONE_FIELD, context) or "", input_file, context)
            job = replace(job, zones=str(input_file))
        values = run_job(job, folder / JOB_FILE, feedback, self.access_variables())
        title = f"{job.region_name} {job.period}".strip()
        for output, kind in (("QUALITY", QUALITY), ("LANDCOVER", LANDCOVER)):
            load_on_completion(context, str(values.get(kind) or ""), kind, title, output)
        outputs: dict[str, Any] = {name: values.get(key) for name, key in {**FILES, **NUMBERS}.items()}
        outputs["AREA_TABLE"] = json.dumps(values.get("area_table", []), ensure_ascii=False)
        outputs[FOLDER] = str(folder)
        return outputs
