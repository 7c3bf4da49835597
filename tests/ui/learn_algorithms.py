"""Stand-ins for the algorithms of own classes: their parameters, and results that look like the real ones."""

# ruff: noqa: N802 - QGIS's names

import json
import time
from pathlib import Path

from fake_algorithms import FakeAlgorithm, write_landcover
from qgis.core import (
    QgsProcessingException,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

FOLDER = QgsProcessingParameterFile.Behavior.Folder


class LearnAlgorithm(FakeAlgorithm):
    """Waits or fails on demand, then writes what the step would."""

    texts = ()
    numbers = ()

    def initAlgorithm(self, configuration=None):
        for name in self.texts:
            self.addParameter(QgsProcessingParameterString(name, name.lower(), None, False, True))
        for name in self.numbers:
            kind = QgsProcessingParameterNumber.Type.Integer
            self.addParameter(QgsProcessingParameterNumber(name, name.lower(), kind, None, True))
        self.addParameter(QgsProcessingParameterFolderDestination("FOLDER", "folder"))

    def processAlgorithm(self, parameters, context, feedback):
        while self.behaviour == "wait" and not feedback.isCanceled():
            time.sleep(0.02)
        if feedback.isCanceled():
            raise QgsProcessingException("The job was cancelled.")
        if self.behaviour == "fail":
            raise QgsProcessingException(
                "Two points of a class.\nA validation needs more.\nAdd labels, then run again."
            )
        folder = Path(parameters["FOLDER"])
        folder.mkdir(parents=True, exist_ok=True)
        return self.write(folder, parameters)


class FakeComposites(LearnAlgorithm):
    """`allpa:seasonalcomposite`."""

    algorithm_name = "seasonalcomposite"
    texts, numbers = ("GEOMETRY", "REGION_NAME", "CATALOGUE", "SEASONS"), ("YEAR",)

    def write(self, folder, parameters):
        (folder / "features.json").write_text(json.dumps({"format": "allpa-features", "version": 1}))
        return {}


class FakeTrainingData(LearnAlgorithm):
    """`allpa:trainingdata`."""

    algorithm_name = "trainingdata"
    texts, numbers = ("LABELS_FILE", "CLASS_FIELD", "CLASSES", "LEGEND", "FEATURES", "BALANCE"), ("FOLDS",)

    def write(self, folder, parameters):
        from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorFileWriter, QgsVectorLayer

        (folder / "samples.json").write_text("{}")
        layer = QgsVectorLayer("Point?crs=EPSG:32718&field=recorded:string&field=suggested:string", "s", "memory")
        for x in (731_000, 738_000):
            feature = QgsFeature(layer.fields())
            feature.setAttributes(["Bosque", "Agua"])
            feature.setGeometry(QgsGeometry.fromWkt(f"POINT({x} 8485000)"))
            layer.dataProvider().addFeature(feature)
        options = QgsVectorFileWriter.SaveVectorOptions()
        QgsVectorFileWriter.writeAsVectorFormatV3(
            layer, str(folder / "suspicious.gpkg"), QgsProject.instance().transformContext(), options
        )
        return {}


class FakeForest(LearnAlgorithm):
    """`allpa:trainforest`."""

    algorithm_name = "trainforest"
    texts, numbers = ("TRAINING", "KIND"), ("TREES",)
    scope = "features"

    def write(self, folder, parameters):
        card = {
            "format": "allpa-model",
            "version": 1,
            "kind": parameters.get("KIND", "unet"),
            "features": ["B02", "B03"],
        }
        card |= {"scope": self.scope, "metrics": {"blocked": {"overall": 0.875}}}
        (folder / "model.json").write_text(json.dumps(card))
        (folder / "validation.csv").write_text("class,Agua,Bosque\nAgua,7,1\nBosque,1,7\n")
        (folder / "curve.png").write_bytes(b"")
        return {}


class FakeNetwork(FakeForest):
    """`allpa:trainnetwork`."""

    algorithm_name = "trainnetwork"
    texts, numbers = ("TRAINING", "START", "ENCODER"), ("STEPS",)
    scope = "scene"


class FakeClassifyFeatures(LearnAlgorithm):
    """`allpa:classifyfeatures`."""

    algorithm_name = "classifyfeatures"
    texts = ("MODEL", "FEATURES")

    def write(self, folder, parameters):
        write_landcover(folder / "landcover_2020.tif")
        return {"LANDCOVER": str(folder / "landcover_2020.tif")}


LEARN_ALGORITHMS = (FakeComposites, FakeTrainingData, FakeForest, FakeNetwork, FakeClassifyFeatures)
