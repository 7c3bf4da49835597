"""The optional groups of the engine's packages: what own classes need beyond maps with the bundled network."""

from __future__ import annotations

from importlib.util import find_spec

from .errors import PartsMissing
from .messages import message, translatable

LEARN = "learn"
ENCODERS = "encoders"

PART_PACKAGES: dict[str, tuple[str, ...]] = {
    LEARN: ("sklearn", "shap", "spyndex", "pyarrow", "onnx", "onnxruntime"),
    ENCODERS: ("segmentation_models_pytorch",),
}
"""Names under which the packages of each group are imported; the groups are those of `pyproject.toml`."""

_NOT_INSTALLED = {
    LEARN: translatable("The parts for own classes are not installed."),
    ENCODERS: translatable("The exchangeable encoders are not installed."),
}


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
        raise PartsMissing(message(_NOT_INSTALLED[group]), message("Missing: {names}.", names=", ".join(missing)))
