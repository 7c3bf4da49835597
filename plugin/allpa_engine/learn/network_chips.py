"""Chips to train networks: pieces of scenes or features with the classes of some of their pixels.

The chips of a training folder (`chip_files`) are read when they are needed, and as many are kept as fit into a bounded
memory. Codes become channels of the network here, and pixels without data lose their labels.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..core.bands import ALL_BAND_KEYS, BAND_BY_KEY
from ..core.errors import TrainingInvalid
from ..core.legend import Legend, read_legend
from ..core.messages import message
from .chip_files import ChipSet, read_chips
from .sample_table import LEGEND_FILE

FOLDS = 5
"""Into which chips are parted: one is tested, one says when to stop, the others are learnt from."""
IGNORED = 255
"""Channel of pixels without label or without data."""
MAX_KEPT_BYTES = 600_000_000
"""Chips that stay in memory; further ones are read again."""
_REFLECTANCE_KEYS = tuple(key for key in ALL_BAND_KEYS if BAND_BY_KEY[key].is_reflectance)

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class LabelledChip:
    """One chip in memory."""

    values: FloatArray
    """`(band, y, x)` reflectance 0..1; 0 in all bands where one has no data."""
    channels: NDArray[np.uint8]
    """`(y, x)`: the class as channel of the network, `IGNORED` where there is none."""


class ChipFolder:
    """The chips of a training folder, for a network of some bands.

    Parameters
    ----------
    chips : as the folder lists them.
    features : what the network reads, all of them among the bands of the chips.
    legend : of the codes.

    Raises
    ------
    TrainingInvalid : where fewer than two classes are labelled, or one is not in the legend.

    """

    def __init__(self, chips: ChipSet, features: tuple[str, ...], legend: Legend) -> None:
        self.features = features
        """What the network reads, in the order of its input."""
        self.legend = legend
        self._chips = chips
        self._bands = [chips.bands.index(name) for name in features]
        codes = {code for chip in chips.chips for code, count in chip.counts.items() if count > 0}
        _check_codes(codes, legend)
        self.classes: tuple[int, ...] = tuple(sorted(codes))
        """Codes of the classes that are labelled, by channel."""
        self._kept: OrderedDict[int, LabelledChip] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()
        self._channel = np.full(256, IGNORED, np.uint8)
        self._channel[list(self.classes)] = np.arange(len(self.classes))

    def __len__(self) -> int:
        """The number of chips."""
        return len(self._chips.chips)

    @property
    def blocks(self) -> NDArray[np.int64]:
        """`(chip,)` validation block of each chip."""
        return np.array([chip.block for chip in self._chips.chips], np.int64)

    @property
    def counts(self) -> NDArray[np.int64]:
        """`(chip, class)` labelled pixels, by channel."""
        return np.array([[chip.counts.get(code, 0) for code in self.classes] for chip in self._chips.chips], np.int64)

    @property
    def size_px(self) -> int:
        """Side of the chips."""
        return self._chips.size

    @property
    def scope(self) -> str:
        """`scene` where all bands are those of one scene, else `features`."""
        return "scene" if set(self.features) <= set(ALL_BAND_KEYS) else "features"

    def digest(self) -> str:
        """SHA-256, hex, of labels, blocks, bands and sizes of the chips: what a stopped training must find again."""
        total = hashlib.sha256(repr((self.features, self.legend.to_dict())).encode())
        for chip in self._chips.chips:
            image, label = (self._chips.folder / f"{chip.name}{ending}.tif" for ending in ("", "_label"))
            try:
                total.update(f"{chip.name} {image.stat().st_size} {chip.block}".encode())
                total.update(label.read_bytes())
            except OSError as error:
                raise TrainingInvalid(message("The chip {name} cannot be read.", name=chip.name), str(error)) from error
        return total.hexdigest()

    def read(self, index: int) -> LabelledChip:
        """Read a chip; several threads may do so.

        Parameters
        ----------
        index : of the chip, from 0.

        Returns
        -------
        The chip.

        Raises
        ------
        TrainingInvalid : where a file is damaged.

        """
        with self._lock:
            if index not in self._kept:
                self._keep(index, self._read(index))
            self._kept.move_to_end(index)
            return self._kept[index]

    def _read(self, index: int) -> LabelledChip:
        image, codes = self._chips.read(self._chips.chips[index])
        values = image[self._bands]
        has_data = (np.isfinite(values) & (values > 0)).all(axis=0)
        channels = np.where(has_data, self._channel[codes], np.uint8(IGNORED))
        return LabelledChip(np.where(has_data, values, np.float32(0)), channels)

    def _keep(self, index: int, chip: LabelledChip) -> None:
        self._kept[index] = chip
        self._kept_bytes += chip.values.nbytes + chip.channels.nbytes
        while self._kept_bytes > MAX_KEPT_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_bytes -= dropped.values.nbytes + dropped.channels.nbytes


def open_chips(folder: str | Path, features: Sequence[str] = ()) -> ChipFolder:
    """Read which chips a training folder has.

    Parameters
    ----------
    folder : of the training data; it may come from anywhere.
    features : bands that the network reads; none takes all bands of reflectance of the chips.

    Returns
    -------
    The chips.

    Raises
    ------
    TrainingInvalid : where there are no chips, or they are damaged, lack a band, or have fewer than two classes.
    LegendInvalid : where the legend cannot be read.

    """
    chips = read_chips(folder)
    legend = read_legend(Path(folder) / LEGEND_FILE)
    names = tuple(features) or tuple(name for name in chips.bands if base_band(name))
    if missing := [name for name in names if name not in chips.bands]:
        raise TrainingInvalid(
            message("The chips lack bands: {names}.", names=", ".join(missing[:10])),
            message("They have {names}.", names=", ".join(chips.bands[:30])),
            message("Make the training data again with these bands."),
        )
    if not names or (wrong := [name for name in names if not base_band(name)]):
        raise TrainingInvalid(
            message("A network reads bands of reflectance."),
            message("These are others: {names}.", names=", ".join((wrong if names else chips.bands)[:10])),
            message("Choose bands only, or train a forest: it reads indices and terrain too."),
        )
    return ChipFolder(chips, names, legend)


def base_band(feature: str) -> str:
    """The band of reflectance in a feature's name; empty where it is another feature.

    Examples
    --------
    >>> base_band("B08"), base_band("spring_B8A_p90"), base_band("spring_NDVI")
    ('B08', 'B8A', '')

    """
    return next((part for part in feature.split("_") if part in _REFLECTANCE_KEYS), "")


def _check_codes(codes: set[int], legend: Legend) -> None:
    if unknown := sorted(codes - set(legend.codes)):
        raise TrainingInvalid(
            message("The chips have codes that the legend lacks."),
            ", ".join(map(str, unknown[:10])),
            message("Correct the legend."),
        )
    if len(codes) < 2:
        raise TrainingInvalid(
            message("The chips have labels of fewer than two classes."),
            message("Codes found: {codes}.", codes=", ".join(map(str, sorted(codes))) or "none"),
            message("Label pixels of two classes at least, and make the training data again."),
        )
