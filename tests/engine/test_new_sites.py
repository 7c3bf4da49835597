"""The new sites: what shares ground stands on one side, by the written rule, and pairs are found."""

import hashlib

import numpy as np
import pytest
import rasterio
from training.new_sites import group_of, has_new_sites, is_left_out, read_new_chips, read_new_groups

INDEX = """chip,place,level
sen12mscr_1158_39_p100,sen12mscr_1158_39,L1C
sen12mscr_1158_39_p100_cloudy,sen12mscr_1158_39,L1C
sen12mscr_2017_146_p0_20180307,sen12mscr_2017_146,L1C
sen12mscr_2017_146_p0_20180720,sen12mscr_2017_146,L1C
l4s_2,l4s,L1C
l4s_27,l4s,L1C
alone_cloudy,alone,L2A
"""
CLOUDY = ("sen12mscr_1158_39_p100_cloudy", "sen12mscr_2017_146_p0_20180307", "alone_cloudy")


def write(path, array):
    array = np.asarray(array)
    profile = {"driver": "GTiff", "width": array.shape[2], "height": array.shape[1], "count": array.shape[0]}
    with rasterio.open(path, "w", dtype=array.dtype, **profile) as output:
        output.write(array)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "more" / "chips"
    folder.mkdir(parents=True)
    (folder / "INDEX.csv").write_text(INDEX)
    for name in [row.split(",")[0] for row in INDEX.splitlines()[1:]]:
        write(folder / f"{name}.tif", np.full((9, 5, 7), 1000, np.uint16))
        write(folder / f"{name}_soft.tif", np.full((9, 5, 7), 28, np.uint8))
    for name in CLOUDY:
        write(folder / f"{name}_cloud.tif", np.full((1, 5, 7), 2, np.uint8))
    for name in ("l4s_2", "l4s_27"):
        label = np.zeros((1, 5, 7), np.uint8)
        label[0, 1, 2:4] = 8
        write(folder / f"{name}_label.tif", label)
    return tmp_path


def test_the_rule_is_the_written_one():
    for group in ("sen12mscr_tG", "l4s_150", "stolarinhoo_poland", "sen12mscr_tJ", ""):
        number = int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big")
        assert is_left_out(group) == (number % 5 == 0)


def test_about_a_fifth_of_many_groups_is_left_out():
    share = np.mean([is_left_out(f"place {number}") for number in range(4000)])
    assert share == pytest.approx(0.2, abs=0.02)


def test_a_clear_chip_and_its_clouded_twin_stand_on_one_side(data):
    chips = {item.name: item for item in read_new_chips(data)}
    for item in chips.values():
        if item.clear_twin:
            assert chips[item.clear_twin].left_out == item.left_out
            assert chips[item.clear_twin].cloud is None
    assert chips["sen12mscr_1158_39_p100_cloudy"].clear_twin == "sen12mscr_1158_39_p100"
    assert chips["sen12mscr_2017_146_p0_20180307"].clear_twin == "sen12mscr_2017_146_p0_20180720"
    assert chips["alone_cloudy"].clear_twin is None


def test_each_landslide_chip_is_a_group_of_its_own(data):
    groups = read_new_groups(data)
    assert groups["l4s_2"] == "l4s_2"
    assert groups["l4s_27"] == "l4s_27"
    assert group_of("elsewhere_1", "elsewhere") == "elsewhere"
    slides = {item.name: item.landslide for item in read_new_chips(data) if item.landslide is not None}
    assert {name: int(mask.sum()) for name, mask in slides.items()} == {"l4s_2": 2, "l4s_27": 2}


def test_both_sides_together_are_everything(data, tmp_path):
    names = {side: {item.name for item in read_new_chips(data, left_out=side)} for side in (True, False)}
    assert not names[True] & names[False]
    assert names[True] | names[False] == set(read_new_groups(data))
    assert "l4s_2" in names[True]
    assert has_new_sites(data)
    assert not has_new_sites(tmp_path / "nothing")


@pytest.mark.shared
def test_the_left_out_part_holds_pairs_and_landslides(shared):
    chips = read_new_chips(shared / "data", left_out=True)
    groups = {item.group for item in chips}
    assert {"sen12mscr_1158_39", "sen12mscr_tJ", "l4s_2"} <= groups
    assert sum(item.clear_twin is not None for item in chips) >= 3
    assert sum(int(item.landslide.sum()) for item in chips if item.landslide is not None) > 500
