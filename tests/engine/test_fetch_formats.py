"""Only images are opened as images: a file that lists other files or addresses is refused, wherever it stands."""

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.prediction_file import read_prediction
from allpa_engine.classify.scene_reader import open_scene
from allpa_engine.core.errors import AllScenesFailed, RasterInvalid, SceneUnreadable
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.fetch import fetch_selection
from fault_server import Faults, FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

QUICK = RetryPolicy(attempts=3, pause_s=0.01)
VRT = """<VRTDataset rasterXSize="240" rasterYSize="240"><SRS>EPSG:32718</SRS>
<GeoTransform>699960, 10, 0, 8500020, 0, -10</GeoTransform>
<VRTRasterBand dataType="UInt16" band="1"><SimpleSource><SourceFilename>{source}</SourceFilename>
<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""


def fetch(scene, folder):
    selection, region = make_selection([scene]), region_from_metres(300, 300, 1500, 900)
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), retry_policy=QUICK))


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("name", ["B02", "SCL"])
def test_addresses_in_a_list_that_a_server_sends_are_not_requested(tmp_path, ranges, name):
    write_layers(tmp_path / "archive" / "one", random_layers(1))
    (tmp_path / "inside").mkdir()
    (tmp_path / "archive" / "one" / f"{name}.tif").rename(tmp_path / "inside" / "secret.tif")
    with FaultServer(tmp_path / "inside") as inside, FaultServer(tmp_path / "archive", Faults(ranges=ranges)) as server:
        vrt = VRT.format(source=f"/vsicurl/{inside.url}/secret.tif") + " " * 100_000
        (tmp_path / "archive" / "one" / f"{name}.tif").write_text(vrt)
        with pytest.raises(AllScenesFailed, match="is not an image"):
            fetch(make_scene(server.url, "one"), tmp_path / "out")
        assert inside.requests == []


def test_a_list_of_files_on_this_disk_is_no_image_either(tmp_path):
    write_layers(tmp_path / "archive" / "one", random_layers(1))
    real = (tmp_path / "archive" / "one" / "B02.tif").rename(tmp_path / "real.tif")
    (tmp_path / "archive" / "one" / "B02.tif").write_text(VRT.format(source=real))
    with pytest.raises(AllScenesFailed, match="cannot be opened"):
        fetch(make_scene(str(tmp_path / "archive"), "one"), tmp_path / "out")


@pytest.mark.parametrize("href", ["/vsicurl/http://127.0.0.1:9/x.tif", "/vsimem/x.tif", "GTIFF_DIR:1:/x.tif"])
def test_names_that_mean_something_to_gdal_alone_are_no_files(tmp_path, href):
    scene = make_scene(str(tmp_path), "one")
    for asset in scene.assets.values():
        object.__setattr__(asset, "href", href)
    with pytest.raises(AllScenesFailed, match=r"does not exist|cannot be read"):
        fetch(scene, tmp_path / "out")


def test_scene_files_and_predictions_are_tiffs(tmp_path):
    profile = {"driver": "GTiff", "width": 240, "height": 240, "count": 1, "dtype": "uint16"}
    with rasterio.open(tmp_path / "real.tif", "w", **profile) as target:
        target.write(np.ones((1, 240, 240), np.uint16))
    (tmp_path / "vrt.tif").write_text(VRT.format(source=tmp_path / "real.tif"))
    with pytest.raises(SceneUnreadable, match="cannot be opened"), open_scene(tmp_path / "vrt.tif"):
        pass
    with pytest.raises(RasterInvalid, match="cannot be read"):
        read_prediction(tmp_path / "vrt.tif")
