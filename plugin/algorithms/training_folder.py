"""Folders of training data that an algorithm reads: with a table of samples, or with chips too."""

from __future__ import annotations

from pathlib import Path

from ..allpa_engine.core.errors import TrainingInvalid
from ..translation import tr

SAMPLES_FILE = "samples.json"
CHIPS_FILE = Path("chips") / "chips.json"


def training_folder(path: str) -> Path:
    """A folder of training data, as an absolute path.

    Raises
    ------
    TrainingInvalid : where it holds none.

    """
    if not (Path(path) / SAMPLES_FILE).is_file():
        raise TrainingInvalid(
            tr("This folder holds no training data: {}.").format(path),
            "",
            tr("Choose the folder that 'Training data' wrote."),
        )
    return Path(path).absolute()


def chips_folder(path: str) -> Path:
    """The absolute path of training data with chips.

    Raises
    ------
    TrainingInvalid : where the folder holds none.

    """
    if not (Path(path) / CHIPS_FILE).is_file():
        raise TrainingInvalid(
            tr("This folder holds no training data with chips: {}.").format(path),
            "",
            tr("Make training data with a size of chips above 0, and choose their folder."),
        )
    return Path(path).absolute()
