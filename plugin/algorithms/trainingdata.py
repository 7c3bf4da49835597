"""`allpa:trainingdata`: labels and images become training data of own classes."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.errors import JobInvalid, ReferenceInvalid
from ..allpa_engine.core.job import Job
from ..allpa_engine.core.legend import write_legend
from ..allpa_engine.core.messages import translatable
from ..allpa_engine.core.safe_names import safe_name
from ..layers.label_file import write_labels
from ..layers.sample_layers import LabelsStyler
from ..legend_file import LegendFile, read_legend_file
from ..translation import tr
from .base import AllpaAlgorithm, build_job, destination_text, notes_text, require_writable, run_job
from .parameters import is_given, language_parameter, selected_language
from .training import training_parameters, training_values

LABELS, LABELS_FILE, FEATURES, LEGEND, FOLDER = "LABELS", "LABELS_FILE", "FEATURES", "LEGEND", "FOLDER"
CLASS_FIELD, CLASSES = "CLASS_FIELD", "CLASSES"
LABELS_FOLDER, JOB_FILE = "training_labels", "training_data.job.json"
LEGEND_COPY = f"{LABELS_FOLDER}/legend.json"
RESULTS = {
    "ROWS": "rows",
    "LABEL_COUNT": "labels",
    "CHIPS": "chips",
    "SUSPICIOUS": "suspicious",
    "LEFT_OUT": "left_out",
}
"""Outputs with their key in the engine's result."""
_MAX_NAME_CHARS = 60
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))})
"""Windows gives these names to no file."""


