"""Count the code that ships: `python tools/count_lines.py [COMMIT ...]`, without a commit the working tree.

A line of code is a line that holds a part of a statement: blank lines, comments and docstrings are not counted.
Training and evaluation of the network once stood in the engine; they are left out, so that commits can be compared.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tarfile
import tokenize
from dataclasses import dataclass, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
TRAINING = ("plugin/allpa_engine/train/", "plugin/allpa_engine/evaluate/")
PARTS = {"engine": "plugin/allpa_engine/", "plugin": "plugin/", "widgets": "ui/"}
"""Name of a part and the folder that it lies in; the first that fits counts."""


@dataclass
class Count:
    """Sums over files."""

    modules: int = 0
    code_lines: int = 0
    functions: int = 0
    """Public functions and methods with parameters of their own."""
    parameters: int = 0
    """Those of them with a section `Parameters`."""
    returning: int = 0
    """Public functions and methods that declare another result than None."""
    returns: int = 0
    """Those of them with a section `Returns` or `Yields`."""
    examples: int = 0
    """Functions, classes and modules with an example (`>>>`)."""

    def add(self, other: Count) -> None:
        """Add the sums of another count."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def count_code_lines(source: str, tree: ast.Module) -> int:
    """Lines that hold a part of a statement which is no docstring."""
    docstring_lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            docstring_lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines)


def public_functions(node: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions of a module and methods of its public classes whose names are neither private nor Qt's or QGIS's.

    Names with capitals inside (`processAlgorithm`) are those of the classes that are extended, documented there.
    """
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            found += public_functions(child)
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and child.name == child.name.lower():
            found += [] if child.name.startswith("_") else [child]
    return found


def own_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Names of the parameters but `self` and `cls`."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def count_module(source: str) -> Count:
    """Count one module's text."""
    tree = ast.parse(source)
    count = Count(modules=1, code_lines=count_code_lines(source, tree))
    for function in public_functions(tree):
        text = ast.get_docstring(function) or ""
        if own_parameters(function):
            count.functions += 1
            count.parameters += "Parameters\n---" in text
        result = ast.unparse(function.returns) if function.returns else "None"
        if result != "None":
            count.returning += 1
            count.returns += "Returns\n---" in text or "Yields\n---" in text
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, documented))
    count.examples = sum(">>> " in (text or "") for text in texts)
    return count


def read_folder(root: Path = ROOT) -> dict[str, str]:
    """Texts of the modules in a working tree by their paths."""
    paths = (path for folder in ("plugin", "ui") for path in (root / folder).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def read_commit(commit: str) -> dict[str, str]:
    """Texts of the modules in a commit by their paths."""
    command = ["git", "archive", commit, "plugin", "ui"]
    content = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        streams = {name: archive.extractfile(name) for name in archive.getnames() if name.endswith(".py")}
        return {name: stream.read().decode() for name, stream in streams.items() if stream is not None}


def count_modules(texts: dict[str, str]) -> dict[str, Count]:
    """Count modules, by part, and in all."""
    counts = {name: Count() for name in (*PARTS, "all")}
    for name, text in texts.items():
        if not name.startswith(TRAINING):
            part = next(part for part, folder in PARTS.items() if name.startswith(folder))
            count = count_module(text)
            counts[part].add(count)
            counts["all"].add(count)
    return counts


def share(part: int, whole: int) -> str:
    """A share as `12 of 34 (35 %)`."""
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "none"


def main() -> None:
    """Print a table for the working tree or for every commit named."""
    print(f"{'':22}{'modules':>8}{'code lines':>12}{'with Parameters':>22}{'with Returns':>22}{'with examples':>15}")
    for commit in sys.argv[1:] or [""]:
        counts = count_modules(read_commit(commit) if commit else read_folder())
        for part, count in counts.items():
            columns = share(count.parameters, count.functions), share(count.returns, count.returning)
            print(
                f"{commit[:10] or 'working tree':13}{part:9}{count.modules:8}{count.code_lines:12}"
                f"{columns[0]:>22}{columns[1]:>22}{count.examples:15}"
            )


if __name__ == "__main__":
    main()
