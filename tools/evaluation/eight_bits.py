"""The network in eight bits, for the measures, and against single precision.

`python -m evaluation.eight_bits --data DIR` counts the pixels that get another class.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.torch_network import fold_batch_norms
from allpa_engine.classify.unet import UNet, channels_last
from allpa_engine.core.legend import CLASS_COUNT, LEGEND
from numpy.typing import NDArray
from training.chips import Chip, read_chips
from training.new_sites import has_new_sites, read_new_chips

from .predictions import predict_by_network
from .tables import markdown_table, percent

_SMALLEST = 1e-30
"""Probability whose logarithm stands for that of 0."""
_SURE = 0.8


class EightBitUNet(UNet):
    """A model file in int8, as the product runs it; JobInvalid where its ranges or the processor do not allow it.

    Parameters
    ----------
    path : of the model file.

    """

    def __init__(self, path: Path) -> None:
        super().__init__(load_model(path).network.architecture)
        self._back_end = load_classifier(path, "cpu", precision="int8").back_end
        self.eval()

    def forward(self, reflectance: torch.Tensor) -> torch.Tensor:
        """Logarithms of the probabilities, whose softmax they are again."""
        found = self._back_end.probabilities(np.ascontiguousarray(reflectance.numpy()))
        return torch.from_numpy(np.log(np.maximum(found, _SMALLEST)))


@dataclass(frozen=True)
class Difference:
    """Pixels to which int8 gives another class than fp32, by fp32's class."""

    pixels: NDArray[np.int64]
    """`(10,)` with data."""
    other: NDArray[np.int64]
    """`(10,)` of these with another class."""
    sure_pixels: int
    """Whose probability is 0.8 or more in fp32."""
    sure_other: int


def compare_precisions(path: Path, chips: Iterable[Chip]) -> Difference:
    """Classify chips in both precisions.

    Parameters
    ----------
    path : of the model file.
    chips : that its ranges were not measured on.

    Returns
    -------
    The counts.

    """
    whole = channels_last(fold_batch_norms(load_model(path).network), torch.device("cpu"))
    eight = EightBitUNet(path)
    pixels, other, sure = np.zeros(CLASS_COUNT, np.int64), np.zeros(CLASS_COUNT, np.int64), np.zeros(2, np.int64)
    for chip in chips:
        expected, found = (predict_by_network(network, chip) for network in (whole, eight))
        place = expected.probabilities.argmax(axis=0)
        differs = (place != found.probabilities.argmax(axis=0)) & expected.valid
        is_sure = (expected.confidence >= _SURE) & expected.valid
        pixels += np.bincount(place[expected.valid], minlength=CLASS_COUNT)
        other += np.bincount(place[differs], minlength=CLASS_COUNT)
        sure += int(is_sure.sum()), int((is_sure & differs).sum())
    return Difference(pixels, other, int(sure[0]), int(sure[1]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare on the held-out places and on the new sites left out, and print a table."""
    options = argparse.ArgumentParser(prog="python -m evaluation.eight_bits", description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--model", type=Path, default=bundled_model_path())
    args = options.parse_args(arguments)
    chips = [chip for chip in read_chips(args.data) if chip.held_out]
    if has_new_sites(args.data):
        chips += [new.chip for new in read_new_chips(args.data, left_out=True)]
    found = compare_precisions(args.model, chips)
    rows = [("all", found.pixels.sum(), found.other.sum()), ("sure in fp32", found.sure_pixels, found.sure_other)]
    rows += [(one.name, found.pixels[one.code - 1], found.other[one.code - 1]) for one in LEGEND]
    shares = [(name, str(count), percent(other / count if count else float("nan"))) for name, count, other in rows]
    sys.stdout.write(f"{len(chips)} chips\n{markdown_table(('pixels', 'number', 'another class, %'), shares)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
