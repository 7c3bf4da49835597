"""Simulation of a cluster that makes the map of many tiles: makespan, efficiency and lost work.

    python -m bench scale

Events are simulated in order of time: a worker takes the next tile, ends it, fails at it, or is lost with it. A lost or
failed tile goes back to the queue and begins anew, as finished tiles leave receipts and unfinished ones leave nothing.
A lost worker comes back after a while. Where no tile waits, an idle worker may repeat the tile that has run longest
(`copies`); the first of both that ends counts, and the other is stopped.
"""

import heapq
import itertools
import math
import random
from dataclasses import dataclass, replace
from typing import Any

COLUMNS = ("case", "tiles", "workers", "makespan_h", "bound_h", "efficiency", "lost_share", "repeated_share", "failed",
           "workers_lost")  # fmt: skip
HOUR = 3600.0


@dataclass(frozen=True)
class Cluster:
    """What is simulated; times in seconds."""

    tiles: int
    workers: int
    median_s: float
    """Of one tile on one worker."""
    sigma: float = 0.0
    """Of the logarithm of the times, which are log-normal: the heavy tail of cloudy and of empty tiles."""
    straggler_share: float = 0.0
    """Share of the attempts that take `straggler_factor` times as long: slow machines, slow reading."""
    straggler_factor: float = 4.0
    failure_share: float = 0.0
    """Share of the attempts that fail, at a time uniform within them."""
    retries: int = 2
    """Further attempts at a tile that failed; then it is reported as failed."""
    worker_mean_life_s: float = math.inf
    """Mean time until a worker is lost; lives are exponential."""
    replacement_s: float = 300.0
    copies: bool = False
    """Whether idle workers repeat tiles that still run."""
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    makespan_s: float
    useful_s: float
    """Worker seconds of the attempts that ended well and counted."""
    lost_s: float
    """Worker seconds of attempts that failed or whose worker was lost."""
    repeated_s: float
    """Worker seconds of second copies that did not count."""
    done: int
    failed: int
    workers_lost: int
    finished_s: tuple[float, ...]
    """When each tile was done, in the order of time."""
    longest_s: float
    """Longest attempt that counted."""

    def efficiency(self, workers):
        """Useful share of all the workers' time until the end."""
        return self.useful_s / (workers * self.makespan_s)

    def bound_s(self, workers):
        """No order of the tiles ends earlier: the useful work shared evenly, or the longest attempt."""
        return max(self.useful_s / workers, self.longest_s)


class _Simulation:
    def __init__(self, cluster):
        self.cluster = cluster
        self.random = random.Random(cluster.seed)  # noqa: S311 - not for secrets
        self.events: list[tuple[float, int, str, Any]] = []
        self.order = itertools.count()
        spread = cluster.sigma
        self.work_s = [cluster.median_s * math.exp(self.random.gauss(0, spread)) if spread else cluster.median_s
                       for _ in range(cluster.tiles)]  # fmt: skip
        self.queue = list(range(cluster.tiles - 1, -1, -1))
        self.attempts = [0] * cluster.tiles
        self.is_closed = [False] * cluster.tiles
        self.idle = list(range(cluster.workers))
        self.running = {}
        """Worker: tile, start, number of the attempt."""
        self.workers_on = {}
        self.epoch = [0] * cluster.workers
        self.useful = self.lost = self.repeated = self.longest = self.now = 0.0
        self.failed = self.workers_lost = 0
        self.finished = []

    def run(self):
        for worker in range(self.cluster.workers):
            self._plan_loss(worker)
        self._give_work()
        left = self.cluster.tiles
        while left:
            self.now, _, kind, what = heapq.heappop(self.events)
            left -= getattr(self, f"_{kind}")(*what) or 0
            self._give_work()
        return Outcome(self.now, self.useful, self.lost, self.repeated, len(self.finished), self.failed,
                       self.workers_lost, tuple(self.finished), self.longest)  # fmt: skip

    def _add(self, after_s, kind, *what):
        heapq.heappush(self.events, (self.now + after_s, next(self.order), kind, what))

    def _plan_loss(self, worker):
        if math.isfinite(self.cluster.worker_mean_life_s):
            self._add(self.random.expovariate(1 / self.cluster.worker_mean_life_s), "loss", worker)

    def _give_work(self):
        while self.idle and self.queue:
            self._start(self.idle.pop(), self.queue.pop())
        if self.cluster.copies and self.idle and not self.queue:
            alone = [(start, tile) for tile, start in self._lone_tiles()]
            for _, tile in sorted(alone):
                if not self.idle:
                    break
                self._start(self.idle.pop(), tile)

    def _lone_tiles(self):
        for tile, workers in self.workers_on.items():
            if len(workers) == 1 and self.attempts[tile] <= self.cluster.retries:
                yield tile, self.running[next(iter(workers))][1]

    def _start(self, worker, tile):
        cluster, seconds = self.cluster, self.work_s[tile]
        if self.random.random() < cluster.straggler_share:
            seconds *= cluster.straggler_factor
        self.epoch[worker] += 1
        self.attempts[tile] += 1
        self.running[worker] = tile, self.now, self.epoch[worker]
        self.workers_on.setdefault(tile, set()).add(worker)
        if self.random.random() < cluster.failure_share:
            self._add(seconds * self.random.random(), "end", worker, self.epoch[worker], False)
        else:
            self._add(seconds, "end", worker, self.epoch[worker], True)

    def _stop(self, worker):
        tile, start, _ = self.running.pop(worker)
        self.workers_on[tile].discard(worker)
        if not self.workers_on[tile]:
            del self.workers_on[tile]
        return tile, self.now - start

    def _end(self, worker, epoch, is_good):
        if worker not in self.running or self.running[worker][2] != epoch:
            return 0
        tile, seconds = self._stop(worker)
        self.idle.append(worker)
        if not is_good:
            self.lost += seconds
            return self._back(tile, counts=True)
        self.useful += seconds
        self.longest = max(self.longest, seconds)
        self.finished.append(self.now)
        self.is_closed[tile] = True
        for other in list(self.workers_on.get(tile, ())):
            self.repeated += self._stop(other)[1]
            self.idle.append(other)
        return 1

    def _back(self, tile, *, counts):
        """A tile without a running attempt goes back to the queue, or is given up after its last attempt."""
        if self.workers_on.get(tile):
            return 0
        if not counts:
            self.attempts[tile] -= 1
        if self.attempts[tile] > self.cluster.retries:
            self.failed += 1
            self.is_closed[tile] = True
            return 1
        self.queue.append(tile)
        return 0

    def _loss(self, worker):
        self.workers_lost += 1
        closed = 0
        if worker in self.running:
            tile, seconds = self._stop(worker)
            self.lost += seconds
            closed = self._back(tile, counts=False)
        else:
            self.idle.remove(worker)
        self._add(self.cluster.replacement_s, "replacement", worker)
        return closed

    def _replacement(self, worker):
        self.idle.append(worker)
        self._plan_loss(worker)


