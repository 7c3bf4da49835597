"""Paths of the files that ship with the plugin."""

from pathlib import Path

PLUGIN_FOLDER = Path(__file__).resolve().parents[1]
METADATA = PLUGIN_FOLDER / "metadata.txt"
RESOURCES = PLUGIN_FOLDER / "resources"
ICON = RESOURCES / "icons" / "allpa.svg"
HELP_FOLDER = RESOURCES / "help"
TRANSLATIONS = RESOURCES / "i18n"
MODELS = RESOURCES / "models"
