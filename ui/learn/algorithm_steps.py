"""The steps that run an algorithm: images, training data, model and map, each with the form of its algorithm."""

from __future__ import annotations

from pathlib import Path

from qgis.gui import QgisInterface, QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from ..accuracy.algorithm_page import AlgorithmPage
from ..labels import wrapped_label

SEASONALCOMPOSITE = "allpa:seasonalcomposite"
TRAININGDATA = "allpa:trainingdata"
TRAINFOREST, TRAINNETWORK = "allpa:trainforest", "allpa:trainnetwork"
CLASSIFYFEATURES, LANDCOVERMAP = "allpa:classifyfeatures", "allpa:landcovermap"
REGION_NAMES = ("REGION", "EXTENT", "GEOMETRY", "REGION_NAME", "CATALOGUE", "CATALOGUE_URL")
"""Parameters of region and catalogue, which are those of the page Map."""
FEATURES_FILE = "features.json"
SCENES_FOLDER = "scenes"


class StackedChoice(QWidget):
    """A choice whose entries have a widget each; only that of the chosen one takes room.

    Parameters
    ----------
    name : object name of the combo box.
    parent : owner.

    """

    chosen = pyqtSignal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.combo = QComboBox(self)
        self.combo.setObjectName(name)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._widgets: list[QWidget] = []
        self._column = column
        column.addWidget(self.combo)
        self.combo.currentIndexChanged.connect(self._on_index)

    def add(self, text: str, widget: QWidget) -> None:
        """Add an entry; several may have the same widget."""
        self.combo.blockSignals(True)
        self.combo.addItem(text)
        self.combo.blockSignals(False)
        if widget not in self._widgets:
            self._column.addWidget(widget)
        self._widgets.append(widget)
        self._show(self.combo.currentIndex())

    def _on_index(self, index: int) -> None:
        self._show(index)
        self.chosen.emit(index)

    def _show(self, index: int) -> None:
        for widget in self._widgets:
            widget.setVisible(widget is self._widgets[index])


class ImagesStep(StackedChoice):
    """Makes seasonal composites, or takes a folder that is there: of composites, or of a run with its scenes."""

    folder_chosen = pyqtSignal(str)

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__("allpaImagesKind", parent)
        self.page = AlgorithmPage(
            SEASONALCOMPOSITE,
            self.tr("Region and catalogue are those of the page Map."),
            iface.mapCanvas(),
            iface.messageBar(),
            self,
            hidden=(*REGION_NAMES, "FOLDER"),
            scrolled=False,
            loads_layers=True,
        )
        existing = QWidget(self)
        column = QVBoxLayout(existing)
        column.setContentsMargins(0, 0, 0, 0)
        text = wrapped_label("allpaImagesFolderText", existing)
        text.setText(
            self.tr(
                "A folder of composites that was made before, or the output folder of a map: then the model reads the "
                "bands of single scenes, as networks do."
            )
        )
        self._folder = QgsFileWidget(existing)
        self._folder.setObjectName("allpaImagesFolder")
        self._folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._problem = wrapped_label("allpaImagesProblem", existing)
        self._problem.setVisible(False)
        use = QPushButton(self.tr("Use this folder"), existing)
        use.setObjectName("allpaImagesUse")
        use.clicked.connect(self.use_folder)
        for widget in (text, self._folder, self._problem, use):
            column.addWidget(widget)
        self.add(self.tr("Make seasonal composites"), self.page)
        self.add(self.tr("Folder with images"), existing)

    def set_folder(self, folder: str) -> None:
        """Propose a folder, such as that of the last map."""
        self._folder.setFilePath(folder)

    def use_folder(self) -> None:
        """Take the chosen folder, or say why it cannot be used."""
        folder = images_folder(Path(str(self._folder.filePath()).strip()))
        self._problem.setVisible(folder is None)
        if folder is None:
            self._problem.setText(
                self.tr("This folder has neither composites nor scenes. Choose the output folder of a map.")
            )
        else:
            self.folder_chosen.emit(str(folder))


def images_folder(folder: Path) -> Path | None:
    """The folder that training data are made from; None where there are no images.

    Parameters
    ----------
    folder : of seasonal composites, of a run, or of the scenes of a run.

    Returns
    -------
    The folder of the composites, or that of the scenes.

    """
    if (folder / FEATURES_FILE).is_file() or any(folder.glob(f"*/{FEATURES_FILE}")):
        return folder
    for scenes in (folder / SCENES_FOLDER, folder):
        if scenes.is_dir() and any(scenes.glob("*.tif")):
            return scenes
    return None


def is_scenes(folder: Path | None) -> bool:
    """Whether images are single scenes and no composites."""
    return (
        folder is not None and folder.is_dir() and not (folder / FEATURES_FILE).is_file() and any(folder.glob("*.tif"))
    )


class ModelStep(StackedChoice):
    """Trains a forest, a gradient boosting, a perceptron, or a network."""

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__("allpaModelKind", parent)
        canvas, bar = iface.mapCanvas(), iface.messageBar()
        hidden = ("TRAINING", "FOLDER", "KIND", "OVERWRITE")
        self.forest = AlgorithmPage(
            TRAINFOREST,
            self.tr("Learns from single pixels; validated by blocks of land that it did not see."),
            canvas,
            bar,
            self,
            hidden=hidden,
            scrolled=False,
        )
        self.network = AlgorithmPage(
            TRAINNETWORK,
            self.tr("Learns from chips, so the training data need them: set a side of chips in step 3."),
            canvas,
            bar,
            self,
            hidden=hidden,
            scrolled=False,
        )
        self._kinds = ("forest", "gradient_boosting", "mlp", "")
        names = (
            self.tr("Random forest"), self.tr("Gradient boosting"), self.tr("Perceptron"), self.tr("Network"),
        )  # fmt: skip
        for name, kind in zip(names, self._kinds):
            self.add(name, self.forest if kind else self.network)

    @property
    def kind(self) -> str:
        """`forest`, `gradient_boosting` or `mlp`; empty for a network."""
        return self._kinds[self.combo.currentIndex()]

    def set_kind(self, kind: str) -> None:
        """Choose a kind."""
        if kind in self._kinds:
            self.combo.setCurrentIndex(self._kinds.index(kind))


class MapStep(StackedChoice):
    """Applies the model: to composites, or to the scenes of a region and year."""

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__("allpaMapFrom", parent)
        canvas, bar = iface.mapCanvas(), iface.messageBar()
        self.features = AlgorithmPage(
            CLASSIFYFEATURES,
            self.tr("The composites may be those of another region or year, with the same seasons and bands."),
            canvas,
            bar,
            self,
            hidden=("MODEL", "FOLDER", "OVERWRITE"),
            scrolled=False,
        )
        self.scenes = AlgorithmPage(
            LANDCOVERMAP,
            self.tr("Region and catalogue are those of the page Map; each scene is classified by the model."),
            canvas,
            bar,
            self,
            hidden=(*REGION_NAMES, "MODEL", "FOLDER", "OVERWRITE"),
            scrolled=False,
        )
        self.add(self.tr("From composites"), self.features)
        self.add(self.tr("From scenes"), self.scenes)

    def set_scope(self, scope: str) -> None:
        """Show what fits a model: `scene` or `features`."""
        self.combo.setCurrentIndex(1 if scope == "scene" else 0)
