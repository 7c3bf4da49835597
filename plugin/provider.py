"""The Processing provider `allpa`."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms.accuracy import Accuracy
from .algorithms.accuracyimport import AccuracyImport
from .algorithms.accuracymorepoints import AccuracyMorePoints
from .algorithms.accuracysample import AccuracySample
from .algorithms.areatable import TabulateAreas
from .algorithms.classifyfeatures import ClassifyFeatures
from .algorithms.classifyscenes import ClassifyScenes
from .algorithms.collectpackages import CollectPackages
from .algorithms.composite import Composite
from .algorithms.embeddings import Embeddings
from .algorithms.explainmodel import ExplainModel
from .algorithms.exportmodel import ExportModel
from .algorithms.installengine import InstallEngine
from .algorithms.installparts import InstallParts
from .algorithms.jointiles import JoinTiles
from .algorithms.landcoverchange import LandCoverChange
from .algorithms.landcovermap import LandCoverMap
from .algorithms.loadpredictions import LoadPredictions
from .algorithms.mapwithmodel import MapWithModel
from .algorithms.previews import Previews
from .algorithms.refitnetwork import RefitNetwork
from .algorithms.searchscenes import SearchScenes
from .algorithms.seasonalcomposite import SeasonalComposite
from .algorithms.status import Status
from .algorithms.trainforest import TrainForest
from .algorithms.trainingdata import TrainingData
from .algorithms.trainnetwork import TrainNetwork
from .bundled_models import BundledModel, bundled_models
from .plugin_metadata import version
from .resources import ICON

ALGORITHMS = (
    LandCoverMap,
    SearchScenes,
    Previews,
    ClassifyScenes,
    Composite,
    JoinTiles,
    TabulateAreas,
    LandCoverChange,
    AccuracySample,
    AccuracyImport,
    Accuracy,
    AccuracyMorePoints,
    SeasonalComposite,
    TrainingData,
    TrainForest,
    ClassifyFeatures,
    TrainNetwork,
    ExportModel,
    ExplainModel,
    RefitNetwork,
    MapWithModel,
    Embeddings,
    LoadPredictions,
    Status,
    InstallEngine,
    InstallParts,
    CollectPackages,
)


class AllpaProvider(QgsProcessingProvider):
    """Provides Allpa's algorithms to the toolbox, models, batch runs and `qgis_process`."""

    def id(self) -> str:
        """The provider's id; it never changes."""
        return "allpa"

    def name(self) -> str:
        """Title in the toolbox."""
        return "Allpa"

    def longName(self) -> str:  # noqa: N802 - QGIS's name
        """Title with the version."""
        return f"Allpa {version()}".strip()

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(str(ICON))

    def svgIconPath(self) -> str:  # noqa: N802 - QGIS's name
        """Path of the icon."""
        return str(ICON)

    def loadAlgorithms(self) -> None:  # noqa: N802 - QGIS's name
        """Add the algorithms, and the models that are made of them."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        for model in bundled_models():
            self.addAlgorithm(model)

    def complete_models(self) -> None:
        """Add the outputs of the models' steps, which are known only when the provider is registered."""
        for algorithm in self.algorithms():
            if isinstance(algorithm, BundledModel):
                algorithm.read_file()
