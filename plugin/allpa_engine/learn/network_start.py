"""The network that a training starts from: a trained one for other bands and classes, or one of random numbers.

Nothing that the trained network knows is thrown away: the weights of bands that both read stay, further bands begin
with weights of zero, so that at the start they change nothing. Classes that both have keep their row of the last layer;
new ones get the mean of the rows that the trained network gives their pixels, and a regression on its own features
fits all. In it a class weighs as the square root of its share of the labelled pixels: with equal weights rare classes
win too often, and by pixels alone they are lost (`docs/learn_network.md`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ..classify.architecture import LOG_GAIN, Architecture
from ..classify.encoder_network import EncoderNetwork, EncoderStructure
from ..classify.network_folder import Network, SavedNetwork
from ..classify.unet import UNet
from ..core.errors import JobInvalid
from ..core.legend import LandClass, Legend
from ..core.messages import message
from .network_chips import IGNORED, ChipFolder, base_band
from .network_scores import predict_features

_STATISTICS_CHIPS = 200
_MIN_DEVIATION = 1e-3
_PIXELS_PER_CLASS = 2000
_CHIPS_FOR_HEAD = 400
_REGRESSION_STEPS = 60
_PULL = 0.01
"""Weight of the squared distance from the first rows, which keeps classes with few pixels where they were."""
_LANGUAGES = ("en", "es")


def new_network(
    structure: Architecture | EncoderStructure, chips: ChipFolder, seed: int, *, pretrained: bool
) -> Network:
    """A network of random weights whose input is scaled by the chips.

    Parameters
    ----------
    structure : of Allpa's UNet, or of one with an encoder.
    chips : that it will learn from.
    seed : of the random numbers.
    pretrained : whether the encoder's weights of ImageNet are downloaded.

    Returns
    -------
    The network.

    Raises
    ------
    ModelInvalid : where the encoder cannot be used.
    PartsMissing : where its package is not installed.

    """
    torch.manual_seed(seed)
    network = empty_network(structure, chips, pretrained=pretrained)
    mean, deviation = band_statistics(chips)
    network.input.mean.copy_(mean.view(1, -1, 1, 1))
    network.input.scale.copy_(1 / deviation.view(1, -1, 1, 1))
    return network


def empty_network(
    structure: Architecture | EncoderStructure, chips: ChipFolder, *, pretrained: bool = False
) -> Network:
    """A network for the bands and classes of some chips that knows neither their values nor a trained network.

    Parameters
    ----------
    structure : of Allpa's UNet, or of one with an encoder.
    chips : whose bands and classes it has.
    pretrained : whether the encoder's weights of ImageNet are downloaded.

    Returns
    -------
    The network, of random weights.

    Raises
    ------
    ModelInvalid, PartsMissing : where the encoder cannot be used.

    """
    bands, classes = len(chips.features), len(chips.classes)
    if isinstance(structure, Architecture):
        return UNet(structure, bands, classes)
    return EncoderNetwork(structure, bands, classes, pretrained=pretrained)


def band_statistics(chips: ChipFolder) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of log(1 + 50 r) of each band, over pixels with data of up to 200 chips."""
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(chips))[:_STATISTICS_CHIPS]
    sums, squares, count = np.zeros(len(chips.features)), np.zeros(len(chips.features)), 0
    for index in chosen.tolist():
        values = chips.read(index).values
        logarithm = np.log1p(values[:, (values > 0).any(axis=0)].astype(np.float64) * LOG_GAIN)
        sums += logarithm.sum(axis=1)
        squares += (logarithm**2).sum(axis=1)
        count += logarithm.shape[1]
    mean = sums / max(count, 1)
    deviation = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, _MIN_DEVIATION**2))
    return torch.from_numpy(mean).float(), torch.from_numpy(deviation).float()


