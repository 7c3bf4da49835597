"""The optional groups of the engine's packages: what own classes, encoders and clusters need beyond the engine."""

from __future__ import annotations

from importlib.util import find_spec

from .errors import PartsMissing
from .messages import message, translatable

LEARN = "learn"
ENCODERS = "encoders"
CLUSTER = "cluster"

PART_PACKAGES: dict[str, tuple[str, ...]] = {
    LEARN: ("sklearn", "shap", "spyndex", "pyarrow", "onnx", "onnxruntime"),
    ENCODERS: ("segmentation_models_pytorch",),
    CLUSTER: ("dask", "distributed", "boto3", "cryptography"),
}
"""Names under which the packages of each group are imported; the groups are those of `pyproject.toml`."""

_NOT_INSTALLED = {
    LEARN: translatable("The parts for own classes are not installed."),
    ENCODERS: translatable("The exchangeable encoders are not installed."),
    CLUSTER: translatable("The packages for Dask and object stores are not installed."),
}
_NEXT_STEP = {
    CLUSTER: translatable(
        "Run allpa:installparts in QGIS with the group 'cluster', or install allpa-engine[cluster] by pip; then run "
        "again."
    )
}
"""Where it is not the advice of the error's class."""


def missing_packages(group: str) -> tuple[str, ...]:
    """The packages of a group that this Python does not have.

    Parameters
    ----------
    group : a key of `PART_PACKAGES`.

    Returns
    -------
    Names under which they are imported; nothing is imported to find out.

    """
    return tuple(name for name in PART_PACKAGES[group] if find_spec(name) is None)


def require_parts(group: str, *packages: str) -> None:
    """Refuse early where optional packages are missing; call it before they are imported.

    Parameters
    ----------
    group : a key of `PART_PACKAGES`.
    *packages : those that the caller imports; none for all of the group. A step that works without
        `shap`, which not every system has, names what it needs.

    Raises
    ------
    PartsMissing : with the names of what is missing, and how it is installed.

    Examples
    --------
    >>> require_parts("learn", "pyarrow")

    """
    missing = [name for name in missing_packages(group) if not packages or name in packages]
    if missing:
        raise PartsMissing(
            message(_NOT_INSTALLED[group]),
            message("Missing: {names}.", names=", ".join(missing)),
            message(_NEXT_STEP.get(group, "")),
        )
