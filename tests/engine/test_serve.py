"""The engine's process that runs several jobs, as its parent sees it: lines in, lines out."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from allpa_engine.run import serve

PLUGIN = Path(serve.__file__).resolve().parents[2]
STUB = """
import json, os, sys, threading, time
from allpa_engine.core.protocol import format_line
from allpa_engine.run.child import reserve_stdout
from allpa_engine.run.serve import serve

def run(arguments, out, cancelled):
    out.write(format_line("start", task=arguments[0]))
    if arguments[0] == "wait":
        cancelled.wait()
    if arguments[0] == "stuck":
        time.sleep(60)
    if arguments[0] == "thread":
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    if arguments[0] == "pool":
        globals()["pool"] = __import__("concurrent.futures").futures.ThreadPoolExecutor(1)
        pool.submit(int).result()
    if arguments[0] == "print":
        print("a library prints")
    values = {"pid": os.getpid(), "key": os.environ.get("KEY"), "cancelled": cancelled.is_set()}
    out.write_last(format_line("result", values=values))
    return 0

os._exit(serve(run, reserve_stdout(), float(sys.argv[1])))
"""


class Served:
    """A process that serves, with its answers job by job."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, cwd=PLUGIN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.sent = 0

    def send(self, *arguments, **variables):
        self.sent += 1
        self.write({"type": "job", "number": self.sent, "arguments": list(arguments), "variables": variables})

    def cancel(self, number):
        self.write({"type": "cancel", "number": number})

    def write(self, values):
        self.write_bytes(json.dumps(values).encode())

    def write_bytes(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self):
        """The last line of the next job; its other lines come first."""
        while True:
            line = json.loads(self.process.stdout.readline())
            if line["type"] in ("result", "error"):
                return line


@pytest.fixture
def serving():
    started = []

    def start(idle_s=30.0, command=None):
        started.append(Served(command or [sys.executable, "-c", STUB, str(idle_s)]))
        return started[-1]

    yield start
    for served in started:
        served.process.kill()
        served.process.stdin.close()
        served.process.stdout.close()
        served.process.wait()


def test_jobs_are_run_one_after_another_each_with_its_own_variables(serving):
    served = serving()
    served.send("go", KEY="one")
    served.send("print")
    served.send("go", KEY="three")
    answers = [served.answer()["values"] for _ in range(3)]
    assert [answer["key"] for answer in answers] == ["one", None, "three"]
    assert len({answer["pid"] for answer in answers}) == 1


def test_a_cancel_ends_its_own_job_and_those_behind_it_are_run(serving):
    served = serving()
    for word in ("wait", "go", "go"):
        served.send(word)
    served.cancel(2)  # while it waits
    assert json.loads(served.process.stdout.readline())["type"] == "start"
    time.sleep(serve.CANCEL_GRACE_S + 0.5)  # after which a job that goes on is ended with its process
    served.cancel(1)
    served.cancel(99)
    first, second, third = (served.answer() for _ in range(3))
    assert first["values"]["cancelled"]
    assert second["code"] == "cancelled"
    assert third["values"] == {"pid": first["values"]["pid"], "key": None, "cancelled": False}


def test_a_job_that_does_not_obey_is_ended_with_its_process(serving):
    served = serving()
    served.send("stuck")
    assert json.loads(served.process.stdout.readline())["type"] == "start"
    served.cancel(1)
    assert served.answer()["code"] == "cancelled"
    assert served.process.wait(10) == 1


def test_a_process_in_which_a_thread_of_a_job_goes_on_takes_no_other_job(serving):
    served = serving()
    served.send("thread")
    served.send("go")
    assert "pid" in served.answer()["values"]
    assert served.process.stdout.readline() == b""
    assert served.process.wait(10) == 0


def test_an_idle_pool_that_a_library_keeps_does_not_end_the_process(serving):
    served = serving()
    served.send("pool")
    served.send("go")
    assert served.answer()["values"]["pid"] == served.answer()["values"]["pid"]


def test_it_ends_after_a_while_without_a_job(serving):
    served = serving(idle_s=0.3)
    served.send("go")
    served.answer()
    assert served.process.wait(10) == 0


@pytest.mark.parametrize("word", ["", "wait", "stuck"])
def test_it_ends_with_its_parent_whatever_it_does(serving, word):
    served = serving()
    if word:
        served.send(word)
        served.process.stdout.readline()
    served.process.stdin.close()
    assert served.process.wait(10) in (0, 1)


def test_lines_that_are_no_jobs_are_left_out(serving):
    served = serving()
    for line in (b"", b"{", b"[]", b'{"type": "job"}', b'{"type": "job", "number": 1, "arguments": 3}', b"\xff\xfe"):
        served.write_bytes(line)
    served.send("go")
    assert "pid" in served.answer()["values"]


def test_the_engine_itself_explains_wrong_jobs_and_goes_on(serving, tmp_path):
    served = serving(command=[sys.executable, "-m", "allpa_engine", "serve", "--lines"])
    (tmp_path / "job.json").write_text(json.dumps({"folder": str(tmp_path), "task": "areas"}))
    served.send("run", str(tmp_path / "none.json"))
    served.send("run", str(tmp_path / "job.json"))
    assert served.answer()["code"] == "job_invalid"
    assert served.answer()["code"] == "raster_invalid"
    served.process.stdin.close()
    assert served.process.wait(10) == 0


def test_pytorch_has_its_own_number_of_threads_again_after_a_job_that_set_it(tmp_path):
    import torch

    job = tmp_path / "job.json"
    job.write_text(json.dumps({"threads": 1}))
    before = torch.get_num_threads()
    threads = serve._PyTorchThreads()
    try:
        threads.restore(["run", str(job)])
        torch.set_num_threads(before + 3)
        threads.restore(["run", str(tmp_path / "none.json")])
        assert torch.get_num_threads() == before
    finally:
        torch.set_num_threads(before)


def test_the_process_knows_its_memory_where_the_system_says_it():
    if Path("/proc/self/statm").exists():
        assert 10_000_000 < serve._resident_bytes() < 20_000_000_000
