"""Run a command and end it, with all that it started, when standard input closes.

Called as `watched_command.py FOLDER COMMAND...`. QGIS starts the installer through this script. When QGIS cancels or
dies, even by `kill -9`, the pipe to standard input closes; then the command's whole process group is ended and the
half-built FOLDER removed. Standard library only, for any Python from 3.6 on.
"""

import os
import shutil
import signal
import subprocess  # nosec B404 - it starts the installer that QGIS asked for
import sys
import threading
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """On Linux, let the system kill the command where this script is killed itself."""
    if sys.platform.startswith("linux"):
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a command and what it started."""
    if sys.platform == "win32":
        taskkill = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32" / "taskkill.exe"
        command = [str(taskkill), "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True)  # noqa: S603  # nosec B603 - a program of the system
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    """Start the command, follow standard input, and end with the command's exit code."""
    folder, *command = sys.argv[1:]
    group = {} if sys.platform == "win32" else {"start_new_session": True, "preexec_fn": end_with_parent}
    try:
        process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  # nosec B603 - as QGIS asked
            command, stdin=subprocess.DEVNULL, **group
        )
    except OSError as error:
        sys.exit(str(error))

    stopping = threading.Event()

    def stop(*_signal: object) -> None:
        stopping.set()
        end_group(process)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    def follow_input() -> None:
        while os.read(0, 1024):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    follower = threading.Thread(target=follow_input, daemon=True)
    follower.start()
    code = process.wait()
    if stopping.is_set():
        follower.join()
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
