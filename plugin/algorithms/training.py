"""Parameters of training data: how labels are read, sampled, balanced and checked; all with defaults."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
)

from ..allpa_engine.core.training_keys import BALANCES, POLYGON_SAMPLING, TRAINING
from ..translation import tr
from .parameters import advanced, is_given, option_parameter


def training_parameters() -> list[QgsProcessingParameterDefinition]:
    """The parameters: usual ones first, then the advanced ones."""
    indices = QgsProcessingParameterString("INDICES", tr("Spectral indices"), None, False, True)
    indices.setHelp(tr("Names with commas between, such as NDVI, MNDWI: for each season that has the bands."))
    neighbours = QgsProcessingParameterBoolean("NEIGHBOURS", tr("3 x 3 pixels around each point"), True)
    neighbours.setHelp(tr("The eight neighbours of a point's pixel get its class too."))
    balance = QgsProcessingParameterEnum(
        "BALANCE", tr("Balance of the classes"), list(BALANCES), False, TRAINING.defaults["balance"], True, True
    )
    balance.setHelp(
        tr("weights: rows of small classes count more; down: rows of large classes are left out; up: rows of small "
           "ones are repeated; centre_of_largest: of the largest class only the labelled pixel stays; none.")
    )  # fmt: skip
    chips = option_parameter("CHIP_SIZE", tr("Side of chips in pixels (0 = none)"), TRAINING, "chip_size")
    chips.setHelp(tr("Pairs of image and labels, by which a network is taught."))
    return [indices, neighbours, balance, chips, *_sampling(), *_validation(), *_reading()]


def _sampling() -> list[QgsProcessingParameterDefinition]:
    return [
        advanced(
            QgsProcessingParameterString("FEATURE_NAMES", tr("Features"), None, False, True),
            tr("Names divided by commas; if empty, all that the images have."),
        ),
        advanced(
            QgsProcessingParameterEnum(
                "POLYGONS", tr("Pixels of polygons"), list(POLYGON_SAMPLING), False, POLYGON_SAMPLING[0], True, True
            ),
            tr("pixels: those within; inner_point: the one at the point furthest from the border."),
        ),
        advanced(
            option_parameter("POLYGON_PIXELS", tr("Pixels of one polygon at most"), TRAINING, "polygon_pixels"),
            tr("Chosen at random. Pixels of one polygon are alike."),
        ),
        advanced(
            option_parameter("CLASS_ROWS", tr("Rows of each class after balancing"), TRAINING, "class_rows"),
            tr("For down and up; 0 takes the rows of the smallest or the largest class."),
        ),
        advanced(
            option_parameter("CHIP_STRIDE", tr("Pixels from chip to chip"), TRAINING, "chip_stride"),
            tr("0 takes the side of a chip."),
        ),
        advanced(
            option_parameter("MIN_LABELLED", tr("Labelled share of a chip at least"), TRAINING, "min_labelled"),
            tr("0 to 1; chips with fewer labelled pixels are not written."),
        ),
        advanced(
            QgsProcessingParameterBoolean("CSV", tr("Table as CSV too"), False),
            tr("For programs that do not read Parquet."),
        ),
    ]


def _validation() -> list[QgsProcessingParameterDefinition]:
    return [
        advanced(
            QgsProcessingParameterString("GROUP_FIELD", tr("Field of groups"), None, False, True),
            tr("Labels of one group, such as a farm, are never in two folds; if empty, blocks of land are taken."),
        ),
        advanced(
            option_parameter("BLOCK_SIZE", tr("Side of the blocks of land (m)"), TRAINING, "block_size_m"),
            tr("0 takes the largest blocks that the labels allow."),
        ),
        advanced(
            option_parameter("FOLDS", tr("Folds of the validation"), TRAINING, "folds"),
            tr("Each is tested by what the others teach."),
        ),
        advanced(
            option_parameter("MERGE_BELOW", tr("Advise merging below this separability"), TRAINING, "merge_below"),
            tr("Jeffries-Matusita distance, 0 (the same) to 2 (apart)."),
        ),
        advanced(
            QgsProcessingParameterBoolean("CHECK_LABELS", tr("Search suspicious labels"), True),
            tr("Labels that a forest and the most similar labels of other blocks contradict."),
        ),
        advanced(
            option_parameter("SEED", tr("Seed"), TRAINING, "seed"),
            tr("The same seed chooses the same pixels, rows and folds."),
        ),
    ]


def _reading() -> list[QgsProcessingParameterDefinition]:
    """Where a file does not say what it holds."""
    return [
        advanced(
            QgsProcessingParameterString("X_FIELD", tr("Column of x (longitude)"), None, False, True),
            tr("Of a table; if empty, a column with a usual name is taken."),
        ),
        advanced(
            QgsProcessingParameterString("Y_FIELD", tr("Column of y (latitude)"), None, False, True),
            tr("Of a table; if empty, a column with a usual name is taken."),
        ),
        advanced(
            QgsProcessingParameterCrs("CRS", tr("CRS of the labels"), None, True),
            tr("Where layer or file do not name it; if empty, longitude and latitude."),
        ),
        advanced(
            QgsProcessingParameterString("LAYER", tr("Layer of a GeoPackage"), None, False, True),
            tr("If empty, the first one with points or polygons."),
        ),
        advanced(
            QgsProcessingParameterString("ENCODING", tr("Encoding of a shapefile"), None, False, True),
            tr("Such as cp1252 or utf-8; if empty, it is found."),
        ),
    ]


def training_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's `training_options` of these parameters, without class field and classes.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `training_parameters`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    Values by the keys of the group.

    """

    def text(name: str) -> str:
        return (algorithm.parameterAsString(parameters, name, context) or "").strip()

    def names(name: str) -> list[str]:
        return [part for part in (piece.strip() for piece in text(name).replace(";", ",").split(",")) if part]

    numbers = {
        "polygon_pixels": "POLYGON_PIXELS", "class_rows": "CLASS_ROWS", "chip_size": "CHIP_SIZE",
        "chip_stride": "CHIP_STRIDE", "folds": "FOLDS", "seed": "SEED",
    }  # fmt: skip
    reals = {"min_labelled": "MIN_LABELLED", "block_size_m": "BLOCK_SIZE", "merge_below": "MERGE_BELOW"}
    switches = {"neighbours": "NEIGHBOURS", "check_labels": "CHECK_LABELS", "csv": "CSV"}
    texts = {
        "group_field": "GROUP_FIELD", "x_field": "X_FIELD", "y_field": "Y_FIELD", "layer": "LAYER",
        "encoding": "ENCODING",
    }  # fmt: skip
    crs = algorithm.parameterAsCrs(parameters, "CRS", context) if is_given(parameters, "CRS") else None
    return {
        **TRAINING.defaults,
        **{key: text(name) for key, name in texts.items()},
        **{key: algorithm.parameterAsInt(parameters, name, context) for key, name in numbers.items()},
        **{key: algorithm.parameterAsDouble(parameters, name, context) for key, name in reals.items()},
        **{key: algorithm.parameterAsBoolean(parameters, name, context) for key, name in switches.items()},
        "indices": names("INDICES"),
        "features": names("FEATURE_NAMES"),
        "balance": algorithm.parameterAsEnumString(parameters, "BALANCE", context) or TRAINING.defaults["balance"],
        "polygons": algorithm.parameterAsEnumString(parameters, "POLYGONS", context) or POLYGON_SAMPLING[0],
        "crs": "" if crs is None or not crs.isValid() else crs.authid() or crs.toWkt(),
    }
