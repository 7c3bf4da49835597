"""How the digital numbers of a scene become reflectance, decided from what its catalogue says.

From processing baseline 04.00 on, ESA's products hold `reflectance x 10000 + 1000`. The date says nothing (scenes of
2016 exist in baseline 05.00), some catalogues have removed the 1000, and the metadata of some do not say so. A wrong
guess moves an NDVI of 0.78 to 0.54 without any error, so a scene that leaves doubt is put to the test of its own pixels
(`Radiometry.pixel_test`), or refused. Where the pixels are asked, the offset is the one that they may overrule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..core.bands import BAND_KEYS, REFLECTANCE_SCALE
from ..core.catalogues import BY_BASELINE, BY_FACTS, BY_FLAG, BY_RASTER_OFFSET
from ..core.errors import SceneUnsupported
from ..core.messages import said
from ..core.scene import Radiometry
from .product_id import baseline_number

OFFSET_SINCE = (4, 0)
"""First processing baseline whose digital numbers carry the offset."""
ESA_OFFSET = 1000
FIRST_DAY_OF_OFFSET = date(2022, 1, 25)
"""No product was made with the offset before this day; used only for the oldest catalogue, which tells no baseline."""
_LEGACY_COLLECTION = "sentinel-s2-l2a-cogs"
_ASSERTED_SCALE = 1 / REFLECTANCE_SCALE


@dataclass(frozen=True)
class RadiometryFacts:
    """What an item says about its digital numbers."""

    baseline: str | None
    removed: bool | None
    """The catalogue's flag that the offset is already removed; None where there is none."""
    offset: int | None
    """Digital numbers to subtract by the raster offset of the assets; None where they have none."""
    rule: str
    """Which facts are trusted: a rule of `catalogues`."""
    legacy: bool = False
    """An item of Earth Search's first catalogue, which names no baseline."""
    sensed: date | None = None

    @property
    def carries_offset(self) -> bool:
        """Whether ESA's product of this baseline holds the offset."""
        return baseline_number(self.baseline) >= OFFSET_SINCE


def radiometry_of(facts: RadiometryFacts) -> Radiometry:
    """Decide the offset.

    Raises
    ------
    SceneUnsupported : where the catalogue says too little and the pixels could not tell either.

    """
    if facts.legacy:
        return _by_legacy(facts)
    if facts.rule == BY_FLAG:
        return _by_flag(facts)
    if facts.rule == BY_BASELINE and facts.baseline is not None:
        return _by_baseline(facts, "none")
    if facts.offset is not None and facts.rule != BY_BASELINE:
        return _by_raster_offset(facts)
    if facts.baseline is not None:
        return _by_baseline(facts, "confirm")
    return Radiometry(ESA_OFFSET, "the catalogue tells neither baseline nor offset; only the pixels can", "require")


def facts_of(
    item: Mapping[str, Any], assets: Mapping[str, str], baseline: str | None, sensed: date, rule: str
) -> RadiometryFacts:
    """Collect the facts of a STAC item; `assets` gives the asset key of each band.

    Raises
    ------
    SceneUnsupported : where the bands have different offsets, or a scale other than 1/10000.

    """
    told = item.get("properties") or {}
    removed = told.get("earthsearch:boa_offset_applied", told.get("sentinel:boa_offset_applied"))
    legacy = item.get("collection") == _LEGACY_COLLECTION or "sentinel:product_id" in told
    if rule == BY_FACTS:
        rule = _recognised(item, assets, removed)
    return RadiometryFacts(
        baseline, None if removed is None else bool(removed), _raster_offset(item, assets), rule, legacy, sensed
    )


def _recognised(item: Mapping[str, Any], assets: Mapping[str, str], removed: object) -> str:
    """The rule of a known archive's files, met in an unknown catalogue; a mirror keeps the original's rule."""
    href = str(item["assets"][assets["B04"]].get("href", ""))
    if removed is not None or "/sentinel-cogs" in href:
        return BY_FLAG
    if "/sentinel2l2a01." in href:
        return BY_BASELINE
    return BY_FACTS


def _raster_offset(item: Mapping[str, Any], assets: Mapping[str, str]) -> int | None:
    offsets = set()
    for band in BAND_KEYS:
        asset = item["assets"][assets[band]]
        layers = asset.get("raster:bands") or asset.get("bands") or [{}]
        layer = {**layers[0], **{key: value for key, value in asset.items() if key.startswith("raster:")}}
        scale, offset = (layer.get(key, layer.get(f"raster:{key}")) for key in ("scale", "offset"))
        if scale is not None and abs(float(scale) - _ASSERTED_SCALE) > 1e-9:
            raise SceneUnsupported(
                said(
                    "The item {id} has a scale of {scale} in {band}, not 1/10000.",
                    id=item.get("id"),
                    scale=scale,
                    band=band,
                )
            )
        offsets.add(None if offset is None else round(-float(offset) * REFLECTANCE_SCALE))
    if len(offsets) > 1:
        raise SceneUnsupported(
            said(
                "The bands of the item {id} have different offsets: {offsets}.",
                id=item.get("id"),
                offsets=", ".join(sorted(map(str, offsets))),
            )
        )
    found = offsets.pop()
    if found is not None and found < 0:
        raise SceneUnsupported(
            said("The item {id} has a positive raster offset, which no product has.", id=item.get("id"))
        )
    return found


def _by_baseline(facts: RadiometryFacts, pixel_test: str) -> Radiometry:
    if facts.carries_offset:
        return Radiometry(ESA_OFFSET, f"processing baseline {facts.baseline}, 04.00 or later", pixel_test)
    return Radiometry(0, f"processing baseline {facts.baseline}, before 04.00", "none")


def _by_flag(facts: RadiometryFacts) -> Radiometry:
    """Earth Search `sentinel-2-l2a`: the raster offset is written whether or not the offset was removed."""
    if facts.baseline is not None and not facts.carries_offset:
        return Radiometry(0, f"processing baseline {facts.baseline}, before 04.00", "none")
    if facts.removed:
        return Radiometry(0, "the catalogue's flag says that the offset is already removed", "none")
    if facts.removed is not None and facts.baseline is not None:
        return Radiometry(
            facts.offset or ESA_OFFSET,
            f"baseline {facts.baseline} and the catalogue's flag, which is known to be wrong at times",
            "confirm",
        )
    basis = "the catalogue does not tell whether the offset was removed; only the pixels can"
    return Radiometry(facts.offset or ESA_OFFSET, basis, "require")


def _by_raster_offset(facts: RadiometryFacts) -> Radiometry:
    offset = facts.offset or 0
    basis = f"raster offset of {-offset / REFLECTANCE_SCALE:g} in the catalogue"
    if facts.baseline is not None and facts.carries_offset != (offset > 0):
        doubt = f"{basis} contradicts processing baseline {facts.baseline}; only the pixels can tell"
        return Radiometry(offset or ESA_OFFSET, doubt, "require")
    if facts.baseline is None and facts.rule != BY_RASTER_OFFSET:
        return Radiometry(offset or ESA_OFFSET, basis, "confirm" if offset else "require")
    return Radiometry(offset, basis, "none")


def _by_legacy(facts: RadiometryFacts) -> Radiometry:
    if facts.removed:
        return Radiometry(0, "the catalogue's flag says that the offset is already removed", "none")
    if facts.removed is None and facts.sensed is not None and facts.sensed < FIRST_DAY_OF_OFFSET:
        return Radiometry(
            0, "sensed before the offset was introduced, in a catalogue that was never reprocessed", "none"
        )
    raise SceneUnsupported("The offset of this scene cannot be established: its catalogue tells no baseline.")
