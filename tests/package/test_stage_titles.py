"""Each stage whose progress the engine reports has a title in the language of QGIS; without one its key is shown."""

import ast


def stages_of(source):
    """Texts that are given to a name such as `STAGE`, or stand first in a call of `progress`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Name, ast.Tuple)):
            names, values = node.targets[0], node.value
            pairs = (
                zip(names.elts, values.elts)
                if isinstance(names, ast.Tuple) and isinstance(values, ast.Tuple)
                else [(names, values)]
            )
            found = [value for name, value in pairs if isinstance(name, ast.Name) and name.id.endswith("STAGE")]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "progress":
            found = node.args[:1]
        else:
            continue
        yield from (value.value for value in found if isinstance(value, ast.Constant) and isinstance(value.value, str))


def test_every_stage_has_a_title(root):
    stages = {
        stage
        for path in (root / "plugin/allpa_engine").rglob("*.py")
        for stage in stages_of(path.read_text(encoding="utf-8"))
    }
    assert {"search", "accuracy", "zones", "train_forest", "start_network", "export_model", "explain_model"} <= stages
    module = ast.parse((root / "plugin/allpa_engine/core/stages.py").read_text(encoding="utf-8"))
    table = next(
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STAGE_TITLES"
    )
    assert not stages - {key.value for key in table.keys}
