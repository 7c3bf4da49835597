"""The S3 keys of catalogues that need them: from QGIS's authentication store, or from the environment.

Keys live in memory only and are given to the engine's process by its environment: they stand in no job, no argument,
no setting and no log. Settings and parameters hold the id of an authentication configuration.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from qgis.core import QgsApplication, QgsAuthManager, QgsAuthMethodConfig

from ..allpa_engine.core.errors import S3KeysMissing
from ..translation import tr

AUTH_METHODS = ("Basic", "AWSS3")
"""Authentication methods that hold the access key as user name and its secret as password; QGIS 3.22 has the first."""
KEY_ID_VARIABLE, KEY_VARIABLE = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"


@dataclass(frozen=True)
class S3Keys:
    """A pair of keys; its representation shows neither."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables by which the engine gets them."""
        return {KEY_ID_VARIABLE: self.access_key_id, KEY_VARIABLE: self.secret_access_key}


def environment_has_keys() -> bool:
    """Whether QGIS was started with keys in its environment, which the engine inherits."""
    return bool(os.environ.get(KEY_ID_VARIABLE) and os.environ.get(KEY_VARIABLE))


def require_auth_config(config_id: str) -> None:
    """Refuse a configuration that does not exist or is of another kind; asks for no master password.

    Raises
    ------
    S3KeysMissing

    """
    auth_manager = _auth_manager()
    found = auth_manager.availableAuthMethodConfigs().get(config_id)
    if found is None:
        raise S3KeysMissing(tr("The authentication configuration {} does not exist any more.").format(config_id))
    if found.method() not in AUTH_METHODS:
        raise S3KeysMissing(
            tr("The authentication configuration '{}' holds no S3 keys.").format(found.name()),
            tr("Its method is {}.").format(found.method()),
            tr("Choose one of the method Basic, with the access key as user name and its secret as password."),
        )


def load_stored_keys(config_id: str) -> S3Keys:
    """The keys of a configuration; QGIS's window asks for the master password where it was not given yet.

    Called from the main thread, since it may open a dialog.

    Raises
    ------
    S3KeysMissing : where the configuration does not exist, stays locked or is not complete.

    """
    require_auth_config(config_id)
    auth_manager = _auth_manager()
    has_window = QgsApplication.platform() == "desktop"
    # without a window QGIS would wait for the password on standard input, for ever in a script
    if not auth_manager.masterPasswordIsSet() and not (has_window and auth_manager.setMasterPassword(True)):
        raise S3KeysMissing(
            tr("QGIS's authentication store is locked, so the S3 keys in it cannot be read."),
            tr("Its master password was not given."),
            tr("Run again and give it.")
            if has_window
            else tr(
                "Name a file with the master password in the variable QGIS_AUTH_PASSWORD_FILE, or set the keys "
                "themselves as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            ),
        )
    loaded, config = auth_manager.loadAuthenticationConfig(config_id, QgsAuthMethodConfig(), True)
    keys = S3Keys(config.config("username").strip(), config.config("password").strip())
    if not loaded or not (keys.access_key_id and keys.secret_access_key):
        raise S3KeysMissing(
            tr("The authentication configuration '{}' holds no S3 keys.").format(config.name() or config_id),
            tr("Its user name or its password is empty, or it cannot be decrypted."),
            tr("Edit it: the access key is the user name, and its secret the password."),
        )
    return keys


def _auth_manager() -> QgsAuthManager:
    auth_manager = QgsApplication.authManager()
    if auth_manager.isDisabled():
        raise S3KeysMissing(
            tr("QGIS's authentication store is switched off, so the S3 keys in it cannot be read."),
            str(auth_manager.disabledMessage()).strip(),
            tr("Set the keys in the environment instead, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."),
        )
    return auth_manager
