"""Speed of the network alone, warm, beside other ways to classify the same pixels; prints Mpx/s and ratios.

    python tools/bench/network_speed.py [--teacher DATA/teacher] [--threads 2] [--size 512]

Runs one after another in turns and takes each one's best, so that other programs on the machine disturb all alike.
The random forest needs scikit-learn; the teacher needs its weights. What is not there is left out.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))

from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.precision import benchmark_chip


class PlainUNet(nn.Module):
    """The UNet of Ronneberger et al. 2015 with batch normalisation: width 32, depth 4, two convolutions per level."""

    def __init__(self, width=32, depth=4, bands=6, classes=10):
        super().__init__()
        sizes = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList([self.double_conv(a, b) for a, b in zip([bands, *sizes[:-1]], sizes)])
        self.upsample = nn.ModuleList([nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in zip(sizes[:-1], sizes[1:])])
        self.up = nn.ModuleList([self.double_conv(2 * a, a) for a in sizes[:-1]])
        self.head = nn.Conv2d(width, classes, 1)

    @staticmethod
    def double_conv(channels_in, channels_out):
        layers = []
        for a in (channels_in, channels_out):
            layers += [nn.Conv2d(a, channels_out, 3, padding=1), nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers)

    def forward(self, chip):
        skips = []
        for level, block in enumerate(self.down):
            chip = block(chip if level == 0 else nn.functional.max_pool2d(chip, 2))
            skips.append(chip)
        for level in reversed(range(len(self.up))):
            chip = self.up[level](torch.cat([skips[level], self.upsample[level](chip)], dim=1))
        return self.head(chip)


def torch_runner(network, bands, size, *, channels_last):
    network = network.eval()
    chip = torch.from_numpy(np.resize(benchmark_chip(size), (bands, size, size)))[None].contiguous()
    if channels_last:
        network, chip = network.to(memory_format=torch.channels_last), chip.to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            network(chip)

    return run, size * size


def forest_runner(classifier, threads, size):
    from sklearn.ensemble import RandomForestClassifier

    sample = benchmark_chip(256)
    pixels, labels = sample.reshape(6, -1).T, classifier.probabilities(sample).argmax(axis=0).ravel()
    forest = RandomForestClassifier(100, n_jobs=threads, random_state=0).fit(pixels[::4], labels[::4])
    chip = benchmark_chip(size).reshape(6, -1).T
    return (lambda: forest.predict(chip)), len(chip)


def find_runners(threads, size, teacher_folder):
    classifier = load_classifier(device="cpu", threads=threads)
    chip = benchmark_chip(size)
    runners = {f"Allpa, fastest chosen ({classifier.precision})": (lambda: classifier.probabilities(chip), size * size)}
    runners["Allpa fp32, not folded"] = torch_runner(
        load_model(bundled_model_path()).network, 6, size, channels_last=True
    )
    runners["plain UNet w32 d4, fp32"] = torch_runner(PlainUNet(), 6, size, channels_last=False)
    runners["plain UNet w32 d4, fp32 channels last"] = torch_runner(PlainUNet(), 6, size, channels_last=True)
    if teacher_folder and teacher_folder.is_dir():
        from training.teacher import load_teacher

        runners["teacher, fp32"] = torch_runner(load_teacher(teacher_folder), 9, size, channels_last=True)
    try:
        runners["random forest of 100 trees"] = forest_runner(classifier, threads, size // 2)
    except ImportError:
        sys.stderr.write("scikit-learn is not installed: no random forest\n")
    return runners


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--teacher", type=Path)
    options.add_argument("--threads", type=int, default=torch.get_num_threads())
    options.add_argument("--size", type=int, default=512)
    options.add_argument("--turns", type=int, default=5)
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    runners = find_runners(args.threads, args.size, args.teacher)
    best = dict.fromkeys(runners, float("inf"))
    for run, _ in runners.values():
        run()
    for _ in range(args.turns):
        for name, (run, pixels) in runners.items():
            started = time.perf_counter()
            run()
            best[name] = min(best[name], (time.perf_counter() - started) / pixels)
    ours = best[next(iter(best))]
    print(f"{args.threads} threads, chips of {args.size} px, best of {args.turns} turns")
    for name, seconds in best.items():
        print(f"{name:40s} {1e-6 / seconds:7.2f} Mpx/s   Allpa is {seconds / ours:5.1f} times as fast")


if __name__ == "__main__":
    main()
