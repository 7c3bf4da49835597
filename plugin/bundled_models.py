"""The models that come with the plugin: chains of its algorithms, which QGIS's designer can copy and change."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from qgis.core import QgsProcessingAlgorithm, QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QWidget

from .algorithms.choices import name_choices
from .allpa_engine.core.messages import translatable
from .help_pages import help_url
from .resources import ICON, MODELS
from .translation import tr

_EXAMPLES = {
    "map_by_district": {
        "DISTRICTS": "districts.gpkg",
        "YEAR": 2020,
        "map:FOLDER": "districts_2020",
        "areas:OUTPUT": "districts_2020/areas.csv",
        "areas:ZONE_LAYER": "districts_2020/areas.gpkg",
    },
    "two_years": {
        "REGION": "districts.gpkg",
        "FIRST_YEAR": 2018,
        "SECOND_YEAR": 2020,
        "first:FOLDER": "map_2018",
        "second:FOLDER": "map_2020",
        "change:FOLDER": "change",
    },
}
_YEAR_HELP = translatable("Calendar year of the map, 2015 or later.")
_HELPS = {
    "DISTRICTS": translatable("Each polygon gets a map, and a row of the tables."),
    "NAME_FIELD": translatable("If empty, a field with a usual name is used if present, such as name or distrito."),
    "REGION": translatable("Polygons of the region, in any CRS; several are merged."),
    "YEAR": _YEAR_HELP,
    "FIRST_YEAR": _YEAR_HELP,
    "SECOND_YEAR": _YEAR_HELP,
    "CATALOGUE": translatable("Where scenes are searched and downloaded."),
    "CATALOGUE_URL": translatable(
        "URL of another STAC API, or the file of a static catalogue; replaces the catalogue."
    ),
    "COLLECTION": translatable("ID of the Sentinel-2 L2A collection. If empty, the catalogue's default is used."),
}
"""Helps of the inputs: files of models do not keep them."""
_TEXTS = (
    translatable("Annual map and areas by district"),
    translatable(
        "Maps the districts of a layer in one run, with a map for each, and gives their areas as layer and tables."
    ),
    translatable("Two years and their change"),
    translatable("Maps a region in two years and compares both maps: raster, tables and report of the change."),
    translatable("Districts (polygon layer)"),
    translatable("Field with the district's name"),
    translatable("First year"),
    translatable("Second year"),
    translatable("Region (polygon layer)"),
    translatable("Areas by district"),
    translatable("Folder of the first map"),
    translatable("Folder of the second map"),
    translatable("Folder of the change"),
)
"""What stands in the files in English and in no other source, marked for the catalogue of translations."""


class BundledModel(QgsProcessingModelAlgorithm):
    """A model of the plugin, with titles in QGIS's language and a name that never changes.

    Parameters
    ----------
    file : the model, as the designer writes it; its name without the suffix is the model's id.

    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self.read_file()

    def read_file(self) -> None:
        """Read the model, with titles in QGIS's language; steps are known when their provider is registered."""
        self.fromFile(str(self._file))
        for definition in self.parameterDefinitions():
            definition.setDescription(tr(definition.description()))
            definition.setHelp(tr(_HELPS.get(definition.name(), "")))
            name_choices(definition)
            if definition.name() in ("YEAR", "SECOND_YEAR"):
                definition.setDefaultValue(date.today().year - 1)
        for output in self.outputDefinitions():
            output.setDescription(tr(output.description()))

    def flags(self) -> QgsProcessingAlgorithm.Flags:
        """As its steps: in a thread. QGIS 3.22 runs all models in the main thread, which freezes until they end."""
        return super().flags() & ~QgsProcessingAlgorithm.Flag.FlagNoThreading

    def createInstance(self) -> BundledModel:  # noqa: N802 - QGIS's name
        """A new instance, as QGIS asks for each run."""
        return type(self)(self._file)

    def name(self) -> str:
        """The id within the provider."""
        return self._file.stem

    def displayName(self) -> str:  # noqa: N802 - QGIS's name
        """The title in the toolbox."""
        return tr(super().displayName())

    def group(self) -> str:
        """Title of the group in the toolbox."""
        return tr("Land cover")

    def groupId(self) -> str:  # noqa: N802 - QGIS's name
        """Id of the group."""
        return "landcover"

    def shortDescription(self) -> str:  # noqa: N802 - QGIS's name
        """One sentence for tooltips and lists."""
        return tr(str(self.helpContent().get("ALG_DESC", "")))

    def shortHelpString(self) -> str:  # noqa: N802 - QGIS's name
        """Plain text beside the dialog and in terminals, with a call in Python."""
        call = f'processing.run("{self.id()}", {_EXAMPLES.get(self.name(), {})!r})'
        helps = [
            f"{definition.name()} ({definition.description()}): {definition.help()}"
            for definition in self.parameterDefinitions()
            if definition.help()
        ]
        return "\n\n".join((self.shortDescription(), *helps, tr("Example for QGIS's Python console:"), call))

    def helpUrl(self) -> str:  # noqa: N802 - QGIS's name
        """Address of the model in the guide, which opens without a network."""
        return str(help_url(self.name()).toString())

    def createCustomParametersWidget(self, parent: QWidget | None = None) -> QWidget:  # noqa: N802 - QGIS's name
        """The dialog of the toolbox."""
        from .algorithms.dialog import RunDialog  # needs Processing's windows, which terminals do not have

        return RunDialog(self.create(), parent=parent)

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(str(ICON))


def bundled_models() -> list[BundledModel]:
    """The models of the plugin's folder, by their names."""
    return [BundledModel(file) for file in sorted(MODELS.glob("*.model3"))]
