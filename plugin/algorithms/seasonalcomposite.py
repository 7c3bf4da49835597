"""`allpa:seasonalcomposite`: from a region and seasons to composites, pictures, and a folder of features."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterCrs,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterRasterLayer,
)

from .. import settings
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.messages import translatable
from ..layers import season_layers
from ..translation import tr
from .access import FetchingAlgorithm, access_parameter, read_list_catalogues
from .base import build_job, destination_text, require_writable, run_job
from .batches import region_name, region_name_parameters
from .computing import CACHE, CACHE_LIMIT, THREADS, computing_parameters, computing_values
from .merging import CRS, ELEVATION, elevation_file, output_crs
from .parameters import advanced, existing_scene_list, language_parameter, selected_language
from .period import period_dates, period_parameters
from .region import region_geojson, region_parameters
from .searching import search_parameters, search_values
from .seasons import season_parameters, season_values

FOLDER, SCENES = "FOLDER", "SCENES"
_COMPUTING = {CACHE, CACHE_LIMIT, THREADS}
_COMPUTING_KEYS = ("cache_folder", "cache_limit_gb", "threads")


class SeasonalComposite(FetchingAlgorithm):
    """Region and seasons to statistics of the clear pixels, pictures, quality by tile and features."""

    ID = "seasonalcomposite"
    TITLE = translatable("Seasonal composites")
    SUMMARY = translatable("Makes cloud-free composites of the seasons of a period: features for classes of your own.")
    HELP = translatable(
        "Searches the scenes of each season, downloads the region's part of the clearest, and computes statistics of "
        "each pixel's clear observations. Writes a raster per season and statistic, the number of clear observations, "
        "a picture in true colour, missing pixels by tile as a layer and a table, elevation, slope and aspect, and the "
        "file features.json that names all features. What is there already from the same scenes is not made again."
    )
    TAGS = ("season", "median", "medoid", "percentile", "mosaic", "landcoverpy", "composición", "estación")
    EXAMPLE = MappingProxyType(
        {
            "EXTENT": "725000,735000,8482000,8492000 [EPSG:32718]",
            "YEAR": 2020,
            "SEASONS": "rains=12,1,2,3; dry=6,7,8",
            "FOLDER": "seasons",
        }
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        self.add(region_parameters())
        year, start, end = period_parameters()
        catalogue, *searching = search_parameters()
        usual = [parameter for parameter in season_parameters() if not _is_advanced(parameter)]
        rare = [parameter for parameter in season_parameters() if _is_advanced(parameter)]
        folder = QgsProcessingParameterFolderDestination(
            FOLDER, tr("Output folder"), settings.OUTPUT_FOLDER.value() or None
        )
        folder.setHelp(tr("All files are written here. Use the same folder to resume an interrupted run."))
        self.add([year, *usual, catalogue, folder, start, end, *rare])
        elevation = QgsProcessingParameterRasterLayer(ELEVATION, tr("Elevation (m)"), None, True)
        crs = QgsProcessingParameterCrs(CRS, tr("Output CRS"), None, True)
        scenes = QgsProcessingParameterFile(SCENES, tr("Scene list"), extension="json", optional=True)
        self.add(
            [
                advanced(elevation, tr("If empty, the Copernicus DEM GLO-30 of the catalogue is used.")),
                advanced(crs, tr("Projected CRS in metres. If empty, the UTM zone of the region's centre is used.")),
                *searching,
                access_parameter(),
                *(parameter for parameter in computing_parameters() if parameter.name() in _COMPUTING),
                advanced(scenes, tr("A list that 'Search scenes' wrote, to use instead of searching again.")),
                *region_name_parameters(),
                language_parameter(),
            ]
        )
        self.addOutput(QgsProcessingOutputFolder("FEATURES", tr("Folder of features")))
        self.addOutput(QgsProcessingOutputVectorLayer("TILE_QUALITY", tr("Missing pixels by tile")))
        self.addOutput(QgsProcessingOutputFile("TILE_TABLE", tr("Missing pixels by tile (CSV)")))
        self.addOutput(QgsProcessingOutputFile("SCENES_USED", tr("Scene list")))
        self.addOutput(QgsProcessingOutputFile("RECORD", tr("Record (JSON)")))
        self.addOutput(QgsProcessingOutputString("FEATURE_NAMES", tr("Features")))
        self.addOutput(QgsProcessingOutputNumber("SCENE_COUNT", tr("Scenes used")))
        self.addOutput(QgsProcessingOutputNumber("FAILED_SCENES", tr("Failed scenes")))
        self.addOutput(QgsProcessingOutputNumber("MISSING_PERCENT", tr("Missing pixels (%)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        S3KeysMissing : where the files of the scenes need keys.
        JobInvalid, PeriodInvalid, RegionInvalid : where a value cannot be used.

        """
        folder = destination_text(parameters, FOLDER)
        require_writable(folder)
        self._job(parameters, context, Path(folder))
        self.check_access(parameters, context)

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues that are searched, or those of the scenes of a list.

        Parameters
        ----------
        parameters : the algorithm's values by name.
        context : of the run.

        Returns
        -------
        Keys of the table of catalogues, or URLs.

        """
        scenes = self.parameterAsFile(parameters, SCENES, context)
        if scenes:
            return read_list_catalogues(Path(scenes))
        searching = search_values(self, parameters, context)
        return {searching["catalogue"], searching["fallback_catalogue"]} - {""}

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:
        """Whether the folder holds composites of an earlier run."""
        return any(Path(destination_text(parameters, FOLDER)).glob("composites_*.json"))

    def _job(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        folder: Path,
        feedback: QgsProcessingFeedback | None = None,
    ) -> Job:
        scenes = existing_scene_list(self, parameters, SCENES, context)
        start, end = period_dates(self, parameters, context)
        computing = computing_values(self, parameters, context)
        return build_job(
            "seasonal_composite",
            folder,
            region=region_geojson(self, parameters, context, optional=bool(scenes), feedback=feedback),
            start=start,
            end=end,
            region_name=region_name(self, parameters, context),
            scenes=scenes,
            elevation=elevation_file(self, parameters, context),
            crs=output_crs(self, parameters, context),
            language=selected_language(self, parameters, context),
            **search_values(self, parameters, context),
            **season_values(self, parameters, context),
            **{key: computing[key] for key in _COMPUTING_KEYS},
        )

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Make the composites in the engine, and let Processing load pictures, composites and quality.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        Paths of folder, layer, tables and scene list, names of the features, numbers of scenes, missing pixels.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        require_writable(str(folder))
        job = self._job(parameters, context, folder, feedback)
        file = folder / f"composites_{job.period}.job.json"
        values = run_job(job, file, feedback, self.access_variables())
        _load_layers(context, values, tr("Seasons {}").format(f"{job.region_name} {job.period}".strip()))
        return {
            FOLDER: str(folder),
            "FEATURES": values.get("features"),
            "FEATURE_NAMES": ", ".join(values.get("feature_names", [])),
            "TILE_QUALITY": values.get("tile_quality"),
            "TILE_TABLE": values.get("tile_table"),
            "SCENES_USED": values.get("scenes"),
            "RECORD": values.get("record"),
            "SCENE_COUNT": values.get("scene_count"),
            "FAILED_SCENES": values.get("failed_scenes"),
            "MISSING_PERCENT": values.get("missing_percent"),
        }


def _is_advanced(parameter: Any) -> bool:  # noqa: ANN401 - QGIS's types
    return bool(parameter.flags() & parameter.Flag.FlagAdvanced)


def _load_layers(context: QgsProcessingContext, values: dict[str, Any], group: str) -> None:
    """Register what the run made for loading: what is to lie on top comes last."""
    for season, path in values.get("observations", {}).items():
        title = season_layers.layer_title(season_layers.OBSERVATIONS, season)
        season_layers.load_season_layer(context, path, season_layers.OBSERVATIONS, title, group, "")
    for statistic, rasters in values.get("composites", {}).items():
        for season, path in rasters.items():
            title = season_layers.layer_title(season_layers.COMPOSITE, season, statistic)
            season_layers.load_season_layer(context, path, season_layers.COMPOSITE, title, group, "")
    for season, path in values.get("true_color", {}).items():
        title = season_layers.layer_title(season_layers.TRUE_COLOR, season)
        season_layers.load_season_layer(context, path, season_layers.TRUE_COLOR, title, group, "")
    quality = str(values.get("tile_quality") or "")
    title = tr("Missing pixels by tile")
    season_layers.load_season_layer(context, quality, season_layers.TILE_QUALITY, title, group, "TILE_QUALITY")
