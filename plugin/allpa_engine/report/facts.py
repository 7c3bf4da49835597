"""The facts of a report, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..areas.table import AreaTable
from ..core.messages import translate
from ..core.scene import Candidate, FailedScene
from .map_picture import MapImage
from .texts import period_text


@dataclass(frozen=True)
class ReportFacts:
    """The facts of one run; the report adds nothing to them."""

    period: str
    """`2020`, or `20200401-20200930`."""
    region_name: str
    table: AreaTable
    paths: Mapping[str, str]
    """Files of the run by the names of its result; `quality` is summed up, all are listed."""
    image: MapImage
    """The map, read once for all that shows it."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Files that were given, `scene_list`, `weight_table` and `model`; the provenance holds their hashes."""
    candidates: tuple[Candidate, ...] = ()
    """Scenes, selected and not selected."""
    failures: tuple[FailedScene, ...] = ()
    composite: Mapping[str, Any] = field(default_factory=dict)
    """Summary of the composite, as JSON values."""
    job: Mapping[str, Any] = field(default_factory=dict)
    """The job as JSON values."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of Allpa, Python, the libraries and the network (`model_hash`)."""
    inference: Mapping[str, str] = field(default_factory=dict)
    """How the predictions were computed: `precision`, `device`, `torch` and, on a CPU, `threads`."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the search."""
    warnings: tuple[str, ...] = ()
    """Those of the notes that stand at the head of the report."""
    gap: Mapping[str, Any] | None = None
    """GeoJSON of the part of the region that no scene covers, where it is too large to pass over."""
    language: str = "en"
    """`en` or `es`."""

    @property
    def map_title(self) -> str:
        """Title of the map as a picture: region, what it shows, period."""
        shown = f"{translate('Land cover', self.language)} {period_text(self.period)}"
        return f"{self.region_name} · {shown}" if self.region_name else shown

    @property
    def failed_ids(self) -> frozenset[str]:
        """Ids of the scenes that failed."""
        return frozenset(failure.scene_id for failure in self.failures)

    @property
    def used(self) -> tuple[Candidate, ...]:
        """The chosen candidates and the replacements of failed ones, by tile and date."""
        replacing = {failure.replaced_by for failure in self.failures}
        return tuple(
            sorted(
                (
                    candidate
                    for candidate in self.candidates
                    if (candidate.chosen or candidate.scene.id in replacing)
                    and candidate.scene.id not in self.failed_ids
                ),
                key=lambda candidate: (candidate.scene.tile, candidate.scene.sensing_time, candidate.scene.id),
            )
        )