class TrainingData(AllpaAlgorithm):
    """Labels and images to training data."""

    ID = "trainingdata"
    TITLE = translatable("Training data")
    SUMMARY = translatable(
        "Makes training data of own classes: labelled points or polygons with what images show there."
    )
    HELP = translatable(
        "Takes points and polygons of any vector layer with a field of classes, or a table with longitude, latitude "
        "and label, and reads the features of their pixels from seasonal composites or scenes. Writes a table of "
        "samples (Parquet), chips for a network where a size is given, a report on counts, separability and spectra, "
        "and a layer of suspicious labels. Validation is by blocks of land or by a field of groups, never by single "
        "pixels. Labels that cannot be used are left out with the reason."
    )
    TAGS = ("training", "samples", "labels", "classes", "spectral library", "entrenamiento", "muestras", "etiquetas")
    EXAMPLE = MappingProxyType(
        {
            "LABELS_FILE": "labels.gpkg",
            "CLASS_FIELD": "class",
            "FEATURES": "seasons",
            "CHIP_SIZE": 128,
            "FOLDER": "training",
        }
    )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare parameters and outputs."""
        kinds = [QgsProcessing.SourceType.TypeVectorAnyGeometry]
        labels = QgsProcessingParameterFeatureSource(
            LABELS, tr("Labels: points or polygons (layer or file)"), kinds, None, True
        )
        labels.setHelp(tr("A layer with a field of classes. If empty, the file below is taken."))
        formats = "*.csv *.txt *.tsv *.geojson *.json *.kml *.kmz *.shp *.gpkg"
        file = QgsProcessingParameterFile(
            LABELS_FILE, tr("Labels: file (layer or file)"), optional=True, fileFilter=tr("Labels ({})").format(formats)
        )
        file.setHelp(tr("Such as a table with longitude, latitude and label, or a KMZ of Google Earth."))
        field = QgsProcessingParameterString(CLASS_FIELD, tr("Field of the classes"), None, False, True)
        field.setHelp(tr("If empty, a field with a usual name is taken, such as class, label, name or cobertura."))
        classes = QgsProcessingParameterString(CLASSES, tr("Classes of values"), None, True, True)
        classes.setHelp(
            tr("Value = name or code of the class, one per line or divided by ';', e.g. Bosque primario=Bosque; "
               "Bosque secundario=Bosque; Nubes=0. 0 leaves a value out; values that are not named are classes of "
               "their own.")
        )  # fmt: skip
        features = QgsProcessingParameterFile(FEATURES, tr("Images"), QgsProcessingParameterFile.Behavior.Folder)
        features.setHelp(tr("The folder of seasonal composites, or the output folder of a run."))
        legend = QgsProcessingParameterFile(
            LEGEND, tr("Legend"), optional=True, fileFilter=tr("Legend (*.json *.qml *.csv *.txt)")
        )
        legend.setHelp(
            tr("Names, codes and colours of the classes: legend.json, a style (QML), or a table with the columns code, "
               "name and color. If empty, one is proposed by the values.")
        )  # fmt: skip
        folder = QgsProcessingParameterFolderDestination(FOLDER, tr("Folder of the training data"))
        folder.setHelp(tr("Earlier training data in it are replaced."))
        self.add([labels, file, field, classes, features, legend, folder, *training_parameters(), language_parameter()])
        self.addOutput(QgsProcessingOutputHtml("REPORT", tr("Report")))
        for name, title in (
            ("ROWS", tr("Rows")), ("LABEL_COUNT", tr("Labels")), ("CHIPS", tr("Chips")),
            ("SUSPICIOUS", tr("Suspicious labels")), ("LEFT_OUT", tr("Labels left out")),
        ):  # fmt: skip
            self.addOutput(QgsProcessingOutputNumber(name, title))
        self.addOutput(QgsProcessingOutputString("NOTES", tr("Notes (JSON)")))

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse what can be refused without the engine.

        Parameters
        ----------
        parameters, context : as in `AllpaAlgorithm.check`.

        Raises
        ------
        FolderNotWritable, DiskFull : where the folder cannot be written.
        ReferenceInvalid, JobInvalid : where labels, images or another value cannot be used.

        """
        require_writable(destination_text(parameters, FOLDER))
        self._job(parameters, context, Path.cwd())

    def _job(self, parameters: dict[str, Any], context: QgsProcessingContext, folder: Path) -> Job:
        images = self.parameterAsFile(parameters, FEATURES, context) or ""
        if not images or not Path(images).exists():
            raise JobInvalid(tr("The folder of images does not exist: {}.").format(images))
        source = self._source(parameters, context)
        file = folder / _copy_of(source) if source is not None else Path(self._file(parameters, LABELS_FILE, context))
        if source is None and not is_given(parameters, LABELS_FILE):
            raise JobInvalid(tr("No labels are set."), "", tr("Choose a layer or a file of labels."))
        given = self._legend(parameters, context)
        legend = self._file(parameters, LEGEND, context) if given is None else str(folder / LEGEND_COPY)
        classes = parse_class_names(self.parameterAsString(parameters, CLASSES, context) or "")
        return build_job(
            "training_data",
            folder,
            language=selected_language(self, parameters, context),
            labels=str(file.absolute()),
            features=str(Path(images).absolute()),
            legend=legend,
            training_options={
                **training_values(self, parameters, context),
                "class_field": (self.parameterAsString(parameters, CLASS_FIELD, context) or "").strip(),
                "classes": {**(given.values if given is not None else {}), **classes},
            },
        )

    def _legend(self, parameters: dict[str, Any], context: QgsProcessingContext) -> LegendFile | None:
        """A legend of a style or a table, which the engine does not read; None for any other or none."""
        path = self._file(parameters, LEGEND, context)
        return read_legend_file(Path(path)) if path and Path(path).suffix.casefold() != ".json" else None

    def _source(self, parameters: dict[str, Any], context: QgsProcessingContext) -> QgsProcessingFeatureSource | None:
        if not is_given(parameters, LABELS):
            return None
        source = self.parameterAsSource(parameters, LABELS, context)
        if source is None:
            raise ReferenceInvalid(tr("The layer of labels cannot be read."), "", tr("Choose another layer."))
        return source

    def _file(self, parameters: dict[str, Any], name: str, context: QgsProcessingContext) -> str:
        path = self.parameterAsFile(parameters, name, context) if is_given(parameters, name) else ""
        if path and not Path(path).is_file():
            raise ReferenceInvalid(tr("The file {} does not exist.").format(path), "", tr("Choose another file."))
        return str(Path(path).absolute()) if path else ""

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Write the labels for the engine, run it, and let Processing load the suspicious labels.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`.

        Returns
        -------
        The folder, the report, counts and notes.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        folder = Path(self.parameterAsString(parameters, FOLDER, context)).absolute()
        job = self._job(parameters, context, folder)
        source = self._source(parameters, context)
        legend = self._legend(parameters, context)
        if source is not None or legend is not None:
            (folder / LABELS_FOLDER).mkdir(parents=True, exist_ok=True)
        if legend is not None:
            write_legend(legend.legend, folder / LEGEND_COPY)
        if source is not None:
            write_labels(source, folder / _copy_of(source), context)
        values = run_job(job, folder / JOB_FILE, feedback)
        if values.get("suspicious"):
            _load_suspicious(context, Path(values["suspicious_labels"]))
        return {
            FOLDER: str(folder),
            "REPORT": values.get("report"),
            **{name: values.get(key) for name, key in RESULTS.items()},
            "NOTES": notes_text(values),
        }


def _copy_of(source: QgsProcessingFeatureSource) -> Path:
    """Where the labels stand for the engine, whose report and messages have the file's name: that of the layer."""
    name = re.sub(r"[^\w -]+", "_", source.sourceName() or "").strip()
    if not 0 < len(name) <= _MAX_NAME_CHARS or name.upper() in _DEVICES:
        name = safe_name(name)
    return Path(LABELS_FOLDER) / f"{name}.gpkg"


def _load_suspicious(context: QgsProcessingContext, path: Path) -> None:
    """Let Processing load the layer of suspicious labels with the style of its file; without a project nothing."""
    if context.project() is None or not path.exists():
        return
    title, source = tr("Suspicious labels"), f"{path}|layername=suspicious"
    context.addLayerToLoadOnCompletion(
        source, QgsProcessingContext.LayerDetails(title, context.project(), "SUSPICIOUS")
    )
    LabelsStyler(title, is_visible=True).attach(context, source)


def parse_class_names(text: str) -> dict[str, str | int]:
    """Names or codes of classes by values from a text such as `Bosque primario=Bosque; Nubes=0`.

    An object of JSON is read too: values with semicolons or line breaks need one.

    Raises
    ------
    JobInvalid
        Where a part is not `value=class`.

    """
    with suppress(ValueError, RecursionError):
        found = json.loads(text)
        if isinstance(found, dict) and all(type(name) in (str, int) for name in found.values()):
            return found
    classes: dict[str, str | int] = {}
    for part in (piece.strip() for piece in text.replace("\n", ";").split(";")):
        value, equals, name = (piece.strip() for piece in part.rpartition("="))
        if not part:
            continue
        if not (equals and value):
            raise JobInvalid(
                tr("The class of a value cannot be read: {}.").format(repr(part)[:80]),
                "",
                tr("Write value = name or code of the class, e.g. Bosque primario=Bosque; Nubes=0."),
            )
        classes[value] = int(name) if name.isdigit() and len(name) < 4 else name
    return classes
