"""Stand-ins for Allpa's algorithms: the same parameter names and outputs, no engine behind them."""

# ruff: noqa: N802 - QGIS's names

import json
import time

import numpy as np
from osgeo import gdal, osr
from qgis.core import QgsProcessingAlgorithm, QgsProcessingException

TEN_KM = (730_000, 8_490_000)
PIXELS = 480


def landscape():
    """Codes of a made-up valley, `(y, x)` uint8: smooth fields, a river, a town, snow on the heights."""
    rng = np.random.default_rng(7)
    waves = np.fft.fftfreq(PIXELS)
    rough = 1 / np.maximum(np.hypot(*np.meshgrid(waves, waves)), 0.5 / PIXELS) ** 1.9

    def field():
        noise = np.fft.fft2(rng.normal(size=(PIXELS, PIXELS))) * rough
        smooth = np.fft.ifft2(noise).real
        return (smooth - smooth.mean()) / smooth.std()

    height, moisture, use = field(), field(), field()
    codes = np.select(
        [height > 1.9, height > 1.35, moisture > 0.9, use > 0.75, moisture > 0.1, use > -0.6],
        [9, 8, 2, 5, 3, 6],
        default=8,
    )
    river = np.abs(height + 1.1)
    codes[(use > 1.6) & (height < 1)] = 7
    codes[river < 0.16] = 4
    codes[river < 0.08] = 1
    return codes.astype("uint8")


def write_landcover(path):
    """A map of nine classes, 10 m pixels."""
    from allpa.plugin.allpa_engine.core.legend import LEGEND

    made = gdal.GetDriverByName("GTiff").Create(str(path), PIXELS, PIXELS, 1, gdal.GDT_Byte)
    made.SetGeoTransform((TEN_KM[0], 10, 0, TEN_KM[1], 0, -10))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32718)
    made.SetProjection(srs.ExportToWkt())
    band = made.GetRasterBand(1)
    table = gdal.ColorTable()
    for land in LEGEND:
        table.SetColorEntry(land.code, (*land.rgb, 255))
    band.SetRasterColorTable(table)
    band.WriteArray(landscape())
    band.SetNoDataValue(0)


def area_table(map_codes=None):
    """Rows as the algorithms give them: of a map, or k thousand pixels in class k with two classes absent."""
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from allpa.plugin.translation import table_language

    if map_codes is None:
        pixels = {land.code: 0 if land.code in (4, 10) else land.code * 1000 for land in LEGEND}
    else:
        pixels = {land.code: int((map_codes == land.code).sum()) for land in LEGEND}
    whole = sum(pixels.values())

    def row(code, name, count):
        return {
            "code": code,
            "name": name,
            "pixels": count,
            "area_ha": count / 100,
            "percent": 100 * count / whole,
            "ellipsoidal_ha": count / 100.04,
        }

    return [
        *(row(land.code, land.label(table_language()), pixels[land.code]) for land in LEGEND),
        row(None, "Total", whole),
    ]


class FakeAlgorithm(QgsProcessingAlgorithm):
    """Records the parameters it is run with, then does what `behaviour` says."""

    algorithm_name = "landcovermap"
    behaviour = "succeed"
    last_parameters = None

    def name(self):
        return self.algorithm_name

    def displayName(self):
        return self.algorithm_name

    def createInstance(self):
        return type(self)()

    def initAlgorithm(self, configuration=None):
        pass

    def checkParameterValues(self, parameters, context):
        type(self).last_parameters = dict(parameters)
        if self.behaviour == "refuse":
            return False, "The period ends before it starts."
        return True, ""

    def processAlgorithm(self, parameters, context, feedback):
        raise NotImplementedError


class FakeLandcoverMap(FakeAlgorithm):
    """`allpa:landcovermap`."""

    differences = ()

    def differences_from_map(self, parameters, context):
        return list(self.differences)

    def processAlgorithm(self, parameters, context, feedback):
        from pathlib import Path

        feedback.setProgressText("Downloading scenes: 3 / 12, about 4 min left")
        feedback.setProgress(25)
        feedback.pushInfo("scene S2A_18LYL_20200621 fetched")
        if self.behaviour == "fail":
            raise QgsProcessingException(
                "The catalogue did not answer.\nHTTP 503 four times. C:/a. B is no end of a sentence.\n"
                "Check the network, or choose another catalogue."
            )
        while self.behaviour == "wait" and not feedback.isCanceled():
            time.sleep(0.02)
        if feedback.isCanceled():
            raise QgsProcessingException("The job was cancelled.")
        if parameters.get("DRY_RUN"):
            return {
                "PLAN_SCENES": 12,
                "PLAN_TILES": 2,
                "PLAN_FETCH_BYTES": 345_000_000,
                "PLAN_MINUTES": 7.26,
                "PLAN_DISK_BYTES": 512_000_000,
                "PLAN_MEMORY_MB": 1234,
                "PLAN_COVERED_PERCENT": 98.7,
                "PLAN_NOTES": ["The speed of the network is not known yet."],
            }
        folder = Path(parameters["FOLDER"])
        folder.mkdir(parents=True, exist_ok=True)
        outputs = {"LANDCOVER": folder / "landcover_2020.tif", "QUALITY": folder / "quality_2020.tif"}
        for path in outputs.values():
            write_landcover(path)
        (folder / "report_2020.html").write_text("<h1>Report</h1>")
        table = area_table(landscape() if self.behaviour == "landscape" else None)
        return {
            **{name: str(path) for name, path in outputs.items()},
            "AREAS": str(folder / "areas_2020.csv"),
            "REPORT": str(folder / "report_2020.html"),
            "AREA_HA": table[-1]["area_ha"],
            "MAPPED_AREA_PERCENT": 99.4,
            "SCENE_COUNT": 9,
            "FAILED_SCENES": 1,
            "AREA_TABLE": json.dumps(table),
        }


