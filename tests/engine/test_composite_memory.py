"""Memory grows with the block, neither with the number of scenes nor with the region."""

import tracemalloc

import numpy as np
from allpa_engine.composite.rule import CompositeRule
from allpa_engine.composite.sources import DatasetPool, group_by_tile, read_source
from allpa_engine.composite.tile_votes import decide_tile
from allpa_engine.geo.grid import Grid
from predictions import write_prediction


def _peak(sources, block_px, rule):
    """Most bytes that arrays took while one block was decided."""
    (tile,) = group_by_tile(sources, "EPSG:32718")
    block = Grid("EPSG:32718", 700_000, 8_600_000, 10, block_px, block_px)
    tracemalloc.start()
    with DatasetPool() as files:
        decide_tile(tile, block, rule, files)
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_four_times_the_scenes_take_the_same_memory(tmp_path):
    classes = np.random.default_rng(0).integers(1, 10, (140, 140)).astype(np.uint8)
    few = [
        read_source(write_prediction(tmp_path, classes, date=f"2020-{n % 12 + 1:02d}-{n // 12 + 1:02d}"))
        for n in range(16)
    ]
    many = few * 4
    for rule in (CompositeRule(), CompositeRule(month_balance=True)):
        assert _peak(many, 128, rule) < 1.2 * _peak(few, 128, rule)


def test_a_block_of_a_quarter_takes_less_than_half(tmp_path):
    classes = np.random.default_rng(0).integers(1, 10, (512, 512)).astype(np.uint8)
    sources = [read_source(write_prediction(tmp_path, classes, date=f"2020-{n + 1:02d}-01")) for n in range(6)]
    assert _peak(sources, 256, CompositeRule()) < 0.5 * _peak(sources, 512, CompositeRule())
