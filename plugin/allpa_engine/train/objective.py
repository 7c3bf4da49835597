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
_LARGEST_WEIGHT = 6.0


def class_weights(share: npt.NDArray[np.float64]) -> Tensor:
    """`(10,)` shares of the classes, sum 1 -> `(10,)` float32 weights whose mean over the pixels is 1."""
    weights = 1 / np.log(_ENET_CONSTANT + share)
    weights /= (weights * share).sum()
    return torch.from_numpy(np.minimum(weights, _LARGEST_WEIGHT).astype(np.float32))


def soft_cross_entropy(logits: Tensor, target: Tensor, weight: Tensor, classes: Tensor) -> Tensor:
    """Weighted mean over labelled pixels.

    Parameters
    ----------
    logits, target : `(n, 10, y, x)`. weight : `(n, y, x)`, 0 = no label. classes : `(10,)` class weights.
    """
    log_probabilities = functional.log_softmax(logits.float(), dim=1)
    per_pixel = -(target * log_probabilities).sum(dim=1)
    pixel_weight = weight * torch.einsum("ncyx,c->nyx", target, classes)
    return (per_pixel * pixel_weight).sum() / pixel_weight.sum().clamp(min=1.0)
