"""The choice of back end and precision: by measured speed, among those that give the same map."""

import numpy as np
import pytest
from allpa_engine.classify import inference
from allpa_engine.classify.chip_classes import classes_of_probabilities
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.precision import benchmark_chip, choose_back_end, fastest_back_end
from allpa_engine.core.errors import EngineMissing, JobInvalid
from allpa_engine.core.job import job_from_dict

CODES = (1, 2, 3)
SCALES = np.full((6, 1, 1), 10_000, np.float32)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Library:
    """A library that is said to need some time, and whose probabilities are off by some error."""

    def __init__(self, clock, name, seconds, error=0.0):
        self.clock, self.name, self.precision, self.seconds, self.error = clock, name, "fp32", seconds, error

    def probabilities(self, chips):
        first = np.clip(chips[:, 0] * 3 + self.error, 0, 1)
        return np.stack([first * 0.6, (1 - first) * 0.6, np.full_like(first, 0.4)], axis=1).astype(np.float32)

    def start(self, numbers, rows, columns, *, soft):
        self.clock.now += self.seconds
        found = self.probabilities(numbers[np.newaxis].astype(np.float32) / SCALES)[0]
        return lambda: classes_of_probabilities(found, CODES, soft=soft)


@pytest.mark.parametrize(
    ("seconds", "error", "expected"), [(1, 0.0, "fast"), (5, 0.0, "reference"), (1, 0.2, "reference")]
)
def test_a_faster_library_is_taken_only_when_it_gives_the_same_map(seconds, error, expected):
    clock = Clock()
    libraries = [Library(clock, "reference", 4), Library(clock, "fast", seconds, error)]
    numbers = np.rint(benchmark_chip(64) * 10_000).astype(np.uint16)
    assert fastest_back_end(libraries, numbers, SCALES, clock).name == expected


def test_what_was_measured_is_remembered_and_what_cannot_be_used_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    clock, built = Clock(), []

    def builder(name, seconds):
        def build():
            built.append(name)
            return None if name == "broken fp32" else Library(clock, name.split()[0], seconds)

        return build

    builders = {name: builder(name, 1) for name in ("reference fp32", "broken fp32")}
    assert choose_back_end("key", builders, [10_000] * 6).name == "reference"
    builders = {name: builder(name, 1) for name in ("reference fp32", "other fp32")}
    first = choose_back_end("machine", builders, [10_000] * 6)
    built.clear()
    assert choose_back_end("machine", builders, [10_000] * 6).name == first.name
    assert built == [f"{first.name} fp32"]


def test_pytorch_takes_over_where_openvino_is_missing(monkeypatch):
    monkeypatch.setattr(inference, "is_installed", lambda name: name == "torch")
    assert load_classifier(device="cpu", threads=1).backend == "torch"
    with pytest.raises(EngineMissing, match="OpenVINO"):
        load_classifier(device="cpu", backend="openvino")


def test_a_job_without_any_library_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(inference, "is_installed", lambda _: False)
    with pytest.raises(EngineMissing, match="PyTorch"):
        load_classifier(device="cpu")


def test_a_named_precision_keeps_pytorch_so_that_earlier_maps_are_made_again():
    assert load_classifier(device="cpu", threads=1, precision="fp32").facts["backend"] == "torch"


def test_backends_that_there_are_not_are_refused():
    with pytest.raises(JobInvalid, match="backend"):
        job_from_dict({"folder": "x", "backend": "tensorflow"}).validate()
