"""The user's settings, one typed entry each, stored in QGIS's profile under `allpa/`."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsSettings

GROUP = "allpa"


@dataclass(frozen=True)
class TextSetting:
    """A text that is stored in the profile."""

    key: str
    default: str = ""

    def value(self) -> str:
        """The text as set, or the default."""
        return str(QgsSettings().value(f"{GROUP}/{self.key}", self.default) or self.default)

    def set_value(self, value: str) -> None:
        """Store a text; an empty one restores the default."""
        _write(self.key, value.strip())


@dataclass(frozen=True)
class NumberSetting:
    """A whole number that is stored in the profile."""

    key: str
    default: int = 0

    def value(self) -> int:
        """The number as set, or the default where it is not set or not a number."""
        try:
            return int(QgsSettings().value(f"{GROUP}/{self.key}", self.default))
        except (TypeError, ValueError):
            return self.default

    def set_value(self, value: int) -> None:
        """Store a number."""
        _write(self.key, value)


def _write(key: str, value: str | int) -> None:
    settings = QgsSettings()
    if value == "":
        settings.remove(f"{GROUP}/{key}")
    else:
        settings.setValue(f"{GROUP}/{key}", value)


ENGINE_PYTHON = TextSetting("engine_python")
"""Path of the engine's Python; if empty, the environment variable or the installed engine is used."""
FOUND_ENGINE = TextSetting("found_engine")
"""Path of a Python of this computer that was found to have what the engine needs; internal."""
PACKAGES = TextSetting("packages")
"""Folder or zip of collected packages, from which the engine is installed without a network; if empty, the network."""
CACHE_FOLDER = TextSetting("cache_folder")
"""Folder for downloaded scenes, shared between runs; if empty, they are stored in each job's folder."""
CATALOGUE = TextSetting("catalogue", "planetary_computer")
"""Catalogue that new jobs propose."""
CATALOGUE_HOURS = NumberSetting("catalogue_hours", 24)
"""Hours that answers of catalogues are used again; 0 asks anew for each job."""
CACHE_LIMIT = NumberSetting("cache_limit_gb")
"""Maximum size of the cache, GB; 0 is unlimited."""
S3_KEYS = TextSetting("s3_keys_configuration")
"""Id of the authentication configuration that holds the S3 keys; never the keys."""
GEOCODER = TextSetting("geocoder")
"""Address of a Nominatim service by which places are found; empty: there is no place search."""
DEVICE = TextSetting("device", "auto")
"""`auto`, `cpu` or `cuda`."""
THREADS = NumberSetting("threads")
"""CPU threads of the engine; 0 uses all."""
ENGINE_IDLE_MINUTES = NumberSetting("engine_idle_minutes", 5)
"""Minutes that the engine waits for the next job after one; 0 ends it at once."""
OUTPUT_FOLDER = TextSetting("output_folder")
"""Output folder that new jobs propose."""
PROBED_ENGINE = TextSetting("probed_engine")
"""Fingerprint of the interpreter that was last verified as a working engine; internal."""
