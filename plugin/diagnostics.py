"""A report of a fault for the person who helps: versions, engine, settings and the end of the log, without secrets."""

from __future__ import annotations

import getpass
import os
import platform
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsApplication, QgsSettings
from qgis.PyQt.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QObject

from . import settings
from .allpa_engine.core.redaction import redact
from .plugin_metadata import version
from .worker.environment import qgis_proxies
from .worker.locks import system_text

_MAX_MESSAGES = 200
_MAX_LOG_CHARS = 20_000
_HASH_CHARS = 12
_TAGS = ("allpa", "processing", "python")
"""Parts of the names of the tabs of QGIS's log that matter here."""
_SHOWN_SETTINGS: dict[str, settings.TextSetting | settings.NumberSetting] = {
    "Python of the engine": settings.ENGINE_PYTHON,
    "Install from file": settings.PACKAGES,
    "Catalogue": settings.CATALOGUE,
    "Catalogue hours": settings.CATALOGUE_HOURS,
    "Cache folder": settings.CACHE_FOLDER,
    "Maximum cache size, GB": settings.CACHE_LIMIT,
    "Device": settings.DEVICE,
    "CPU threads": settings.THREADS,
    "Engine waits, min": settings.ENGINE_IDLE_MINUTES,
}
_SECRET_WORDS = ("secret", "password", "passwd", "token", "key", "credential", "auth")


class _LogMemory(QObject):
    """The last messages of QGIS's log that concern the plugin."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=_MAX_MESSAGES)

    def keep(self, text: str, tag: str, _level: Qgis.MessageLevel) -> None:
        """Take a message in, where it concerns the plugin."""
        if any(word in tag.lower() for word in _TAGS):
            self.lines.append(f"{tag}: {text}")


_memory: list[_LogMemory] = []


def remember_log() -> None:
    """Keep the messages of QGIS's log from now on; once, at the plugin's loading."""
    if not _memory:
        _memory.append(_LogMemory())
        QgsApplication.messageLog().messageReceived.connect(_memory[0].keep)


def forget_log() -> None:
    """Stop keeping messages, at the plugin's unloading."""
    if _memory:
        QgsApplication.messageLog().messageReceived.disconnect(_memory.pop().keep)


def remembered_log() -> list[str]:
    """The messages that were kept, oldest first."""
    return list(_memory[0].lines) if _memory else []


def diagnostics_report(engine: Mapping[str, Any], log: Iterable[str], what: str = "") -> str:
    """The report, in Markdown and in English, since it is for the plugin's maintainers.

    Parameters
    ----------
    engine : outputs of `allpa:status`; empty where they are not known.
    log : lines of logs, oldest first; the last ones are taken.
    what : the failure that was shown, if there was one.

    Returns
    -------
    The text; secrets, the home folder and the user's name are cut out of all of it.

    """
    sections = ["# Allpa diagnostics", "", *_table(_versions())]
    if what:
        sections += ["", "## What happened", "", what]
    sections += ["", "## Engine", "", *_table(_engine_rows(engine))]
    sections += ["", "## Settings", "", *_table(_settings())]
    text = "\n".join(log)[-_MAX_LOG_CHARS:].replace("```", "'''")
    sections += ["", "## Last lines of the log", "", "```", text, "```", ""]
    return redact("\n".join(sections), str(Path.home()), getpass.getuser(), known_secrets())


def _versions() -> dict[str, str]:
    return {
        "Allpa": version(),
        "QGIS": f"{Qgis.version()} ({Qgis.devVersion() or 'release'})",
        "Qt, PyQt": f"{QT_VERSION_STR}, {PYQT_VERSION_STR}",
        "Python of QGIS": platform.python_version(),
        "System": f"{system_text()}, {platform.platform()}",
        "Processors": str(os.cpu_count()),
        "Language": QgsApplication.locale(),
        "Folder of Python": sys.prefix,
    }


def _engine_rows(engine: Mapping[str, Any]) -> dict[str, str]:
    """What the engine says of itself; a hash is shortened, since a long one is cut out like a secret."""
    if not engine:
        return {"STATE": "not known: allpa:status gave no answer"}
    return {
        name: str(value)[:_HASH_CHARS] if name.endswith("HASH") else str(value)
        for name, value in engine.items()
        if value not in ("", None)
    }


def _settings() -> dict[str, str]:
    proxies = qgis_proxies(QgsSettings())
    address = proxies.get("https_proxy", "")
    return {
        **{title: str(setting.value()) for title, setting in _SHOWN_SETTINGS.items()},
        "S3 configuration": "set" if settings.S3_KEYS.value() else "not set",
        "Proxy of QGIS": (f"{address.split('://')[0]}, {'with' if '@' in address else 'without'} user name")
        if address
        else "none",
    }


def _table(rows: Mapping[str, str]) -> list[str]:
    cells = [(name, value.replace("|", "\\|").replace("\n", " ")) for name, value in rows.items()]
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in cells)]


def known_secrets() -> set[str]:
    """Values that must not stand in a report: of QGIS's proxy, and of variables whose names say so."""
    qgis = QgsSettings()
    values = {str(qgis.value(f"proxy/{name}", "") or "") for name in ("proxyUser", "proxyPassword", "proxyHost")}
    values |= {
        value for name, value in os.environ.items() if any(word in name.lower() for word in _SECRET_WORDS) and value
    }
    return {value for value in values if not Path(value).exists()}
