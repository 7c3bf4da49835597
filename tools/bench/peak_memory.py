"""Peak memory of the process, for the measurements in this folder."""

from pathlib import Path


def peak_mb():
    """Peak resident memory since this program began; `ru_maxrss` would count the parent's from before."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
