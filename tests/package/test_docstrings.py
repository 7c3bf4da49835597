"""Public functions document what goes in and what comes out; the shares may only rise."""

import ast
import re

import pytest
from count_lines import count_module, count_modules, read_folder

LEAST_PERCENT = {"parameters": 58, "returns": 41}
"""Of the engine's public functions with parameters, or with a result: those with a numpydoc section for them."""
LEAST_EXAMPLES = 95


@pytest.fixture(scope="module")
def engine():
    """The count of the engine."""
    return count_modules(read_folder())["engine"]


def test_public_functions_document_parameters_and_results(engine):
    assert 100 * engine.parameters / engine.functions >= LEAST_PERCENT["parameters"]
    assert 100 * engine.returns / engine.returning >= LEAST_PERCENT["returns"]
    assert engine.examples >= LEAST_EXAMPLES


def test_documented_parameters_are_those_of_the_function():
    """Anything else is lost on the pages that are built from the docstrings."""
    unknown = []
    for path, text in read_folder().items():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            section = re.search(
                r"^Parameters\n-+\n(.*?)(?=\n\n\w+\n---|\Z)", ast.get_docstring(node) or "", re.MULTILINE | re.DOTALL
            )
            arguments = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
            for line in section.group(1).splitlines() if section else ():
                if line and not line.startswith(" "):
                    names = {name.strip().lstrip("*") for name in line.split(" : ")[0].split(",")}
                    unknown += [f"{path}:{node.name}: {name}" for name in names - arguments]
    assert unknown == []


def test_lines_of_code_are_counted_without_blanks_comments_and_docstrings():
    source = '''"""Module.

Two lines.
"""

# a comment
import os  # code


class Thing:
    """A class."""

    size = (
        1,

        2,  # in the middle
    )

    def method(self, value: int) -> int:
        """Parameters are described.

        Parameters
        ----------
        value : a number

        Examples
        --------
        >>> 1 + 1
        2
        """
        text = """no
        docstring"""
        return value + len(text)

    def _private(self, value: int) -> int:
        return value

    def createInstance(self, value: int) -> int:
        return value
'''
    count = count_module(source)
    assert count.code_lines == 1 + 1 + 5 - 1 + 1 + 2 + 1 + 2 + 2
    assert (count.functions, count.parameters, count.returning, count.returns, count.examples) == (1, 1, 1, 0, 1)
