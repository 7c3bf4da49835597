"""The network in eight bits: what is rounded, by a simulation in numpy; refusals, provenance, gaps and margins."""

import json
import shutil

import numpy as np
import pytest
from allpa_engine.classify import inference, openvino_graph, precision
from allpa_engine.classify.activation_ranges import ranges_path, read_ranges, write_ranges
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.network_weights import bundled_model_path, read_file_weights, read_folder_weights
from allpa_engine.classify.precision import benchmark_chip, cpu_has_int8
from allpa_engine.core.errors import JobInvalid, ModelInvalid
from allpa_engine.core.protocol import NullReporter
from test_openvino_network import layers_of, own_network, write_scene

openvino = pytest.importorskip("openvino")
needs_int8 = pytest.mark.skipif(not cpu_has_int8(), reason="needs a processor that computes in int8")


def rounded(values, highest, steps=255.0):
    """To whole steps between 0 and the highest."""
    return np.rint(np.clip(values, 0, highest) * steps / highest) * highest / steps


def rounded_kernel(kernel, out_axis=0):
    largest = np.abs(kernel).max(tuple(axis for axis in range(4) if axis != out_axis), keepdims=True)
    return np.rint(kernel * 127 / largest) * largest / 127


def convolve(found, kernel, bias, stride=1):
    pad = kernel.shape[-1] // 2
    padded = np.pad(found, ((0, 0), (pad, pad), (pad, pad)))
    height, width = found.shape[1:]
    total = np.zeros((len(kernel), height, width))
    for y in range(kernel.shape[2]):
        for x in range(kernel.shape[3]):
            total += np.einsum("oi,iyx->oyx", kernel[:, :, y, x], padded[:, y : y + height, x : x + width])
    return (total + bias[:, None, None])[:, ::stride, ::stride]


def upsampled(found, kernel):
    """By nearest neighbours, then convolved: taps of the kernel that read the same coarse pixel are added up first."""
    taps = ((2,), (1, 2), (0, 1), (0,))
    sums = np.zeros((*kernel.shape[:2], 4, 4))
    for y, rows in enumerate(taps):
        for x, columns in enumerate(taps):
            sums[:, :, y, x] = kernel[:, :, rows][:, :, :, columns].sum((2, 3))
    sums = rounded_kernel(sums)
    height, width = found.shape[1:]
    total = np.zeros((len(kernel), 2 * height + 2, 2 * width + 2))
    for y in range(4):
        for x in range(4):
            total[:, y : y + 2 * height : 2, x : x + 2 * width : 2] += np.einsum("oi,iyx->oyx", sums[:, :, y, x], found)
    return total[:, 1:-1, 1:-1]


def simulated(weights, features, highest):
    """Probabilities of a network whose classes are those of its legend, in double precision but for what is rounded."""

    def block(name, found, stride=1, *, first=False):
        kernel, bias = openvino_graph.folded_block(weights, name)
        return rounded(convolve(found, kernel if first else rounded_kernel(kernel), bias, stride), highest[name])

    found = block("full", features.astype(float), first=True)
    skips = []
    for level, depth in enumerate(weights.architecture.depths):
        skips.append(found)
        for number in range(depth):
            found = block(f"down.{level}.{number}", found, 1 if number else 2)
    for level, skip in enumerate(reversed(skips)):
        narrow = block(f"up.{level}.narrow", found)
        kernel, bias = openvino_graph.folded_block(weights, f"up.{level}.join")
        middle = len(kernel)
        joined = convolve(skip, rounded_kernel(kernel[:, middle:]), bias) + upsampled(narrow, kernel[:, :middle])
        found = np.maximum(joined, 0) if level + 1 == len(skips) else rounded(joined, highest[f"up.{level}.join"])
    logits = convolve(found, weights.arrays["head.weight"], weights.arrays["head.bias"])
    exponentials = np.exp(logits - logits.max(0))
    return exponentials / exponentials.sum(0)


