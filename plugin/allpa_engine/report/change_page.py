"""The report on change: one HTML file with map, balance, matrix, and each class's losses and gains."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..change.matrix import ChangeMatrix, ClassChange
from ..change.one_class import ClassFlow, class_flows
from ..change.raster import ChangeRule
from ..change.style import GAINED, LOST, one_class_entries, transition_color
from ..change.timeline import Timeline
from ..core.atomic import write_text
from ..core.legend import CLASS_BY_CODE, CLOUDS, LandClass
from ..core.messages import format_number
from ..raster.class_raster import open_class_raster
from .change_picture import sankey_png
from .change_texts import change_texts_in
from .map_picture import render_map_png
from .page import VERSION_NAMES, crs_text, job_text, template_environment

BAR_WIDTH = 190.0
"""Length of the longest bar of gain or loss, in SVG units."""
MAX_LISTED_FLOWS = 3
"""So many flows of a class are told by name; all of them of the explored class."""
_SMALL_REGION_HA = 1000.0
"""Below this the matrix is printed with decimals."""
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
    """Share of the changed pixels that is confident; None where it is not known."""
    change_class: int = 0
    """Code of the class whose change is drawn by itself; 0 none."""
    notes: tuple[str, ...] = ()
    job: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"


def write_change_report(facts: ChangeFacts, path: str | os.PathLike[str]) -> None:
    """Write the report as one HTML file that loads nothing from anywhere.

    Raises
    ------
    RasterInvalid : where the change raster cannot be read.
    DiskFull, FolderNotWritable

    """
    write_text(path, change_html(facts))


def change_html(facts: ChangeFacts) -> str:
    """The report's HTML."""
    texts, matrix = change_texts_in(facts.language), facts.matrix
    first, last = min(facts.maps), max(facts.maps)
    indices = _shown_indices(matrix)
    classes = [each for each in matrix.classes() if each.before_ha or each.after_ha]
    return (
        template_environment()
        .get_template("change.html")
        .render(
            facts=facts,
            matrix=matrix,
            first=first,
            last=last,
            text=SimpleNamespace(**texts),
            format_number=partial(format_number, language=facts.language),
            decimals=2 if matrix.compared_ha < _SMALL_REGION_HA else 0,
            changed_percent=_percent(matrix.changed_ha, matrix.compared_ha),
            colors={code: land.color for code, land in CLASS_BY_CODE.items()},
            map=_change_map(facts, texts),
            bars=_bars(classes, facts.language),
            classes=classes,
            flows=base64.b64encode(sankey_png(matrix, (first, last))).decode("ascii"),
            shown=[SimpleNamespace(name=matrix.legend[index].label(facts.language)) for index in indices],
            rows=_rows(matrix, indices),
            sums=[float(matrix.area_ha[indices, index].sum()) for index in indices],
            class_sections=_class_sections(facts, texts, classes),
            certainty=_certainty(facts, texts),
            line=_base64_file(facts.paths["timeline_picture"]) if facts.timeline else "",
            line_rows=_line_rows(facts.timeline),
            crs=_crs(facts),
            version_names=VERSION_NAMES,
            citation=texts["change_citation"].format(
                heading=facts.heading or texts["untitled"],
                first=first,
                last=last,
                version=facts.versions.get("allpa", ""),
            ),
            job=job_text(facts.job),
            files=[Path(name).name for name in facts.paths.values()],
        )
    )


def _change_map(facts: ChangeFacts, texts: Mapping[str, str]) -> str:
    """The change raster, drawn: what changed in the later class's colour, with the classes that gained as legend."""
    legend = facts.matrix.legend
    pairs = [
        LandClass(16 * before + after, "", transition_color(16 * before + after, legend), 1.0, "")
        for before in range(1, len(legend) + 1)
        for after in range(1, len(legend) + 1)
    ]
    entries = [
        (CLASS_BY_CODE[each.code].color, texts["became"].format(land=each.name))
        for each in facts.matrix.classes()
        if each.gain_ha
    ]
    picture = render_map_png(
        facts.paths["change"],
        language=facts.language,
        legend=pairs,
        entries=[*entries, (_UNCHANGED_COLOR, texts["stayed"])],
    )
    return base64.b64encode(picture).decode("ascii")


