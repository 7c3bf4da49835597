"""Names of choices for dialogs: values such as `planetary_computer` stay the same in every language and command."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingParameterDefinition, QgsProcessingParameterEnum

from ..allpa_engine.core.catalogues import CATALOGUES
from ..allpa_engine.core.legend import LEGEND
from ..allpa_engine.core.messages import translatable
from ..translation import table_language, tr

WIDGET, NAMES = "widget_wrapper", "names"
"""Keys of a parameter's metadata: Processing's own for the widget, and the names of the choices."""
_WIDGET_CLASS = f"{__name__.partition('.plugin.')[0]}.ui.choice_widget.ChoiceWidget"
_AUTOMATIC = translatable("Automatic")
_PART_GROUPS = {
    "learn": translatable("Own classes"),
    "encoders": translatable("New networks"),
    "cluster": translatable("Dask and object stores"),
}
_NAMES: dict[str, dict[str, str]] = {
    "LANGUAGE": {"auto": translatable("Language of QGIS"), "en": "English", "es": "Español"},
    "DEVICE": {
        "auto": _AUTOMATIC,
        "cpu": translatable("Processor (CPU)"),
        "cuda": translatable("NVIDIA GPU (CUDA)"),
        "mps": translatable("Apple GPU (mps)"),
    },
    "PRECISION": {
        "auto": _AUTOMATIC,
        "fp32": "32 bit (fp32)",
        "bf16": "16 bit (bf16)",
        "fp16": "16 bit (fp16)",
        "int8": "8 bit (int8)",
    },
    "BACKEND": {"auto": _AUTOMATIC, "torch": "PyTorch", "openvino": "OpenVINO"},
    "PYTORCH_BUILD": {
        "auto": _AUTOMATIC,
        "cpu": translatable("Processor (CPU)"),
        "cuda": translatable("NVIDIA GPU (CUDA)"),
    },
    "GUARDS": {
        "slope": translatable("Steep slopes"),
        "persistence": translatable("Bright ground"),
        "shade": translatable("Shade"),
    },
    "TILES": {"together": translatable("All together"), "separately": translatable("Each tile by itself")},
    "AGREEMENT": {
        "single": translatable("The class that one interpreter names"),
        "all": translatable("The class that all interpreters name"),
        "majority": translatable("The class that most interpreters name"),
    },
    "ZONE_METHOD": {
        "auto": _AUTOMATIC,
        "direct": translatable("Direct"),
        "post-stratified": translatable("Post-stratified"),
        "regression": translatable("Regression"),
        "prediction-powered": translatable("Prediction-powered"),
        "prediction-powered, tuned": translatable("Prediction-powered, tuned"),
        "synthetic": translatable("Synthetic"),
        "composite": translatable("Composite"),
    },
    "POLYGONS": {
        "inner_point": translatable("The point furthest from the border"),
        "random_points": translatable("Random points"),
        "pixels": translatable("Pixels within"),
    },
    "TARGET": {"overall": translatable("Overall accuracy")},
    "OPTIMAL_CLASS": {"all": translatable("All classes")},
    "CLASS": {"none": translatable("No class")},
    "METHOD": {
        "simple": translatable("Simple random"),
        "stratified": translatable("Stratified random"),
        "systematic": translatable("Systematic"),
    },
    "STRATA": {
        "classes": translatable("Classes of the map"),
        "zones": translatable("Zones"),
        "classes_zones": translatable("Classes in each zone"),
        "raster": translatable("Codes of a raster"),
    },
    "ALLOCATION": {
        "proportional": translatable("Proportional to the area"),
        "equal": translatable("Equal"),
        "minimum": translatable("Proportional with a minimum"),
        "optimal": translatable("Optimal"),
    },
    "KIND": {
        "landcover": translatable("Land cover"),
        "change": translatable("Change"),
        "forest": translatable("Random forest"),
        "gradient_boosting": translatable("Gradient boosting"),
        "mlp": translatable("Multilayer perceptron"),
    },
    "OPTIMAL_FOR": {"accuracy": translatable("Accuracy"), "area": translatable("Area")},
    "PERIOD": {"year": translatable("Year"), "month": translatable("Month")},
    "FORMATS": {"deepness": "Deepness", "onnx": "ONNX", "torchscript": "TorchScript"},
    "GROUP": _PART_GROUPS,
    "GROUPS": _PART_GROUPS,
    "ALIGN": {
        "refuse": translatable("Refuse other grids"),
        "first": translatable("Grid of the first map"),
        "finest": translatable("Finest grid"),
    },
    "STATISTICS": {
        "median": translatable("Median"),
        "mean": translatable("Mean"),
        "std": translatable("Standard deviation"),
        "medoid": translatable("Medoid"),
    },
    "SELECTION": {
        "cloud_limit": translatable("Clearest below the cloud limit"),
        "as_map": translatable("As for the annual map"),
    },
    "SNOW": {
        "keep": translatable("Use"),
        "leave_out": translatable("Leave out"),
        "if_alone": translatable("Use where there is nothing else"),
    },
    "WEIGHTING": {
        "table": translatable("As in the table"),
        "balanced": translatable("Balanced"),
        "none": translatable("None"),
    },
    "BALANCE": {
        "none": translatable("None"),
        "weights": translatable("Weights"),
        "down": translatable("Fewer rows of large classes"),
        "up": translatable("Repeated rows of small classes"),
        "centre_of_largest": translatable("Only the labelled pixel of the largest class"),
    },
    "START": {
        "bundled": translatable("Network of Allpa"),
        "model": translatable("Another model"),
        "nothing": translatable("Random numbers"),
    },
}
"""Names by parameter and value, in English."""


def name_choices(definition: QgsProcessingParameterDefinition) -> None:
    """Let dialogs show the choices of a parameter by their names; others than choices stay as they are.

    A choice of one that has no other names is left to QGIS's widget, a choice of several is not: QGIS 3.22 leaves its
    value out of the history.

    Parameters
    ----------
    definition : is changed: its metadata names the widget and the names, in QGIS's language.

    """
    if not isinstance(definition, QgsProcessingParameterEnum) or not definition.usesStaticStrings():
        return
    known = _choice_names(definition.name())
    if known.keys() & set(definition.options()) or definition.allowMultiple():
        names = [known.get(option, option) for option in definition.options()]
        definition.setMetadata({**definition.metadata(), WIDGET: {"class": _WIDGET_CLASS, NAMES: names}})


def names_of(definition: QgsProcessingParameterDefinition) -> list[str]:
    """The names of a parameter's choices, in the order of its options; empty where it has none."""
    described: Any = definition.metadata().get(WIDGET)
    return list(described.get(NAMES, [])) if isinstance(described, dict) else []


def choices_text(definition: QgsProcessingParameterDefinition) -> str:
    """The values of a choice with their names, for helps of terminals, such as `en = English, es = Español`."""
    names = names_of(definition)
    differ = names and names != definition.options()
    return ", ".join(f"{value} = {name}" for value, name in zip(definition.options(), names)) if differ else ""


def _choice_names(parameter: str) -> dict[str, str]:
    if parameter in ("CATALOGUE", "FALLBACK_CATALOGUE"):
        return {key: catalogue.name for key, catalogue in CATALOGUES.items()}
    names = {value: tr(name) for value, name in _NAMES.get(parameter, {}).items()}
    if parameter in ("TARGET", "OPTIMAL_CLASS", "CLASS"):
        names |= {land_class.name: land_class.label(table_language()) for land_class in LEGEND}
    return names
