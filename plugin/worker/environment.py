"""The environment variables of the engine's process: QGIS's own Python, GDAL and PROJ must not leak into it.

What a company set in QGIS goes along: the proxy, its login from the authentication store, and its certificates.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from qgis.core import QgsApplication, QgsAuthMethodConfig, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

from ..allpa_engine.core.atomic import write_text

ENGINE_HOME = Path(__file__).resolve().parents[1]
"""Folder that holds the package `allpa_engine`; the child finds it there by PYTHONPATH."""

REMOVED_PREFIXES = ("PYTHON", "PIP_", "PROJ_", "QGIS_", "DYLD_", "CONDA_", "QT_")
REMOVED_VARIABLES = frozenset(
    {
        "GDAL_DATA",
        "GDAL_DRIVER_PATH",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "VIRTUAL_ENV",
        "__PYVENV_LAUNCHER__",
    }
)
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def child_variables(inherited: Mapping[str, str], qgis_prefix: str, proxies: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of the engine's process.

    Parameters
    ----------
    inherited : variables of QGIS's process; those of Python, pip, GDAL, PROJ, Qt, Conda and QGIS are left out. A
        certificate file is kept where it exists and is not QGIS's own (a company's bundle).
    qgis_prefix : QGIS's folder, to recognise its own certificates; empty where it is not known.
    proxies : variables of the proxy, which come before the inherited ones.

    Returns
    -------
    All variables, with those that let the engine's Python find the engine and no packages of the user.

    """
    variables = {
        name: value
        for name, value in inherited.items()
        if name not in REMOVED_VARIABLES and not name.upper().startswith(REMOVED_PREFIXES)
    }
    for name in CERTIFICATE_VARIABLES:
        if name in variables and (not Path(variables[name]).exists() or _is_inside_qgis(variables[name], qgis_prefix)):
            del variables[name]
    return {
        **variables,
        **proxies,
        "PYTHONPATH": str(ENGINE_HOME),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
    }


def _is_inside_qgis(path: str, qgis_prefix: str) -> bool:
    # /usr is no folder of QGIS's own: the system's certificates lie in it too
    if not qgis_prefix or Path(qgis_prefix) in (Path("/usr"), Path("/")):
        return False
    return Path(qgis_prefix).resolve() in Path(path).resolve().parents


def qgis_proxies(settings: QgsSettings) -> dict[str, str]:
    """QGIS's proxy as environment variables; empty where QGIS has none or leaves it to the system."""
    kind = str(settings.value("proxy/proxyType", ""))
    host = str(settings.value("proxy/proxyHost", "") or "")
    enabled = settings.value("proxy/proxyEnabled", False, type=bool)
    if not enabled or not host or kind not in ("HttpProxy", "HttpCachingProxy", "Socks5Proxy"):
        return {}
    scheme = "socks5h" if kind == "Socks5Proxy" else "http"
    port = str(settings.value("proxy/proxyPort", "") or "")
    user, password = _proxy_login(settings)
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    address = f"{scheme}://{login}{host}{':' + port if port else ''}"
    excluded = [*_as_list(settings.value("proxy/noProxyUrls")), *_as_list(settings.value("proxy/proxyExcludedUrls"))]
    hosts = [url.split("://")[-1].split("/")[0] for url in excluded]
    no_proxy = ",".join(dict.fromkeys(["localhost", "127.0.0.1", *hosts]))
    return {
        name: value
        for lower, value in (("http_proxy", address), ("https_proxy", address), ("no_proxy", no_proxy))
        for name in (lower, lower.upper())
    }


def _proxy_login(settings: QgsSettings) -> tuple[str, str]:
    """User name and password of the proxy: of the authentication configuration that is chosen, else as entered."""
    manager = QgsApplication.authManager()
    config_id = str(settings.value("proxy/authcfg", "") or "")
    # QGIS asks for the master password at its start where its proxy needs it; no second window is opened here
    if config_id and not manager.isDisabled() and manager.masterPasswordIsSet():
        loaded, config = manager.loadAuthenticationConfig(config_id, QgsAuthMethodConfig(), True)
        if loaded and config.config("username"):
            return config.config("username"), config.config("password")
    return str(settings.value("proxy/proxyUser", "") or ""), str(settings.value("proxy/proxyPassword", "") or "")


def qgis_certificates() -> dict[str, str]:
    """Variables that name QGIS's trusted authorities, where the user or the company added some to the system's.

    Returns
    -------
    The path of a file in PEM by each of `CERTIFICATE_VARIABLES`; empty where nothing was added.

    """
    manager = QgsApplication.authManager()
    if manager.isDisabled() or not (manager.databaseCAs() or manager.extraFileCAs()):
        return {}
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)) / "allpa"
    file, text = folder / "certificates.pem", bytes(manager.trustedCaCertsPemText()).decode("ascii", "replace")
    if not file.is_file() or file.read_text(encoding="ascii", errors="replace") != text:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    return dict.fromkeys(CERTIFICATE_VARIABLES, str(file))


def _as_list(value: object) -> list[str]:
    if isinstance(value, str):
        return [part for part in value.split("|") if part]
    return [str(part) for part in value if part] if isinstance(value, (list, tuple)) else []


def current_child_variables() -> dict[str, str]:
    """The variables of a child, made from this process's, and from QGIS's prefix, proxy and certificates."""
    variables = child_variables(os.environ, QgsApplication.prefixPath(), qgis_proxies(QgsSettings()))
    return {**qgis_certificates(), **variables}
