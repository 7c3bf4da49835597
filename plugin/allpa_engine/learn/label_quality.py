"""Labels that others contradict: by a forest that has not learnt from their block, and by their nearest neighbours.

The forest's part is confident learning (Northcutt, Jiang & Chuang 2021, J. Artif. Intell. Res. 70: 1373-1411): a label
is suspicious where another class is at least as probable as it usually is for its own labels. Probabilities come from
blocks of land that were left out, so that a wrong label beside others of the same field does not vouch for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.errors import TrainingInvalid
from ..core.messages import message
from ..core.parts import LEARN, require_parts
from .folds import group_folds
from .sample_table import SampleTable
from .separability import label_means

TREES = 100
MOST_ROWS_PER_TREE = 20_000
"""Labels that one tree learns from, and neighbours that are searched: enough to find contradictions, and fast."""
NEIGHBOURS = 15
MIN_MARGIN = 0.2
"""By how much another class must be more probable than the recorded one."""
MOST_ALIKE = 0.2
"""Share of the nearest labels with the recorded class from which on they vouch for it. Without both limits a third
of the labels of classes that are alike were suspicious (grass, scrub and wetland in the highlands of Lesotho)."""
_ASKED = 60
"""Neighbours that are asked for, since those of the same block do not count."""
_MAX_COMPONENTS = 10


@dataclass(frozen=True)
class LabelQuality:
    """What the other labels say of each label; all arrays have one entry per label."""

    samples: NDArray[np.int32]
    """Numbers of the labels."""
    codes: NDArray[np.uint8]
    """Recorded classes."""
    suggested: NDArray[np.uint8]
    """The class that the features suggest; that recorded where it is not suspicious."""
    score: NDArray[np.float32]
    """0 to 1: how much speaks for another class than that recorded."""
    own_probability: NDArray[np.float32]
    """Of the recorded class, by the forest that has not learnt from the label's block."""
    neighbour_share: NDArray[np.float32]
    """Of the nearest labels of other blocks: the share with the recorded class."""
    is_suspicious: NDArray[np.bool_]


def label_quality(table: SampleTable, folds: int = 5, seed: int = 1) -> LabelQuality:
    """Search labels that other labels contradict.

    Parameters
    ----------
    table : before balancing; incomplete rows are left out. The pixels of a label are averaged.
    folds : of blocks.
    seed : of folds and forest.

    Returns
    -------
    A value for each label; of labels that several scenes show, the mean over the scenes.

    Raises
    ------
    TrainingInvalid : where all labels lie in one block.
    PartsMissing : where scikit-learn is not installed.

    """
    require_parts(LEARN, "sklearn")
    features, codes, samples, blocks = _labels(table)
    if len(np.unique(codes)) < 2:
        raise TrainingInvalid(message("All labels have one class."), message("Nothing can contradict them."))
    present, target = np.unique(codes, return_inverse=True)
    probability = _out_of_fold(features, target, blocks, codes, folds, seed, len(present))
    share = _neighbour_shares(features, target, blocks, len(present), seed)
    of_label, first, number = np.unique(samples, return_index=True, return_inverse=True)
    counts = np.bincount(number)[:, None]
    sums = np.zeros((2, len(of_label), len(present)))
    for part, values in enumerate((probability, share)):
        np.add.at(sums[part], number, values)
    probability, share = sums / counts
    target = target[first]
    return _judged(of_label, present, target, probability, share)


def _labels(
    table: SampleTable,
) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int32], NDArray[np.int32]]:
    """Mean features, class, number and block of each label in each source."""
    rows = np.flatnonzero(table.is_complete)
    keys = table.samples[rows].astype(np.int64) * (len(table.source_names) + 1) + table.sources[rows]
    _, first = np.unique(keys, return_index=True)
    features, codes = label_means(table)
    return features, codes, table.samples[rows[first]], table.blocks[rows[first]]


def _out_of_fold(
    features: NDArray[np.float64],
    target: NDArray[np.intp],
    blocks: NDArray[np.int32],
    codes: NDArray[np.uint8],
    folds: int,
    seed: int,
    classes: int,
) -> NDArray[np.float64]:
    """Probabilities `(label, class)` by forests that have not learnt from the label's fold."""
    from sklearn.ensemble import RandomForestClassifier

    probability = np.zeros((len(features), classes))
    for learnt, tested in group_folds(blocks, codes, folds, seed).splits():
        limit = MOST_ROWS_PER_TREE if len(learnt) > MOST_ROWS_PER_TREE else None
        forest = RandomForestClassifier(
            TREES, max_samples=limit, min_samples_leaf=2, class_weight="balanced", n_jobs=-1, random_state=seed
        )
        forest.fit(features[learnt], target[learnt])
        probability[np.ix_(tested, forest.classes_)] = forest.predict_proba(features[tested])
    return probability


def _neighbour_shares(
    features: NDArray[np.float64], target: NDArray[np.intp], blocks: NDArray[np.int32], classes: int, seed: int
) -> NDArray[np.float64]:
    """Shares `(label, class)` of the classes among the nearest labels of other blocks."""
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    deviation = features.std(axis=0)
    scaled = (features - features.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
    parts = PCA(min(_MAX_COMPONENTS, *scaled.shape), random_state=seed).fit_transform(scaled)
    random = np.random.default_rng(seed)
    asked = np.arange(len(parts))
    if len(parts) > MOST_ROWS_PER_TREE:
        drawn = random.choice(len(parts), MOST_ROWS_PER_TREE, replace=False)  # nosec B311 - a sample, no secret
        asked = np.sort(drawn)
    count = min(_ASKED, len(asked))
    nearest = asked[NearestNeighbors(n_neighbors=count).fit(parts[asked]).kneighbors(parts, return_distance=False)]
    foreign = blocks[nearest] != blocks[:, None]
    rank = np.cumsum(foreign, axis=1)
    counted = foreign & (rank <= NEIGHBOURS)
    shares = np.zeros((len(parts), classes))
    for number in range(classes):
        shares[:, number] = ((target[nearest] == number) & counted).sum(axis=1)
    shares /= np.maximum(counted.sum(axis=1), 1)[:, None]
    return shares


def _judged(
    samples: NDArray[np.int32],
    present: NDArray[np.uint8],
    target: NDArray[np.intp],
    probability: NDArray[np.float64],
    share: NDArray[np.float64],
) -> LabelQuality:
    rows = np.arange(len(target))
    own = probability[rows, target]
    usual = np.array([own[target == number].mean() for number in range(len(present))])
    confident = np.where(probability >= usual, probability, -1.0)
    suggested = confident.argmax(axis=1)
    rival = probability.copy()
    rival[rows, target] = -1.0
    margin = rival.max(axis=1) - own
    contradicted = (confident[rows, suggested] >= 0) & (suggested != target)
    suspicious = contradicted & (margin > MIN_MARGIN) & (share[rows, target] < MOST_ALIKE)
    suggested = np.where(suspicious, suggested, target)
    score = ((margin + 1) / 2 + 1 - share[rows, target]) / 2
    return LabelQuality(
        samples,
        present[target],
        present[suggested],
        score.astype(np.float32),
        own.astype(np.float32),
        share[rows, target].astype(np.float32),
        suspicious,
    )
