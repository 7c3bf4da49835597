"""The report on change: one HTML file with map, balance, matrix, and each class's losses and gains."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..accuracy.assessment import RegionAccuracy
from ..change.matrix import ChangeMatrix, ClassChange
from ..change.one_class import ClassFlow, class_flows
from ..change.raster import ChangeRule
from ..change.style import GAINED, LOST, one_class_entries, transition_color
from ..change.timeline import Timeline
from ..core.atomic import write_text
from ..core.legend import ROLE_CLOUDS, LandClass, pair_base
from ..core.messages import area_decimals, format_number, message, translatable, translate
from ..geo.pixel_area import percent_of
from .change_estimates import change_section
from .change_picture import sankey_png
from .map_picture import MapImage, read_map_image, render_map_png
from .page import VERSION_NAMES, base64_text, crs_text, job_text, template_environment

BAR_WIDTH = 190.0
"""Length of the longest bar of gain or loss, in SVG units."""
MAX_LISTED_FLOWS = 3
"""So many flows of a class are listed by name; all of them of the selected class."""
_UNCHANGED_COLOR = "#E3E6E8"


@dataclass(frozen=True)
class ChangeFacts:
    """The facts of one comparison; the report adds nothing to them."""

    heading: str
    """Name of the region; may be empty."""
    matrix: ChangeMatrix
    maps: Mapping[str, str]
    """File names of the maps by period; the first and the last are compared."""
    paths: Mapping[str, str]
    """Files of the run; `change`, `one_class` and `timeline_picture` are drawn, all are listed."""
    timeline: Timeline | None = None
    confident_percent: float | None = None
    """Share of the changed pixels with high confidence; None where it is not known."""
    change_class: int = 0
    """Code of the class whose change is drawn by itself; 0 none."""
    notes: tuple[str, ...] = ()
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    assessment: RegionAccuracy | None = None
    """What a labelled sample of the change says; None without one."""


def write_change_report(facts: ChangeFacts, path: str | os.PathLike[str]) -> None:
    """Write the report on change as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    facts : the comparison; the rasters that `facts.paths` names are read for the pictures.
    path : of the HTML file, written whole or not at all.

    Raises
    ------
    RasterInvalid : where the change raster cannot be read.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, change_html(facts))


def change_html(facts: ChangeFacts) -> str:
    """The report's HTML."""
    matrix, language = facts.matrix, facts.language
    first, last = min(facts.maps), max(facts.maps)
    indices = _shown_indices(matrix)
    classes = [row for row in matrix.classes() if row.before_ha or row.after_ha]
    image = read_map_image(facts.paths["change"])
    return (
        template_environment(language)
        .get_template("change.html")
        .render(
            facts=facts,
            matrix=matrix,
            first=first,
            last=last,
            decimals=area_decimals(matrix.compared_ha),
            changed_percent=percent_of(matrix.changed_ha, matrix.compared_ha),
            colors={land_class.code: land_class.color for land_class in matrix.legend},
            map=_change_map(facts, image),
            bars=_bars(matrix, classes),
            classes=classes,
            flows=base64_text(sankey_png(matrix, (first, last))),
            shown=[SimpleNamespace(name=matrix.legend[index].label(language)) for index in indices],
            rows=_rows(matrix, indices),
            sums=[float(matrix.area_ha[indices, index].sum()) for index in indices],
            class_sections=_class_sections(facts, classes),
            certainty=_certainty(facts),
            estimated=None if facts.assessment is None else change_section(facts.assessment, language),
            line=base64_text(Path(facts.paths["timeline_picture"]).read_bytes()) if facts.timeline else "",
            line_rows=_line_rows(facts.timeline),
            crs=crs_text(image.grid.crs),
            version_names=VERSION_NAMES,
            citation=_citation(facts, first, last),
            job=job_text(facts.job),
            files=[Path(name).name for name in facts.paths.values()],
        )
    )


def _citation(facts: ChangeFacts, first: str, last: str) -> str:
    citation = message(
        "{heading}: land-cover change {first} – {last}, derived from two maps with Allpa {version}. "
        "Contains modified Copernicus Sentinel data.",
        heading=facts.heading or translatable("Region"),
        first=first,
        last=last,
        version=facts.versions.get("allpa", ""),
    )
    return translate(citation, facts.language)


def _change_map(facts: ChangeFacts, image: MapImage) -> str:
    """The change raster, drawn: changed pixels in the later class's colour, with the classes that gained as legend."""
    legend = facts.matrix.legend
    base, lands = pair_base(legend), [land_class.code for land_class in legend]
    codes = [base * before + after for before in lands for after in lands]
    pairs = [LandClass(code, "", transition_color(code, legend)) for code in codes]
    entries = [
        (facts.matrix.class_of(row.code).color, f"→ {row.name}") for row in facts.matrix.classes() if row.gain_ha
    ]
    unchanged = (_UNCHANGED_COLOR, translate(translatable("unchanged (pale)"), facts.language))
    return base64_text(render_map_png(image, language=facts.language, legend=pairs, entries=[*entries, unchanged]))