@needs_int8
@pytest.mark.parametrize("shape", [(24, 36), (4, 52), (60, 8)])
def test_what_is_rounded_is_what_a_simulation_rounds(tmp_path, shape):
    weights = read_folder_weights(own_network(tmp_path / "model", 1))
    weights.arrays["input.mean"][:] = 1.5
    highest = dict.fromkeys(weights.architecture.block_names, 1.0) | {"full": 2.0, "up.0.narrow": 0.5}
    features = np.random.default_rng(shape[0]).normal(0, 1, (3, *shape)).astype(np.float32)
    model = openvino_graph.probabilities_model(weights, with_input=False, ranges=highest)
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = np.asarray(compiled(features[np.newaxis])[0])[0]
    order = [weights.legend.codes.index(code) for code in weights.classes]
    expected = simulated(weights, features, highest)
    whole = simulated(weights, features, dict.fromkeys(highest, 1e9))
    difference = np.abs(found[order] - expected)
    assert np.quantile(difference, 0.99) < 0.002  # where a number lies between two steps, either may be taken
    assert np.quantile(difference, 0.99) < np.quantile(np.abs(whole - expected), 0.5) / 3
    ordered = np.sort(expected, axis=0)
    is_clear = ordered[-1] - ordered[-2] > 0.05
    assert is_clear.mean() > 0.3
    assert np.array_equal(found[order].argmax(0)[is_clear], expected.argmax(0)[is_clear])


@needs_int8
def test_the_processor_computes_with_bytes_and_without_ranges_nothing_is_rounded():
    weights = read_file_weights(bundled_model_path())
    ranges = read_ranges(bundled_model_path(), weights.model_hash, weights.architecture)
    model = openvino_graph.probabilities_model(weights, with_input=True, ranges=ranges.highest)
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    kinds = [
        node.get_rt_info()["runtimePrecision"].astype(str)
        for node in compiled.get_runtime_model().get_ops()
        if node.get_rt_info()["layerType"].astype(str) in ("Convolution", "Deconvolution")
    ]
    assert sum("8" in kind for kind in kinds) == len(kinds) - 2  # but the first and the last
    plain = openvino_graph.probabilities_model(weights, with_input=True)
    assert not any(node.get_type_name() == "FakeQuantize" for node in plain.get_ops())


@needs_int8
def test_a_scene_in_int8_says_so_and_differs_little_and_keeps_gaps(tmp_path):
    land = np.rint(benchmark_chip(256) * 10_000).astype(np.uint16)[:, :211, :189]
    numbers = np.concatenate([land, np.full((1, *land.shape[1:]), 4, np.uint16)])
    numbers[:, :70, :50] = 0
    numbers[2, 100, 100] = 0
    scene = write_scene(tmp_path / "S2.tif", numbers)
    whole, eight = (
        load_classifier(device="cpu", threads=2, precision=name, backend="openvino") for name in ("fp32", "int8")
    )
    expected, found = (layers_of(scene, model, tmp_path / f"{model.precision}.tif") for model in (whole, eight))
    has_data = (numbers[:6] > 0).all(0)
    assert np.array_equal(found[0] > 0, has_data)
    assert 0.9 < (expected[0] == found[0])[has_data].mean() < 1
    is_sure = has_data & (expected[1] > 204)
    assert (expected[0] == found[0])[is_sure].mean() > 0.99
    tags = classify_scene(scene, eight, tmp_path / "int8.tif", NullReporter()).file_tags
    assert tags["ALLPA_PRECISION"] == "int8"
    assert tags["ALLPA_RANGES"] == read_ranges(bundled_model_path(), eight.model_hash, eight_structure()).sha256
    assert "ranges" not in whole.facts


def eight_structure():
    return read_file_weights(bundled_model_path()).architecture


@needs_int8
def test_the_margins_of_chips_do_not_show(tmp_path, monkeypatch):
    land = np.rint(benchmark_chip(288) * 10_000).astype(np.uint16)[:, :270, :281]
    scene = write_scene(tmp_path / "S2.tif", np.concatenate([land, np.full((1, 270, 281), 4, np.uint16)]))
    model = load_classifier(device="cpu", threads=2, precision="int8")
    assert model.backend == "openvino"
    whole = layers_of(scene, model, tmp_path / "whole.tif")
    monkeypatch.setattr(type(model.back_end), "chip_px", (192, 176))
    chips = layers_of(scene, model, tmp_path / "chips.tif")
    assert (chips[0] != whole[0]).mean() < 0.001  # a number between two steps may be rounded to the other


