"""The labelling page before a session: which sample, who labels, where the scenes are."""

from __future__ import annotations

from pathlib import Path

from qgis.core import Qgis
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QFormLayout, QPushButton, QVBoxLayout, QWidget

from ...plugin import settings
from ...plugin.allpa_engine.core.agreement import Label
from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.allpa_engine.core.sample_schema import FIRST_INTERPRETER, SETTLED
from ...plugin.existing_output import JOB_FILE
from ...plugin.layers.point_series import SCENES_FOLDER
from ...plugin.layers.sample_labels import Sample, merge_labels, read_labels, read_sample
from ..labels import error_sentences, wrapped_label
from .session import differing

SAMPLE = settings.TextSetting("dock/sample")
INTERPRETER = settings.TextSetting("dock/interpreter")
SCENES = settings.TextSetting("dock/sample_scenes")


class StartPanel(QWidget):
    """Choose a sample and begin."""

    started = pyqtSignal()
    """Begin labelling."""
    settling = pyqtSignal()
    """Begin settling."""
    sample_changed = pyqtSignal(str)
    """Path of the sample that is chosen."""
    import_requested = pyqtSignal()
    """Labels that were made elsewhere are to be imported."""
    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLabelStart")
        self._sample: Sample | None = None
        self._build()
        self._load_settings()
        self._file.fileChanged.connect(self._on_file)
        self._interpreter.editTextChanged.connect(self._show_buttons)
        self._show_buttons()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Read the sample when the page is shown, not when the dock is made."""
        super().showEvent(event)
        self.refresh()

    def path(self) -> Path:
        """The file of the sample."""
        return Path(str(self._file.filePath()).strip())

    def interpreter(self) -> str:
        """The name as it was typed."""
        return str(self._interpreter.currentText())

    def scenes_folder(self) -> Path | None:
        """The folder of scenes; None where none is chosen."""
        text = str(self._scenes.filePath()).strip()
        return Path(text) if text else None

    def set_sample(self, path: str, scenes: str = "") -> None:
        """Choose a sample.

        Parameters
        ----------
        path : of the GeoPackage.
        scenes : folder of the run with the scenes; empty keeps what was chosen, or takes the sample's own folder.

        """
        if scenes:
            self._scenes.setFilePath(scenes)
        if self._file.filePath() == path:
            self.refresh()
        else:
            self._file.setFilePath(path)

    def save_settings(self) -> None:
        """Remember what was chosen."""
        SAMPLE.set_value(str(self._file.filePath()))
        INTERPRETER.set_value(self.interpreter())
        SCENES.set_value(str(self._scenes.filePath()))

    def refresh(self) -> None:
        """Read the sample and say what is labelled."""
        typed = self.interpreter()
        self._interpreter.clear()
        self._sample = None
        if not str(self._file.filePath()).strip():
            self._state.setText(self.tr("Choose a sample, or draw one on the page Sample."))
        else:
            try:
                self._sample = read_sample(self.path())
                self._state.setText(self._summary(self._sample, read_labels(self.path())))
                names = [name for name in self._sample.interpreters if name != FIRST_INTERPRETER]
                self._interpreter.addItems(names)
            except AllpaError as error:
                self._sample = None
                self._state.setText(error_sentences(error))
        self._interpreter.setEditText(typed)
        self._show_buttons()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._file = QgsFileWidget(self)
        self._file.setObjectName("allpaSampleFile")
        self._file.setStorageMode(QgsFileWidget.StorageMode.GetFile)
        self._file.setFilter(f"{self.tr('Samples')} (*.gpkg)")
        self._file.setDialogTitle(self.tr("Sample"))
        self._interpreter = QComboBox(self)
        self._interpreter.setObjectName("allpaInterpreter")
        self._interpreter.setEditable(True)
        self._interpreter.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._scenes = QgsFileWidget(self)
        self._scenes.setObjectName("allpaSampleScenes")
        self._scenes.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._scenes.setDialogTitle(self.tr("Folder of the run with its scenes"))
        self._scenes.setToolTip(
            self.tr("Output folder of the map: its scenes are shown beside each point. Empty: no scenes are shown.")
        )
        form.addRow(self.tr("Sample"), self._file)
        form.addRow(self.tr("Interpreter"), self._interpreter)
        form.addRow(self.tr("Scenes"), self._scenes)
        self._state = wrapped_label("allpaSampleState", self)
        self._blind = wrapped_label("allpaBlindHint", self)
        self._blind.setText(
            self.tr(
                "You see neither the class of the map nor the labels of others. Layers that show classes are hidden "
                "until you finish; any basemap stays."
            )
        )
        column.addLayout(form)
        for widget in (self._state, self._blind):
            column.addWidget(widget)
        column.addLayout(self._button_row())
        column.addStretch(1)

    def _button_row(self) -> QVBoxLayout:
        rows = QVBoxLayout()
        self._start = QPushButton(self.tr("Start labelling"), self)
        self._start.setObjectName("allpaStartLabelling")
        self._settle = QPushButton(self.tr("Settle disagreements"), self)
        self._settle.setObjectName("allpaSettle")
        self._settle.setToolTip(self.tr("Shows the labels of all interpreters and saves what they agree on"))
        self._merge = QPushButton(self.tr("Merge a copy…"), self)
        self._merge.setObjectName("allpaMerge")
        self._merge.setToolTip(
            self.tr("Takes over the labels of a copy of this sample that somebody else has worked on")
        )
        self._import = QPushButton(self.tr("Import labels…"), self)
        self._import.setObjectName("allpaImportLabels")
        self._import.setToolTip(self.tr("Takes points that were labelled elsewhere as a sample of a map"))
        self._import.clicked.connect(lambda: self.import_requested.emit())
        self._start.clicked.connect(lambda: self.started.emit())
        self._settle.clicked.connect(lambda: self.settling.emit())
        self._merge.clicked.connect(self._ask_for_copy)
        for button in (self._start, self._settle, self._merge, self._import):
            rows.addWidget(button)
        return rows

    def _load_settings(self) -> None:
        self._file.setFilePath(SAMPLE.value())
        self._interpreter.setEditText(INTERPRETER.value())
        self._scenes.setFilePath(SCENES.value())

    def _on_file(self, path: str) -> None:
        folder = self.path().parent
        has_scenes = any((folder / name).exists() for name in (SCENES_FOLDER, JOB_FILE)) if path.strip() else False
        if has_scenes and not str(self._scenes.filePath()).strip():
            self._scenes.setFilePath(str(folder))
        self.refresh()
        self.sample_changed.emit(path)

    def _summary(self, sample: Sample, labels: list[Label]) -> str:
        done = dict.fromkeys(sample.interpreters, 0)
        for label in labels:
            if label.reference_class in sample.legend.by_code and label.interpreter in done:
                done[label.interpreter] += 1
        done = {name: count for name, count in done.items() if name != FIRST_INTERPRETER or count}
        settled = sum(label.interpreter == SETTLED and label.reference_class is not None for label in labels)
        lines = [self.tr("{count} points of the map {name}.").format(
            count=len(sample.points), name=sample.design.get("map_name") or "–"
        )]  # fmt: skip
        lines += [self.tr("{name}: {count} labelled").format(name=name, count=count) for name, count in done.items()]
        different = len(differing(labels))
        if different:
            lines.append(
                self.tr("{count} points are labelled differently, {settled} of them settled.").format(
                    count=different, settled=settled
                )
            )
        return "\n".join(lines)

    def _show_buttons(self, _text: str = "") -> None:
        self._start.setEnabled(self._sample is not None and bool(self.interpreter().strip()))
        self._settle.setEnabled(self._sample is not None and len(self._sample.interpreters) > 1)
        self._merge.setEnabled(self._sample is not None)

    def _ask_for_copy(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Merge a copy of the sample"), str(self.path().parent), f"{self.tr('Samples')} (*.gpkg)"
        )
        if path:
            self.merge(path)

    def merge(self, path: str) -> None:
        """Take over the labels of a copy.

        Parameters
        ----------
        path : of the copy; it stays as it is.

        """
        try:
            merged = merge_labels(self.path(), Path(path))
        except AllpaError as error:
            self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)
            return
        self.refresh()
        text = self.tr("{count} labels were taken from {name}.").format(count=merged.labels, name=Path(path).name)
        self.message.emit(text, Qgis.MessageLevel.Success)
