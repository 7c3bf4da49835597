"""Architectures of the network by accuracy and by speed: each trained from nothing on the same batches; writes a CSV.

    python tools/bench/architectures.py [--data DATA --cache build/training] [--out docs/model/architectures.csv]

Takes the samples that `python -m training` wrote into the cache. One that is already in the cache's `compare`
folder is not trained again. Speeds are measured at the end, all in turns, warm, folded where that is possible.
"""

import argparse
import csv
import logging
import sys
import time
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))

from allpa_engine.classify.architecture import Architecture
from allpa_engine.classify.precision import benchmark_chip, cpu_has_bf16
from allpa_engine.classify.torch_network import fold_batch_norms
from allpa_engine.classify.unet import ConvBlock, UNet, channels_last
from evaluation.predictions import predict_by_network
from network_speed import PlainUNet
from training.batches import BatchSource
from training.chips import read_chips
from training.labelled_sets import read_labelled_sets
from training.store import open_store
from training.training import Schedule, create_training_state, new_network, restore_best, train
from training.validation import score_agreement
from training.variation import NOTHING_NEW

CPU = torch.device("cpu")
"""Of real chips in a batch: fixed here, so that the table can be carried on when the training's changes."""
FIELDS = ("architecture", "kmac_per_px", "parameters", "heldout_loss", "heldout", "heldout_sure", "mean_of_places",
          "trained_places", "reference", "fp32_mpx_s", "bf16_mpx_s")  # fmt: skip


class ChannelNorm(nn.LayerNorm):
    """Normalisation over the channels of each pixel: it does not depend on the chip either, but cannot be folded."""

    def forward(self, features):
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Plain(PlainUNet):
    """The plain UNet with the shipped one's input layer."""

    def __init__(self, architecture):
        super().__init__()
        self.input, self.architecture = UNet(architecture).input, architecture

    def forward(self, reflectance):
        return super().forward(self.input(reflectance))


def with_silu(architecture):
    """SiLU in place of ReLU."""
    network = UNet(architecture)
    for block in network.modules():
        if isinstance(block, ConvBlock):
            block[2] = nn.SiLU(inplace=True)
    return network


def with_channel_norm(architecture):
    """Each pixel's channels normalised in place of batch normalisation."""
    network = UNet(architecture)
    for block in network.modules():
        if isinstance(block, ConvBlock):
            block[1] = ChannelNorm(block[1].num_features)
    return network


@dataclass(frozen=True)
class Variant:
    """One architecture."""

    name: str
    full: int
    widths: tuple
    depths: tuple
    build: type | object = UNet
    seed: int = 20
    cell: int = 1

    def network(self):
        torch.manual_seed(self.seed)
        return self.build(Architecture(self.full, self.widths, self.depths, self.cell))


BASE = (16, (32, 64, 128), (2, 2, 2))
VARIANTS = (
    Variant("base: 16, 32-64-128", *BASE),
    Variant("base, another seed", *BASE, seed=21),
    Variant("narrower: 16, 24-48-96", 16, (24, 48, 96), (2, 2, 2)),
    Variant("wider: 16, 48-96-160", 16, (48, 96, 160), (2, 2, 2)),
    Variant("8 channels at full resolution", 8, (32, 64, 128), (2, 2, 2)),
    Variant("24 channels at full resolution", 24, (32, 64, 128), (2, 2, 2)),
    Variant("24 channels with SiLU", 24, (32, 64, 128), (2, 2, 2), with_silu),
    Variant("24 channels, narrower: 24, 24-48-96", 24, (24, 48, 96), (2, 2, 2)),
    Variant("32 channels, narrower: 32, 24-48-96", 32, (24, 48, 96), (2, 2, 2)),
    Variant("24 channels, narrower, down to a sixteenth: 24, 24-48-96-128", 24, (24, 48, 96, 128), (2, 2, 2, 1)),
    Variant("24 channels, down to a sixteenth: 24, 32-64-96-128", 24, (32, 64, 96, 128), (2, 2, 2, 1)),
    Variant("four pixels as one: 32, 64-128", 32, (64, 128), (2, 2), cell=2),
    Variant("down to a quarter: 16, 32-64", 16, (32, 64), (2, 3)),
    Variant("a third convolution at an eighth", 16, (32, 64, 128), (2, 2, 3)),
    Variant("down to a sixteenth: 16, 32-64-128-192", 16, (32, 64, 128, 192), (2, 2, 2, 2)),
    Variant("base with SiLU", *BASE, with_silu),
    Variant("base normalised over channels", *BASE, with_channel_norm),
    Variant("plain UNet, width 32, depth 4", 32, (64, 128, 256, 512), (2, 2, 2, 2), Plain),
    Variant("four pixels as one, down to a sixteenth: 32, 64-128-192", 32, (64, 128, 192), (2, 2, 1), cell=2),
)


