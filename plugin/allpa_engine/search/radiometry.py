"""How the digital numbers of a scene become reflectance, decided from its metadata.

From processing baseline 04.00 on, ESA's products hold `reflectance x 10000 + 1000`. The date says nothing (scenes of
2016 exist in baseline 05.00), some catalogues have removed the 1000, and the metadata of some do not say so. A wrong
guess moves an NDVI of 0.78 to 0.54 without any error, so a doubtful scene is tested on its own pixels
(`Radiometry.pixel_test`) or rejected. The offset of such a scene is the one that the pixel test may replace with 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..core.bands import BAND_KEYS, REFLECTANCE_SCALE
from ..core.catalogues import BY_BASELINE, BY_FLAG, BY_ITEM_METADATA, BY_RASTER_OFFSET
from ..core.errors import SceneUnsupported
from ..core.geojson import is_finite_number
from ..core.messages import message
from ..core.scene import Radiometry
from .product_id import baseline_number

OFFSET_SINCE_BASELINE = (4, 0)
"""First processing baseline whose digital numbers carry the offset."""
ESA_OFFSET = 1000
OFFSET_SINCE_DATE = date(2022, 1, 25)
"""No product was made with the offset before this day; used only for the oldest catalogue, which gives no baseline."""
_LEGACY_COLLECTION = "sentinel-s2-l2a-cogs"
_EXPECTED_SCALE = 1 / REFLECTANCE_SCALE
_MAX_OFFSET = REFLECTANCE_SCALE
_FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
"""Properties that say whether the offset was removed, true or false."""


@dataclass(frozen=True)
class OffsetMetadata:
    """An item's metadata on its digital numbers."""

    baseline: str | None
    offset_removed: bool | None
    """The catalogue's flag that the offset is already removed; None where there is none that can be read."""
    offset: int | None
    """Digital numbers to subtract by the raster offset of the assets; None where they have none."""
    rule: str
    """Which metadata are trusted: a radiometry rule of `catalogues`."""
    legacy: bool = False
    """An item of Earth Search's first catalogue, which gives no baseline."""
    sensed: date | None = None
    unreadable: str = ""
    """Name of a field on the offset with a value that it cannot have."""

    @property
    def is_decided_by_baseline(self) -> bool:
        """Whether no other field matters."""
        if self.legacy or self.baseline is None:
            return False
        return self.rule == BY_BASELINE or (self.rule == BY_FLAG and not self.carries_offset)

    @property
    def carries_offset(self) -> bool:
        """Whether ESA's product of this baseline holds the offset."""
        return baseline_number(self.baseline) >= OFFSET_SINCE_BASELINE


def radiometry_from_metadata(metadata: OffsetMetadata) -> Radiometry:
    """Decide the offset.

    Raises
    ------
    SceneUnsupported
        Where the metadata say too little and the pixels could not decide either.

    Examples
    --------
    >>> radiometry_from_metadata(OffsetMetadata("05.11", None, None, BY_BASELINE)).offset
    1000

    """
    if metadata.unreadable and not metadata.is_decided_by_baseline:
        basis = message("the value of {field} cannot be read; decided from the pixels", field=metadata.unreadable)
        return Radiometry(ESA_OFFSET, basis, "require")
    if metadata.legacy:
        return _by_legacy(metadata)
    if metadata.rule == BY_FLAG:
        return _by_flag(metadata)
    if metadata.rule == BY_BASELINE and metadata.baseline is not None:
        return _by_baseline(metadata, "none")
    if metadata.offset is not None and metadata.rule != BY_BASELINE:
        return _by_raster_offset(metadata)
    if metadata.baseline is not None:
        return _by_baseline(metadata, "confirm")
    return Radiometry(ESA_OFFSET, "the catalogue gives neither baseline nor offset; decided from the pixels", "require")


def read_offset_metadata(
    item: Mapping[str, Any], assets: Mapping[str, str], baseline: str | None, sensed: date, rule: str
) -> OffsetMetadata:
    """Read the metadata of a STAC item that decide its offset.

    Parameters
    ----------
    item
        The item as a dictionary.
    assets
        Asset key of each band.
    baseline
        Processing baseline, where known.
    sensed
        Day of sensing.
    rule
        Radiometry rule of the catalogue.

    Raises
    ------
    SceneUnsupported
        Where the bands have different offsets, or a scale other than 1/10000.

    """
    properties = item.get("properties") or {}
    flags = {name: properties[name] for name in _FLAGS if properties.get(name) is not None}
    offset_removed = next(iter(flags.values()), None)
    raster_offset, unreadable = _raster_offset(item, assets)
    unreadable = next((name for name, flag in flags.items() if not isinstance(flag, bool)), unreadable)
    if len(flags) > 1 and len(set(map(str, flags.values()))) > 1:
        unreadable = " / ".join(flags)
    legacy = item.get("collection") == _LEGACY_COLLECTION or "sentinel:product_id" in properties
    if rule == BY_ITEM_METADATA:
        rule = _infer_rule(item, assets, offset_removed)
    return OffsetMetadata(
        baseline,
        offset_removed if isinstance(offset_removed, bool) else None,
        raster_offset,
        rule,
        legacy,
        sensed,
        unreadable,
    )


