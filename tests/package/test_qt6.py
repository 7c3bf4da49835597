"""Every name of Qt that the plugin spells exists under Qt 6 too: enums fully scoped, nothing that was dropped."""

import ast
import importlib

import pytest

pytest.importorskip("PyQt6.QtWidgets", reason="PyQt6 needs the libraries of a desktop", exc_type=ImportError)

SHIMMED = {"QAction", "QActionGroup", "QShortcut"}
"""Moved to QtGui in Qt 6; `qgis.PyQt.QtWidgets` gives them in both."""


def chains(tree):
    """Dotted names such as `Qt.DockWidgetArea.RightDockWidgetArea`, outermost first, with their lines."""
    for node in ast.walk(tree):
        parts, part = [], node
        while isinstance(part, ast.Attribute):
            parts.append(part.attr)
            part = part.value
        if parts and isinstance(part, ast.Name):
            yield node.lineno, part.id, parts[::-1]


def test_qt_names_exist_in_qt6(root):
    missing = []
    for path in [each for folder in ("plugin", "plugin/algorithms", "ui") for each in (root / folder).glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.PyQt"):
                module = importlib.import_module(node.module.replace("qgis.PyQt", "PyQt6"))
                for name in node.names:
                    if not hasattr(module, name.name) and name.name not in SHIMMED:
                        missing.append(f"{path.name}: {node.module}.{name.name}")
                    imported[name.asname or name.name] = getattr(module, name.name, None)
        for line, first, rest in chains(tree):
            found = imported.get(first)
            for step in rest if isinstance(found, type) else ():
                if not hasattr(found, step):
                    missing.append(f"{path.name}:{line}: {first}.{'.'.join(rest)}")
                    break
                found = getattr(found, step)
    assert not missing, missing
