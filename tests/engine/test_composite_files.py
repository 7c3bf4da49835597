"""The files that a composite leaves: valid, the same every time, whole or absent, whatever ends the work."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.errors import Cancelled, RasterInvalid
from allpa_engine.geo.region import Region
from predictions import write_prediction
from rio_cogeo.cogeo import cog_validate
from shapely.geometry import box
from test_composite_compose import CancelAfter, run, season

__all__ = ["season"]
PLUGIN = Path(__file__).resolve().parents[2] / "plugin"


def test_a_damaged_prediction_is_named_and_leaves_nothing_half(tmp_path, season):
    predictions, _ = season
    data = predictions[3].path.read_bytes()
    predictions[3].path.write_bytes(data[: len(data) // 2])
    with pytest.raises(RasterInvalid, match=predictions[3].path.name):
        run(tmp_path / "out", predictions, block_px=64)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_disk_that_takes_no_more_is_reported_and_leaves_nothing_half(tmp_path, season):
    """A process that may write files of 64 kB only, as on a disk that is nearly full."""
    predictions, _ = season
    code = f"""
import resource, sys
sys.path.insert(0, {str(PLUGIN)!r})
from pathlib import Path
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.errors import DiskFull, FolderNotWritable
from allpa_engine.classify.prediction_file import read_predictions
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
out = Path({str(tmp_path / "out")!r})
try:
    compose(read_predictions({str(predictions[0].path.parent)!r}), None, CompositeRule(),
            landcover=out / "map.tif", quality=out / "quality.tif", threads=1)
except (DiskFull, FolderNotWritable) as error:
    sys.exit(0 if error.what and error.next_step else 3)
sys.exit(4)
"""
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr
    assert list((tmp_path / "out").iterdir()) == []


class Progress:
    """Notes how far the work says that it is."""

    def __init__(self):
        self.steps = []

    def progress(self, stage, done, total):
        self.steps.append((stage, done / total))

    def log(self, text, level="info"):
        pass


@pytest.mark.parametrize("rule", [CompositeRule(), CompositeRule(smoothing_px=4)])
def test_progress_runs_from_nothing_to_all_through_every_part(tmp_path, season, rule):
    predictions, _ = season
    listener = Progress()
    run(tmp_path / "out", predictions, rule=rule, reporter=listener, block_px=64)
    shares = [share for _, share in listener.steps]
    assert {stage for stage, _ in listener.steps} == {"composite"}
    assert (shares[0], shares[-1]) == (0, 1)
    assert shares == sorted(shares)
    blocks = 25  # of 64 x 64 pixels in 301 x 287
    assert len(set(shares)) > blocks + 2, "smoothing and writing are told, too"


@pytest.mark.parametrize("calls", [0, 3, -3, -1])
def test_a_cancelled_run_leaves_the_map_of_before(tmp_path, season, calls):
    """Cancelled while voting, and (counted from the end) while smoothing or writing."""
    predictions, _ = season
    rule = CompositeRule(smoothing_px=4)
    listener = Progress()
    run(tmp_path / "out", predictions, rule=rule, reporter=listener, block_px=64)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    reporter = CancelAfter(calls % len(listener.steps))
    with pytest.raises(Cancelled):
        run(tmp_path / "out", predictions[:2], rule=rule, reporter=reporter, block_px=64)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_the_same_predictions_give_the_same_bytes(tmp_path, season):
    predictions, _ = season
    for name in ("a", "b"):
        run(tmp_path / name, predictions)
    for name in ("map.tif", "quality.tif", "map.qml", "map.tif.aux.xml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_both_files_are_strict_cogs_with_overviews(tmp_path):
    """Cells of two pixels a side that the map shows whole, in the overviews as in the full size."""
    (tmp_path / "p").mkdir()
    coarse = np.random.default_rng(4).integers(1, 9, (300, 331)).astype(np.uint8)
    prediction = write_prediction(tmp_path / "p", np.kron(coarse, np.ones((2, 2), np.uint8)))
    run(tmp_path / "out", [prediction])
    for name in ("map.tif", "quality.tif"):
        valid, errors, warnings = cog_validate(tmp_path / "out" / name, strict=True)
        assert valid, (name, errors, warnings)
    with rasterio.open(tmp_path / "out" / "map.tif", overview_level=0) as half:
        # guards and weights do not show in a single look
        assert np.array_equal(half.read(1), coarse)
    with rasterio.open(tmp_path / "out" / "quality.tif", overview_level=0) as half:
        assert half.count == 5
        assert (half.read(3) == 1).all()


def test_land_without_scenes_needs_no_disk_space(tmp_path, monkeypatch):
    needed = []
    module = sys.modules["allpa_engine.composite.write_map"]
    monkeypatch.setattr(module, "check_free_space", lambda folder, size: needed.append(size))
    prediction = write_prediction(tmp_path, np.full((60, 60), 2))
    region = Region(box(-73.3, -12.8, -73.0, -12.5))
    outputs = {"landcover": tmp_path / "map.tif", "quality": tmp_path / "quality.tif"}
    summary = compose([prediction], region, CompositeRule(), **outputs)
    assert summary.pixels[2] == 3600
    assert needed[0] < 2 * summary.width * summary.height  # with all of the region it would be 12 bytes per pixel
    assert sum(path.stat().st_size for path in outputs.values()) < needed[0]
