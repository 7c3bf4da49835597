"""Allpa: annual land-cover maps from Sentinel-2 in QGIS.

Importing this package is cheap; QGIS calls `classFactory`, and everything else is loaded when it is needed.
"""

from typing import Any


def classFactory(iface: Any) -> Any:  # noqa: ANN401, N802 - QGIS's name; its types would have to be imported
    """Give QGIS the plugin; `iface` is None in `qgis_process`."""
    from .plugin.allpa_plugin import AllpaPlugin

    return AllpaPlugin(iface, _make_dock, _make_options, _make_class_widget, _show_diagnostics)


def _make_dock(iface: Any) -> Any:  # noqa: ANN401
    from .ui.dock import AllpaDock

    return AllpaDock(iface)


def _make_options() -> Any:  # noqa: ANN401
    from .ui.options import AllpaOptionsFactory

    return AllpaOptionsFactory()


def _show_diagnostics(parent: Any) -> Any:  # noqa: ANN401
    from .ui.diagnostics import show_diagnostics

    return show_diagnostics(parent)


def _make_class_widget() -> Any:  # noqa: ANN401
    from .ui.accuracy.class_widget import ClassWidget

    return ClassWidget()
