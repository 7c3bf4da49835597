"""What earlier steps give to the algorithm of a step: values of the parameters that have no widget on the page."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
)

from .workflow import IMAGES, LABELS, MAP, MODEL, NEEDS, TRAINING, Workflow


def supplied_values(workflow: Workflow, step: str, kind: str) -> dict[str, Any]:
    """Values by the names of parameters.

    Parameters
    ----------
    workflow : what was made.
    step : that is to be run.
    kind : of the model, such as `forest`; empty for a network.

    Returns
    -------
    Paths of earlier results, the folder of this one, and that what lies there is replaced.

    """
    labels = workflow.result(LABELS)
    facts = labels.facts if labels is not None else {}
    kinds = {"KIND": kind} if kind else {}
    by_step: dict[str, dict[str, Any]] = {
        IMAGES: {},
        TRAINING: {
            "LABELS_FILE": str(workflow.path(LABELS)),
            "LEGEND": str(workflow.legend_file),
            "CLASS_FIELD": facts.get("field", ""),
            "CLASSES": classes_parameter(facts.get("classes")),
            "FEATURES": str(workflow.path(IMAGES)),
        },
        MODEL: {"TRAINING": str(workflow.path(TRAINING)), "OVERWRITE": True, **kinds},
        MAP: {"MODEL": str(workflow.path(MODEL)), "OVERWRITE": True},
    }
    name = f"{step}_{kind or 'network'}" if step == MODEL else step
    return {**by_step[step], "FOLDER": str(workflow.folder / name)}


def missing_steps(workflow: Workflow, step: str) -> list[str]:
    """The earlier steps that a step needs and that are not there."""
    return [need for need in NEEDS[step] if workflow.result(need) is None]


def classes_parameter(classes: Any) -> str:  # noqa: ANN401 - a value of a file
    """Codes by value as the algorithm reads them: a line for each, or JSON where a value does not fit into a line.

    Examples
    --------
    >>> print(classes_parameter({"Bosque": 2, "?": 0}))
    Bosque=2
    ?=0
    >>> print(classes_parameter({"Bosque; alto": 2}))
    {"Bosque; alto": 2}

    """
    found = classes if isinstance(classes, dict) else {}
    if any({";", "\n", "\r"} & set(value) or value != value.strip() for value in found):
        return json.dumps(found, ensure_ascii=False)
    return "\n".join(f"{value}={code}" for value, code in found.items())


def is_plain(value: Any) -> bool:  # noqa: ANN401 - of any parameter
    """Whether JSON can hold a value."""
    return value is None or isinstance(value, (str, int, float, bool))


def is_southern(region: str) -> bool:
    """Whether the middle of a region lies south of the equator.

    Parameters
    ----------
    region : `CRS=...;` and WKT, as the parameter GEOMETRY has it; one that cannot be read is not.

    """
    crs_text, _, wkt = region.removeprefix("CRS=").partition(";")
    crs, geometry = QgsCoordinateReferenceSystem(crs_text), QgsGeometry.fromWkt(wkt)
    if geometry.isEmpty() or not crs.isValid():
        return False
    transform = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    try:
        return bool(transform.transform(geometry.boundingBox().center()).y() < 0)
    except QgsCsException:
        return False
