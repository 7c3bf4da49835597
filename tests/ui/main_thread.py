"""How long the main thread is held: by a timer on it, with the functions that held it and their processor time.

Wall time alone says little on a shared machine: another process may have had the processor. The processor time of the
main thread between two beats is what QGIS and the plugin used themselves.
"""

import sys
import threading
import time
from collections import Counter

from qgis.PyQt.QtCore import QTimer

BEAT_MS = 5
LATE_MS = 20
"""A beat that is later than this is looked into."""
_SAMPLE_S = 0.004
_FRAMES_SHOWN = 3
_STEPS = 1_100_000


class MainThreadWatch:
    """Notes the longest hold of the main thread, and which functions of Python were running meanwhile.

    A thread of its own looks at the main thread whenever a beat is late. It needs Python's lock for that, which a long
    call into QGIS keeps: it then sees the caller as soon as the call returns.
    """

    def __init__(self):
        self._main = threading.get_ident()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._reset()

    def _reset(self):
        self._last_wall, self._last_cpu = time.perf_counter(), time.thread_time()
        self._longest_wall_s = self._longest_cpu_s = 0.0
        self._seen, self._holders = Counter(), Counter()

    def start(self):
        """Watch from now on."""
        self._reset()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(self._stopped,), daemon=True)
        self._thread.start()
        self._timer.start(BEAT_MS)

    def stop(self):
        """What was seen since the start: the longest hold in milliseconds, and the functions in late beats.

        `wall_ms` and `cpu_ms` are each the longest between two beats, and `fixed_ms` is the processor time of the fixed
        calculation now; `held_by` counts, by the innermost functions, the milliseconds of late beats in which they ran.
        """
        self._beat()
        self._timer.stop()
        self._stopped.set()
        self._thread.join()
        held_by = {name: round(1000 * seconds) for name, seconds in self._holders.most_common(6)}
        return {
            "wall_ms": round(1000 * self._longest_wall_s, 1),
            "cpu_ms": round(1000 * self._longest_cpu_s, 1),
            "fixed_ms": round(fixed_calculation_ms(), 1),
            "held_by": held_by,
        }

    def _beat(self):
        wall, cpu = time.perf_counter(), time.thread_time()
        waited = wall - self._last_wall
        seen, self._seen = self._seen, Counter()
        if 1000 * waited > LATE_MS:
            total = sum(seen.values())
            for name, count in seen.items():
                self._holders[name] += waited * count / total
        self._longest_wall_s = max(self._longest_wall_s, waited)
        self._longest_cpu_s = max(self._longest_cpu_s, cpu - self._last_cpu)
        self._last_wall, self._last_cpu = wall, cpu

    def _look(self, stopped):
        while not stopped.wait(_SAMPLE_S):
            if 1000 * (time.perf_counter() - self._last_wall) > LATE_MS:
                self._seen[self._running()] += 1

    def _running(self):
        """The innermost functions of the main thread, without those of the test."""
        frame, names = sys._current_frames().get(self._main), []
        while frame is not None and len(names) < _FRAMES_SHOWN:
            file = frame.f_code.co_filename
            if "/tests/" in file:
                break
            names.append(f"{'/'.join(file.split('/')[-2:])}:{frame.f_code.co_name}:{frame.f_lineno}")
            frame = frame.f_back
        return " < ".join(names) or "QGIS"


def fixed_calculation_ms():
    """Processor time of a calculation that took 50 ms where `docs/benchmarks.md` was measured: the unit of holds."""
    begun = time.thread_time()
    total = 0
    for number in range(_STEPS):
        total += number * number % 7
    assert total > 0
    return 1000 * (time.thread_time() - begun)
