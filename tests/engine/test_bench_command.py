"""The command of the measurements, tiny: that it runs, and that its arithmetic is right; no time is asserted."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from bench import page
from bench.__main__ import main
from bench.rates import measured_tile_core_s
from bench.speed import Entry, _ratio
from bench.steps import growth_deviation


def test_classification_is_measured_beside_references_and_the_page_has_table_and_plot(tmp_path, capsys):
    main(["speed", "--quick", "--out", str(tmp_path)])
    rows = page.read_rows(tmp_path / "benchmarks/speed.csv")
    kinds = [row["kind"] for row in rows]
    assert {"machine's limit", "network alone", "end to end", "reference"} == set(kinds)
    assert all(float(row["megapixels_per_s"]) > 0 for row in rows if row["megapixels"])
    network = next(row for row in rows if row["kind"] == "network alone")
    assert float(network["share_of_limit"]) > 0
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "Karra et al. 2021 took 89.6" in text
    assert (tmp_path / "benchmarks/speed.png").stat().st_size > 1000
    assert "== speed" in capsys.readouterr().out


def growth(step, sizes, seconds):
    return [
        {"step": step, "map_megapixels": size, "processor_s": second}
        for size, second in zip(sizes, seconds, strict=True)
    ]


def test_a_straight_line_has_no_deviation_and_a_parabola_has():
    sizes = [7.5, 30, 120, 480]
    rows = growth("line", sizes, [2 + 0.5 * size for size in sizes])
    rows += growth("parabola", sizes, [size**2 for size in sizes]) + growth("two sizes", sizes[:2], [1, 9])
    found = growth_deviation(rows)
    assert found["line"] == pytest.approx((2, 0.5, 0), abs=1e-6)
    assert found["parabola"][2] > 50
    assert set(found) == {"line", "parabola"}


def test_ratios_are_taken_turn_by_turn():
    other, ours = Entry("other", "reference", 1, None), Entry("ours", "end to end", 2, None)
    other.times, ours.times = [(10, 0), (20, 0), (30, 0)], [(4, 0), (10, 0), (10, 0)]
    assert _ratio(other, ours) == 5


def test_core_seconds_of_a_tile_add_up_its_scenes(tmp_path):
    page.write_rows(tmp_path / "speed.csv", iter([{"kind": "end to end", "core_s_per_megapixel": 0.5}]))
    steps = {"composite": 40, "area table": 10, "picture": 5}
    rows = [{"step": step, "map_megapixels": 100, "processor_s": seconds} for step, seconds in steps.items()]
    page.write_rows(tmp_path / "growth.csv", rows)
    assert measured_tile_core_s(tmp_path, 20) == pytest.approx(120.5604 * (20 * 0.5 + 0.4 * 20 / 4 + 0.1 + 0.05))


def test_only_the_measured_part_of_a_page_is_replaced():
    text = f"before\n{page.START}\nold\n{page.END}\nafter"
    once = page.replace_measured(text, "new")
    assert once == page.replace_measured(once, "new")
    assert once.startswith("before\n")
    assert once.endswith("\nafter")
    assert "old" not in once


def test_what_was_measured_before_a_stop_stays(tmp_path):
    def rows():
        yield {"step": "classify", "wall_s": 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        page.write_rows(tmp_path / "growth.csv", rows())
    with (tmp_path / "growth.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"step": "classify", "wall_s": "1"}]
