"""A throw-away QGIS profile with the plugin enabled, for the demonstration, the desktop and the tests from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Debian 12's wrapper `qgis_process` passes an option that its program does not know; the program itself works.
QGIS_PROCESS = next((tool for tool in ("qgis_process.bin", "qgis_process") if shutil.which(tool)), "qgis_process")


def make_profile(folder: Path, engine_python: str, plugin: Path = ROOT) -> dict[str, str]:
    """Make the profile in `folder` with the plugin `allpa`; gives the environment to start QGIS in.

    Parameters
    ----------
    folder : of the profile.
    engine_python : the engine's interpreter.
    plugin : the plugin's folder, by default this repository.

    Raises
    ------
    RuntimeError : where QGIS does not enable the plugin.

    """
    plugins = folder / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    link = plugins / "allpa"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(plugin, target_is_directory=True)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environment = {
        **os.environ,
        "QGIS_CUSTOM_CONFIG_PATH": str(folder),
        "XDG_RUNTIME_DIR": os.environ.get("XDG_RUNTIME_DIR", str(runtime)),
        "ALLPA_ENGINE_PYTHON": engine_python,
    }
    headless = {**environment, "QT_QPA_PLATFORM": "offscreen"}
    enabled = subprocess.run(
        [QGIS_PROCESS, "plugins", "enable", "allpa"], env=headless, capture_output=True, text=True, check=False
    )
    if enabled.returncode != 0 and "already enabled" not in enabled.stdout + enabled.stderr:
        raise RuntimeError(f"QGIS does not enable the plugin:\n{enabled.stdout}{enabled.stderr}")
    return environment
