"""The objective: cross-entropy to soft targets, weighted by the inverse logarithm of each class's share.

Class weights as in Karra et al. 2021 in the form of Paszke et al. 2016 (ENet), 1 / ln(1.02 + share), scaled to mean 1
over the pixels. A pixel's weight is its target's mean of the class weights, so that the best answer stays the target.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

_ENET_CONSTANT = 1.02
_MAX_WEIGHT = 6.0


def class_weights(share: npt.NDArray[np.float64]) -> Tensor:
    """`(10,)` shares of the classes, sum 1 -> `(10,)` float32 weights whose mean over the pixels is 1."""
    weights = 1 / np.log(_ENET_CONSTANT + share)
    weights /= (weights * share).sum()
    return torch.from_numpy(np.minimum(weights, _MAX_WEIGHT).astype(np.float32))


def pixel_weights(target: Tensor, weight: Tensor, classes: Tensor) -> Tensor:
    """`(n, 10, y, x)` targets, `(n, y, x)` weights, `(10,)` class weights -> `(n, y, x)`; 0 = no label."""
    return weight * torch.einsum("ncyx,c->nyx", target, classes)


def weighted_cross_entropy(logits: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Sum over pixels of weight x cross-entropy, nats; logits and target `(n, 10, y, x)`, weights `(n, y, x)`."""
    log_probabilities = functional.log_softmax(logits.float(), dim=1)
    return -((target * log_probabilities).sum(dim=1) * weights).sum()
