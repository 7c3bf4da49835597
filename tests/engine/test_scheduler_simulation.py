"""The simulated cluster against cases whose outcome is known."""

import statistics
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from bench.scheduler_simulation import Cluster, cases, simulate


@pytest.mark.parametrize(("tiles", "workers", "rounds"), [(10, 4, 3), (12, 4, 3), (1, 4, 1), (7, 1, 7), (13, 5, 3)])
def test_equal_tiles_take_whole_rounds(tiles, workers, rounds):
    outcome = simulate(Cluster(tiles, workers, median_s=60))
    assert outcome.makespan_s == pytest.approx(60 * rounds)
    assert outcome.done == tiles
    assert (outcome.lost_s, outcome.repeated_s, outcome.failed) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_makespan_lies_between_the_bounds_of_list_scheduling(seed):
    """Graham 1969: no list schedule is longer than work / workers + (1 - 1 / workers) times the longest task."""
    cluster = Cluster(300, 17, median_s=100, sigma=0.8, seed=seed)
    outcome = simulate(cluster)
    assert outcome.makespan_s >= outcome.bound_s(17) * (1 - 1e-12)
    assert outcome.makespan_s <= outcome.useful_s / 17 + (1 - 1 / 17) * outcome.longest_s + 1e-6


def test_lost_work_of_failures_is_half_of_an_attempt_each():
    """An attempt fails uniformly within its time, and with share p there are p / (1 - p) of these per tile."""
    cluster = Cluster(8_000, 50, median_s=10, failure_share=0.2, retries=1_000)
    outcome = simulate(cluster)
    assert outcome.done == 8_000
    assert outcome.lost_s / outcome.useful_s == pytest.approx(0.5 * 0.2 / 0.8, rel=0.05)


def test_a_tile_is_given_up_after_its_last_attempt():
    outcome = simulate(Cluster(12_000, 50, median_s=10, failure_share=0.2, retries=1))
    assert outcome.failed + outcome.done == 12_000
    assert outcome.failed / 12_000 == pytest.approx(0.2**2, rel=0.1)


def test_lost_workers_repeat_tiles_as_often_as_renewal_theory_says():
    """With lives of mean L, a tile of T seconds takes L (exp(T / L) - 1) worker seconds until it is done."""
    from math import exp

    cluster = Cluster(8_000, 40, median_s=100, worker_mean_life_s=200, replacement_s=1)
    outcome = simulate(cluster)
    assert outcome.done == 8_000
    assert (outcome.useful_s + outcome.lost_s) / 8_000 == pytest.approx(200 * (exp(0.5) - 1), rel=0.05)


def test_repeating_shortens_the_end_and_loses_no_tile():
    slow = Cluster(400, 100, median_s=100, straggler_share=0.02, straggler_factor=20)
    alone = [simulate(replace(slow, seed=seed)) for seed in range(5)]
    repeated = [simulate(replace(slow, seed=seed, copies=True)) for seed in range(5)]
    assert {outcome.done for outcome in repeated} == {400}
    ends = [statistics.mean(item.makespan_s for item in found) for found in (alone, repeated)]
    assert ends[1] < 0.5 * ends[0]


def test_every_case_ends_with_every_tile_accounted_for():
    for case in cases(200, 16, 600).values():
        outcome = simulate(case)
        assert outcome.done + outcome.failed == 200
