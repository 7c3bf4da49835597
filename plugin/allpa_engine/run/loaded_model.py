"""The model of a job: of single pixels or a network, loaded once for several jobs of one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..classify.model_folder import FEATURE_KINDS, is_model_folder, read_model_folder
from ..core.job import Job

if TYPE_CHECKING:  # PyTorch takes a second to import, and only jobs that classify need it
    from ..classify.classifier import Classifier
    from ..learn.scene_model import SceneFeatureModel

SceneModel: TypeAlias = "Classifier | SceneFeatureModel"
_Fingerprint = tuple[tuple[str, int, int, int], ...]


class _LastNetwork:
    """The network that was loaded last, with what it was loaded of."""

    def __init__(self) -> None:
        self.key: tuple[object, ...] | None = None
        self.network: Classifier | None = None


_LAST = _LastNetwork()


def load_model(job: Job) -> SceneModel:
    """The job's model: of single pixels where its folder says so, else a network.

    A process that serves several jobs loads a network once for as long as its files, device, threads, precision
    and back end stay the same; it is checked again where one of them changes.

    Parameters
    ----------
    job : its keys `model`, `device`, `threads`, `precision` and `backend` are read.

    Returns
    -------
    The model, ready to classify scenes.

    Raises
    ------
    ModelInvalid : where it is missing, damaged or of another kind.
    JobInvalid : where there is no such device, or it cannot compute in that precision.

    """
    if job.model and is_model_folder(job.model) and read_model_folder(job.model).kind in FEATURE_KINDS:
        from ..learn.scene_model import load_scene_model

        return load_scene_model(job.model, job.threads)
    return load_network_of(job)


def load_network_of(job: Job) -> Classifier:
    """The job's network, of single scenes or of seasonal features; see `load_model`."""
    from ..classify.inference import load_classifier
    from ..classify.network_weights import bundled_model_path

    path = Path(job.model) if job.model else bundled_model_path()
    key = (_fingerprint(path), job.device, job.threads, job.precision, job.backend)
    if _LAST.network is None or _LAST.key != key:
        _LAST.key = _LAST.network = None  # the old one's memory goes before the new one comes
        network = load_classifier(job.model or None, job.device, job.threads, job.precision, job.backend)
        _LAST.key, _LAST.network = key, network
    return _LAST.network


def _fingerprint(path: Path) -> _Fingerprint:
    """Path, size, time of change and number of a file, or of each file of a folder; empty where nothing is there."""
    try:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        facts = [(file, file.stat()) for file in files]
    except OSError:
        return ()
    return tuple((str(file), fact.st_size, fact.st_mtime_ns, fact.st_ino) for file, fact in facts)