def _crs(facts: ChangeFacts) -> str:
    with open_class_raster(Path(facts.paths["change"])) as raster:
        return crs_text(raster.grid.crs)


def _base64_file(path: str) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode("ascii")


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _shown_indices(matrix: ChangeMatrix) -> list[int]:
    """Places of the classes that either map shows."""
    both = matrix.area_ha.sum(axis=0) + matrix.area_ha.sum(axis=1)
    return [index for index, area_ha in enumerate(both) if area_ha > 0]


def _bars(classes: list[ClassChange], language: str) -> list[SimpleNamespace]:
    longest = max((max(each.gain_ha, each.loss_ha) for each in classes), default=0.0)
    decimals = 2 if longest < _SMALL_REGION_HA else 0
    return [
        SimpleNamespace(
            name=each.name,
            color=CLASS_BY_CODE[each.code].color,
            loss=BAR_WIDTH * each.loss_ha / longest,
            gain=BAR_WIDTH * each.gain_ha / longest,
            loss_label=f"−{format_number(each.loss_ha, decimals, language)}" if each.loss_ha else "",
            gain_label=f"+{format_number(each.gain_ha, decimals, language)}" if each.gain_ha else "",
        )
        for each in classes
        if longest and (each.gain_ha or each.loss_ha)
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


def _class_sections(facts: ChangeFacts, texts: Mapping[str, str], classes: list[ClassChange]) -> list[SimpleNamespace]:
    """What each class that changed was lost to and gained from; the explored one first, with its map."""
    codes = [each.code for each in classes if each.code != CLOUDS and (each.gain_ha or each.loss_ha)]
    codes.sort(key=lambda code: (code != facts.change_class, code))
    return [_class_section(facts, texts, code) for code in codes]


def _class_section(facts: ChangeFacts, texts: Mapping[str, str], code: int) -> SimpleNamespace:
    language, land = facts.language, CLASS_BY_CODE[code]
    flows_by_part = {
        part: [flow for flow in class_flows(facts.matrix, code) if flow.part == part] for part in (LOST, GAINED)
    }
    max_listed = None if code == facts.change_class else MAX_LISTED_FLOWS
    picture = ""
    if code == facts.change_class and "one_class" in facts.paths:
        entries = one_class_entries(land, language)
        colors = [LandClass(value, label, color, 1.0, "") for value, color, label in entries]
        png = render_map_png(facts.paths["one_class"], language=language, legend=colors)
        picture = base64.b64encode(png).decode("ascii")
    return SimpleNamespace(
        name=land.label(language),
        color=land.color,
        lost=_flow_texts(flows_by_part[LOST], max_listed, texts, language),
        gained=_flow_texts(flows_by_part[GAINED], max_listed, texts, language),
        picture=picture,
    )


def _flow_texts(
    flows: Sequence[ClassFlow], max_listed: int | None, texts: Mapping[str, str], language: str
) -> list[str]:
    """The largest flows in words, and what is left of them in one."""

    def flow_text(name: str, area_ha: float, percent: float) -> str:
        return f"{name} {format_number(area_ha, 2, language)} ha ({format_number(percent, 1, language)} %)"

    remaining = [] if max_listed is None or len(flows) <= max_listed + 1 else flows[max_listed:]
    flow_texts = [
        flow_text(flow.other.label(language), flow.area_ha, flow.percent)
        for flow in flows[: len(flows) - len(remaining)]
    ]
    if remaining:
        others = texts["others"].format(count=len(remaining))
        flow_texts.append(
            flow_text(others, sum(flow.area_ha for flow in remaining), sum(flow.percent for flow in remaining))
        )
    return flow_texts


def _certainty(facts: ChangeFacts, texts: Mapping[str, str]) -> str:
    if facts.confident_percent is None:
        return texts["not_certain"]
    rule = ChangeRule()
    return texts["certain"].format(
        percent=format_number(facts.confident_percent, 1, facts.language),
        confidence=f"{100 * rule.min_confidence:.0f}",
        agreement=f"{100 * rule.min_agreement:.0f}",
        observations=rule.min_observations,
    )


def _line_rows(line: Timeline | None) -> list[SimpleNamespace]:
    if line is None:
        return []
    return [
        SimpleNamespace(name=row.name, cells=[table.rows[index].area_ha for table in line.tables])
        for index, row in enumerate(line.tables[0].rows)
    ]
