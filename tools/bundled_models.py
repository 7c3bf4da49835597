"""Writes the two models of the toolbox into resources/models; run by QGIS's Python, with the plugin as `allpa`.

    PYTHONPATH=build/typed QT_QPA_PLATFORM=offscreen /usr/bin/python3 tools/bundled_models.py

They can be opened and changed in QGIS's model designer as well.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from allpa.plugin.allpa_engine.core.catalogues import CATALOGUES
from allpa.plugin.provider import AllpaProvider
from qgis.core import (
    QgsApplication,
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QPointF

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "models"
SOURCE = QgsProcessingModelChildParameterSource
POLYGONS = [QgsProcessing.SourceType.TypeVectorPolygon]


def add_inputs(model: QgsProcessingModelAlgorithm, definitions: list[QgsProcessingParameterDefinition]) -> None:
    """Inputs in their order, above the algorithms."""
    for number, definition in enumerate(definitions):
        component = QgsProcessingModelParameter(definition.name())
        component.setPosition(QPointF(120 + 240 * number, 60))
        model.addModelParameter(definition, component)
    model.setParameterOrder([definition.name() for definition in definitions])


def add_step(
    model: QgsProcessingModelAlgorithm,
    child_id: str,
    name: str,
    position: tuple[float, float],
    sources: dict[str, Any],
    outputs: dict[str, str],
) -> None:
    """An algorithm with the sources of its parameters, and the outputs that the model hands out.

    Required parameters without a source get their default, as the designer's dialog would do it.
    """
    algorithm = QgsApplication.processingRegistry().algorithmById(f"allpa:{name}")
    child = QgsProcessingModelChildAlgorithm(algorithm.id())
    child.setChildId(child_id)
    child.setDescription(algorithm.displayName())
    child.setPosition(QPointF(*position))
    optional = QgsProcessingParameterDefinition.Flag.FlagOptional
    for definition in algorithm.parameterDefinitions():
        needs_default = not definition.flags() & optional and not definition.isDestination()
        if definition.name() not in sources and needs_default:
            child.addParameterSources(definition.name(), [SOURCE.fromStaticValue(definition.defaultValue())])
    for parameter, source in sources.items():
        child.addParameterSources(parameter, source if isinstance(source, list) else [source])
    made = {}
    for output_name, description in outputs.items():
        output = QgsProcessingModelOutput(output_name, description)
        output.setChildId(child_id)
        output.setChildOutputName(output_name)
        output.setPosition(QPointF(position[0] + 260, position[1] + 50 * len(made)))
        made[output_name] = output
    child.setModelOutputs(made)
    model.addChildAlgorithm(child)


def write(model: QgsProcessingModelAlgorithm, name: str, summary: str) -> None:
    """Write a model with its one sentence of help."""
    model.setHelpContent({"ALG_DESC": summary, "ALG_CREATOR": "Allpa", "SHORT_DESCRIPTION": summary})
    if not model.toFile(str(FOLDER / f"{name}.model3")):
        sys.exit(f"{name} cannot be written")


def search_inputs() -> list[QgsProcessingParameterDefinition]:
    """The catalogue: one that is known, or by its address."""
    keys = list(CATALOGUES)
    url = QgsProcessingParameterString("CATALOGUE_URL", "Catalogue URL", None, False, True)
    collection = QgsProcessingParameterString("COLLECTION", "Collection", None, False, True)
    for parameter in (url, collection):
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return [
        QgsProcessingParameterEnum("CATALOGUE", "Catalogue", keys, False, keys[0], False, True),
        url,
        collection,
    ]


def searched() -> dict[str, Any]:
    """The sources of the catalogue."""
    return {name: SOURCE.fromModelParameter(name) for name in ("CATALOGUE", "CATALOGUE_URL", "COLLECTION")}


def year(name: str, title: str, value: int) -> QgsProcessingParameterDefinition:
    """The input of a year."""
    kind = QgsProcessingParameterNumber.Type.Integer
    return QgsProcessingParameterNumber(name, title, kind, value, False, 2015)


def map_by_district() -> None:
    """Districts and a year to a map, their areas as a layer, and a map of each."""
    model = QgsProcessingModelAlgorithm("Annual map and areas by district", "Land cover", "landcover")
    field = QgsProcessingParameterField(
        "NAME_FIELD", "Field with the district's name", None, "DISTRICTS", optional=True
    )
    polygons = QgsProcessingParameterFeatureSource("DISTRICTS", "Districts (polygon layer)", POLYGONS)
    add_inputs(
        model,
        [
            polygons,
            field,
            year("YEAR", "Year", 2024),
            *search_inputs(),
        ],
    )
    districts, name = SOURCE.fromModelParameter("DISTRICTS"), SOURCE.fromModelParameter("NAME_FIELD")
    sources = {"ZONES": districts, "ZONE_FIELD": name, "YEAR": SOURCE.fromModelParameter("YEAR"), **searched()}
    sources["ZONE_MAPS"] = SOURCE.fromStaticValue(True)
    add_step(model, "map", "landcovermap", (240, 200), sources, {"FOLDER": "Output folder"})
    sources = {"INPUT": SOURCE.fromChildOutput("map", "LANDCOVER"), "ZONES": districts, "ZONE_FIELD": name}
    outputs = {"ZONE_LAYER": "Areas by district", "OUTPUT": "Area table"}
    add_step(model, "areas", "areatable", (240, 380), sources, outputs)
    summary = (
        "Maps the districts of a layer in one run, with a map for each, and gives their areas as layer and tables."
    )
    write(model, "map_by_district", summary)


def two_years() -> None:
    """A region and two years to two maps and their change."""
    model = QgsProcessingModelAlgorithm("Two years and their change", "Land cover", "landcover")
    polygons = QgsProcessingParameterFeatureSource("REGION", "Region (polygon layer)", POLYGONS)
    years = [year("FIRST_YEAR", "First year", 2018), year("SECOND_YEAR", "Second year", 2024)]
    add_inputs(
        model,
        [polygons, *years, *search_inputs()],
    )
    region = SOURCE.fromModelParameter("REGION")
    for number, which in enumerate(("first", "second")):
        sources = {"REGION": region, "YEAR": SOURCE.fromModelParameter(f"{which.upper()}_YEAR"), **searched()}
        position = (140 + 420 * number, 200)
        add_step(model, which, "landcovermap", position, sources, {"FOLDER": f"Folder of the {which} map"})
    maps = [SOURCE.fromChildOutput(which, "LANDCOVER") for which in ("first", "second")]
    sources = {"INPUTS": maps, "REGION": region}
    add_step(model, "change", "landcoverchange", (340, 400), sources, {"FOLDER": "Folder of the change"})
    write(
        model,
        "two_years",
        "Maps a region in two years and compares both maps: raster, tables and report of the change.",
    )


def main() -> None:
    """Write both."""
    application = QgsApplication([], False)
    application.initQgis()
    provider = AllpaProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    map_by_district()
    two_years()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