def further_network(
    start: SavedNetwork, chips: ChipFolder, training: NDArray[np.intp], seed: int, report: Callable[[int, int], None]
) -> Network:
    """A trained network for the bands and classes of some chips.

    Parameters
    ----------
    start : the trained network.
    chips : that it will learn from.
    training : positions of the chips from whose labels new classes are fitted.
    seed : of the pixels that are drawn.
    report : gets the chips that are done and all, and may raise Cancelled.

    Returns
    -------
    A new network; `start` stays as it is.

    Raises
    ------
    JobInvalid : where an encoder's network would have to read other bands, or no band is known.

    """
    if start.legend.to_dict() == chips.legend.to_dict() and start.classes == chips.classes:
        return adapted_network(start, chips)
    network = _with_bands(start, chips, len(chips.classes))
    old_head = start.network.head
    if old_head.out_channels != len(start.classes):  # blocks of pixels share a feature: no regression by pixel
        return network.eval()
    features, channels = _labelled_features(network.eval(), chips, training, seed, report)
    weight, bias = first_rows(old_head, same_classes(start, chips), features, channels, len(chips.classes))
    weight, bias = fit_rows(weight, bias, features, channels, chips.counts[training].sum(axis=0))
    with torch.no_grad():
        network.head.weight.copy_(weight.view_as(network.head.weight))
        network.head.get_parameter("bias").copy_(bias)
    return network


def adapted_network(start: SavedNetwork, chips: ChipFolder) -> Network:
    """A trained network that reads the bands of some chips and gives its own classes.

    Parameters
    ----------
    start : the trained network.
    chips : whose bands are read.

    Returns
    -------
    A new network in evaluation mode.

    Raises
    ------
    JobInvalid : where an encoder's network would have to read other bands, or no band is known.

    """
    network = _with_bands(start, chips, len(start.classes))
    network.load_state_dict({**network.state_dict(), **_head_state(start.network)})
    return network.eval()


def _head_state(network: Network) -> dict[str, Tensor]:
    return {f"head.{name}": value for name, value in network.head.state_dict().items()}


def _with_bands(start: SavedNetwork, chips: ChipFolder, classes: int) -> Network:
    """A copy of the trained network with a first layer for the chips' bands, and a last layer of random numbers."""
    trained = start.network
    torch.manual_seed(0)
    if isinstance(trained, EncoderNetwork):
        if start.features != chips.features:
            raise JobInvalid(
                message("A network with this encoder can only be trained further with the bands that it reads."),
                message("It reads {bands}.", bands=", ".join(start.features)),
                message("Choose these bands, or start from the bundled network or from nothing."),
            )
        network: Network = EncoderNetwork(trained.architecture, len(start.features), classes)
        kept = {name: value for name, value in trained.state_dict().items() if not name.startswith("head.")}
        network.load_state_dict({**network.state_dict(), **kept})
        return network
    network = UNet(trained.architecture, len(chips.features), classes)
    kept = {
        name: value
        for name, value in trained.state_dict().items()
        if not name.startswith(("head.", "input.", "full.0."))
    }
    network.load_state_dict({**network.state_dict(), **kept, **_first_layer(start, chips)})
    return network


def _first_layer(start: SavedNetwork, chips: ChipFolder) -> dict[str, Tensor]:
    """Scaling and first convolution: known bands keep theirs, shared among seasons of a band; others begin at zero."""
    state = start.network.state_dict()
    sources = [_source_band(feature, start.features) for feature in chips.features]
    if all(source is None for source in sources):
        raise JobInvalid(
            message("The network to start from reads none of the bands of the chips."),
            message("It reads {bands}.", bands=", ".join(start.features)),
            message("Start from nothing, or make the training data again with these bands."),
        )
    mean, deviation = band_statistics(chips)
    scale = 1 / deviation
    old = state["full.0.weight"]
    cells = old.shape[1] // len(start.features)
    weight = old.new_zeros(old.shape[0], len(chips.features), cells, *old.shape[2:])
    by_band = old.view(old.shape[0], len(start.features), cells, *old.shape[2:])
    for position, source in enumerate(sources):
        if source is not None:
            weight[:, position] = by_band[:, source] / sources.count(source)
            mean[position] = state["input.mean"][0, source, 0, 0]
            scale[position] = state["input.scale"][0, source, 0, 0]
    return {
        "full.0.weight": weight.flatten(1, 2),
        "input.mean": mean.view(1, -1, 1, 1),
        "input.scale": scale.view(1, -1, 1, 1),
    }


def _source_band(feature: str, known: tuple[str, ...]) -> int | None:
    """Position of the feature itself, or else of its band, among what the trained network reads."""
    names = (feature, base_band(feature))
    return next((known.index(name) for name in names if name in known), None)