def train_variant(variant, source, chips, schedule, folder):
    """The averaged network after the given steps, from nothing, on the same batches for all."""
    network, template = variant.network(), new_network(Architecture(), source)
    network.input.load_state_dict(template.input.state_dict())
    training_state = create_training_state(network, schedule, CPU)
    held_out = [chip for chip in chips if chip.held_out]
    train(training_state, source, held_out, schedule, folder)
    restore_best(training_state, folder)
    return training_state.average


def score_network(network, chips, labelled):
    """Agreement with the teacher on held-out and on trained places, accuracy on reference labels."""
    held_out = [chip for chip in chips if chip.held_out]
    total = score_agreement(network, held_out, CPU)
    sites = defaultdict(list)
    for chip in held_out:
        sites[chip.site].append(chip)
    by_site = [score_agreement(network, members, CPU).overall for members in sites.values()]
    training_site_agreement = score_agreement(network, [chip for chip in chips if not chip.held_out], CPU).overall
    return {
        "heldout_loss": f"{total.loss:.3f}",
        "heldout": f"{total.overall:.3f}",
        "heldout_sure": f"{total.sure:.3f}",
        "mean_of_places": f"{np.mean(by_site):.3f}",
        "trained_places": f"{training_site_agreement:.3f}",
        "reference": f"{reference_accuracy(network, labelled):.3f}",
    }


def reference_accuracy(network, labelled):
    """Share of the land pixels of all reference sets that are correct; water alone and products left out."""
    hits = total = 0
    for item in labelled:
        if not item.has_land_labels:
            continue
        prediction, land = predict_by_network(network, item.chip), item.land
        hits += int((prediction.codes == land)[land > 0].sum())
        total += int((land > 0).sum())
    return hits / total


def kmac_per_px(network):
    """Multiplications of all convolutions per pixel of the input, counted while one chip passes."""
    counted, side = [], 128

    def count(layer, _inputs, output):
        size = layer.kernel_size[0] * layer.kernel_size[1]
        if isinstance(layer, nn.ConvTranspose2d):
            size = 1
        counted.append(layer.in_channels * layer.out_channels * size * output.shape[-1] * output.shape[-2])

    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    with torch.inference_mode():
        network(torch.rand(1, 6, side, side))
    for hook in hooks:
        hook.remove()
    return sum(counted) / side**2 / 1000


def measure_speeds(variants, size, repeats):
    """Mpx/s in single precision, and in bf16 where the processor has it, of each; best of some turns."""
    chip = torch.from_numpy(benchmark_chip(size))[None].to(memory_format=torch.channels_last)
    networks = {}
    for variant in variants:
        network = variant.network().eval()
        foldable = variant.build in (UNet, with_silu)
        networks[variant.name] = channels_last(fold_batch_norms(network) if foldable else network, CPU)
    best = defaultdict(lambda: float("inf"))
    for _ in range(repeats):
        for name, network in networks.items():
            for half in (False, True) if cpu_has_bf16() else (False,):
                started = time.perf_counter()
                with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                    network(chip)
                best[name, half] = min(best[name, half], time.perf_counter() - started)
    return {key: size**2 / 1e6 / seconds for key, seconds in best.items()}


def compare(variants, data, cache, steps):
    """Train and score each; one row per architecture."""
    threads = torch.get_num_threads()
    source = BatchSource(open_store(cache / "samples"), 16, 20, mixture=NOTHING_NEW)
    chips = [chip for chip in read_chips(data) if not chip.is_cloudy]
    labelled = read_labelled_sets(data)
    schedule = Schedule(steps=steps, average_decay=0.995, validate_every=steps, checkpoint_every=steps)
    rows = []
    for variant in variants:
        torch.set_num_threads(threads)
        network = train_variant(variant, source, chips, schedule, cache / "compare" / f"{VARIANTS.index(variant):02d}")
        row = {"architecture": variant.name, "kmac_per_px": f"{kmac_per_px(network):.1f}"}
        row["parameters"] = f"{sum(part.numel() for part in network.parameters()) / 1000:.0f} k"
        rows.append(row | score_network(network, chips, labelled))
        logging.getLogger(__name__).info("%s", rows[-1])
    torch.set_num_threads(threads)
    return rows


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, help="folder with chips and labels; without it speeds alone are measured")
    options.add_argument("--cache", type=Path, help="of the training, with its samples")
    options.add_argument("--out", type=Path, help="CSV to write")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--only", type=int, nargs="+", help="numbers of the architectures, from 0")
    args = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    variants = [VARIANTS[number] for number in (args.only or range(len(VARIANTS)))]
    rows = [{"architecture": variant.name} for variant in variants]
    if args.data:
        rows = compare(variants, args.data, args.cache, args.steps)
    speed = measure_speeds(variants, 512, 7)
    by_name = {row["architecture"]: row for row in rows}
    for (name, half), value in speed.items():
        by_name[name]["bf16_mpx_s" if half else "fp32_mpx_s"] = f"{value:.2f}"
    with args.out.open("w", newline="") if args.out else nullcontext(sys.stdout) as stream:
        writer = csv.DictWriter(stream, FIELDS)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
