"""The lists of the engine's packages: complete for each Python, and only files that the oldest system can load."""

import re
from functools import cache
from pathlib import Path

import pytest
import tomllib
from lock import names_everywhere
from packaging.requirements import Requirement
from packaging.tags import mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "resources" / "requirements"
EXPECTED = {
    "linux-x86_64": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "linux-x86_64-cuda": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "linux-aarch64": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "windows-x86_64": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "macos-arm64": ("3.10", "3.11", "3.12", "3.13", "3.14"),
    "macos-x86_64": ("3.10", "3.11", "3.12"),
}
LINE = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>[^#]*?))? --hash=sha256:[0-9a-f]{64}"
    r"  # (?P<size>\d+) (?P<unpacked>\d+) (?P<file>\S+\.whl)$"
)
GROUPS = ("learn", "encoders", "cluster")
PLATFORMS = [(name, python) for name, pythons in EXPECTED.items() for python in pythons]
CASES = PLATFORMS + [(f"{group}/{name}", python) for group in GROUPS for name, python in PLATFORMS]


@cache
def read(name):
    """Floors by Python, and the parsed lines of a list."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    floors = dict(re.findall(r"^# python ([\d.]+) floor ?([\d.]*)$", text, re.MULTILINE))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    matches = [LINE.match(line) for line in lines]
    assert all(matches), [line for line, match in zip(lines, matches) if not match]
    return floors, matches


def wheels_of(name, python):
    """The files that one Python installs."""
    return [line for line in read(name)[1] if not line["marker"] or f"python_version == '{python}'" in line["marker"]]


def test_there_is_a_list_for_each_platform_and_no_other():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {*EXPECTED, "uv"}
    for folder in ("", *(f"{group}/" for group in GROUPS)):
        for name, pythons in EXPECTED.items():
            assert tuple(read(folder + name)[0]) == pythons


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("name", "python"), PLATFORMS)
def test_a_group_has_all_that_it_declares_and_changes_nothing_of_the_engine(group, name, python):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["optional-dependencies"][group]
    direct = {canonicalize_name(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in declared}
    engine = {line["name"] for line in wheels_of(name, python)}
    added = {line["name"] for line in wheels_of(f"{group}/{name}", python)}
    assert direct <= added
    assert not added & engine
    assert read(f"{group}/{name}")[0] == read(name)[0]


@pytest.mark.parametrize(("name", "python"), PLATFORMS)
def test_packages_of_all_groups_have_one_version(name, python):
    versions = {}
    for group in GROUPS:
        for line in wheels_of(f"{group}/{name}", python):
            assert versions.setdefault(line["name"], line["version"]) == line["version"]


@pytest.mark.parametrize(("name", "python"), PLATFORMS)
def test_each_python_gets_every_package_once(name, python):
    names = [line["name"] for line in wheels_of(name, python)]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    system, machine = name.removesuffix("-cuda").split("-", 1)
    place = {"sys_platform": {"macos": "darwin", "windows": "win32"}.get(system, system)}
    place["platform_machine"] = "AMD64" if system == "windows" else machine
    wanted = [Requirement(text) for text in project["dependencies"]]
    direct = {
        canonicalize_name(item.name)
        for item in wanted
        if item.marker is None or item.marker.evaluate(environment=place)
    }
    assert direct <= set(names)
    assert "openvino-telemetry" not in names
    assert ("openvino" in names) == (machine == "x86_64"), "where it is measured to be faster"
    assert any(text.startswith("nvidia-") for text in names) == (name == "linux-x86_64-cuda")


@pytest.mark.parametrize(("name", "python"), CASES)
def test_no_package_is_listed_twice(name, python):
    names = [line["name"] for line in wheels_of(name, python)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "python"), CASES)
def test_each_file_fits_the_python_and_the_oldest_system(name, python):
    floor = tuple(int(part) for part in re.findall(r"\d+", read(name)[0][python]))
    for line in wheels_of(name, python):
        file_name, version, _build, tags = parse_wheel_filename(line["file"])
        assert (file_name, str(version)) == (line["name"], line["version"])
        assert any(fits(tag, name, python, floor) for tag in tags), line["file"]
        assert 0 < int(line["size"]) < 4 * 10**9
        assert int(line["unpacked"]) > 0


def fits(tag, name, python, floor):
    """Whether a wheel's tag serves a Python on the oldest system; written from the rules of the tags."""
    minor = int(python.split(".")[1])
    own = tag.interpreter == f"cp{python.replace('.', '')}" and tag.abi in (tag.interpreter, "none")
    stable = tag.abi == "abi3" and int(tag.interpreter[3:]) <= minor
    if not (own or stable or (tag.interpreter in ("py3", "py2", f"py3{minor}") and tag.abi == "none")):
        return False
    if tag.platform == "any":
        return True
    system, machine = name.split("/")[-1].split("-")[:2]
    if system == "windows":
        return tag.platform == "win_amd64"
    if system == "macos":
        return tag.platform in set(mac_platforms(floor, machine))
    found = re.fullmatch(rf"manylinux_(\d+)_(\d+)_{machine}", tag.platform)
    return tag.platform == f"manylinux2014_{machine}" or bool(found and (int(found[1]), int(found[2])) <= floor)


def test_the_oldest_systems_are_those_that_the_readme_names():
    floors = {name: set(read(name)[0].values()) for name in EXPECTED}
    assert floors["macos-arm64"] == {"12.0", "14.0"}
    assert floors["macos-x86_64"] == {"12.0"}
    assert floors["linux-x86_64"] == floors["linux-aarch64"] == {"2.28"}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "macOS 12" in readme
    assert "glibc 2.28" in readme


def test_a_package_that_one_list_has_for_windows_alone_is_not_left_out_of_the_next():
    assert names_everywhere(["colorama==0.4.6 ; sys_platform == 'win32'", "click==8.5.1"]) == {"click"}


def test_the_pages_have_a_package_that_mkdocs_material_imports_on_every_system():
    text = (ROOT / "docs" / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^colorama==\S+ \\$", text, re.MULTILINE)
