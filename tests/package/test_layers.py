"""The house as drawn: ui/ -> plugin/ -> plugin/allpa_engine/, imports point downwards only."""

import ast
import sys

import pytest

LIGHT = {
    "", "atomic", "bands", "catalogues", "errors", "job", "language", "legend", "protocol", "scene", "spanish",
}  # fmt: skip
"""Modules of the engine that need the standard library only, and that QGIS's Python reads too."""
QGIS_SIDE = {"qgis", "numpy", "osgeo", "processing"}
HEAVY = {"torch", "rasterio", "pystac", "pystac_client", "requests", "shapely", "pyproj", "matplotlib", "scipy"}


def imports(path, package):
    """(line, full module name) of every import in a file of `package`, at any depth of the code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, name
            yield from ((node.lineno, f"{name}.{alias.name}") for alias in node.names)


def modules(root):
    """Full name -> (path, package) of every module that ships, with `allpa` for the root."""
    found = {}
    for path in [root / "__init__.py", *(root / "plugin").rglob("*.py"), *(root / "ui").rglob("*.py")]:
        parts = ["allpa", *path.relative_to(root).with_suffix("").parts]
        package = parts[:-1]
        name = ".".join(package if parts[-1] == "__init__" else parts)
        found[name] = (path, package)
    return found


@pytest.fixture(scope="module")
def house(root):
    """Full name -> set of full names that the module imports."""
    found = modules(root)
    return {name: {wanted for _, wanted in imports(*place)} for name, place in found.items()}


def side(name):
    if name.startswith("allpa.ui"):
        return "ui"
    if name.startswith("allpa.plugin.allpa_engine"):
        return "engine"
    return "plugin" if name.startswith("allpa.plugin") else "entry"


def outside(wanted):
    """Top-level packages of other projects."""
    tops = {name.split(".")[0] for name in wanted}
    return {top for top in tops if top not in sys.stdlib_module_names and top not in ("allpa", "allpa_engine")}


def test_the_engine_knows_nothing_of_qgis(house):
    for name, wanted in house.items():
        if side(name) == "engine":
            assert not outside(wanted) & {"qgis", "PyQt5", "PyQt6", "processing", "osgeo", "sip"}, name
            inner = {each for each in wanted if each.startswith("allpa.")}
            assert all(side(each) == "engine" for each in inner), f"{name} reaches out of the engine: {inner}"
            assert not any(each.split(".")[0] == "allpa_engine" for each in wanted), f"{name}: import relatively"


def test_the_qgis_side_needs_what_qgis_brings(house):
    for name, wanted in house.items():
        if side(name) != "engine":
            assert outside(wanted) <= QGIS_SIDE, name


def test_the_plugin_does_not_know_the_widgets(house):
    for name, wanted in house.items():
        if side(name) == "plugin":
            assert not any(each.startswith("allpa.ui") for each in wanted), name


def test_the_widgets_talk_to_the_plugin(house):
    for name, wanted in house.items():
        if side(name) == "ui":
            assert not any(each == "allpa" or each == "processing" for each in wanted), name


def test_light_modules_need_the_standard_library_only(house, root):
    for module in LIGHT:
        name = f"allpa.plugin.allpa_engine.{module}".rstrip(".")
        assert outside(house[name]) == set(), name
        inner = {each for each in house[name] if each in house and side(each) == "engine"}
        assert inner <= {f"allpa.plugin.allpa_engine.{each}".rstrip(".") for each in LIGHT}, name


def test_qgis_reaches_no_heavy_package(house):
    """Whatever QGIS's process can come to import, lazily or not, leads to no heavy package."""
    open_names, reached = [name for name in house if side(name) != "engine"], set()
    while open_names:
        name = open_names.pop()
        if name not in reached:
            reached.add(name)
            open_names += [wanted for wanted in house[name] if wanted in house]
    for name in reached:
        assert not outside(house[name]) & HEAVY, name
    engine = {name.removeprefix("allpa.plugin.allpa_engine").lstrip(".") for name in reached if side(name) == "engine"}
    assert engine <= LIGHT


def test_the_qgis_side_can_be_read_by_old_pythons(house, root):
    """QGIS 3.22 may bring Python 3.9."""
    for name, (path, _) in modules(root).items():
        light = name.removeprefix("allpa.plugin.allpa_engine").lstrip(".") in LIGHT
        if side(name) != "engine" or light:
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_qt_is_imported_by_qgis_only(house):
    for name, wanted in house.items():
        assert not outside(wanted) & {"PyQt5", "PyQt6", "PySide2", "PySide6"}, name