def test_auto_tries_int8_where_the_processor_has_it(monkeypatch):
    tried = []
    monkeypatch.setattr(
        inference, "choose_back_end", lambda _, builders, __: tried.append(set(builders)) or builders["openvino fp32"]()
    )
    for has_it in (True, False):
        monkeypatch.setattr(inference, "cpu_has_int8", lambda has_it=has_it: has_it)
        load_classifier(device="cpu", threads=1, backend="openvino")
    assert tried[0] - tried[1] == {"openvino int8"}


@pytest.mark.parametrize("values", [{"backend": "torch"}, {"device": "cuda"}])
def test_int8_is_refused_but_for_openvino_on_the_processor(values):
    with pytest.raises(JobInvalid, match=r"cannot be computed in int8\. Only OpenVINO"):
        load_classifier(precision="int8", **values)


def test_int8_is_refused_without_ranges_and_without_the_instructions(tmp_path, monkeypatch):
    with pytest.raises(JobInvalid, match="ranges of its activations were not measured"):
        load_classifier(own_network(tmp_path / "own", 1), "cpu", precision="int8")
    copied = tmp_path / "copy.safetensors"
    shutil.copy(bundled_model_path(), copied)
    with pytest.raises(JobInvalid, match="ranges of its activations were not measured"):
        load_classifier(copied, "cpu", precision="int8")
    write_ranges(copied, "0" * 64, dict.fromkeys(eight_structure().block_names, 1.0), {})
    with pytest.raises(JobInvalid, match="ranges of its activations were not measured"):
        load_classifier(copied, "cpu", precision="int8")
    monkeypatch.setattr(inference, "cpu_has_int8", lambda: False)
    with pytest.raises(JobInvalid, match="lacks the instructions"):
        load_classifier(device="cpu", precision="int8")


def test_a_processor_whose_sums_overflow_is_refused(monkeypatch):
    monkeypatch.setattr(inference, "cpu_has_int8", lambda: True)
    monkeypatch.setattr(openvino_graph, "_ACTIVATION_LEVELS", 2)  # as wrong as overflowing sums
    with pytest.raises(JobInvalid, match="OpenVINO cannot compute the model on this machine"):
        load_classifier(device="cpu", precision="int8")


@pytest.mark.parametrize(
    ("flags", "system", "machine", "expected"),
    [
        ("fpu avx2 avx512_vnni", "Linux", "x86_64", True),
        ("fpu avx2 avx_vnni", "Linux", "x86_64", True),
        ("fpu avx2 avx512f", "Linux", "x86_64", False),
        ("", "Windows", "AMD64", True),
        ("", "Darwin", "arm64", False),
    ],
)
def test_which_processors_compute_in_int8(monkeypatch, flags, system, machine, expected):
    monkeypatch.setattr(precision, "_cpu_flags", lambda: set(flags.split()))
    monkeypatch.setattr(precision.platform, "system", lambda: system)
    monkeypatch.setattr(precision.platform, "machine", lambda: machine)
    assert cpu_has_int8() is expected


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 2},
        {"highest": {}},
        {"highest": "full"},
        {"value": -1.0},
        {"value": True},
        {"value": float("inf")},
        {"value": "3"},
        {"value": 10**400},
    ],
)
def test_damaged_ranges_are_refused(tmp_path, change):
    structure, model = eight_structure(), tmp_path / "m.safetensors"
    written = write_ranges(model, "a" * 64, dict.fromkeys(structure.block_names, 2.5), {"chips": 3})
    assert read_ranges(model, "a" * 64, structure) == written
    assert read_ranges(model, "b" * 64, structure) is None
    values = json.loads(ranges_path(model).read_text())
    if "value" in change:
        values["highest"]["full"] = change["value"]
    else:
        values |= change
    ranges_path(model).write_text(json.dumps(values))
    with pytest.raises(ModelInvalid, match=r"m\.int8\.json"):
        read_ranges(model, "a" * 64, structure)


def test_ranges_that_are_no_json_are_refused(tmp_path):
    ranges_path(tmp_path / "m.safetensors").write_bytes(b"{")
    with pytest.raises(ModelInvalid, match=r"m\.int8\.json"):
        read_ranges(tmp_path / "m.safetensors", "a" * 64, eight_structure())