def same_classes(start: SavedNetwork, chips: ChipFolder) -> list[int | None]:
    """For each class of the chips, the channel of the trained network with a class of the same name, if any.

    Parameters
    ----------
    start : the trained network.
    chips : with classes of their own.

    Returns
    -------
    A channel or None for each class; names are compared in English and Spanish.

    """
    old = [_names(start.legend, code) for code in start.classes]
    return [
        next((number for number, names in enumerate(old) if names & _names(chips.legend, code)), None)
        for code in chips.classes
    ]


def _names(legend: Legend, code: int) -> set[str]:
    land: LandClass = legend.by_code[code]
    return {land.name.casefold()} | {land.label(language).casefold() for language in _LANGUAGES}


def _labelled_features(
    network: Network, chips: ChipFolder, training: NDArray[np.intp], seed: int, report: Callable[[int, int], None]
) -> tuple[Tensor, Tensor]:
    """Features `(n, channel)` and classes `(n,)` of up to 2,000 labelled pixels per class."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(training)[:_CHIPS_FOR_HEAD]
    totals = np.maximum(chips.counts[chosen].sum(axis=0), 1)
    share = np.minimum(1.0, _PIXELS_PER_CLASS / totals)
    features, channels = [], []
    for done, index in enumerate(chosen.tolist()):
        report(done, len(chosen))
        chip = chips.read(index)
        known = np.flatnonzero(chip.channels.ravel() != IGNORED)
        known = known[rng.random(len(known)) < share[chip.channels.ravel()[known]]]
        if not len(known):
            continue
        answer = predict_features(network, chip.values, torch.device("cpu"))
        features.append(torch.from_numpy(answer.reshape(len(answer), -1)[:, known].T.copy()))
        channels.append(torch.from_numpy(chip.channels.ravel()[known].astype(np.int64)))
    return torch.cat(features), torch.cat(channels)


def first_rows(
    head: nn.Conv2d, matches: list[int | None], features: Tensor, channels: Tensor, class_count: int
) -> tuple[Tensor, Tensor]:
    """Rows of the last layer before the regression.

    Parameters
    ----------
    head : of the trained network, 1 x 1.
    matches : for each new class the channel of the same class there, or None.
    features : `(n, channel)` of labelled pixels.
    channels : `(n,)` their new classes.
    class_count : of the new classes.

    Returns
    -------
    Weights `(class, channel)` and biases `(class,)`: the row of the same class, or else the mean of the rows weighted
    by the probabilities that the trained network gives the class's pixels.

    """
    old_weight, old_bias = head.weight.detach().flatten(1), head.get_parameter("bias").detach()
    probabilities = torch.softmax(features @ old_weight.T + old_bias, dim=1)
    weight, bias = old_weight.new_zeros(class_count, old_weight.shape[1]), old_bias.new_zeros(class_count)
    for number, match in enumerate(matches):
        members = channels == number
        if match is not None:
            weight[number], bias[number] = old_weight[match], old_bias[match]
        elif members.any():
            mean = probabilities[members].mean(dim=0)
            weight[number], bias[number] = mean @ old_weight, mean @ old_bias
    return weight, bias


def fit_rows(
    weight: Tensor, bias: Tensor, features: Tensor, channels: Tensor, pixels: NDArray[np.int64]
) -> tuple[Tensor, Tensor]:
    """Multinomial regression of the classes on the features, pulled towards the rows that are given.

    A class weighs as the square root of its share of the labelled pixels, whatever number of them was drawn.

    Parameters
    ----------
    weight, bias : first rows, `(class, channel)` and `(class,)`.
    features : `(n, channel)`.
    channels : `(n,)` class of each.
    pixels : `(class,)` labelled pixels of each class, of which the features are a draw.

    Returns
    -------
    The fitted rows.

    """
    counts = torch.bincount(channels, minlength=len(bias)).float()
    class_weight = torch.where(counts > 0, torch.from_numpy(np.sqrt(pixels)).float() / counts.clamp_min(1), 0.0)
    class_weight *= len(channels) / (class_weight * counts).sum()
    fitted = [value.clone().requires_grad_() for value in (weight, bias)]
    optimiser = torch.optim.LBFGS(fitted, max_iter=_REGRESSION_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(features @ fitted[0].T + fitted[1], channels, class_weight)
        loss = loss + _PULL * ((fitted[0] - weight).square().sum() + (fitted[1] - bias).square().sum())
        loss.backward()  # type: ignore[no-untyped-call]  # stub
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]  # stub
    return fitted[0].detach(), fitted[1].detach()
