"""The paths of a job's files: the names of everything that a run writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .job import Job
from .season_keys import season_key


@dataclass(frozen=True)
class RunPaths:
    """The paths of a job; single outputs may be moved by `job.outputs`."""

    job: Job

    @property
    def folder(self) -> Path:
        """The job's output folder."""
        return Path(self.job.folder)

    def _output_path(self, key: str, name: str) -> Path:
        return Path(self.job.outputs.get(key) or self.folder / name)

    @property
    def job_file(self) -> Path:
        """The job itself, as it was run."""
        return self.folder / "job.json"

    @property
    def scene_list(self) -> Path:
        """STAC ItemCollection of the candidates: the job's own list where it names one, else that of the run."""
        return Path(self.job.scenes or self.run_scene_list)

    @property
    def run_scene_list(self) -> Path:
        """The run's scene list, with the offsets that were removed."""
        return self._output_path("scenes", f"scenes_{self.job.period}.json")

    @property
    def plan(self) -> Path:
        """What the job takes, computed before anything is fetched."""
        return self.folder / f"plan_{self.job.period}.json"

    @property
    def plan_scenes(self) -> Path:
        """The scene list of a plan; that of a run stays as it is."""
        return self.folder / f"plan_scenes_{self.job.period}.json"

    @property
    def record(self) -> Path:
        """What the run found out for its report: failed scenes, the composite's summary, the model."""
        return self.folder / f"record_{self.job.period}.json"

    @property
    def cache(self) -> Path:
        """Fetched scenes."""
        return Path(self.job.cache_folder or self.folder / "scenes")

    @property
    def predictions(self) -> Path:
        """Classified scenes."""
        return Path(self.job.predictions or self.folder / "predictions")

    @property
    def landcover(self) -> Path:
        """The annual map."""
        return Path(self.job.landcover or self._output_path("landcover", f"landcover_{self.job.period}.tif"))

    @property
    def plain_landcover(self) -> Path:
        """The map by the votes alone, beside one that the annual decision has changed."""
        named = self.job.outputs.get("plain_landcover")
        return Path(named) if named else self.landcover.with_name(f"{self.landcover.stem}_plain.tif")

    @property
    def quality(self) -> Path:
        """The map's quality layers."""
        return self._output_path("quality", f"quality_{self.job.period}.tif")

    @property
    def virtual_landcover(self) -> Path:
        """A virtual raster over the maps of the tiles as they are, where tiles are mapped one by one."""
        return self.landcover.with_suffix(".vrt")

    @property
    def virtual_quality(self) -> Path:
        """The same over their quality layers."""
        return self.quality.with_suffix(".vrt")

    @property
    def areas(self) -> Path:
        """The area table."""
        return self._output_path("areas", f"areas_{self.job.period}.csv")

    @property
    def areas_data(self) -> Path:
        """The area table for programs: JSON, the same in every language."""
        return self.areas.with_name(f"{self.areas.stem}_data.json")

    @property
    def zones(self) -> Path:
        """The zones with their areas, as a layer."""
        return self._output_path("zones", f"zones_{self.job.period}.geojson")

    @property
    def zones_wide(self) -> Path:
        """The zones' areas, a row for each zone."""
        return self._output_path("zones_wide", f"zones_{self.job.period}.csv")

    @property
    def zones_long(self) -> Path:
        """The zones' areas, a row for each zone and class."""
        return self._output_path("zones_long", f"zones_{self.job.period}_long.csv")

    @property
    def zones_sums(self) -> Path:
        """The zones' areas summed by their attributes, a row for each value."""
        return self._output_path("zones_sums", f"zones_{self.job.period}_sums.csv")

    @property
    def zone_maps(self) -> Path:
        """Folder of the maps of the zones."""
        return self.folder / f"zone_maps_{self.job.period}"

    @property
    def accuracy(self) -> Path:
        """The table of accuracies and areas; its other files lie beside it."""
        name = self.landcover.stem if self.job.sample else "regions"
        return self._output_path("accuracy", f"accuracy_{name}.csv")

    @property
    def map_picture(self) -> Path:
        """The map as an image."""
        return self._output_path("picture", f"landcover_{self.job.period}.png")

    @property
    def report(self) -> Path:
        """The report."""
        return self._output_path("report", f"report_{self.job.period}.html")

    @property
    def sample(self) -> Path:
        """The sample that is drawn or imported for the assessment of a map."""
        return self._output_path("sample", "sample.gpkg")

    @property
    def stac_item(self) -> Path:
        """The STAC item beside the map."""
        return self._output_path("provenance", f"landcover_{self.job.period}.json")

    @property
    def composite_record(self) -> Path:
        """What the seasonal composites were made from, and what is missing in them."""
        return self.folder / f"composites_{self.job.period}.json"

    @property
    def composite_scenes(self) -> Path:
        """The scene list of the seasonal composites."""
        return self.folder / f"composite_scenes_{self.job.period}.json"

    @property
    def tile_quality(self) -> Path:
        """Missing pixels of the seasonal composites by tile, as a layer; style and table lie beside."""
        return self.folder / f"composite_quality_{self.job.period}.geojson"

    def season_raster(self, season: str, product: str) -> Path:
        """A raster of one season.

        Parameters
        ----------
        season : its name; `season_key` makes a part of a file's name of it.
        product : a statistic, `observations` or `true_color`.

        """
        return self.folder / f"{season_key(season)}_{self.job.period}_{product}.tif"
