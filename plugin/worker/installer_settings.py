"""The environment of pip and uv, and pip's settings as uv's."""

from __future__ import annotations

import os
import re

from .environment import current_child_variables

PASSED_PIP_VARIABLES = (
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CERT",
    "PIP_TRUSTED_HOST",
    "PIP_DEFAULT_TIMEOUT",
)
"""A company's index, certificates or folder of wheels; the hashes hold whatever they point to."""
UV_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
"""Settings of pip, and the variable by which uv gets the same."""
_PIP_SETTING = re.compile(r"^(global|install|:env:)\.([a-z-]+)='(.*)'$", re.MULTILINE)


def installer_variables() -> dict[str, str]:
    """The environment of pip and uv: the engine's, with pip's own settings instead of the engine's folder."""
    variables = current_child_variables()
    variables.pop("PYTHONPATH", None)
    if "SSL_CERT_FILE" in variables:
        variables["PIP_CERT"] = variables["SSL_CERT_FILE"]
    variables.update({name: os.environ[name] for name in PASSED_PIP_VARIABLES if os.environ.get(name)})
    return variables


def wants_no_index(pip_config: str) -> bool:
    """Whether pip is set to take packages from folders alone; uv knows that as an option of its command only.

    Parameters
    ----------
    pip_config : what `pip config list` wrote.

    """
    given = {name: value for _scope, name, value in _PIP_SETTING.findall(pip_config)}
    return given.get("no-index", "").lower() in ("1", "true", "yes", "on")


def uv_settings(pip_config: str) -> dict[str, str]:
    """The settings of pip as variables for uv.

    Parameters
    ----------
    pip_config : what `pip config list` wrote; variables of the environment come after files.

    Returns
    -------
    Values by the names of the variables; settings that uv does not know are left out.

    """
    settings: dict[str, str] = {}
    for _scope, name, value in sorted(_PIP_SETTING.findall(pip_config), key=lambda found: found[0] == ":env:"):
        variable = UV_SETTINGS.get(name)
        if variable:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            settings[variable] = separator.join(value.replace("\\n", " ").split())
    return settings
