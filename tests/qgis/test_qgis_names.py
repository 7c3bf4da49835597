"""Every name of QGIS that the plugin spells exists, and enums stand under their own names, as QGIS 4 wants them."""

import ast
import importlib


def chains(tree):
    """Dotted names such as `QgsTask.Flag.CanCancel` with their lines, the longest only."""
    inner = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node not in inner:
            parts, part = [], node
            while isinstance(part, ast.Attribute):
                inner.add(part.value)
                parts.append(part.attr)
                part = part.value
            if isinstance(part, ast.Name):
                yield node.lineno, part.id, parts[::-1]


def problem_of(found, steps):
    """What is wrong with a dotted name below a class of QGIS; empty where it can stand."""
    for step in steps:
        if not hasattr(found, step):
            return "does not exist"
        value = getattr(found, step)
        kind = type(value)
        of_an_enum = kind.__module__.startswith("qgis.") and issubclass(kind, int) and "." in kind.__qualname__
        if of_an_enum and found is not kind:
            return f"is an unscoped enum of {kind.__qualname__}"
        if not isinstance(value, type):
            return ""
        found = value
    return ""


def test_names_exist_and_enums_are_scoped(qgis_app, root):
    wrong, seen = [], 0
    for path in [path for folder in ("plugin", "ui") for path in (root / folder).rglob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in ("qgis.core", "qgis.gui"):
                module = importlib.import_module(node.module)
                imported |= {name.asname or name.name: getattr(module, name.name) for name in node.names}
        for line, first, steps in chains(tree):
            if first in imported:
                seen += 1
                problem = problem_of(imported[first], steps)
                if problem:
                    wrong.append(f"{path.name}:{line}: {first}.{'.'.join(steps)} {problem}")
    assert wrong == []
    assert seen > 50


def test_an_unscoped_enum_and_a_name_that_does_not_exist_are_found(qgis_app):
    from qgis.core import Qgis, QgsWkbTypes

    assert "unscoped" in problem_of(QgsWkbTypes, ["PolygonGeometry"])
    assert "unscoped" in problem_of(Qgis, ["Info"])
    assert "not exist" in problem_of(QgsWkbTypes, ["GeometryType", "Hexagon"])
    assert problem_of(QgsWkbTypes, ["GeometryType", "PolygonGeometry"]) == ""
    assert problem_of(QgsWkbTypes, ["multiType"]) == ""
