"""The optional groups of packages: a missing one is named with the way to install it, and nothing else is asked for."""

import sys
from pathlib import Path

import pytest
import tomllib
from allpa_engine.core.errors import PartsMissing
from allpa_engine.core.parts import PART_PACKAGES, missing_packages, require_parts

ROOT = Path(__file__).resolve().parents[2]
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "segmentation_models_pytorch": "segmentation-models-pytorch"}


@pytest.fixture
def without_shap(monkeypatch):
    monkeypatch.delitem(sys.modules, "shap", raising=False)
    monkeypatch.setattr(
        "allpa_engine.core.parts.find_spec", lambda name: None if name == "shap" else sys.modules["json"].__spec__
    )


def test_what_is_missing_is_named_with_the_next_step(without_shap):
    with pytest.raises(PartsMissing) as caught:
        require_parts("learn")
    assert "own classes are not installed" in caught.value.what
    assert caught.value.why == "Missing: shap."
    assert "Install the parts for own classes" in caught.value.next_step


def test_a_step_that_needs_no_shap_runs_without_it(without_shap):
    require_parts("learn", "sklearn", "pyarrow")
    with pytest.raises(PartsMissing):
        require_parts("learn", "sklearn", "shap")


@pytest.mark.parametrize("group", list(PART_PACKAGES))
def test_the_groups_are_those_that_the_package_declares(group):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][group]
    names = {requirement.split(">")[0] for requirement in declared}
    assert {_DISTRIBUTIONS.get(name, name) for name in PART_PACKAGES[group]} == names


def test_a_package_that_is_not_there_is_found_without_importing_it(monkeypatch):
    monkeypatch.setitem(PART_PACKAGES, "learn", ("json", "allpa_no_such_package"))
    assert missing_packages("learn") == ("allpa_no_such_package",)