def simulate(cluster):
    """Simulate a cluster until every tile is done or given up.

    Examples
    --------
    >>> outcome = simulate(Cluster(tiles=10, workers=4, median_s=60))
    >>> outcome.makespan_s, outcome.useful_s, outcome.efficiency(4)
    (180.0, 600.0, 0.8333333333333334)

    """
    return _Simulation(cluster).run()


def cases(tiles, workers, median_s):
    """The cases of docs/scale.md by name."""
    calm = Cluster(tiles, workers, median_s)
    tail = replace(calm, sigma=0.5)
    slow = replace(tail, straggler_share=0.02)
    failing = replace(slow, failure_share=0.02)
    losing = replace(failing, worker_mean_life_s=24 * HOUR)
    return {
        "all tiles alike": calm,
        "heavy tail": tail,
        "and 2 % stragglers": slow,
        "and 2 % of attempts fail": failing,
        "and a worker lives a day": losing,
        "the same, idle workers repeat": replace(losing, copies=True),
        "the same, a worker lives two hours": replace(losing, copies=True, worker_mean_life_s=2 * HOUR),
    }


def simulation_rows(found):
    """Rows of `COLUMNS` of simulated cases, `{name: (cluster, outcome)}`."""
    for name, (cluster, outcome) in found.items():
        spent = outcome.useful_s + outcome.lost_s + outcome.repeated_s
        values = (name, cluster.tiles, cluster.workers, round(outcome.makespan_s / HOUR, 3),
                  round(outcome.bound_s(cluster.workers) / HOUR, 3), round(outcome.efficiency(cluster.workers), 3),
                  round(outcome.lost_s / spent, 4), round(outcome.repeated_s / spent, 4), outcome.failed,
                  outcome.workers_lost)  # fmt: skip
        yield dict(zip(COLUMNS, values))


def write_simulations(folder, tiles=20_000, cores=6_400, cores_per_worker=2, tile_core_s=None):
    """Simulate all cases, write their table and plot their progress."""
    from bench.page import write_rows
    from bench.rates import measured_tile_core_s

    median_s = (tile_core_s or measured_tile_core_s(folder)) / cores_per_worker
    workers = cores // cores_per_worker
    found = {name: (case, simulate(case)) for name, case in cases(tiles, workers, median_s).items()}
    write_rows(folder / "scheduler.csv", simulation_rows(found))
    draw_progress(found, folder / "scheduler.png")


def draw_progress(found, path):
    """The share of the tiles that is done, by time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for name, (cluster, outcome) in found.items():
        hours = [second / HOUR for second in outcome.finished_s]
        share = [100 * (number + 1) / cluster.tiles for number in range(len(hours))]
        axes.plot(hours, share, label=name)
    axes.set(xlabel="hours", ylabel="tiles done, %", ylim=(0, 101))
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
