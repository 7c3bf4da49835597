"""An engine that speaks the protocol and misbehaves on demand; run by any Python through a wrapper script.

What it does is told by the environment variable ALLPA_FAKE (a word below) and by the job that it is given.
Every start is recorded in the file named by ALLPA_FAKE_LOG: arguments, environment, process id, and the job's text.
"""

import json
import os
import signal
import struct
import sys
import time
from pathlib import Path


def send_message(kind, **fields):
    sys.stdout.write(json.dumps({"type": kind, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def record(arguments):
    job_path = arguments[1] if arguments[0] == "run" else None
    log = os.environ.get("ALLPA_FAKE_LOG")
    if not log:
        return
    text = Path(job_path).read_text(encoding="utf-8") if job_path else ""
    argv = [*sys.argv[1:], *served(arguments)]
    entry = {"argv": argv, "environ": dict(os.environ), "pid": os.getpid(), "cwd": str(Path.cwd()), "job": text}
    with Path(log).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(entry) + "\n")


def served(arguments):
    """The arguments of a job that came by standard input, after those of the process."""
    return arguments if "serve" in sys.argv else []


def next_line():
    """A line of standard input, read without a buffer so that the next one stays in the pipe; empty at its end."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return {}
        line += byte
    return json.loads(line)


def write_tiff(path, codes):
    """The smallest GeoTIFF: one strip of bytes, 10 m pixels in UTM zone 18 south."""
    height, width = len(codes), len(codes[0])
    pixels = bytes(code for row in codes for code in row)
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32718)
    entries = 12
    extra_at = 8 + 2 + entries * 12 + 4
    scale = struct.pack("<3d", 10, 10, 0)
    tie = struct.pack("<6d", 0, 0, 0, 700000, 8500000, 0)
    directory = struct.pack(f"<{len(keys)}H", *keys)
    strip_at = extra_at + len(scale) + len(tie) + len(directory)
    tags = [
        (256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, strip_at), (277, 3, 1, 1), (278, 3, 1, height), (279, 4, 1, len(pixels)),
        (33550, 12, 3, extra_at), (33922, 12, 6, extra_at + len(scale)),
        (34735, 3, len(keys), extra_at + len(scale) + len(tie)),
    ]  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, entries) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + struct.pack("<I", 0) + scale + tie + directory + pixels)


def zone_rows(job):
    """A table with a row for each zone."""
    features = json.loads(Path(job["zones"]).read_text(encoding="utf-8"))["features"]
    return "zone,zone_name,pixels,ha_1\n" + "".join(f"{feature['id']},a,1,0.01\n" for feature in features)


def make_result(job):
    """A small, whole result for the job's task."""
    folder, outputs = Path(job["folder"]), job.get("outputs", {})
    folder.mkdir(parents=True, exist_ok=True)
    period = job["start"][:4] or "any"

    if job["task"] == "plan":
        sums = {"tile_count": 2, "scene_count": 7, "fetch_bytes": 5_000_000, "minutes": 1.5, "notes": []}
        return {**sums, "plan": str(folder / "plan_2020.json"), "plan_table": "18LYK  7"}

    def write_output(key, name, text="{}"):
        path = Path(outputs.get(key) or folder / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    task = job["task"]
    table = [{"code": code, "name": str(code), "pixels": 1, "area_ha": 0.01, "percent": 10.0} for code in range(1, 11)]
    if task == "search":
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        from scene_lists import scene_list

        text = json.dumps(scene_list(count=7, chosen=3, region=job["region"]))
        return {"scenes": write_output("scenes", f"scenes_{period}.json", text), "candidates": 7, "scene_count": 3}
    if task == "classify":
        return {"predictions": job["predictions"] or str(folder / "predictions"), "scene_count": 3, "failed_scenes": 1}
    if task == "areas":
        if "zones_wide" in outputs:
            write_output("zones_wide", "zones.csv", zone_rows(job))
        return {"areas": write_output("areas", "areas.csv", "code\n"), "area_ha": 0.1, "area_table": table}
    rasters = {}
    for key in ("landcover", "quality"):
        path = Path(outputs.get(key) or folder / f"{key}_{period}.tif")
        write_tiff(path, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [0, 0, 2, 2, 2]])
        rasters[key] = str(path)
    if task == "composite":
        return {**rasters, "valid_pixel_percent": 80.0}
    return {
        **rasters,
        "areas": write_output("areas", f"areas_{period}.csv"),
        "report": write_output("report", f"report_{period}.html", "<p>report</p>"),
        "provenance": write_output("provenance", f"landcover_{period}.json"),
        "picture": write_output("picture", f"landcover_{period}.png"),
        "scenes": write_output("scenes", f"scenes_{period}.json"),
        "predictions": str(folder / "predictions"),
        "area_ha": 0.1499999999999,
        "valid_area_percent": 86.7,
        "scene_count": 5,
        "failed_scenes": 0,
        "area_table": table,
    }


def hang(*, until_stdin_closes):
    """Wait for ever; `patiently` ends at a cancel or when standard input closes, as the real engine does."""
    if until_stdin_closes:
        next_line()
        send_message("error", code="cancelled", what="The job was cancelled.", why="", next_step="")
        sys.exit(1)
    while True:
        time.sleep(1)


def apply_behaviour(behaviour):
    """Do what the word says; give back whether a result should follow."""
    if behaviour == "segfault":
        send_message("progress", stage="classify", done=1, total=3, fraction=0.4, eta_s=10)
        os.kill(os.getpid(), signal.SIGSEGV)
    elif behaviour == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif behaviour == "shell_killed":
        sys.exit(137)
    elif behaviour == "no_result":
        sys.exit(0)
    elif behaviour == "traceback":
        sys.stderr.write("Traceback (most recent call last):\nModuleNotFoundError: No module named 'torch'\n")
        sys.exit(1)
    elif behaviour == "explained":
        send_message("error", code="no_scenes", what="There are no scenes.", why="It is the sea.", next_step="Go on.")
        sys.exit(1)
    elif behaviour == "unknown_code":
        send_message("error", code="from_the_future", what="Something new happened.", why="", next_step="Update.")
        sys.exit(1)
    elif behaviour == "hang":
        hang(until_stdin_closes=False)
    elif behaviour == "patient":
        hang(until_stdin_closes=True)
    elif behaviour == "cancelled_and_goes_on":
        next_line()
        send_message("error", code="cancelled", what="The job was cancelled.", why="", next_step="")
        return False
    elif behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        send_message("log", level="info", text="I stay")
        hang(until_stdin_closes=False)
    elif behaviour == "deaf":
        os.close(1)
        hang(until_stdin_closes=False)
    else:
        write_output(behaviour)
    return True


def write_output(behaviour):
    """Write what the word says: far too much, the environment, or lines in pieces."""
    if behaviour == "flood_for_ever":
        while True:
            sys.stdout.write("a library talks and talks\n" * 1000)
    elif behaviour == "flood":
        sys.stdout.write("x" * 6_000_000 + "\n")
        sys.stderr.write("warning: noise\n" * 20_000)
        for number in range(5000):
            send_message("progress", stage="fetch", done=number, total=5000, fraction=number / 5000, eta_s=None)
    elif behaviour == "tells_its_environment":
        for name, value in os.environ.items():
            sys.stderr.write(f"{name}={value}\n")
            send_message("log", level="info", text=f"{name}={value}")
    elif behaviour == "half_lines":
        text = json.dumps({"type": "log", "level": "warning", "text": "niño élève 漢字"}, ensure_ascii=False) + "\n"
        for byte in text.encode():
            sys.stdout.buffer.write(bytes([byte]))
            sys.stdout.buffer.flush()
            time.sleep(0.005)
        sys.stdout.write("not of the protocol {\n[1, 2]\n\n")


def main():
    arguments = sys.argv[sys.argv.index("allpa_engine") + 1 :]
    if arguments[0] != "serve":
        run(arguments)
        return
    count, _, at_end = os.environ.get("ALLPA_FAKE_JOBS", "1").partition(",")
    for _ in range(int(count)):
        line = next_line()
        if line.get("type") == "cancel":  # of a job that has just ended
            line = next_line()
        if not line:
            return
        before = dict(os.environ)
        os.environ.update(line["variables"])
        run(line["arguments"])
        os.environ.clear()
        os.environ.update(before)
    if at_end:
        next_line()


def run(arguments):
    behaviour = os.environ.get("ALLPA_FAKE", "")
    record(arguments)
    if arguments[0] == "status":
        if behaviour == "broken":
            send_message(
                "error", code="engine_missing", what="The package torch cannot be imported.", why="", next_step="Mend."
            )
            sys.exit(1)
        send_message(
            "result", values={"ready": True, "version": "fake", "python": "3.x", "device": "cpu", "model": "none"}
        )
        return
    job = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    send_message("start", version="fake")
    if not apply_behaviour(behaviour):
        return
    for done in range(3):
        send_message(
            "progress", stage="classify", done=done + 1, total=3, fraction=(done + 1) / 3, eta_s=30.0 * (2 - done)
        )
        time.sleep(float(os.environ.get("ALLPA_FAKE_STEP_S", "0.01")))
    result = json.dumps({"type": "result", "values": make_result(job)}, ensure_ascii=False)
    sys.stdout.write(result + ("" if behaviour == "no_newline" else "\n"))
    sys.stdout.flush()
    if behaviour == "crash_after_result":
        os.kill(os.getpid(), signal.SIGSEGV)


if __name__ == "__main__":
    main()
