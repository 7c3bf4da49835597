"""The base of all algorithms: their texts, the check of their values, and running a job in the engine."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
)
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QWidget

from ..allpa_engine.core.atomic import check_free_space, write_json
from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing, FolderNotWritable
from ..allpa_engine.core.job import Job, job_to_dict
from ..existing_output import JOB_FILE
from ..file_errors import file_error
from ..help_pages import help_url
from ..resources import ICON
from ..translation import error_lines, number_format, table_language, tr
from ..worker.interpreter import find_engine, require_engine
from ..worker.process import EngineWorker, terminal_command
from .choices import choices_text, name_choices
from .parameters import given_values, require_readable_values
from .terminal_errors import print_once

_LONGEST_ENDING = "_zones_input.geojson"
"""Of the names of the files that a run writes beside a table."""
_DECIMALS = 4
"""Of results: hectares to a square metre."""


class AllpaAlgorithm(QgsProcessingAlgorithm):
    """Base of Allpa's algorithms; a subclass defines its texts, parameters, job and outputs."""

    ID = ""
    """The algorithm's id; it never changes."""
    TITLE = ""
    SUMMARY = ""
    """One sentence."""
    HELP = ""
    """Plain text: it is shown in terminals too."""
    TAGS: tuple[str, ...] = ()
    EXAMPLE: Mapping[str, Any] = MappingProxyType({})
    """Values of parameters, by which the help shows a call in Python."""
    NEEDS_ENGINE = True

    def createInstance(self) -> AllpaAlgorithm:  # noqa: N802 - QGIS's name
        """A new instance, as QGIS asks for each run."""
        return type(self)()

    def name(self) -> str:
        """The id within the provider."""
        return self.ID

    def displayName(self) -> str:  # noqa: N802 - QGIS's name
        """The title in the toolbox."""
        return tr(self.TITLE)

    def group(self) -> str:
        """Title of the group in the toolbox."""
        return tr("Land cover")

    def groupId(self) -> str:  # noqa: N802 - QGIS's name
        """Id of the group."""
        return "landcover"

    def tags(self) -> list[str]:
        """Words by which the toolbox finds the algorithm."""
        return ["Sentinel-2", "land cover", tr("land cover"), *self.TAGS]

    def shortDescription(self) -> str:  # noqa: N802 - QGIS's name
        """One sentence for tooltips and lists."""
        return tr(self.SUMMARY)

    def shortHelpString(self) -> str:  # noqa: N802 - QGIS's name
        """Plain text beside the dialog and in terminals: the summary, the help, and each parameter."""
        lines = [tr(self.SUMMARY), tr(self.HELP)]
        for definition in self.parameterDefinitions():
            choices = choices_text(definition)
            texts = [definition.help(), tr("Choices: {}.").format(choices) if choices else ""]
            if any(texts):
                lines.append(f"{definition.name()} ({definition.description()}): {' '.join(filter(None, texts))}")
        lines += [tr("Example for QGIS's Python console:"), self.example()]
        return "\n\n".join(line for line in lines if line)

    def example(self) -> str:
        """The call of `EXAMPLE` in Python."""
        return f'processing.run("allpa:{self.ID}", {dict(self.EXAMPLE)!r})'

    def helpUrl(self) -> str:  # noqa: N802 - QGIS's name
        """Address of the algorithm in the guide, which opens without a network."""
        return str(help_url(self.ID).toString())

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(str(ICON))

    def createCustomParametersWidget(self, parent: QWidget | None = None) -> QWidget:  # noqa: N802 - QGIS's name
        """The dialog of the toolbox."""
        from .dialog import RunDialog  # needs Processing's windows, which terminals do not have

        return RunDialog(self.create(), parent=parent)

    def canExecute(self) -> tuple[bool, str]:  # noqa: N802 - QGIS's name
        """Whether there is an engine; this starts no process."""
        if not self.NEEDS_ENGINE:
            return True, ""
        try:
            find_engine()
        except EngineMissing as error:
            return False, error_text(error)
        return True, ""

    def checkParameterValues(  # noqa: N802 - QGIS's name
        self, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Refuse early, with one sentence and the next step."""
        given = given_values(self.parameterDefinitions(), parameters)
        try:
            require_readable_values(self.parameterDefinitions(), given)
            self.check(given, context)
        except AllpaError as error:
            return False, self._with_titles(error_text(error))
        except OSError as error:
            return False, error_text(file_error(error))
        accepted: tuple[bool, str] = super().checkParameterValues(given, context)
        return accepted

    def processAlgorithm(  # noqa: N802 - QGIS's name
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run, and turn an explained error into Processing's own: no later step of a model goes on.

        After a cancel it ends without results, as QGIS's own algorithms do: models and batches stop by the feedback,
        and a batch does not list the run among those that failed.
        """
        given = given_values(self.parameterDefinitions(), parameters)
        loaded_before = context.layersToLoadOnCompletion()
        try:
            require_readable_values(self.parameterDefinitions(), given)
            return self.execute(given, context, feedback)
        except Cancelled as error:
            explanation = error_text(error)
            if feedback.isCanceled():
                context.setLayersToLoadOnCompletion(loaded_before)  # the files of this run are not there
                feedback.pushInfo(explanation)
                return {}
        except AllpaError as error:
            explanation = self._with_titles(error_text(error))
        except OSError as error:
            explanation = error_text(file_error(error))
        # Raised out here: QGIS never releases this exception, and a chained one would hold Qt objects of this thread.
        print_once(explanation)
        raise QgsProcessingException(explanation)

    def _with_titles(self, text: str) -> str:
        """A text with the names of parameters where it names keys of the job, which a user of QGIS does not see."""

        def title(match: re.Match[str]) -> str:
            definition = self.parameterDefinition(match[1].upper())
            return match[0] if definition is None else f"{definition.description()} ({definition.name()})"

        return re.sub(r"The job's key '(\w+)'", title, text)

    def check(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Raise an AllpaError where the values cannot be used; called before the run.

        Parameters
        ----------
        parameters : the algorithm's values by name, only those that are given.
        context : of the run, by which Processing reads the values.

        """

    def execute(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Do the work and return the outputs.

        Parameters
        ----------
        parameters : the algorithm's values by name, only those that are given.
        context : of the run; layers that are registered on it are loaded at the end.
        feedback : shows progress and log; its cancel ends the run.

        Returns
        -------
        The outputs by name: paths, layer ids, numbers and texts.

        Raises
        ------
        AllpaError : of the class that names the cause.

        """
        raise NotImplementedError

    def add(self, parameters: Iterable[QgsProcessingParameterDefinition]) -> None:
        """Add parameters in their order."""
        for parameter in parameters:
            name_choices(parameter)
            self.addParameter(parameter)


def error_text(error: AllpaError) -> str:
    """What happened, why, and what to do next: one line each."""
    return "\n".join(error_lines(error))


def run_job(
    job: Job, job_file: Path, feedback: QgsProcessingFeedback, variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a job in the engine.

    The engine reads a private copy: another job that writes `job_file` at the same time changes nothing. The file
    itself is the record, from which the same job runs in a terminal; the main job's is written by the engine.

    Parameters
    ----------
    job
        The job, with absolute paths.
    job_file
        Where the job is recorded.
    feedback
        Takes progress and log; its cancel stops the engine.
    variables
        Environment variables of this run alone, such as keys.

    Returns
    -------
    The values of the engine's result.

    Raises
    ------
    AllpaError
        Of the class that names the cause.

    """
    python = require_engine(feedback)
    feedback.pushInfo(tr("The same job in a terminal: {}").format(terminal_command(python, job_file.absolute())))
    if variables:
        feedback.pushInfo(tr("To run it in a terminal, first set: {}.").format(", ".join(variables)))
    values = job_to_dict(job)
    with tempfile.TemporaryDirectory(prefix="allpa-") as job_folder:
        copy = Path(job_folder) / JOB_FILE
        write_json(copy, values)
        try:
            results = EngineWorker(python, feedback, variables=variables).run(["run", str(copy)])
            return {key: _rounded(value) for key, value in results.items()}
        finally:
            if job.task != "landcovermap" or not job_file.exists():
                write_json(job_file, values)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Numbers without the noise of binary fractions, such as 105.76 for 105.75999999999999."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_rounded(part) for part in value]
    return round(value, _DECIMALS) if isinstance(value, float) else value


def notes_text(values: Mapping[str, Any]) -> str:
    """The notes of an engine's result as the output `NOTES` of every algorithm has them: a JSON list of texts."""
    return json.dumps([str(note) for note in values.get("notes") or []], ensure_ascii=False)


def build_job(task: str, folder: Path, **values: Any) -> Job:  # noqa: ANN401 - the job's own types
    """A job, checked, in QGIS's language where `values` name none.

    Parameters
    ----------
    task : name of the job's task, such as `landcovermap` or `change`.
    folder : of the outputs; it is made absolute.
    **values : the job's other keys, with their values.

    Returns
    -------
    The valid job.

    Raises
    ------
    JobInvalid : where a value is of another type or out of its limits, or one is missing.
    PeriodInvalid : where the days of the period cannot be used.
    RegionInvalid : where the region cannot be used.

    """
    language = table_language()
    own = values.get("language", language) == language  # results in another language have its usual numbers
    numbers = number_format() if own else ""
    values = {"language": language, "number_format": numbers, **values}
    return Job(folder=str(folder.absolute()), task=task, **values).validate()


def job_file_beside(output: Path) -> Path:
    """Where the job of a step is kept: `areas.csv` has its job in `areas.csv.job.json`."""
    return output.with_name(f"{output.name}.job.json")


def require_writable(value: str, *, is_file: bool = False) -> None:
    """Refuse a folder (or the folder of a file) that cannot be written; it is not made before the run.

    Parameters
    ----------
    value : path of the folder or file; empty, or Processing's mark of a temporary output, refuses nothing.
    is_file : whether `value` is a file.

    Raises
    ------
    FolderNotWritable : where the folder, or the nearest one above it that exists, cannot be written.
    DiskFull : where its disk has no room.

    """
    if not value or value == QgsProcessing.TEMPORARY_OUTPUT:
        return
    if "\0" in value:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), value)
    path = Path(value).absolute()
    if is_file and os.path.isdir(path):  # noqa: PTH112 - never raises
        raise FolderNotWritable(tr("The output file {} is a folder.").format(path), "", tr("Choose a file name."))
    if is_file:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.with_name(path.name + _LONGEST_ENDING).stat()  # raises where the name of a file beside it is too long
    folder = path.parent if is_file else path
    while folder != folder.parent:
        try:
            folder.stat()  # not `exists`: since Python 3.14 that calls a name that is too long missing
            break
        except (FileNotFoundError, NotADirectoryError):
            folder = folder.parent
    check_free_space(folder, 0)


def destination_text(parameters: dict[str, Any], name: str) -> str:
    """What stands in a destination parameter, as text.

    Parameters
    ----------
    parameters : the algorithm's values by name.
    name : of the parameter.

    Returns
    -------
    The path; empty where nothing is given, or something other than a path.

    """
    value = parameters.get(name)
    sink = getattr(value, "sink", None)
    if sink is not None:
        return str(sink.staticValue() or "")
    return value if isinstance(value, str) else ""


def expected_output(parameters: dict[str, Any], name: str, proposed: str) -> Path:
    """The file that a destination parameter names, before the run.

    Parameters
    ----------
    parameters : the algorithm's values by name.
    name : of the parameter.
    proposed : name of a file where none is given, or a temporary one; no file of the user's has its path.

    Returns
    -------
    The path.

    """
    text = destination_text(parameters, name)
    return Path(text) if text and text != QgsProcessing.TEMPORARY_OUTPUT else Path(tempfile.gettempdir(), "-", proposed)
