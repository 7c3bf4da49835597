"""The layers of docs/architecture.md: ui/ -> plugin/ -> plugin/allpa_engine/, imports point downwards only."""

import ast
import sys

import pytest

ENGINE = "allpa.plugin.allpa_engine"
SHARED_FOLDERS = ("core", "geo", "raster")
"""Folders of the engine that every step may import; each imports only itself and those before it."""
STEPS = ("search", "select", "fetch", "classify", "composite", "areas", "accuracy", "learn", "change", "report", "run")
"""Folders of the engine in the order of the flow."""
QGIS_SIDE = {"qgis", "numpy", "osgeo", "processing"}
HEAVY = {
    "torch", "rasterio", "pystac", "pystac_client", "requests", "shapely", "pyproj", "matplotlib", "scipy", "sklearn",
    "shap", "onnx", "onnxruntime", "pyarrow", "spyndex",
}  # fmt: skip


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
def module_imports(root):
    """Full name -> set of full names that the module imports."""
    found = modules(root)
    return {name: {wanted for _, wanted in imports(*path_and_package)} for name, path_and_package in found.items()}


def side(name):
    if name.startswith("allpa.ui"):
        return "ui"
    if name.startswith(ENGINE):
        return "engine"
    return "plugin" if name.startswith("allpa.plugin") else "entry"


def folder_of(name):
    """The folder of the engine that holds a module; empty for the package itself and what is not the engine's."""
    return name.removeprefix(ENGINE).lstrip(".").split(".")[0] if name.startswith(ENGINE) else ""


def folders_imported(module_imports, name):
    """The engine's folders that a module imports from, without its own."""
    found = {
        folder_of(wanted)
        for wanted in module_imports[name]
        if wanted in module_imports and wanted.startswith(f"{ENGINE}.")
    }
    return found - {folder_of(name)}


def outside(wanted):
    """Top-level packages of other projects."""
    tops = {name.split(".")[0] for name in wanted}
    return {top for top in tops if top not in sys.stdlib_module_names and top not in ("allpa", "allpa_engine")}


def test_the_engine_knows_nothing_of_qgis(module_imports):
    for name, wanted in module_imports.items():
        if side(name) == "engine":
            assert not outside(wanted) & {"qgis", "PyQt5", "PyQt6", "processing", "osgeo", "sip"}, name
            inner = {module for module in wanted if module.startswith("allpa.")}
            assert all(side(module) == "engine" for module in inner), f"{name} reaches out of the engine: {inner}"
            assert not any(module.split(".")[0] == "allpa_engine" for module in wanted), f"{name}: import relatively"


def test_the_qgis_side_needs_what_qgis_brings(module_imports):
    for name, wanted in module_imports.items():
        if side(name) != "engine":
            assert outside(wanted) <= QGIS_SIDE, name


def test_the_plugin_does_not_know_the_widgets(module_imports):
    for name, wanted in module_imports.items():
        if side(name) == "plugin":
            assert not any(module.startswith("allpa.ui") for module in wanted), name


def test_the_widgets_talk_to_the_plugin(module_imports):
    for name, wanted in module_imports.items():
        if side(name) == "ui":
            assert not any(module == "allpa" or module == "processing" for module in wanted), name


def test_every_folder_of_the_engine_has_a_position_in_the_order(module_imports):
    folders = {folder_of(name) for name in module_imports if name.startswith(f"{ENGINE}.")}
    assert folders == {*SHARED_FOLDERS, *STEPS, "__main__"}


def test_the_qgis_side_imports_the_core_of_the_engine_only(module_imports):
    for name in module_imports:
        if side(name) != "engine":
            assert folders_imported(module_imports, name) <= {"core"}, name


def test_the_core_needs_the_standard_library_only(module_imports):
    for name, wanted in module_imports.items():
        if name == ENGINE or folder_of(name) == "core":
            assert outside(wanted) == set(), name
            assert folders_imported(module_imports, name) == set(), name


def test_a_step_imports_earlier_steps_and_shared_folders_only(module_imports):
    order = [*SHARED_FOLDERS, *STEPS]
    for name in module_imports:
        if folder_of(name) in order:
            allowed = set(order[: order.index(folder_of(name))])
            assert folders_imported(module_imports, name) <= allowed, name


def test_nothing_that_ships_imports_the_tools(module_imports, root):
    """Tools are imported by their own names, from `tools/` on the path."""
    tools = {path.stem for path in (root / "tools").iterdir()} | {"tools"}
    for name, wanted in module_imports.items():
        assert not {module.split(".")[0] for module in wanted} & tools, name


def test_qgis_reaches_no_heavy_package(module_imports):
    """Whatever QGIS's process can come to import, lazily or not, leads to no heavy package."""
    open_names, reached = [name for name in module_imports if side(name) != "engine"], set()
    while open_names:
        name = open_names.pop()
        if name not in reached:
            reached.add(name)
            open_names += [wanted for wanted in module_imports[name] if wanted in module_imports]
    for name in reached:
        assert not outside(module_imports[name]) & HEAVY, name
    assert {folder_of(name) for name in reached if side(name) == "engine"} <= {"", "core"}


def test_the_qgis_side_can_be_read_by_old_pythons(module_imports, root):
    """QGIS 3.22 may bring Python 3.9."""
    for name, (path, _) in modules(root).items():
        if side(name) != "engine" or name == ENGINE or folder_of(name) == "core":
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_qt_is_imported_by_qgis_only(module_imports):
    for name, wanted in module_imports.items():
        assert not outside(wanted) & {"PyQt5", "PyQt6", "PySide2", "PySide6"}, name
