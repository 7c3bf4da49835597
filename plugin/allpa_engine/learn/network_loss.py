"""The objective of a network's training: cross-entropy weighted by the inverse logarithm of each class's share.

Class weights as in Karra et al. 2021 in the form of Paszke et al. 2016 (ENet), 1 / ln(1.02 + share), scaled to mean 1
over the labelled pixels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from .network_chips import IGNORED

_ENET_CONSTANT = 1.02
_MAX_WEIGHT = 6.0


def class_weights(share: npt.NDArray[np.float64]) -> Tensor:
    """Weights of the classes by their shares.

    Parameters
    ----------
    share : `(class,)`, sum 1.

    Returns
    -------
    `(class,)` float32, at most 6, whose mean over the pixels is 1 where none is cut off.

    Examples
    --------
    >>> class_weights(np.array([0.5, 0.5])).tolist()
    [1.0, 1.0]

    """
    weights = 1 / np.log(_ENET_CONSTANT + share)
    weights /= (weights * share).sum()
    return torch.from_numpy(np.minimum(weights, _MAX_WEIGHT).astype(np.float32))


def sparse_cross_entropy(logits: Tensor, channels: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean over the labelled pixels of a batch; 0 where there is none.

    Parameters
    ----------
    logits : `(n, class, y, x)`.
    channels : `(n, y, x)` int64, `IGNORED` for pixels without label.
    weights : `(class,)`.

    Returns
    -------
    Cross-entropy in nats, a number.

    """
    summed = functional.cross_entropy(logits.float(), channels, weights, ignore_index=IGNORED, reduction="sum")
    known = channels != IGNORED
    total = weights[channels[known]].sum()
    return summed / total.clamp_min(torch.finfo(torch.float32).tiny) if known.any() else summed
