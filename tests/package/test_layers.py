"""The house as drawn: ui/ -> plugin/ -> plugin/allpa_engine/, imports point downwards only."""

import ast
import sys

import pytest

ENGINE = "allpa.plugin.allpa_engine"
GROUND = ("core", "geo", "raster")
"""Folders of the engine that every step may import; each imports only itself and those before it."""
STEPS = ("search", "select", "fetch", "classify", "composite", "areas", "change", "report", "run")
"""Folders of the engine in the order of the flow."""
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
    if name.startswith(ENGINE):
        return "engine"
    return "plugin" if name.startswith("allpa.plugin") else "entry"


def room(name):
    """The folder of the engine that holds a module; empty for the package itself and what is not the engine's."""
    return name.removeprefix(ENGINE).lstrip(".").split(".")[0] if name.startswith(ENGINE) else ""


def rooms_imported(house, name):
    """The engine's folders that a module imports from, without its own."""
    found = {room(wanted) for wanted in house[name] if wanted in house and wanted.startswith(f"{ENGINE}.")}
    return found - {room(name)}


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


def test_every_folder_of_the_engine_has_its_place_in_the_order(house):
    folders = {room(name) for name in house if name.startswith(f"{ENGINE}.")}
    assert folders == {*GROUND, *STEPS, "__main__"}


def test_the_qgis_side_imports_the_core_of_the_engine_only(house):
    for name in house:
        if side(name) != "engine":
            assert rooms_imported(house, name) <= {"core"}, name


def test_the_core_needs_the_standard_library_only(house):
    for name, wanted in house.items():
        if name == ENGINE or room(name) == "core":
            assert outside(wanted) == set(), name
            assert rooms_imported(house, name) == set(), name


def test_a_step_imports_earlier_steps_and_the_ground_only(house):
    order = [*GROUND, *STEPS]
    for name in house:
        if room(name) in order:
            allowed = set(order[: order.index(room(name))])
            assert rooms_imported(house, name) <= allowed, name


def test_nothing_that_ships_imports_the_tools(house, root):
    """Tools are imported by their own names, from `tools/` on the path."""
    tools = {path.stem for path in (root / "tools").iterdir()} | {"tools"}
    for name, wanted in house.items():
        assert not {each.split(".")[0] for each in wanted} & tools, name


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
    assert {room(name) for name in reached if side(name) == "engine"} <= {"", "core"}


def test_the_qgis_side_can_be_read_by_old_pythons(house, root):
    """QGIS 3.22 may bring Python 3.9."""
    for name, (path, _) in modules(root).items():
        if side(name) != "engine" or name == ENGINE or room(name) == "core":
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_qt_is_imported_by_qgis_only(house):
    for name, wanted in house.items():
        assert not outside(wanted) & {"PyQt5", "PyQt6", "PySide2", "PySide6"}, name
