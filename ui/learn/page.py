"""The page Learn of the dock: from labels to a map of own classes, step by step from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsProject
from qgis.gui import QgisInterface, QgsFileWidget
from qgis.PyQt.QtCore import QStandardPaths, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from ...plugin import settings
from ...plugin.algorithms.seasons import SEASONS, proposed_seasons
from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.existing_output import JOB_FILE
from ...plugin.layers.results import add_results
from ..accuracy.algorithm_page import AlgorithmPage
from ..labels import error_sentences, wrapped_label
from ..parts_state import PartsStatus
from .algorithm_steps import REGION_NAMES, TRAININGDATA, ImagesStep, MapStep, ModelStep, is_scenes
from .labels_step import LabelsStep
from .model_view import ModelView, read_card
from .step_box import RUNNING, StepBox
from .step_parameters import is_plain, is_southern, missing_steps, supplied_values
from .suspicious_points import SuspiciousPoints
from .taught_layers import add_taught_map, is_loaded
from .teach_panel import TeachPanel
from .workflow import DONE, IMAGES, LABELS, MAP, MODEL, OUTDATED, READY, STEPS, TRAINING, Workflow

WORK_FOLDER = settings.TextSetting("dock/learn_folder")
_PROJECT_SCOPE, _PROJECT_KEY = "allpa", "learn_folder"


@dataclass(frozen=True)
class _Started:
    """A step whose algorithm runs: what it was started from, which may change before it ends."""

    workflow: Workflow
    step: str
    folder: Path
    facts: dict[str, Any]
    sources: dict[str, str]


class LearnPage(QWidget):
    """Collects what the algorithms need, runs them, and keeps what they made in a work folder.

    Parameters
    ----------
    iface : of QGIS.
    map_parameters : gives the parameters of the page Map, whose region and catalogue are used here.
    parent : owner.

    """

    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""
    map_made = pyqtSignal(str, str)
    """Path of a map, and the folder of its run."""

    def __init__(
        self, iface: QgisInterface, map_parameters: Callable[[], dict[str, Any]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLearnPage")
        self._map_parameters = map_parameters
        self._workflow: Workflow | None = None
        self._loading = False
        self._to_view: QWidget | None = None
        self._pending: dict[AlgorithmPage, _Started] = {}
        self._build(iface)
        self._connect()
        self._load_from_project()

    @property
    def busy(self) -> bool:
        """Whether a step is running."""
        return self.teach.busy or any(page.busy for page in self._pages())

    @property
    def workflow(self) -> Workflow | None:
        """What was made in the work folder; None where none is chosen or it cannot be read."""
        return self._workflow

    def set_folder(self, folder: str) -> None:
        """Choose the work folder and show what was made there."""
        if self._folder.filePath() == folder:
            self._on_folder(folder)
        else:
            self._folder.setFilePath(folder)

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop what is running."""
        with suppress(TypeError):  # disposed before
            QgsProject.instance().readProject.disconnect(self._on_project)
        for page in self._pages():
            page.dispose()
        self.teach.dispose()
        self.parts.dispose()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Files may have changed while another page was shown."""
        super().showEvent(event)
        self._show_states()

    # Building

    def _build(self, iface: QgisInterface) -> None:
        scroll = QScrollArea(self)
        scroll.setObjectName("allpaLearnScroll")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        content = QWidget(self)
        scroll.setWidget(content)
        self._scroll = scroll
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._column = QVBoxLayout(content)
        self._column.addWidget(self._head(content))
        self.labels = LabelsStep(content)
        self.images = ImagesStep(iface, content)
        self.training = AlgorithmPage(
            TRAININGDATA,
            self.tr("Reads the images at the labels, balances the classes, and searches labels that look wrong."),
            iface.mapCanvas(),
            iface.messageBar(),
            content,
            hidden=("LABELS", "LABELS_FILE", "LEGEND", "CLASSES", "CLASS_FIELD", "FEATURES", "FOLDER"),
            scrolled=False,
        )
        self.suspicious = SuspiciousPoints(iface.mapCanvas(), content)
        self.model, self.model_view = ModelStep(iface, content), ModelView(content)
        self.map = MapStep(iface, content)
        contents = {
            LABELS: (self.labels,),
            IMAGES: (self.images,),
            TRAINING: (self.training, self.suspicious),
            MODEL: (self.model, self.model_view),
            MAP: (self.map,),
        }
        self._boxes: dict[str, StepBox] = {}
        for number, step in enumerate(STEPS, 1):
            box = self._boxes[step] = StepBox(step, f"{number}  {self.step_title(step)}", content)
            for widget in contents[step]:
                box.column.addWidget(widget)
            self._column.addWidget(box)
        self.teach = TeachPanel(iface.mapCanvas(), iface.messageBar(), content)
        teach_box = StepBox("teach", self.tr("Teach by clicking"), content)
        teach_box.show_text(self.tr("Correct a map by clicks; needs none of the steps above"))
        teach_box.column.addWidget(self.teach)
        self._column.addWidget(teach_box)
        self._column.addStretch(1)

    def _head(self, parent: QWidget) -> QWidget:
        head = QWidget(parent)
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        introduction = wrapped_label("allpaLearnIntroduction", head)
        introduction.setText(
            self.tr("Map classes of your own: labels and images become training data, a model, and a map.")
        )
        self.parts = PartsStatus(parent=head)
        self._folder = QgsFileWidget(head)
        self._folder.setObjectName("allpaLearnFolder")
        self._folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._folder.setDialogTitle(self.tr("Work folder"))
        self._folder.setToolTip(self.tr("Everything that is made here lies in it; the project remembers it"))
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)  # a path needs the whole width
        form.addRow(self.tr("Work folder"), self._folder)
        self._problem: QLabel = wrapped_label("allpaLearnProblem", head, bold=True)
        self._problem.setVisible(False)
        column.addWidget(introduction)
        column.addWidget(self.parts)
        column.addLayout(form)
        column.addWidget(self._problem)
        return head

    def step_title(self, step: str) -> str:
        """Title of a step, in QGIS's language."""
        titles: dict[str, str] = {
            LABELS: self.tr("Labels"),
            IMAGES: self.tr("Images"),
            TRAINING: self.tr("Training data"),
            MODEL: self.tr("Model"),
            MAP: self.tr("Map"),
        }
        return titles[step]

    def _connect(self) -> None:
        QgsProject.instance().readProject.connect(self._on_project)
        self._folder.fileChanged.connect(self._on_folder)
        self.labels.saved.connect(self._save_labels)
        self.teach.map_made.connect(add_taught_map)
        self.images.folder_chosen.connect(lambda folder: self._record(IMAGES, Path(folder), {}))
        steps = {
            self.images.page: IMAGES,
            self.training: TRAINING,
            self.model.forest: MODEL,
            self.model.network: MODEL,
            self.map.features: MAP,
            self.map.scenes: MAP,
        }
        for page, step in steps.items():
            page.prepare = partial(self._prepare, page, step)
            page.finished.connect(partial(self._on_finished, page))
            page.running_changed.connect(partial(self._on_running, step))

    def _pages(self) -> tuple[AlgorithmPage, ...]:
        return (
            self.images.page, self.training, self.model.forest, self.model.network, self.map.features, self.map.scenes,
        )  # fmt: skip

    # The work folder

    def _load_from_project(self) -> None:
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        proposed = WORK_FOLDER.value() or str(Path(documents) / "Allpa" / "own classes")
        self.set_folder(_folder_of_project() or proposed)

    def _on_project(self, _document: object) -> None:
        """A project was opened: its work folder is shown; one that knows none leaves the folder as it is."""
        stored = _folder_of_project()
        if stored:
            self.set_folder(stored)

    def _on_folder(self, text: str) -> None:
        self._workflow, problem = None, ""
        if text.strip():
            try:
                self._workflow = Workflow(Path(text.strip()).expanduser().absolute())
            except (AllpaError, OSError, RuntimeError, ValueError) as error:  # such as a home folder of an unknown user
                problem = error_sentences(error) if isinstance(error, AllpaError) else str(error)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._restore()

    def _restore(self) -> None:
        workflow = self._workflow
        labels = workflow.result(LABELS) if workflow is not None else None
        path = workflow.path(LABELS) if workflow is not None else None
        if workflow is not None and labels is not None and path is not None:
            self.labels.restore(path, labels.facts, workflow.legend_file)
        training = workflow.path(TRAINING) if workflow is not None else None
        self.suspicious.show_folder(training)
        for page in self._pages():
            self._restore_values(page)
        self._show_states()
        self._open_next()

    def _restore_values(self, page: AlgorithmPage) -> None:
        for step in STEPS:
            result = self._workflow.result(step) if self._workflow is not None else None
            values = result.facts.get("parameters") if result is not None else None
            if isinstance(values, dict) and result is not None and result.facts.get("algorithm") == page.algorithm_id:
                for name, value in values.items():
                    page.set_value(name, value)
                if step == MODEL and isinstance(values.get("KIND"), str):
                    self.model.set_kind(values["KIND"])

    # The steps

    def _save_labels(self) -> None:
        if self._workflow is None:
            self.message.emit(self.tr("Choose a work folder."), Qgis.MessageLevel.Warning)
            return
        try:
            path, facts = self.labels.write(self._workflow.folder)
        except AllpaError as error:
            self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)
            return
        self._record(LABELS, path, facts)

    def _prepare(self, page: AlgorithmPage, step: str) -> str:
        """Fill in what earlier steps made; why the step cannot run, in QGIS's language, or an empty text."""
        workflow = self._workflow
        if workflow is None:
            return str(self.tr("Choose a work folder."))
        if workflow.state(step) not in (READY, DONE, OUTDATED):
            missing = ", ".join(self.step_title(need) for need in missing_steps(workflow, step))
            return str(self.tr("This step needs the results of: {}.").format(missing))
        supplied = supplied_values(workflow, step, self.model.kind)
        if page in (self.images.page, self.map.scenes):
            shared = {name: value for name, value in self._map_parameters().items() if name in REGION_NAMES}
            if "GEOMETRY" not in shared:
                return str(self.tr("Draw the region on the page Map first."))
            for name in REGION_NAMES:
                page.set_value(name, None)
            supplied.update(shared)
        for name, value in supplied.items():
            page.set_value(name, value)
        folder = Path(str(supplied["FOLDER"]))
        values = {name: value for name, value in page.parameters().items() if is_plain(value)}
        facts = {"algorithm": page.algorithm_id, "parameters": values}
        self._pending[page] = _Started(workflow, step, folder, facts, workflow.sources(step))
        WORK_FOLDER.set_value(str(workflow.folder))
        return ""

    def _on_running(self, step: str, running: bool, shown: QWidget) -> None:
        """Say in the head of the step that it runs, and bring progress and Cancel, or a failure, into view."""
        self._show_states()
        if running:
            self._boxes[step].show_state(RUNNING)
        self._to_view = shown
        QTimer.singleShot(0, self._scroll_into_view)  # once the layout has made room

    def _scroll_into_view(self) -> None:
        if self._to_view is not None and self._to_view.isVisible():
            self._scroll.ensureWidgetVisible(self._to_view, 0, 2 * self._to_view.height())

    def _on_finished(self, page: AlgorithmPage, results: dict[str, Any]) -> None:
        started = self._pending.pop(page, None)
        if started is None:
            return
        step, folder = started.step, started.folder
        output = {IMAGES: "FEATURES", MAP: "LANDCOVER"}.get(step, "")
        made = Path(str(results.get(output) or folder))
        is_shown = self._workflow is not None and self._workflow.folder == started.workflow.folder
        self._record(step, made, started.facts, started)
        if step == TRAINING and is_shown:
            self.suspicious.show_folder(folder)
        if step == MAP:
            title = " ".join(word for word in (self.tr("Own classes"), folder.parent.name, made.stem[-4:]) if word)
            if not is_loaded(str(made)):
                add_results(QgsProject.instance(), results, title)
            self.map_made.emit(str(made), str(folder))
            self.message.emit(self.tr("The map is ready."), Qgis.MessageLevel.Success)

    def set_map(self, folder: str) -> None:
        """Propose the run of a map: its scenes as images, and its model to be taught."""
        self.images.set_folder(folder)
        if (Path(folder) / JOB_FILE).is_file() and not self.teach.busy:
            self.teach.set_folder(folder)

    def _record(self, step: str, path: Path, facts: dict[str, Any], started: _Started | None = None) -> None:
        workflow = self._workflow
        if started is not None and (workflow is None or workflow.folder != started.workflow.folder):
            workflow = started.workflow  # another work folder was chosen, or another project opened, during the run
        if workflow is None:
            return
        try:
            workflow.record(step, path, facts, started.sources if started is not None else None)
        except AllpaError as error:
            self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)
            return
        if workflow is not self._workflow:
            return
        QgsProject.instance().writeEntry(_PROJECT_SCOPE, _PROJECT_KEY, str(workflow.folder))
        self._show_states()
        self._open_next()

    def _show_states(self) -> None:
        workflow = self._workflow
        for step, box in self._boxes.items():
            if workflow is None:
                box.show_state("nothing")
                continue
            state = workflow.state(step)
            changed = ", ".join(self.step_title(need) for need in workflow.outdated_because(step))
            detail = self.tr("changed: {}").format(changed) if state == OUTDATED and changed else ""
            path = workflow.path(step)
            box.show_state(state, detail or (path.name if path is not None and state == DONE else ""))
        self._show_results(workflow)

    def _show_results(self, workflow: Workflow | None) -> None:
        model = workflow.path(MODEL) if workflow is not None else None
        self.model_view.show_folder(model)
        card = read_card(model)
        images = workflow.path(IMAGES) if workflow is not None else None
        if card is not None:
            self.map.set_scope(str(card.get("scope")))
        if images is not None and not is_scenes(images):
            self.map.features.propose_value("FEATURES", str(images))
        map_parameters = self._map_parameters()
        if "YEAR" in map_parameters:
            for page in (self.images.page, self.map.features, self.map.scenes):
                page.propose_value("YEAR", map_parameters["YEAR"])
        southern = is_southern(str(map_parameters.get("GEOMETRY", "")))
        self.images.page.propose_value(SEASONS, proposed_seasons(southern=southern))

    def _open_next(self) -> None:
        """Open the first step that is not done, and fold those before it."""
        if self._workflow is None:
            return
        states = [self._workflow.state(step) for step in STEPS]
        following = next((number for number, state in enumerate(states) if state != DONE), len(STEPS) - 1)
        for number, step in enumerate(STEPS):
            self._boxes[step].set_open(number == following)


def _folder_of_project() -> str:
    """The work folder that the project remembers; empty where it knows none."""
    return str(QgsProject.instance().readEntry(_PROJECT_SCOPE, _PROJECT_KEY, "")[0])
