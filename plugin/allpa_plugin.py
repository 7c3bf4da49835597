"""The plugin in QGIS: provider, menu, toolbar, dock; unloading removes everything that it added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, QTranslator, QUrl
from qgis.PyQt.QtGui import QDesktopServices, QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget

from .diagnostics import forget_log, remember_log
from .help_pages import help_url
from .plugin_metadata import homepage
from .provider import AllpaProvider
from .resources import ICON, TRANSLATIONS
from .translation import forget_language, tr
from .worker.engine_process import WAITING_ENGINE

MENU = "Allpa"


class AllpaPlugin:
    """The plugin, from loading to unloading.

    Parameters
    ----------
    iface
        QGIS's interface (QgisInterface); None in `qgis_process`, where only `initProcessing` is called.
    make_dock
        Creates the dock when it is first shown: a QDockWidget with `dispose()`, called on unload.
    make_options
        Creates the factory of the options page (QgsOptionsWidgetFactory) with `dispose()`, called on unload.
    make_class_widget
        Registers the widget of attribute forms with a button for each class; its `dispose()` is called on unload.
    show_diagnostics
        Opens the window of the diagnostics report over QGIS's main window.

    """

    def __init__(
        self,
        iface: Any,  # noqa: ANN401 - QgisInterface is of qgis.gui, which only `ui` imports
        make_dock: Callable[[Any], Any] | None = None,
        make_options: Callable[[], Any] | None = None,
        make_class_widget: Callable[[], Any] | None = None,
        show_diagnostics: Callable[[Any], Any] | None = None,
    ) -> None:
        self.iface: Any = iface
        self.provider: AllpaProvider | None = None
        self.dock: Any = None
        self._make_dock = make_dock
        self._make_options = make_options
        self._options: Any = None
        self._make_class_widget = make_class_widget
        self._class_widget: Any = None
        self._dock_action: QAction | None = None
        self._help_action: QAction | None = None
        self._show_diagnostics = show_diagnostics
        self._report_actions: list[QAction] = []
        forget_language()
        self._translator = _translator()

    def initProcessing(self) -> None:  # noqa: N802 - QGIS's name
        """Add the provider; all that `qgis_process` needs."""
        self.provider = AllpaProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)
        self.provider.complete_models()

    def initGui(self) -> None:  # noqa: N802 - QGIS's name
        """Add provider, actions and options page; the dock is created when it is first shown."""
        self.initProcessing()
        if self.iface is None:
            return
        window = self.iface.mainWindow()
        self._dock_action = QAction(QIcon(str(ICON)), tr("Land-cover map…"), window)
        self._dock_action.setObjectName("allpaDockAction")
        self._dock_action.setToolTip(tr("Allpa: annual land-cover map from Sentinel-2"))
        self._dock_action.setCheckable(True)
        self._dock_action.triggered.connect(self.show_dock)
        self.iface.addPluginToRasterMenu(MENU, self._dock_action)
        self.iface.addToolBarIcon(self._dock_action)
        self._help_action = QAction(QIcon(str(ICON)), "Allpa", window)
        self._help_action.setObjectName("allpaHelpAction")
        self._help_action.setMenuRole(QAction.MenuRole.NoRole)
        self._help_action.triggered.connect(open_help)
        self.iface.pluginHelpMenu().addAction(self._help_action)
        remember_log()
        if self._show_diagnostics is not None:
            self._add_report_actions(self._show_diagnostics)
        self._options = self._make_options() if self._make_options is not None else None
        if self._options is not None:
            self.iface.registerOptionsWidgetFactory(self._options)
        self._class_widget = self._make_class_widget() if self._make_class_widget is not None else None

    def _add_report_actions(self, show: Callable[[Any], Any]) -> None:
        """In the plugin's own menu, and in that of the help of all plugins, where the plugin has to be named."""
        window = self.iface.mainWindow()
        texts = {
            "allpaReportAction": tr("Diagnostics report…"),
            "allpaHelpReportAction": tr("Allpa: diagnostics report…"),
        }
        for name, text in texts.items():
            action = QAction(QIcon(str(ICON)), text, window)
            action.setObjectName(name)
            action.triggered.connect(lambda _checked: show(window))
            self._report_actions.append(action)
        self.iface.addPluginToRasterMenu(MENU, self._report_actions[0])
        self.iface.pluginHelpMenu().addAction(self._report_actions[1])

    def show_dock(self, visible: bool = True) -> None:
        """Show or hide the dock; the first time it is created."""
        if self.dock is None and visible and self._make_dock is not None:
            self.dock = self._make_dock(self.iface)
            self._place_dock()
            self.dock.visibilityChanged.connect(self._sync_dock_action)
        if self.dock is not None:
            self.dock.setVisible(visible)

    def _place_dock(self) -> None:
        """Put the dock on the right, as a tab of the panel that is there already."""
        window, right = self.iface.mainWindow(), Qt.DockWidgetArea.RightDockWidgetArea
        others = [
            panel
            for panel in window.findChildren(QDockWidget)
            if panel is not self.dock and window.dockWidgetArea(panel) == right
            if panel.isVisible() and not panel.isFloating()
        ]
        self.iface.addDockWidget(right, self.dock)
        if others:
            window.tabifyDockWidget(others[-1], self.dock)
            QTimer.singleShot(0, self.dock.raise_)  # once it is visible

    def _sync_dock_action(self, _visible: bool) -> None:
        if self._dock_action is not None and self.dock is not None:
            self._dock_action.setChecked(not self.dock.isHidden())

    def unload(self) -> None:
        """Remove everything that was added."""
        if self.dock is not None:
            self.dock.visibilityChanged.disconnect(self._sync_dock_action)
            self.dock.dispose()  # a running job is stopped, the canvas gets its tool back
            self.dock.close()
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.dock = None
        if self._options is not None:
            self.iface.unregisterOptionsWidgetFactory(self._options)
            self._options.dispose()
            self._options = None
        if self._class_widget is not None:
            self._class_widget.dispose()
            self._class_widget = None
        if self._dock_action is not None:
            self.iface.removePluginRasterMenu(MENU, self._dock_action)
            self.iface.removeToolBarIcon(self._dock_action)
            self._dock_action.deleteLater()
            self._dock_action = None
        if self._help_action is not None:
            self.iface.pluginHelpMenu().removeAction(self._help_action)
            self._help_action.deleteLater()
            self._help_action = None
        if self._report_actions:
            self.iface.removePluginRasterMenu(MENU, self._report_actions[0])
            self.iface.pluginHelpMenu().removeAction(self._report_actions[1])
            for action in self._report_actions:
                action.deleteLater()
            self._report_actions = []
        forget_log()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            self.provider = None
        WAITING_ENGINE.close()
        forget_language()
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None


def open_help() -> None:
    """Open the plugin's homepage, or the help page that ships with it where the publisher has set none."""
    url = homepage()
    QDesktopServices.openUrl(QUrl(url) if url else help_url())


def _translator() -> QTranslator | None:
    file = TRANSLATIONS / f"allpa_{QgsApplication.locale()[:2]}.qm"
    translator = QTranslator()
    if not file.exists() or not translator.load(str(file)):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
