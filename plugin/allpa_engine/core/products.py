"""The rasters of a run: which bands they have, their names, and the tags of the files.

Importing this needs the standard library alone, so that the QGIS side may name layers and bands by the same table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .. import __version__
from . import raster_tags
from .legend import BUNDLED_LEGEND, LEGEND, LandClass, Legend
from .messages import translate


@dataclass(frozen=True)
class RasterBand:
    """One band of a raster that Allpa writes."""

    key: str
    """For file names and tags."""
    name: str
    description: str
    """What the value means, for the band's metadata."""

    def label(self, language: str = "en") -> str:
        """Name in `language` (`en` or `es`; any other language falls back to English)."""
        return translate(self.name, language)


@dataclass(frozen=True)
class RasterKind:
    """What all rasters of a kind have in common; every kind is uint8 with no data 0."""

    title: str
    bands: tuple[RasterBand, ...]
    overviews: str
    """GDAL's resampling for the overviews."""
    is_categorical: bool
    """Whether its one band holds the legend's codes and gets its colours."""


LANDCOVER = RasterKind(
    "Land cover",
    (RasterBand("landcover", "Land cover", "Class code of the legend, 1 to 10; 0 no data"),),
    overviews="MODE",
    is_categorical=True,
)
QUALITY = RasterKind(
    "Land cover quality",
    (
        RasterBand("confidence", "Confidence", "Score of the mapped class divided by the sum of all scores, x 255"),
        RasterBand("agreement", "Agreement", "Percent of the clear observations classified as the mapped class"),
        RasterBand("observations", "Clear observations", "Number of clear observations, at most 255"),
        RasterBand("months", "Months observed", "Calendar months with a clear observation, 0 to 12"),
        RasterBand("second", "Second class", "Class of the second largest score; 0 = none"),
    ),
    overviews="NEAREST",
    is_categorical=False,
)


def software_tags(kind: RasterKind) -> dict[str, str]:
    """GeoTIFF tags of a raster that is made from maps and not from scenes."""
    return software_tags_of(kind.title)


def software_tags_of(title: str) -> dict[str, str]:
    """GeoTIFF tags of a raster with a title of its own."""
    return {
        "TIFFTAG_DOCUMENTNAME": title,
        "TIFFTAG_SOFTWARE": f"Allpa {__version__}",
        "TIFFTAG_COPYRIGHT": "Contains modified Copernicus Sentinel data",
    }


def band_description(band: RasterBand, legend: Sequence[LandClass]) -> str:
    """What a band's value means, for the classes of a legend."""
    if band.key != LANDCOVER.bands[0].key or tuple(legend) == LEGEND:
        return band.description
    codes = ", ".join(f"{land.code} {land.name}" for land in legend)
    return f"Class code of the legend: {codes}; 0 no data"


def legend_tags(legend: Legend) -> dict[str, str]:
    """The tag with the legend of a raster; none for the bundled legend, so that its rasters stay as they were."""
    return {} if legend.is_bundled else {raster_tags.LEGEND: legend.to_tag()}


@dataclass(frozen=True)
class RasterMetadata:
    """The origin of a raster, for its tags; nothing here depends on when or where it is written."""

    region_name: str
    first_date: str
    """ISO 8601."""
    last_date: str
    scene_count: int
    model_hashes: tuple[str, ...]
    """SHA-256 of the models whose predictions were merged."""
    rule: Mapping[str, str] = field(default_factory=dict)
    """The composite's options, as tags."""
    legend: Legend = BUNDLED_LEGEND
    """The classes of the codes."""

    def tags(self, kind: RasterKind) -> dict[str, str]:
        """GeoTIFF tags of a raster of this kind: the baseline TIFF ones that other programs show, and `ALLPA_*`."""
        years = sorted({self.first_date[:4], self.last_date[:4]})
        where = f" of {self.region_name}" if self.region_name else ""
        return {
            "TIFFTAG_DOCUMENTNAME": f"{kind.title}{where}, {'-'.join(years)}",
            "TIFFTAG_IMAGEDESCRIPTION": f"{kind.title}{where} from {self.scene_count} Sentinel-2 scenes, "
            f"{self.first_date} to {self.last_date}",
            "TIFFTAG_SOFTWARE": f"Allpa {__version__}",
            "TIFFTAG_COPYRIGHT": f"Contains modified Copernicus Sentinel data {'-'.join(years)}",
            raster_tags.FIRST_DATE: self.first_date,
            raster_tags.LAST_DATE: self.last_date,
            raster_tags.SCENE_COUNT: str(self.scene_count),
            raster_tags.MODEL: " ".join(self.model_hashes),
            **legend_tags(self.legend),
        } | {f"{raster_tags.PREFIX}{key}": value for key, value in self.rule.items()}
