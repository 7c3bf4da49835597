"""Parallel work whose results come in order, not all at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from allpa_engine.raster.parallel import map_in_order


def test_results_come_in_the_order_of_the_parts():
    def work(number):
        time.sleep(0.002 * (number % 3))
        return number * number

    with ThreadPoolExecutor(4) as pool:
        assert list(map_in_order(pool, work, range(40), prefetch=5)) == [number * number for number in range(40)]
        assert list(map_in_order(pool, work, [], prefetch=5)) == []


def test_no_more_parts_are_begun_than_may_wait():
    begun = []
    with ThreadPoolExecutor(8) as pool:
        for taken, _ in enumerate(map_in_order(pool, begun.append, range(30), prefetch=3), start=1):
            assert len(begun) <= taken + 3
    assert len(begun) == 30


def test_a_failure_comes_out_and_ends_the_rest():
    done = []
    release = threading.Event()

    def work(number):
        if number == 1:
            raise ValueError(number)
        if number > 1:
            release.wait(5)
        done.append(number)

    def take_all(pool):
        for _ in map_in_order(pool, work, range(100), prefetch=10):
            pass

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError, match="1"):
            take_all(pool)
        release.set()
    assert len(done) < 5
