"""Scenes: what every catalogue's item becomes, and the values that pass from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from . import raster_tags
from .legend import Legend, legend_from_tag
from .messages import Message, message


@dataclass(frozen=True)
class Asset:
    """One file of a scene."""

    href: str
    """URL or path, never signed."""
    size: int | None = None
    """Bytes, where the catalogue states it."""
    checksum: str | None = None
    """Multihash in hexadecimal, where the catalogue states it."""
    shape: tuple[int, int] | None = None
    """Rows and columns, where the catalogue states them."""


@dataclass(frozen=True)
class Radiometry:
    """How digital numbers become reflectance: `(DN - offset) / 10000`, clipped at 0; DN 0 is no data."""

    offset: int
    """Digital numbers to subtract, 0 or more."""
    basis: str
    """The metadata of the catalogue that decided it, as a phrase for the scene list."""
    pixel_test: str = "none"
    """`none`: decided. `confirm`: a low floor of the pixels overrules `offset` with 0, else it stands with a warning.
    `require`: only the pixels can tell; a scene whose floor is high is refused."""


@dataclass(frozen=True)
class Scene:
    """One Sentinel-2 L2A granule, whatever catalogue it comes from."""

    id: str
    """The item's id."""
    catalogue: str
    """Key or URL of the catalogue it was found in."""
    collection: str
    tile: str
    """MGRS tile, five characters, zone padded with zero: `18LYF`."""
    sensing_time: datetime
    """Sensing time (UTC) as the catalogue gives it."""
    platform: str
    """`S2A`, `S2B` or `S2C`."""
    baseline: str | None
    """Processing baseline, `05.11`."""
    relative_orbit: int | None
    datastrip_start: str | None
    """`20250731T130245`; distinguishes the two parts of a split granule."""
    datatake_start: str | None
    """`20250731T130249`."""
    generation_time: str
    """Generation or product time used to choose the newest of duplicates; may be empty."""
    footprint: Mapping[str, Any]
    """GeoJSON of the valid data, longitude/latitude."""
    cloud_percent: float | None
    """Of the valid pixels."""
    nodata_percent: float | None
    """Of the tile."""
    crs: str | None
    """`EPSG:32718`; None where only the file states it."""
    assets: Mapping[str, Asset]
    """The six bands, SCL and the other bands that the catalogue has, by the keys of `bands`."""
    radiometry: Radiometry

    @property
    def date(self) -> str:
        """Day of sensing, `2020-06-21`."""
        return self.sensing_time.date().isoformat()


BY_HAND = "by hand"
"""Mark of a candidate that a person ticked or unticked."""
CHOSEN_BY_HAND, EXCLUDED_BY_HAND = "chosen by hand", "excluded by hand"
"""Its reason."""


@dataclass(frozen=True)
class Candidate:
    """A scene with the decision of the selection."""

    scene: Scene
    chosen: bool
    reason: str
    """Why it was chosen or not, as a phrase for the table."""
    clear_share: float
    """Expected share of the region's part in this tile that it shows clear, 0 to 1."""
    rank: int
    """Order of choice within the tile from 1; those not chosen follow, in order of replacement."""
    by_hand: bool = False
    """Whether a person chose or excluded it: one excluded by hand never replaces another and is never added."""
    region_cloud_percent: float | None = None
    """Cloud and shadow over what it sees of the region, measured; None where only the tile's clouds are known."""
    fetch_bytes: int | None = None
    """About how much must be downloaded for its part of the region; None where it was not estimated."""


@dataclass(frozen=True)
class TileYear:
    """How often a tile was seen in a year of the period."""

    tile: str
    year: int
    acquisition_days: int
    """Days with an acquisition, cloudy ones included."""
    expected_days: float
    """What two satellites (one before July 2017) would give in the months of the search."""
    suspicious: bool
    """So few that the catalogue may have holes."""
    gap: tuple[str, str] | None = None
    """First and last day without any acquisition, ISO 8601, where that is suspiciously long."""


@dataclass(frozen=True)
class Selection:
    """The candidates of a job, chosen and not, with notes on the search."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()
    """What a reader should know of the search: duplicates, gaps, scenes refused, replaced catalogue."""
    coverage: tuple[TileYear, ...] = ()
    """How often each tile was seen in each year."""
    warnings: tuple[str, ...] = ()
    """Those of the notes that the user must not miss: scenes missing from the list, parts of the region without any."""
    covered_share: float | None = None
    """Share of the region that the selected scenes cover, 0 to 1; None where it was not measured."""
    gap: Mapping[str, Any] | None = None
    """GeoJSON of the part of the region without a scene; None where there is none."""
    signed: bool = False
    """Whether URLs of its files were signed when they were found; a scene list has them without the signatures."""

    @property
    def chosen(self) -> tuple[Scene, ...]:
        """The chosen scenes in the order tile, rank."""
        chosen = (candidate for candidate in self.candidates if candidate.chosen)
        return tuple(item.scene for item in sorted(chosen, key=lambda item: (item.scene.tile, item.rank)))


@dataclass(frozen=True)
class FetchedScene:
    """A scene's window over the region, on this disk.

    The file holds uint16 bands on the tile's 10 m grid, described by their keys: those that were asked for as
    harmonised digital numbers (reflectance x 10000, offset removed, valid zeros lifted to 1, 0 = no data; AOT and WVP
    as stored) and SCL.
    """

    scene: Scene
    path: Path


@dataclass(frozen=True)
class FailedScene:
    """A scene that could not be used, for the report."""

    scene_id: str
    reason: str
    replaced_by: str | None = None
    """Id of the scene that replaced it, if there was one."""

    @property
    def sentence(self) -> Message:
        """That it failed, why, and what replaced it, for the log."""
        if self.replaced_by:
            return message(
                "{scene} failed: {reason}; replaced by {other}",
                scene=self.scene_id,
                reason=self.reason,
                other=self.replaced_by,
            )
        return message("{scene} failed: {reason}", scene=self.scene_id, reason=self.reason)


@dataclass(frozen=True)
class Prediction:
    """A classified scene: a raster of six uint8 bands on the tile's 10 m grid.

    Band 1 class code (0 where the scene has no data), band 2 confidence (probability of the class x 255), band 3 SCL,
    band 4 second most probable class, bands 5 and 6 NDVI and NDMI (128 + 127 x index, 0 no data).
    The facts below are read from the file's own tags, so a folder of predictions can be composited without the job.
    """

    path: Path
    scene_id: str
    tile: str
    date: str
    """Day of sensing, ISO 8601."""
    model_hash: str
    """SHA-256 of the model's weights."""
    file_tags: Mapping[str, Any] = field(default_factory=dict)
    """Further tags."""

    @property
    def legend(self) -> Legend:
        """The classes of its codes.

        Raises
        ------
        LegendInvalid : where the tag of the file cannot be used.

        """
        return legend_from_tag(str(self.file_tags.get(raster_tags.LEGEND, "")))
