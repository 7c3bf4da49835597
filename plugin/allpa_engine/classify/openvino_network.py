"""Networks of OpenVINO: on processors of the x86 kind nearly twice as fast as PyTorch, with the same classes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .activation_ranges import ActivationRanges
from .back_end import usable_processors
from .chip_classes import ChipClasses
from .network_weights import NetworkWeights
from .openvino_graph import Margins, classes_model, features_model, probabilities_model
from .precision import Precision, benchmark_chip, cpu_name
from .quiet_openvino import openvino

_WHOLE, _BRAIN, _BYTES = "fp32", "bf16", "int8"
_HINTS = {_WHOLE: "f32", _BRAIN: "bf16", _BYTES: "f32"}
"""Of the numbers between the layers; in `int8` the graph itself says what is rounded to bytes."""
_MIN_TRIAL_AGREEMENT = 0.9
"""Of int8 with fp32 on a small chip: less says that the processor's sums overflow, not that numbers are rounded."""
_TRIAL_PX = 64
THREADS_PER_CHIP = 8
"""Threads that share one chip; with more of them several chips are computed at once."""

_Graph = tuple[str, tuple[int, ...], Margins | None]
"""What is computed, the shape of the chips, and the margins that are left out."""


class OpenvinoNetwork:
    """A network on the processor; `back_end.BackEnd` describes it.

    In sixteen bits the input is still scaled in single precision, by a graph of its own: logarithms rounded to eight
    bits would change twice as many classes as the network itself does. For the same reason the first convolution stays
    in single precision in `int8`.

    Parameters
    ----------
    weights : of the network.
    precision : `fp32`, `bf16` or, with ranges, `int8`.
    scales : stored numbers per unit of each band.
    threads : CPU threads; 0 takes all.
    ranges : of the activations, for `int8`.

    Raises
    ------
    RuntimeError : where OpenVINO cannot compile it.

    """

    name = "openvino"

    def __init__(
        self,
        weights: NetworkWeights,
        precision: Precision,
        scales: tuple[float, ...],
        threads: int,
        ranges: ActivationRanges | None = None,
    ) -> None:
        self.precision = precision
        self._ranges = ranges if precision == _BYTES else None
        self.chips_at_once = max(1, (threads or usable_processors()) // THREADS_PER_CHIP)
        """Chips that are computed at the same time."""
        self._weights, self._scales, self._threads = weights, scales, threads
        self._core = openvino.Core()
        self._compiled: dict[str, Any] = {}
        self._requests: OrderedDict[_Graph, list[Any]] = OrderedDict()
        self._turn = 0

    @property
    def facts(self) -> dict[str, str]:
        """What decides the last digits beside the weights: precision, processor, version, threads, int8's ranges."""
        return {
            "precision": self.precision,
            "device": f"cpu ({cpu_name()})",
            "backend": self.name,
            "openvino": openvino.__version__.partition("-")[0],
            "threads": str(self._threads or usable_processors()),
            **({"ranges": self._ranges.sha256} if self._ranges else {}),
        }

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins; about 0.23 kB a pixel at work, half in sixteen bits."""
        return 768, 1920 if self.chips_at_once == 1 else 1024

    def check(self) -> None:
        """Compute a small chip.

        Raises
        ------
        RuntimeError : where OpenVINO cannot, or numbers overflow; in int8 that shows in other classes.

        """
        chip = benchmark_chip(_TRIAL_PX, len(self._scales))
        stride = self._weights.architecture.stride
        sides = [-(-side // stride) * stride for side in chip.shape[1:]]
        chip = np.resize(chip, (len(chip), *sides))
        found = self.probabilities(chip[np.newaxis])
        if self._ranges is not None:
            whole = OpenvinoNetwork(self._weights, _WHOLE, self._scales, self._threads).probabilities(chip[np.newaxis])
            if (found.argmax(axis=1) == whole.argmax(axis=1)).mean() < _MIN_TRIAL_AGREEMENT:
                raise RuntimeError("Most classes differ from those in fp32: the processor's sums of bytes overflow.")
        if not np.isfinite(found).all():
            raise RuntimeError(f"Numbers overflow in {self.precision}.")

    def start(
        self, numbers: NDArray[np.uint16], rows: slice, columns: slice, *, soft: bool
    ) -> Callable[[], ChipClasses]:
        """Begin with a chip; it is computed while others are prepared.

        Parameters
        ----------
        numbers : `(band, y, x)` as stored.
        rows, columns : the core of the chip, which is kept.
        soft : whether the probabilities are kept too.

        Returns
        -------
        What gives the classes of the core, and waits until they are there; to be called before `chips_at_once` further
        chips are begun.

        """
        margins = self._margins(numbers.shape[1:], rows, columns)
        request = self._next_request("soft" if soft else "classes", numbers.shape, margins)
        if margins is not None:
            rows, columns = (slice(core.start - margins[0], core.stop - margins[0]) for core in (rows, columns))
        request.start_async({0: self._input("features", numbers[np.newaxis])}, share_inputs=True)

        def wait() -> ChipClasses:
            request.wait()
            layers = [
                np.array(request.get_output_tensor(place).data[0, :, rows, columns])
                for place in range(4 if soft else 3)
            ]
            return ChipClasses(layers[0][0], layers[1][0], layers[2][0], layers[3] if soft else None)

        return wait

    def _margins(self, sides: tuple[int, ...], rows: slice, columns: slice) -> Margins | None:
        """What need not be computed to the end, where the core leaves as much; None where it does not."""
        before, after = self._weights.architecture.core_margins
        for side, core in zip(sides, (rows, columns), strict=True):
            if core.start is None or core.start < before or core.stop > side - after:
                return None
        return before, after

    def probabilities(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of a batch of equal chips, `(n, band, y, x)` reflectance -> `(n, class, y, x)`."""
        request = self._compile("probabilities").create_infer_request()
        found = request.infer({0: self._input("reflectance features", chips)})
        return np.array(found[0], np.float32)

    def _input(self, features: str, chips: NDArray[Any]) -> NDArray[Any]:
        """What the network reads: the chips themselves, or in sixteen bits their features in single precision."""
        if self._with_input:
            return np.ascontiguousarray(chips)
        return np.asarray(self._compile(features)({0: np.ascontiguousarray(chips)})[0])

    @property
    def _with_input(self) -> bool:
        """Whether one graph does it all, scaling included."""
        return self.precision != _BRAIN

    def _next_request(self, kind: str, shape: tuple[int, ...], margins: Margins | None) -> Any:  # noqa: ANN401 - of OpenVINO
        """A request of a graph that was compiled for chips of this shape: faster, and half the memory of any shape."""
        graph = kind, shape, margins
        if graph not in self._requests:
            largest = math.prod(self.chip_px)
            while self._requests and sum(_pixels(known) for known in (*self._requests, graph)) > largest:
                self._requests.popitem(last=False)
            model = classes_model(
                self._weights,
                self._scales,
                soft=kind == "soft",
                with_input=self._with_input,
                margins=margins,
                ranges=self._highest,
            )
            model.reshape([1, *shape])
            compiled = self._core.compile_model(model, "CPU", self._settings(self.precision))
            self._requests[graph] = [compiled.create_infer_request() for _ in range(self.chips_at_once)]
        self._requests.move_to_end(graph)
        self._turn = (self._turn + 1) % self.chips_at_once
        return self._requests[graph][self._turn]

    def _compile(self, graph: str) -> Any:  # noqa: ANN401 - a compiled model of OpenVINO
        """A graph for chips of any shape, compiled when it is first needed."""
        if graph not in self._compiled:
            is_features = graph.endswith("features")
            if is_features:
                model = features_model(self._weights, self._scales if graph == "features" else None)
            else:
                model = probabilities_model(self._weights, with_input=self._with_input, ranges=self._highest)
            settings = self._settings(_WHOLE if is_features else self.precision)
            self._compiled[graph] = self._core.compile_model(model, "CPU", settings)
        return self._compiled[graph]

    @property
    def _highest(self) -> Mapping[str, float] | None:
        return self._ranges.highest if self._ranges else None

    def _settings(self, precision: Precision) -> dict[str, object]:
        return {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "NUM_STREAMS": self.chips_at_once,
            "ENABLE_CPU_PINNING": False,  # several runs on one machine must not share a core
            **({"INFERENCE_NUM_THREADS": self._threads} if self._threads else {}),
        }


def _pixels(graph: _Graph) -> int:
    return math.prod(graph[1][1:])
