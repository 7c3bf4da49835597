"""The network by OpenVINO against PyTorch: the same classes at odd sizes, borders, gaps, own bands and own legends."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from allpa_engine.classify import inference
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.precision import benchmark_chip
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from predictions import FakeScene
from test_network_folder import ICHU, LEGEND, QUENUAL

pytest.importorskip("openvino")
CLOSE = 1e-4
"""In probability: far below the 0.02 that the measured choice allows."""


def write_scene(path, numbers, names=(*BAND_KEYS, SCL)):
    with rasterio.open(
        path, "w", driver="GTiff", width=numbers.shape[2], height=numbers.shape[1], count=len(names), dtype="uint16",
        crs="EPSG:32718", transform=rasterio.Affine(10, 0, 699_970, 0, -10, 8_600_050),
    ) as target:  # fmt: skip
        target.write(numbers)
        target.descriptions = names
        target.update_tags(ALLPA_SCENE=path.stem)
    return FetchedScene(FakeScene(path.stem, "18LYR", "2020-06-15"), path)


def layers_of(scene, model, path):
    with rasterio.open(classify_scene(scene, model, path, NullReporter(), soft=True).path) as source:
        return source.read()


def own_network(folder, cell, classes=(QUENUAL, ICHU)):
    """Three bands, two of the three classes of its legend, in another order."""
    torch.manual_seed(cell)
    network = UNet(Architecture(5, (6, 7), (2, 1), cell), 3, len(classes)).eval()
    with torch.no_grad():
        network.input.mean.fill_(2.0)
        network.head.weight *= 6
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 2)
    write_network_folder(folder, network, ("B05", "B04", "B08"), LEGEND, classes, {}, scope="scene")
    return folder


def same_but_near_ties(first, second, probabilities):
    """Whether two layers of codes are equal wherever the two highest probabilities differ by more than a byte."""
    ordered = np.sort(probabilities.astype(int), axis=0)
    return (first == second)[ordered[-1] - ordered[-2] > 1].all()


@pytest.mark.parametrize("shape", [(133, 101), (16, 250), (7, 5)])
def test_a_scene_of_any_size_with_gaps_gets_the_same_prediction(tmp_path, shape):
    rng = np.random.default_rng(shape[1])
    land = np.rint(benchmark_chip(256) * 10_000).astype(np.uint16)[:, : shape[0], : shape[1]]
    numbers = np.concatenate([land, np.full((1, *land.shape[1:]), 4, np.uint16)])
    numbers[:, : shape[0] // 3, : shape[1] // 4] = 0
    numbers[2, rng.integers(0, shape[0], 5), rng.integers(0, shape[1], 5)] = 0
    numbers[:6, -2:, -2:] = 65_535
    scene = write_scene(tmp_path / "S2.tif", numbers)
    models = [
        load_classifier(device="cpu", threads=1, precision="fp32", backend=name) for name in ("torch", "openvino")
    ]
    expected, found = (layers_of(scene, model, tmp_path / f"{model.backend}.tif") for model in models)
    assert same_but_near_ties(expected[0], found[0], expected[6:])
    assert np.array_equal(expected[2], found[2])
    assert np.array_equal(expected[4:6], found[4:6])
    for band in (1, *range(6, 16)):
        assert np.abs(expected[band].astype(int) - found[band]).max() <= 1
    assert not found[:2][:, numbers[2] == 0].any()


@pytest.mark.parametrize("cell", [1, 2])
def test_own_bands_and_a_class_that_the_network_does_not_know(tmp_path, cell):
    folder = own_network(tmp_path / "model", cell)
    expected, found = (
        load_classifier(folder, "cpu", 1, "fp32", name).probabilities(benchmark_chip(96, 3) * 2)
        for name in ("torch", "openvino")
    )
    assert found.shape == (3, 96, 96)
    assert np.abs(found - expected).max() < CLOSE
    assert not found[1].any()


def test_chips_of_different_sizes_and_repetitions_give_the_same_bytes(tmp_path, monkeypatch):
    land = np.rint(benchmark_chip(288) * 10_000).astype(np.uint16)[:, :270, :281]
    numbers = np.concatenate([land, np.full((1, *land.shape[1:]), 4, np.uint16)])
    scene = write_scene(tmp_path / "S2.tif", numbers)
    model = load_classifier(device="cpu", threads=2, precision="fp32", backend="openvino")
    whole = layers_of(scene, model, tmp_path / "whole.tif")
    monkeypatch.setattr(type(model.back_end), "chip_px", (192, 176))
    assert np.array_equal(layers_of(scene, model, tmp_path / "chips.tif"), whole)
    several = load_classifier(device="cpu", threads=2, precision="fp32", backend="openvino")
    several.back_end.chips_at_once = 3
    assert np.array_equal(layers_of(scene, several, tmp_path / "several.tif"), whole)
    one = load_classifier(device="cpu", threads=1, precision="fp32", backend="openvino")
    assert np.array_equal(layers_of(scene, one, tmp_path / "one.tif"), whole)


def test_a_prediction_says_by_which_library_it_was_made_and_is_not_mixed(tmp_path):
    numbers = np.full((7, 40, 40), 900, np.uint16)
    numbers[6] = 4
    scene, path = write_scene(tmp_path / "S2.tif", numbers), tmp_path / "p.tif"
    first = load_classifier(device="cpu", threads=1, precision="fp32", backend="openvino")
    made = classify_scene(scene, first, path, NullReporter())
    assert made.file_tags["ALLPA_BACKEND"] == "openvino"
    assert made.file_tags["ALLPA_OPENVINO"]
    before = path.stat().st_mtime_ns
    classify_scene(scene, first, path, NullReporter())
    assert path.stat().st_mtime_ns == before
    other = classify_scene(scene, load_classifier(device="cpu", threads=1, precision="fp32"), path, NullReporter())
    assert other.file_tags["ALLPA_BACKEND"] == "torch"


def test_importing_openvino_reports_nothing(tmp_path):
    """A package of that name stands in the path, and fails the test where it is imported."""
    (tmp_path / "openvino_telemetry.py").write_text("raise SystemExit('telemetry was imported')")
    code = "from allpa_engine.classify import openvino_network; print(openvino_network.openvino.__version__)"
    paths = os.pathsep.join([str(tmp_path), str(Path(inference.__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("20")


def test_pytorch_takes_over_where_openvino_fails(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "allpa_engine.classify.openvino_network", None)
    assert load_classifier(device="cpu", threads=1).backend == "torch"
    with pytest.raises(JobInvalid, match="OpenVINO"):
        load_classifier(device="cpu", threads=1, backend="openvino")


@pytest.mark.parametrize("values", [{"device": "cuda"}, {"precision": "fp16"}])
def test_what_openvino_cannot_do_is_refused(values):
    with pytest.raises(JobInvalid, match="OpenVINO"):
        load_classifier(**values, backend="openvino")


def test_the_margins_of_a_core_hold_all_that_it_depends_on():
    """Noise beyond them changes nothing, noise within them does: for several structures."""
    for structure in (Architecture(), Architecture(4, (5, 6), (3, 1)), Architecture(4, (5,), (2,), 2)):
        torch.manual_seed(1)
        network = UNet(structure).eval().requires_grad_(requires_grad=False)
        for name, weight in network.named_parameters():
            if name.endswith("0.weight"):
                weight.abs_()  # so that no pixel is hidden behind an activation
        before, after = structure.core_margins
        core, extra = 4 * structure.stride, 3 * structure.stride
        side = extra + before + core + after + extra
        chip = torch.rand(1, 6, side, side) + 0.1
        inner = slice(extra, side - extra)
        kept = slice(extra + before, extra + before + core)
        noisy = torch.rand_like(chip) + 0.1
        noisy[:, :, inner, inner] = chip[:, :, inner, inner]
        narrow = torch.rand_like(chip) + 0.1
        cut = slice(extra + structure.stride, side - extra)
        narrow[:, :, cut, cut] = chip[:, :, cut, cut]
        with torch.inference_mode():
            expected, same, other = (network(values)[:, :, kept, kept] for values in (chip, noisy, narrow))
        assert torch.equal(expected, same)
        assert not torch.equal(expected, other)
        assert structure.margin >= max(before, after)


def test_the_shapes_of_weights_are_those_of_the_network():
    for structure, bands, classes in ((Architecture(), 6, 10), (Architecture(5, (6, 7, 9), (1, 3, 2), 4), 3, 2)):
        state = UNet(structure, bands, classes).state_dict()
        shapes = {name: tuple(value.shape) for name, value in state.items() if value.ndim}
        assert structure.weight_shapes(bands, classes) == shapes


def test_a_legend_of_other_classes_is_not_mistaken_for_the_bundled_one(tmp_path):
    model = load_classifier(own_network(tmp_path / "m", 1), "cpu", 1, "fp32", "openvino")
    assert model.legend != BUNDLED_LEGEND
    numbers = np.rint(benchmark_chip(64, 3) * 10_000).astype(np.uint16)
    found = model.start_chip(numbers, slice(16, 48), slice(0, 33), soft=True)()
    assert found.code.shape == (32, 33)
    assert set(np.unique(found.code)) <= {ICHU, QUENUAL}
    assert set(np.unique(found.second)) <= {ICHU, QUENUAL}
    assert (found.code != found.second).all()
    assert not found.probabilities[1].any()


WITHOUT_PYTORCH = """
import sys
sys.modules["torch"] = None  # as if it were not installed
from pathlib import Path
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from predictions import FakeScene
scene = FetchedScene(FakeScene("S2", "18LYR", "2020-06-15"), Path(sys.argv[1]))
print(classify_scene(scene, load_classifier(threads=1), Path(sys.argv[2]), NullReporter()).file_tags["ALLPA_BACKEND"])
"""


def test_a_scene_is_classified_where_pytorch_is_not_installed(tmp_path):
    land = np.rint(benchmark_chip(64) * 10_000).astype(np.uint16)[:, :50, :60]
    write_scene(tmp_path / "S2.tif", np.concatenate([land, np.full((1, 50, 60), 4, np.uint16)]))
    folders = [str(Path(inference.__file__).resolve().parents[2]), str(Path(__file__).parent)]
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYTORCH, str(tmp_path / "S2.tif"), str(tmp_path / "p.tif")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.stdout.strip() == "openvino", answer.stderr[-500:]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_gpu_gives_the_classes_of_the_processor(tmp_path):
    numbers = np.rint(benchmark_chip(256) * 10_000).astype(np.uint16)
    expected = load_classifier(device="cpu", precision="fp32").start_chip(
        numbers, slice(None), slice(None), soft=True
    )()
    for precision in ("fp32", "fp16"):
        model = load_classifier(device="cuda", precision=precision)
        waiting = [model.start_chip(numbers, slice(None), slice(None), soft=True) for _ in range(3)]
        for found in (wait() for wait in waiting):
            assert (found.code == expected.code).mean() > 0.995
            assert found.probabilities.shape == expected.probabilities.shape