def _shown_indices(matrix: ChangeMatrix) -> list[int]:
    """Indices of the classes that either map shows."""
    both = matrix.area_ha.sum(axis=0) + matrix.area_ha.sum(axis=1)
    return [index for index, area_ha in enumerate(both) if area_ha > 0]


def _bars(matrix: ChangeMatrix, classes: list[ClassChange]) -> list[SimpleNamespace]:
    language = matrix.language
    longest = max((max(row.gain_ha, row.loss_ha) for row in classes), default=0.0)
    decimals = area_decimals(longest)
    return [
        SimpleNamespace(
            name=row.name,
            color=matrix.class_of(row.code).color,
            loss=BAR_WIDTH * row.loss_ha / longest,
            gain=BAR_WIDTH * row.gain_ha / longest,
            loss_label=f"−{format_number(row.loss_ha, decimals, language)}" if row.loss_ha else "",
            gain_label=f"+{format_number(row.gain_ha, decimals, language)}" if row.gain_ha else "",
        )
        for row in classes
        if longest and (row.gain_ha or row.loss_ha)
    ]


def _rows(matrix: ChangeMatrix, indices: list[int]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            name=matrix.legend[index].label(matrix.language),
            index=column,
            cells=[float(cell) for cell in matrix.area_ha[index, indices]],
            total=float(matrix.area_ha[index].sum()),
        )
        for column, index in enumerate(indices)
    ]


def _class_sections(facts: ChangeFacts, classes: list[ClassChange]) -> list[SimpleNamespace]:
    """What each class that changed was lost to and gained from; the selected one first, with its map."""
    clouds = {land_class.code for land_class in facts.matrix.legend if land_class.role == ROLE_CLOUDS}
    codes = [row.code for row in classes if row.code not in clouds and (row.gain_ha or row.loss_ha)]
    codes.sort(key=lambda code: (code != facts.change_class, code))
    return [_class_section(facts, code) for code in codes]


def _class_section(facts: ChangeFacts, code: int) -> SimpleNamespace:
    language, land_class = facts.language, facts.matrix.class_of(code)
    flows = class_flows(facts.matrix, code)
    max_listed = None if code == facts.change_class else MAX_LISTED_FLOWS
    picture = ""
    if code == facts.change_class and "one_class" in facts.paths:
        entries = one_class_entries(land_class, language)
        colors = [LandClass(value, label, color, 1.0, "") for value, color, label in entries]
        image = read_map_image(facts.paths["one_class"])
        picture = base64_text(render_map_png(image, language=language, legend=colors))
    return SimpleNamespace(
        name=land_class.label(language),
        color=land_class.color,
        lost=_flow_texts([flow for flow in flows if flow.kind == LOST], max_listed, language),
        gained=_flow_texts([flow for flow in flows if flow.kind == GAINED], max_listed, language),
        picture=picture,
    )


def _flow_texts(flows: Sequence[ClassFlow], max_listed: int | None, language: str) -> list[str]:
    """The largest flows in words, and the remaining ones in one."""

    def flow_text(name: str, area_ha: float, percent: float) -> str:
        return f"{name} {format_number(area_ha, 2, language)} ha ({format_number(percent, 1, language)} %)"

    remaining = [] if max_listed is None or len(flows) <= max_listed + 1 else flows[max_listed:]
    listed = flows[: len(flows) - len(remaining)]
    flow_texts = [flow_text(flow.other.label(language), flow.area_ha, flow.percent) for flow in listed]
    if remaining:
        others = translate(message("{count} other classes", count=len(remaining)), language)
        flow_texts.append(
            flow_text(others, sum(flow.area_ha for flow in remaining), sum(flow.percent for flow in remaining))
        )
    return flow_texts


def _certainty(facts: ChangeFacts) -> str:
    if facts.confident_percent is None:
        text = message(
            "Change confidence is not available: it needs the quality rasters of both maps on the same grid."
        )
        return translate(text, facts.language)
    rule = ChangeRule()
    text = message(
        "{percent} % of the changed pixels have high confidence: in both maps the mapped class has at least "
        "{confidence} % of the scores and {agreement} % of the clear observations, with at least {observations} clear "
        "observations. These thresholds are expert choices and are not calibrated.",
        percent=format_number(facts.confident_percent, 1, facts.language),
        confidence=f"{100 * rule.min_confidence:.0f}",
        agreement=f"{100 * rule.min_agreement:.0f}",
        observations=rule.min_observations,
    )
    return translate(text, facts.language)


def _line_rows(line: Timeline | None) -> list[SimpleNamespace]:
    if line is None:
        return []
    return [
        SimpleNamespace(name=row.name, cells=[table.rows[index].area_ha for table in line.tables])
        for index, row in enumerate(line.tables[0].rows)
    ]
