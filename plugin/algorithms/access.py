"""Access to catalogues whose files need S3 keys: the parameter AUTH, and what is refused without keys."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterAuthConfig,
    QgsProcessingParameterDefinition,
)

from .. import settings
from ..allpa_engine.core import scene_list_keys as keys
from ..allpa_engine.core.catalogues import CATALOGUES, needs_s3_keys
from ..allpa_engine.core.errors import AllpaError, S3KeysMissing
from ..allpa_engine.core.json_input import read_json
from ..translation import tr
from ..worker.s3_keys import environment_has_keys, load_stored_keys, require_auth_config
from .base import AllpaAlgorithm
from .parameters import advanced

AUTH = "AUTH"


def access_parameter() -> QgsProcessingParameterDefinition:
    """The authentication configuration that holds the keys."""
    return advanced(
        QgsProcessingParameterAuthConfig(AUTH, tr("S3 keys (Copernicus Data Space)"), None, True),
        tr(
            "Only for Copernicus Data Space: an authentication configuration of the method Basic, with the access key "
            "as user name and its secret as password; in a command, its id. If empty, the one set in Allpa's options "
            "is used, otherwise the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ),
    )


class FetchingAlgorithm(AllpaAlgorithm):
    """Base of the algorithms that download scenes.

    The keys are read before the run, in the main thread, where QGIS can ask for its master password; an error is
    raised when the run starts, since Processing shows a run's errors whole.
    """

    def __init__(self) -> None:
        super().__init__()
        self._variables: dict[str, str] = {}
        self._access_error: AllpaError | None = None

    def catalogues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> set[str]:
        """The catalogues whose files the run reads.

        Parameters
        ----------
        parameters : the algorithm's values by name.
        context : of the run, by which Processing reads the values.

        Returns
        -------
        Keys of the table of catalogues, or URLs.

        """
        raise NotImplementedError

    def may_skip_access(self, parameters: dict[str, Any]) -> bool:  # noqa: ARG002 - subclasses use them
        """Whether the files of an earlier run may be all that is needed; the engine reports what is missing."""
        return False

    def check_access(self, parameters: dict[str, Any], context: QgsProcessingContext) -> None:
        """Refuse a run whose keys are missing, without reading them.

        Parameters
        ----------
        parameters : the algorithm's values by name; `AUTH` names a configuration of QGIS's authentication store; where
            it is empty, the one in Allpa's options is taken.
        context : of the run.

        Raises
        ------
        S3KeysMissing : where a catalogue needs keys, and neither a configuration nor the environment holds any.

        """
        config_id = self._auth_config_id(parameters, context)
        if config_id or not self.may_skip_access(parameters):
            require_s3_keys(self.catalogues(parameters, context), config_id)

    def prepareAlgorithm(  # noqa: N802 - QGIS's name
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,  # noqa: ARG002
    ) -> bool:
        """Read the keys where the run needs some."""
        try:
            self.check_access(parameters, context)
            catalogues, config_id = self.catalogues(parameters, context), self._auth_config_id(parameters, context)
            if config_id and any(needs_s3_keys(catalogue) for catalogue in catalogues):
                self._variables = load_stored_keys(config_id).variables
        except AllpaError as error:
            self._access_error = error.with_traceback(None)  # its frames would keep QGIS's objects alive
        return True

    def access_variables(self) -> dict[str, str]:
        """The environment variables that give the engine its keys.

        Raises
        ------
        AllpaError
            Where `prepareAlgorithm` could not read them.

        """
        if self._access_error is not None:
            raise self._access_error
        return self._variables

    def _auth_config_id(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        algorithm: QgsProcessingAlgorithm = self
        return (algorithm.parameterAsString(parameters, AUTH, context) or "").strip() or settings.S3_KEYS.value()


def require_s3_keys(catalogues: Iterable[str], config_id: str) -> None:
    """Refuse catalogues that need S3 keys where there are none, or where the configuration holds none.

    Parameters
    ----------
    catalogues : keys of the table of catalogues, or URLs.
    config_id : id of a configuration of QGIS's authentication store; empty for the keys of the environment.

    Raises
    ------
    S3KeysMissing : where a catalogue needs keys and there are none; the keys themselves are not read.

    """
    with_keys = sorted(catalogue for catalogue in catalogues if needs_s3_keys(catalogue))
    if not with_keys:
        return
    if config_id:
        require_auth_config(config_id)
    elif not environment_has_keys():
        names = [CATALOGUES[key].name if key in CATALOGUES else key for key in with_keys]
        raise S3KeysMissing(tr("The files of {} need S3 keys, and none are set.").format(", ".join(names)))


def read_list_catalogues(scene_list: Path) -> set[str]:
    """The catalogues of the chosen scenes of a list; none where it cannot be read, which the engine reports."""
    try:
        features = read_json(scene_list)["features"]
        chosen = [item["properties"] for item in features if item["properties"].get(keys.CHOSEN)]
        return {str(properties.get(keys.CATALOGUE, "")) for properties in chosen}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()
