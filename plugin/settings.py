"""The user's settings, one typed entry each, kept in QGIS's profile under `allpa/`."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsSettings

GROUP = "allpa"


@dataclass(frozen=True)
class TextSetting:
    """A text that is kept in the profile."""

    key: str
    default: str = ""

    def value(self) -> str:
        """The text as set, or the default."""
        return str(QgsSettings().value(f"{GROUP}/{self.key}", self.default) or self.default)

    def set_value(self, value: str) -> None:
        """Keep a text; an empty one goes back to the default."""
        _write(self.key, value.strip())


@dataclass(frozen=True)
class NumberSetting:
    """A whole number that is kept in the profile."""

    key: str
    default: int = 0

    def value(self) -> int:
        """The number as set, or the default where it is not set or not a number."""
        try:
            return int(QgsSettings().value(f"{GROUP}/{self.key}", self.default))
        except (TypeError, ValueError):
            return self.default

    def set_value(self, value: int) -> None:
        """Keep a number."""
        _write(self.key, value)


def _write(key: str, value: str | int) -> None:
    settings = QgsSettings()
    if value == "":
        settings.remove(f"{GROUP}/{key}")
    else:
        settings.setValue(f"{GROUP}/{key}", value)


ENGINE_PYTHON = TextSetting("engine_python")
"""Path of the engine's Python; empty takes the environment variable or the installed engine."""
CACHE_FOLDER = TextSetting("cache_folder")
"""Folder where fetched scenes are kept for other jobs; empty keeps them in each job's folder."""
CATALOGUE = TextSetting("catalogue", "planetary_computer")
"""Catalogue that new jobs propose."""
CACHE_LIMIT = NumberSetting("cache_limit_gb")
"""Most room for fetched scenes, GB; 0 keeps all."""
S3_KEYS = TextSetting("s3_keys_configuration")
"""Id of the authentication configuration that holds the S3 keys; never the keys."""
DEVICE = TextSetting("device", "auto")
"""`auto`, `cpu` or `cuda`."""
THREADS = NumberSetting("threads")
"""CPU threads of the engine; 0 takes all."""
OUTPUT_FOLDER = TextSetting("output_folder")
"""Folder that new jobs propose for their results; empty proposes a temporary one."""
PROBED_ENGINE = TextSetting("probed_engine")
"""Fingerprint of the interpreter that last proved to be a working engine; not for the user."""