def _infer_rule(item: Mapping[str, Any], assets: Mapping[str, str], offset_removed: object) -> str:
    """The rule for an item of an unknown catalogue: a mirror of a known archive follows that archive's rule."""
    href = str(item["assets"][assets["B04"]].get("href", ""))
    if offset_removed is not None or "/sentinel-cogs" in href:
        return BY_FLAG
    if "/sentinel2l2a01." in href:
        return BY_BASELINE
    return BY_ITEM_METADATA


def _raster_offset(item: Mapping[str, Any], assets: Mapping[str, str]) -> tuple[int | None, str]:
    """The raster offset of the bands in digital numbers, and the field that cannot be read, if any."""
    offsets = set()
    for band in BAND_KEYS:
        scale, offset = (_raster_value(item["assets"][assets[band]], key) for key in ("scale", "offset"))
        if scale is not None and not (is_finite_number(scale) and abs(scale - _EXPECTED_SCALE) <= 1e-9):
            raise SceneUnsupported(
                message(
                    "The item {id} has a scale of {scale} in {band}, not 1/10000.",
                    id=item.get("id"),
                    scale=str(scale)[:20],
                    band=band,
                )
            )
        if offset is not None and not (is_finite_number(offset) and abs(offset) * REFLECTANCE_SCALE <= _MAX_OFFSET):
            return None, "raster:offset"
        offsets.add(None if offset is None else round(-offset * REFLECTANCE_SCALE))
    if len(offsets) > 1:
        raise SceneUnsupported(
            message(
                "The bands of the item {id} have different offsets: {offsets}.",
                id=item.get("id"),
                offsets=", ".join(sorted(map(str, offsets))),
            )
        )
    found = offsets.pop()
    if found is not None and found < 0:
        raise SceneUnsupported(
            message("The item {id} has a positive raster offset, which is not valid for Sentinel-2.", id=item.get("id"))
        )
    return found, ""


def has_same_numbers(assets: Mapping[str, Any], one: str, other: str) -> bool:
    """Whether two of an item's assets state the same scale and offset, or both none."""
    return all(_raster_value(assets[one], name) == _raster_value(assets[other], name) for name in ("scale", "offset"))


def _raster_value(asset: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - whatever the catalogue writes
    """A value of the raster extension, of the asset itself or of its first layer."""
    layers = asset.get("raster:bands") or asset.get("bands") or [{}]
    layer = {**layers[0], **{name: value for name, value in asset.items() if name.startswith("raster:")}}
    return layer.get(key, layer.get(f"raster:{key}"))


def _by_baseline(metadata: OffsetMetadata, pixel_test: str) -> Radiometry:
    if metadata.carries_offset:
        return Radiometry(ESA_OFFSET, f"processing baseline {metadata.baseline}, 04.00 or later", pixel_test)
    return Radiometry(0, f"processing baseline {metadata.baseline}, before 04.00", "none")


def _by_flag(metadata: OffsetMetadata) -> Radiometry:
    """Earth Search `sentinel-2-l2a`: its raster offset is given whether or not the offset was removed."""
    if metadata.baseline is not None and not metadata.carries_offset:
        return Radiometry(0, f"processing baseline {metadata.baseline}, before 04.00", "none")
    if metadata.offset_removed:
        return Radiometry(0, "the catalogue's flag says that the offset is already removed", "none")
    if metadata.offset_removed is not None and metadata.baseline is not None:
        return Radiometry(
            metadata.offset or ESA_OFFSET,
            f"baseline {metadata.baseline} and the catalogue's flag, which is not always reliable",
            "confirm",
        )
    basis = "the catalogue does not state whether the offset was removed; decided from the pixels"
    return Radiometry(metadata.offset or ESA_OFFSET, basis, "require")


def _by_raster_offset(metadata: OffsetMetadata) -> Radiometry:
    offset = metadata.offset or 0
    basis = f"raster offset of {-offset / REFLECTANCE_SCALE:g} in the catalogue"
    if metadata.baseline is not None and metadata.carries_offset != (offset > 0):
        conflict = f"{basis} contradicts processing baseline {metadata.baseline}; decided from the pixels"
        return Radiometry(offset or ESA_OFFSET, conflict, "require")
    if metadata.baseline is None and metadata.rule != BY_RASTER_OFFSET:
        return Radiometry(offset or ESA_OFFSET, basis, "confirm" if offset else "require")
    return Radiometry(offset, basis, "none")


def _by_legacy(metadata: OffsetMetadata) -> Radiometry:
    if metadata.offset_removed:
        return Radiometry(0, "the catalogue's flag says that the offset is already removed", "none")
    if metadata.offset_removed is None and metadata.sensed is not None and metadata.sensed < OFFSET_SINCE_DATE:
        return Radiometry(
            0, "sensed before the offset was introduced, in a catalogue that was never reprocessed", "none"
        )
    raise SceneUnsupported("The offset of this scene is unknown: the catalogue gives no processing baseline.")
