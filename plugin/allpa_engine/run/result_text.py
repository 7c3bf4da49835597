"""A job's result as people read it in a terminal: tables, figures with their units, notes, and files at the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core.messages import format_area, format_digits, format_number, format_share, message, translatable, translate

_LABELS = {
    "after_ha": translatable("after"),
    "agreement_after": translatable("agreement at left-out corrections, after"),
    "agreement_before": translatable("agreement at left-out corrections, before"),
    "area_ha": translatable("area"),
    "balanced_rows": translatable("balanced rows"),
    "bands": translatable("bands"),
    "before_ha": translatable("before"),
    "block_size_m": translatable("side of the blocks"),
    "blocks": translatable("blocks"),
    "blocks_m": translatable("side of the blocks"),
    "candidates": translatable("scenes found"),
    "changed_ha": translatable("changed area"),
    "chips": translatable("chips"),
    "classes": translatable("classes"),
    "classified": translatable("classified pixels"),
    "code": translatable("code"),
    "compared_ha": translatable("compared area"),
    "confident_percent": translatable("compared with confidence"),
    "corrections": translatable("corrections"),
    "covered_percent": translatable("covered by scenes"),
    "crs": translatable("CRS"),
    "dates": translatable("dates"),
    "device": translatable("device"),
    "expected_half_width_percent": translatable("expected half width of the interval"),
    "expected_standard_error": translatable("expected standard error of the overall accuracy"),
    "failed_scenes": translatable("failed scenes"),
    "feature_names": translatable("features"),
    "features": translatable("features"),
    "fetched": translatable("downloaded scenes"),
    "folds": translatable("folds"),
    "gain_ha": translatable("gain"),
    "half_width_percent": translatable("half width of the interval"),
    "height": translatable("lines"),
    "interpreters": translatable("interpreters"),
    "kappa": translatable("kappa"),
    "kind": translatable("kind of model"),
    "labels": translatable("labels"),
    "lacking_some_features": translatable("pixels that lack some of the features"),
    "largest_gap": translatable("largest difference of the attributions from the rise"),
    "left_out": translatable("labels left out"),
    "loss_ha": translatable("loss"),
    "made_seasons": translatable("composited seasons"),
    "mean_f1": translatable("mean F1"),
    "mean_observations": translatable("clear observations of a pixel, mean"),
    "method": translatable("method"),
    "missing_percent": translatable("pixels without an observation"),
    "model_hash": translatable("hash of the model"),
    "more_points": translatable("more points"),
    "name": translatable("class"),
    "net_ha": translatable("net"),
    "observation_count": translatable("clear observations"),
    "overall": translatable("overall accuracy"),
    "percent": "%",
    "pixels": translatable("pixels"),
    "points": translatable("points"),
    "precision": translatable("numerical precision"),
    "predictions": translatable("predictions"),
    "ranges": translatable("ranges of the activations (SHA-256)"),
    "rows": translatable("rows"),
    "rule": translatable("rule of the composite"),
    "scene_count": translatable("scenes used"),
    "seconds": translatable("time"),
    "seen_percent": translatable("pixels with an observation"),
    "shap_largest_difference": translatable("largest difference of SHAP values from the prediction"),
    "strength": translatable("strength of the penalty"),
    "suspicious": translatable("suspicious labels"),
    "test_accuracy": translatable("overall accuracy on test blocks"),
    "unchanged_ha": translatable("unchanged"),
    "valid_area_percent": translatable("mapped part of the region"),
    "valid_pixel_percent": translatable("pixels with a class"),
    "validated": translatable("validated"),
    "validation": translatable("validation"),
    "validation_accuracy": translatable("overall accuracy on validation blocks"),
    "version": translatable("version"),
    "width": translatable("columns"),
    "zone": translatable("zone"),
    "zone_count": translatable("zones"),
}
"""Names of the figures of results; a key without one is shown with spaces for its underscores."""
_UNITS = {
    "_m": ("m", 0), "_px": ("px", 0), "seconds": ("s", 0),
}  # fmt: skip
"""Unit and decimals by the end of a key."""
_SHARES = ("agreement_before", "agreement_after", "validation_accuracy", "test_accuracy", "overall", "mean_f1")
"""Figures of 0 to 1 that people read as percent."""
_TABLES = ("area_table", "counts", "metrics", "class_changes", "strata")
"""Keys whose records are tables; other records are left to the files."""
_ROW_KEYS_LEFT_OUT = ("code", "color", "map_class", "ellipsoidal_ha", "method")
_LEFT_OUT = (*_TABLES, "plan_table", "sentence", "sentences", "notes", "warning", "format")
_HASH_LENGTH = 12
_WIDTH = 100
_METHODS = {
    "blocked": translatable("by blocks"),
    "out_of_bag": translatable("out of bag"),
    "independent": translatable("independent"),
    "stopping": translatable("validation blocks"),
}


def result_text(values: Mapping[str, Any], language: str) -> str:
    """What a job made, for people.

    Parameters
    ----------
    values : of the job's result, as JSON values.
    language : `es`, or any other for English.

    Returns
    -------
    Tables first, then figures rounded by their unit, sentences, and the files of each folder.

    Examples
    --------
    >>> print(result_text({"scene_count": 3, "missing_percent": 15.6711, "curve": "/data/run/curve.csv"}, "en"))
    Scenes used: 3
    Pixels without an observation: 15.7 %
    <BLANKLINE>
    Files in /data/run:
      curve.csv

    """
    tables = [_table(_records(values.get(key)), language) for key in _TABLES]
    sentences = [str(text) for key in ("sentence", "warning") if (text := values.get(key))]
    keys = () if "plan_table" in values else ("sentences", "notes")  # the plan's stand in its table
    sentences += [str(text) for key in keys for text in values.get(key, ())]
    files = [path for key, value in values.items() for path in _paths(value)]
    parts = [
        *tables,
        str(values.get("plan_table", "")).rstrip(),
        "" if "plan_table" in values else "\n".join(_figures(values, language)),
        "\n".join(textwrap.fill(text, _WIDTH, subsequent_indent="  ") for text in sentences),
        *_file_lists(files, language),
    ]
    text = "\n\n".join(part for part in parts if part)
    return text.replace("\u202f", " ")  # terminals of other encodings have no narrow space


def _records(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    """The rows of a table with their name first, which of validations is their method."""
    if isinstance(value, Mapping):
        by_method = [(method, row) for method, row in value.items() if isinstance(row, Mapping)]
        return [{"validation": _METHODS.get(method, method), **row} for method, row in by_method]
    rows = [row for row in value or () if isinstance(row, Mapping)]
    return [{"name": row.get("name"), **row} for row in rows]


def _table(rows: Sequence[Mapping[str, Any]], language: str) -> str:
    """Rows with names on the left and numbers on the right; empty for no rows."""
    if not rows:
        return ""
    shown = [key for key, value in rows[0].items() if key not in _ROW_KEYS_LEFT_OUT and not _is_nested(value)]
    keys = [key for key in shown if any(row.get(key) is not None for row in rows)]
    columns: list[list[str]] = []
    for key in keys:
        cells = [translate(_LABELS.get(key, key.replace("_", " ")), language)]
        cells += [_value(key, row.get(key), language) for row in rows]
        width = max(map(len, cells))
        columns.append([cell.rjust(width) if columns else cell.ljust(width) for cell in cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns))


def _figures(values: Mapping[str, Any], language: str) -> list[str]:
    """A line for each figure and each list of names."""
    lines = []
    for key, value in values.items():
        is_list = isinstance(value, list) and all(isinstance(item, (str, int)) for item in value)
        if key in _LEFT_OUT or value in (None, "", []) or (_is_nested(value) and not is_list) or _paths(value):
            continue
        label = translate(_LABELS.get(key, key.replace("_", " ")), language)
        shown = ", ".join(map(str, value)) if is_list else _value(key, value, language)
        count = f" ({len(value)})" if is_list else ""
        text = f"{label[:1].upper()}{label[1:]}{count}: {shown}"
        lines.append(textwrap.fill(text, _WIDTH, subsequent_indent="  "))
    return lines


def _value(key: str, value: Any, language: str) -> str:  # noqa: ANN401 - any JSON value
    """A figure in the language's number format, with the decimals and the unit of its key."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return translate(translatable("yes") if value else translatable("no"), language)
    if isinstance(value, str):
        return value[:_HASH_LENGTH] if key == "model_hash" else translate(value, language)
    if key in _SHARES:
        return f"{format_number(100 * value, 1, language)} %"
    if key.endswith("_ha"):
        return f"{format_area(value, language)} ha"
    if key.endswith("percent"):
        return f"{format_share(value, language)} %" if key != "percent" else format_share(value, language)
    unit, decimals = next((found for end, found in _UNITS.items() if key.endswith(end)), ("", None))
    if isinstance(value, int):
        decimals = 0
    if decimals is None:
        return format_digits(value, 3, language)
    return f"{format_number(value, decimals, language)} {unit}".rstrip()


def _paths(value: Any) -> list[Path]:  # noqa: ANN401 - any JSON value
    """The files that a value of a result names, those of its objects and lists too."""
    if isinstance(value, str):
        return [Path(value)] if Path(value).is_absolute() else []
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [path for item in items for path in _paths(item)]


def _file_lists(files: Iterable[Path], language: str) -> list[str]:
    """Names of files and folders, once each, below the folder that holds them."""
    paths = list(dict.fromkeys(files))
    parents = {path.parent for path in paths}
    by_folder: dict[Path, list[str]] = {}
    for path in paths:
        if path not in parents:  # of files that are listed
            by_folder.setdefault(path.parent, []).append(f"{path.name}/" if path.is_dir() else path.name)
    lists = []
    for folder, names in by_folder.items():
        title = translate(message("Files in {folder}:", folder=str(folder)), language)
        lists.append("\n".join([title, *(f"  {name}" for name in names)]))
    return lists


def _is_nested(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, (Mapping, list))
