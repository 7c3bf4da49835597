"""These tests run in QGIS, without a window."""

from qgis_session import *  # noqa: F403 - the fixtures and hooks of every tier that needs QGIS