class FakeStatus(FakeAlgorithm):
    """`allpa:status`."""

    algorithm_name = "status"
    ready = True
    parts = "installed"
    state = "engine_missing"
    download = "About 294 MB are downloaded, and 1.03 GB are needed on disk."

    def processAlgorithm(self, parameters, context, feedback):
        if self.ready:
            facts = {"READY": True, "STATE": "ready", "ACTION_REQUIRED": "", "DEVICE": "cpu"}
            sizes = {} if self.parts == "installed" else {"LEARN_DOWNLOAD": "222 MB", "LEARN_DISK": "699 MB"}
            return {**facts, "LEARN_STATE": self.parts, "ENCODERS_STATE": "installed", **sizes}
        installing = self.state == "engine_installing"
        missing = "Allpa's engine is not installed yet.\nRun 'Install engine' once."
        return {
            "READY": False,
            "STATE": self.state,
            "ACTION_REQUIRED": "The engine is being installed.\nWait until it has finished." if installing else missing,
            "NEXT_ALGORITHMS": "" if installing else "allpa:installengine",
            "DOWNLOAD": "" if installing else self.download,
        }


class FakeInstallation(FakeAlgorithm):
    """`allpa:installengine`."""

    algorithm_name = "installengine"

    def processAlgorithm(self, parameters, context, feedback):
        if self.behaviour == "fail":
            raise QgsProcessingException("The engine could not be installed.\nCheck the network, then install again.")
        while self.behaviour == "wait" and not feedback.isCanceled():
            time.sleep(0.02)
        if feedback.isCanceled():
            raise QgsProcessingException("The installation was cancelled.")
        FakeStatus.ready = True
        return {}


class FakePartsInstallation(FakeInstallation):
    """`allpa:installparts`."""

    algorithm_name = "installparts"

    def processAlgorithm(self, parameters, context, feedback):
        super().processAlgorithm(parameters, context, feedback)
        FakeStatus.parts = "installed"
        return {}


class FakeSearch(FakeAlgorithm):
    """`allpa:searchscenes`: forty-one scenes of the region that is asked for, twelve of them chosen."""

    algorithm_name = "searchscenes"
    folder = None

    def processAlgorithm(self, parameters, context, feedback):
        from pathlib import Path

        from qgis.core import QgsGeometry
        from scene_lists import write_scene_list

        feedback.setProgressText("Searching scenes: 3 / 12")
        feedback.setProgress(25)
        if self.behaviour == "fail":
            raise QgsProcessingException("The catalogue did not answer.\nHTTP 503 four times.\nCheck the network.")
        while self.behaviour == "wait" and not feedback.isCanceled():
            time.sleep(0.02)
        if feedback.isCanceled():
            raise QgsProcessingException("The job was cancelled.")
        geometry = QgsGeometry.fromWkt(parameters["GEOMETRY"].split(";")[1])
        path = Path(self.folder) / "found.json"
        write_scene_list(path, count=41, chosen=12, region=json.loads(geometry.asJson(8)))
        return {"OUTPUT": str(path), "CANDIDATES": 41, "CHOSEN": 12}


class FakePreviews(FakeAlgorithm):
    """`allpa:quicklooks`: a picture in one colour of each checked scene of the list, but of the last."""

    algorithm_name = "quicklooks"

    def processAlgorithm(self, parameters, context, feedback):
        from pathlib import Path

        from qgis.PyQt.QtGui import QColor, QImage

        items = json.loads(Path(parameters["SCENES"]).read_text(encoding="utf-8"))["features"]
        chosen = [item["id"] for item in items if item["properties"]["allpa:chosen"]]
        pictures = {}
        for number, scene in enumerate(chosen[:-1]):
            picture = QImage(80, 60, QImage.Format.Format_RGB32)
            picture.fill(QColor.fromHsv(20 * number, 200, 200))
            pictures[scene] = str(Path(parameters["OUTPUT"]) / f"{number}.png")
            picture.save(pictures[scene])
        return {"QUICK_LOOKS": json.dumps(pictures), "FAILED_SCENES": 1, "SCENE_COUNT": len(pictures)}
