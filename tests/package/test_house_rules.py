"""Rules that keep the sources readable and the project by itself."""

import ast
import re
import subprocess

import pytest

LONGEST_FILE = {"tests": 450, "shipped": 400}
LONGEST_FUNCTION = 50
MACHINE = re.compile(
    r"(?<![\w.])/(?:work|root)/|localhost:\d|files\.pythonhosted|pypi\.org|download\.pytorch|"
    r"registry\.npmjs|deb\.debian\.org|--(?:extra-)?index-url|--find-links"
)
"""Paths of a machine and addresses of package registries."""


@pytest.fixture(scope="module")
def sources(root):
    """Tracked text files of the project."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    kinds = (".py", ".md", ".txt", ".in", ".toml", ".json", ".html", ".qml", ".svg", ".csv", "Makefile", "run", ".ts")
    return [root / name for name in listed.stdout.split("\0") if name.endswith(kinds) and (root / name).is_file()]


def test_nothing_names_a_machine_or_a_registry(sources, root):
    allowed = {root / "tests/package/test_house_rules.py", root / "tests/lock.py"}
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"
        for path in sources
        if path not in allowed
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert found == []


def test_only_tests_know_of_the_shared_data(sources, root):
    """The project's real data lies beside the checkout on its own machines; what ships never refers to it."""
    own = re.compile(r"ALLPA_SHARED|\.\./shared")
    found = [
        str(path.relative_to(root))
        for path in sources
        if "tests" not in path.relative_to(root).parts and own.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_locks_pin_every_package_by_hash(root):
    locks = [
        *(root / "resources/requirements").glob("*.txt"),
        root / "tests/requirements.txt",
        root / "tools/bench/requirements.txt",
        root / "docs/requirements.txt",
    ]
    assert len(locks) == 10
    for lock in locks:
        blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))[1:]
        assert blocks
        for block in blocks:
            assert re.match(r"[a-z0-9-]+==[^ ;]+", block), block[:60]
            assert "--hash=sha256:" in block, block[:60]


def test_files_are_short(sources, root):
    long = {
        str(path.relative_to(root)): lines
        for path in sources
        if path.suffix == ".py"
        and (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > LONGEST_FILE["tests" if "tests" in path.relative_to(root).parts else "shipped"]
    }
    assert long == {}


def test_functions_are_short(sources, root):
    long = []
    for path in sources:
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                if ast.get_docstring(node):
                    lines -= node.body[0].end_lineno - node.body[0].lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(root)}:{node.name} {lines}")
    assert long == []
