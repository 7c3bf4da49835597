"""Ranges of the activations for int8: `python -m training.ranges --data DIR --model FILE`.

Every chip that the network may learn from, not those of held-out and left-out places, goes through the network
in single precision. Behind each block the activation is taken that one in 10,000 exceeds: what is above becomes this
one, so that a few very bright pixels do not widen the steps of all. The file lies beside the model file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from allpa_engine.classify.activation_ranges import ranges_path, write_ranges
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.unet import UNet
from numpy.typing import NDArray

from .chips import Chip, read_chips
from .new_sites import has_new_sites, read_new_chips
from .validation import chip_reflectance, predict_chip

_KEPT_SHARE = 0.9999
"""Of all activations behind a block, those up to the highest that is kept as it is."""
_SAMPLES = 20_000
"""Activations of each chip and block that are looked at."""
_DIGITS = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the ranges and write their file."""
    options = argparse.ArgumentParser(prog="python -m training.ranges", description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--model", type=Path, default=bundled_model_path())
    args = options.parse_args(arguments)
    model = load_model(args.model)
    chips = [chip for chip in read_chips(args.data) if not chip.held_out]
    if has_new_sites(args.data):
        chips += [new.chip for new in read_new_chips(args.data, left_out=False)]
    pixels = sum(chip.digital_numbers[0].size for chip in chips)
    measured = {"chips": len(chips), "pixels": pixels, "kept_share": _KEPT_SHARE, "samples_per_chip": _SAMPLES}
    write_ranges(args.model, model.sha256, measure_ranges(model.network, chips), measured)
    sys.stdout.write(f"{ranges_path(args.model)}: {len(chips)} chips, {pixels / 1e6:.1f} Mpx\n")
    return 0


def measure_ranges(network: UNet, chips: Iterable[Chip]) -> dict[str, float]:
    """The highest activation that is kept behind each block.

    Parameters
    ----------
    network : in evaluation mode, on the processor.
    chips : each of any size.

    Returns
    -------
    By `Architecture.block_names`.

    """
    rng = np.random.default_rng(0)
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in network.architecture.block_names}

    def keep(name: str, activations: torch.Tensor) -> None:
        values = activations.numpy().ravel()
        found[name].append(values[rng.integers(0, values.size, _SAMPLES)])

    hooks = [
        network.get_submodule(name).register_forward_hook(lambda _, __, output, name=name: keep(name, output))
        for name in found
    ]
    try:
        for chip in chips:
            predict_chip(network, chip_reflectance(chip), torch.device("cpu"))
    finally:
        for hook in hooks:
            hook.remove()
    return {
        name: round(float(np.quantile(np.concatenate(values), _KEPT_SHARE)), _DIGITS) for name, values in found.items()
    }


if __name__ == "__main__":
    raise SystemExit(main())
