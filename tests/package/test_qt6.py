"""Every name of Qt that the plugin spells exists under Qt 6 too: enums fully scoped, nothing that was dropped."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PyQt6.QtWidgets", reason="PyQt6 needs the libraries of a desktop", exc_type=ImportError)

SHIMMED = {"QAction", "QActionGroup", "QShortcut"}
"""Moved to QtGui in Qt 6; `qgis.PyQt.QtWidgets` gives them in both."""


DROPPED = {
    *("exec_", "print_", "desktop", "globalPos", "globalX", "globalY", "posF", "delta", "setResizeMode", "setMargin"),
    *("setTabStopWidth", "tabStopWidth", "toPyDate", "toPyDateTime", "toPyObject", "setCodec"),
}
"""Methods of PyQt5 that Qt 6 or PyQt6 has no more, under whatever object they stand."""


def chains(tree):
    """Dotted names such as `Qt.DockWidgetArea.RightDockWidgetArea`, outermost first, with their lines."""
    for node in ast.walk(tree):
        parts, part = [], node
        while isinstance(part, ast.Attribute):
            parts.append(part.attr)
            part = part.value
        if parts and isinstance(part, ast.Name):
            yield node.lineno, part.id, parts[::-1]


def sources_with_qt(root):
    paths = [path for folder in ("plugin", "ui") for path in (root / folder).rglob("*.py")]
    return [path for path in paths if "allpa_engine" not in path.parts]


def test_nothing_of_pyqt5_alone_is_called(root):
    found = []
    for path in sources_with_qt(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in DROPPED:
                found.append(f"{path.name}:{node.lineno}: {node.attr}")
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = getattr(node, "module", None) or ""
            if module.startswith(("PyQt", "sip")) or any(name.startswith(("PyQt", "sip")) for name in names):
                found.append(f"{path.name}:{node.lineno}: imports {module or names}")
            if "QVariant" in names:
                found.append(f"{path.name}:{node.lineno}: QVariant, whose types Qt 6 spells otherwise")
    assert found == []


def test_dock_and_options_work_on_qt6(root, tmp_path):
    (tmp_path / "allpa").symlink_to(root, target_is_directory=True)
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("qt6_dock.py"), tmp_path],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fine on Qt 6" in done.stdout


def test_qt_names_exist_in_qt6(root):
    missing = []
    for path in sources_with_qt(root):
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
