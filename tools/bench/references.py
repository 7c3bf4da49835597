"""Other ways to classify the same pixels, to compare with."""

import torch
from allpa_engine.classify.precision import benchmark_chip
from torch import nn


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


def forest_runner(classifier, threads, size):
    from sklearn.ensemble import RandomForestClassifier

    sample = benchmark_chip(256)
    pixels, labels = sample.reshape(6, -1).T, classifier.probabilities(sample).argmax(axis=0).ravel()
    forest = RandomForestClassifier(100, n_jobs=threads, random_state=0).fit(pixels[::4], labels[::4])
    chip = benchmark_chip(size).reshape(6, -1).T
    return (lambda: forest.predict(chip)), len(chip)
