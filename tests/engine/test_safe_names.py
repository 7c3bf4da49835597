"""File names of ids from outside: inside the folder, short, readable on every system, never the name of another id."""

import re

import pytest
from allpa_engine.core.safe_names import MAX_NAME_CHARS, safe_name
from hypothesis import example, given
from hypothesis import strategies as st

PRODUCT = "S2A_MSIL2A_20200621T150719_N0500_R082_T18LYF_20230401T123456"
HOSTILE = [
    "../../x",
    "../../../../srv/x",
    "/srv/x",
    "\\\\server\\share\\x",
    "C:\\x",
    "C:x",
    "a/b",
    "a\\b",
    "..",
    ".",
    "",
    " ",
    "x.",
    "X ",
    ".HIDDEN",
    "-RF",
    "A:B",
    "A\0B",
    "A\nB",
    "A*B?",
    "A%2FB",
    "~",
    "CON",
    "nul",
    "LPT1",
    "COM1.X",
    "A" * 290,
    "ñandú",
    "\u202eABC",
    "日本",
    "\ud800",
    "X.PART",
    "S2A [1]",
]
WINDOWS_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


@pytest.mark.parametrize("identifier", ["2020", "20200401-20200930", PRODUCT, "S2B_18LYF_20200621_0_L2A"])
def test_ids_of_products_and_periods_name_their_files_themselves(identifier):
    assert safe_name(identifier) == identifier


@pytest.mark.parametrize("identifier", HOSTILE)
def test_a_hostile_id_names_a_file_in_the_folder(tmp_path, identifier):
    path = tmp_path / "in" / f"{safe_name(identifier)}.tif"
    path.parent.mkdir()
    path.write_bytes(b"x")
    assert path.resolve().parent == (tmp_path / "in").resolve()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_name_can_be_read():
    assert safe_name("Distrito de Curahuasi (Apurímac)").startswith("Distrito_de_Curahuasi_Apurimac-")


def test_different_ids_never_share_a_name():
    ids = [*HOSTILE, PRODUCT, PRODUCT.lower(), PRODUCT.title(), "a_b", "A_B", "a:b", "A_B-", "A" * 291]
    names = [safe_name(identifier) for identifier in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    taken = [safe_name(name.upper()) for name in names if name != name.upper()]  # ids made to hit another's name
    assert not {name.casefold() for name in taken} & {name.casefold() for name in names}


@given(st.text(st.characters(exclude_categories=()), max_size=400))
@example("A" * (MAX_NAME_CHARS + 1))
def test_every_name_is_short_and_made_of_plain_characters(identifier):
    name = safe_name(identifier)
    assert re.fullmatch(rf"[A-Za-z0-9_][A-Za-z0-9_-]{{0,{MAX_NAME_CHARS - 1}}}", name)
    assert not WINDOWS_DEVICE.fullmatch(name)
    assert safe_name(identifier) == name
