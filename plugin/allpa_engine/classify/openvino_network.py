"""Networks of OpenVINO: on processors of the x86 kind nearly twice as fast as PyTorch, with the same classes."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .back_end import usable_processors
from .chip_classes import ChipClasses
from .network_weights import NetworkWeights
from .openvino_graph import Margins, classes_model, features_model, probabilities_model
from .precision import Precision, benchmark_chip, cpu_name
from .quiet_openvino import openvino

_WHOLE = "fp32"
_HINTS = {"fp32": "f32", "bf16": "bf16"}
_TRIAL_PX = 64
THREADS_PER_CHIP = 8
"""Threads that share one chip; with more of them several chips are computed at once."""

_Graph = tuple[str, tuple[int, ...], Margins | None]
"""What is computed, the shape of the chips, and the margins that are left out."""


class OpenvinoNetwork:
    """A network on the processor; `back_end.BackEnd` describes it.

    In sixteen bits the input is still scaled in single precision, by a graph of its own: logarithms rounded to eight
    bits would change twice as many classes as the network itself does.

    Parameters
    ----------
    weights : of the network.
    precision : `fp32` or `bf16`.
    scales : stored numbers per unit of each band.
    threads : CPU threads; 0 takes all.

    Raises
    ------
    RuntimeError : where OpenVINO cannot compile it.

    """

    name = "openvino"

    def __init__(self, weights: NetworkWeights, precision: Precision, scales: tuple[float, ...], threads: int) -> None:
        self.precision = precision
        self.chips_at_once = max(1, (threads or usable_processors()) // THREADS_PER_CHIP)
        """Chips that are computed at the same time."""
        self._weights, self._scales, self._threads = weights, scales, threads
        self._core = openvino.Core()
        self._compiled: dict[str, Any] = {}
        self._requests: OrderedDict[_Graph, list[Any]] = OrderedDict()
        self._turn = 0

    @property
    def facts(self) -> dict[str, str]:
        """What decides the last digits beside the weights: precision, processor, version and threads."""
        return {
            "precision": self.precision,
            "device": f"cpu ({cpu_name()})",
            "backend": self.name,
            "openvino": openvino.__version__.partition("-")[0],
            "threads": str(self._threads or usable_processors()),
        }

    @property
    def chip_px(self) -> tuple[int, int]:
        """Largest rows and columns of a chip with its margins; about 0.23 kB a pixel at work, half in sixteen bits."""
        return 768, 1920 if self.chips_at_once == 1 else 1024

    def check(self) -> None:
        """Compute a small chip.

        Raises
        ------
        RuntimeError : where OpenVINO cannot, or numbers overflow.

        """
        chip = benchmark_chip(_TRIAL_PX, len(self._scales))
        stride = self._weights.architecture.stride
        sides = [-(-side // stride) * stride for side in chip.shape[1:]]
        chip = np.resize(chip, (len(chip), *sides))
        if not np.isfinite(self.probabilities(chip[np.newaxis])).all():
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
        if self.precision == _WHOLE:
            return np.ascontiguousarray(chips)
        return np.asarray(self._compile(features)({0: np.ascontiguousarray(chips)})[0])

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
                with_input=self.precision == _WHOLE,
                margins=margins,
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
                model = probabilities_model(self._weights, with_input=self.precision == _WHOLE)
            settings = self._settings(_WHOLE if is_features else self.precision)
            self._compiled[graph] = self._core.compile_model(model, "CPU", settings)
        return self._compiled[graph]

    def _settings(self, precision: Precision) -> dict[str, object]:
        return {
            "INFERENCE_PRECISION_HINT": _HINTS[precision],
            "NUM_STREAMS": self.chips_at_once,
            "ENABLE_CPU_PINNING": False,  # several runs on one machine must not share a core
            **({"INFERENCE_NUM_THREADS": self._threads} if self._threads else {}),
        }


def _pixels(graph: _Graph) -> int:
    return math.prod(graph[1][1:])
