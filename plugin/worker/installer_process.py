"""Running pip and uv as child processes, and what their failures mean for a user."""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

from ..allpa_engine.core.errors import AllpaError, Cancelled
from ..allpa_engine.core.messages import translatable
from ..translation import tr

WATCHED_COMMAND = Path(__file__).with_name("watched_command.py")
POLL_MS = 200
CANCEL_TIMEOUT_MS = 1_000
"""After a cancel, the time the installer has to end by itself."""
TERMINATE_TIMEOUT_MS = 600
"""After the signal to end, the time before the process is killed."""
_TAIL_LINES = 14
_POLL_CALLBACK_S = 1.0


class InstallationFailed(AllpaError):
    """A step of the installation ended with an error."""

    code = "installation_failed"
    advice = translatable("Look at the log for details and install again; nothing half-installed is left.")
    cause = ""
    """One of the causes of `FAILURE_CAUSES`, empty where it is not known."""


NOT_OFFERED, HASH = "not_offered", "hash"
RUNTIME_CAUSES = ("windows_runtime", "system_library")
"""Causes that lie in the system, so that another installation of the engine does not help."""
NOT_REACHED = (NOT_OFFERED, "network", "proxy_login", "certificate")
"""Causes that lie in an index and may be absent in another."""
FAILURE_CAUSES: tuple[tuple[str, str, str, str], ...] = (
    (
        "windows_runtime",
        r"dll load failed|winerror 126\b|winerror 1114\b|vcruntime\d|msvcp\d",
        translatable("Microsoft's Visual C++ runtime is missing on this computer, or is too old for the engine."),
        translatable("Install the 'Microsoft Visual C++ Redistributable' (x64), restart the computer, then try again."),
    ),
    (
        "system_library",
        r"cannot open shared object file|version `(glibc|glibcxx|cxxabi)|library not loaded",
        translatable("A library of the system that the engine needs is missing on this computer, or is too old."),
        translatable("Install the library that is named, with the system's own package manager, then try again."),
    ),
    (
        "proxy_login",
        r"\b407\b|proxy authenti|proxy authori",
        translatable("The proxy asks for a user name and a password."),
        translatable("Enter them in Settings > Options > Network, then install again."),
    ),
    (
        "socks",
        r"missing dependencies for socks",
        translatable("QGIS's proxy is a SOCKS5 proxy, which pip cannot use."),
        translatable("Set an HTTP proxy in Settings > Options > Network, then install again."),
    ),
    (
        "certificate",
        r"certificate_verify_failed|invalid peer certificate|unknownissuer|certificate verify failed|sslerror",
        translatable(
            "The secure connection to the package index was refused, because its certificate is not trusted here."
        ),
        translatable(
            "Often a company's proxy does this: set SSL_CERT_FILE to the company's certificates before QGIS is "
            "started, then install again."
        ),
    ),
    (
        "disk_full",
        r"no space left|errno 28|os error 28\b|os error 112\b|disk full|not enough space",
        translatable("The disk became full during the installation."),
        translatable("Free some disk space, then install again."),
    ),
    (
        HASH,
        r"hash mismatch|do not match the hashes|hashes are required",
        translatable("A downloaded package is not the one that was tested: its hash differs."),
        translatable("Install again; if it fails again, the package index or the proxy changes the files."),
    ),
    (
        "file_in_use",
        r"winerror 32|os error 32\b|being used by another process",
        translatable("A file of the engine is in use by another program."),
        translatable("Close other QGIS windows, and exclude the folder from the virus scanner, then install again."),
    ),
    (
        "permission",
        r"permission denied|errno 13|os error 13\b|winerror 5\b|os error 5\b|read-only file system|access is denied",
        translatable("A file or folder of the engine cannot be written."),
        translatable("Check who may write in the folder that the log names, then install again."),
    ),
    (
        "no_venv",
        r"ensurepip is not available|no module named '?(venv|ensurepip|pip)\b",
        translatable("This Python cannot make virtual environments."),
        translatable("On Debian and Ubuntu install the package python3-venv; or choose another Python to build on."),
    ),
    (
        "no_python",
        r"no interpreter found|no virtual environment or system python|failed to (download|fetch).*python-build",
        translatable("No suitable Python was found on this computer, and none could be downloaded."),
        translatable("Install Python 3.12 and install the engine again."),
    ),
    (
        "network",
        r"dns error|name resolution|name or service not known|getaddrinfo failed|connection refused|network is "
        r"unreachable|newconnectionerror|max retries exceeded|timed out|tcp connect error|connection reset|"
        r"error sending request",
        translatable("The package index cannot be reached."),
        translatable("Check the network, and the proxy in Settings > Options > Network, then install again."),
    ),
    (
        NOT_OFFERED,
        r"no matching distribution|no solution found|not found in the package registry|there is no version of",
        translatable("The package index does not offer a package that the engine needs."),
        translatable("Use the default package index, or ask its administrator to add the package that the log names."),
    ),
)
"""Cause, pattern in the output of pip or uv, what happened, next step; the first that fits is reported."""


def installation_failure(output: str, fallback: str) -> InstallationFailed:
    """The error for the output of a failed pip or uv, in the user's words where the cause is known.

    Parameters
    ----------
    output : what the program wrote; its last lines become the reason of the error.
    fallback : what happened, for a cause that no pattern of `FAILURE_CAUSES` fits.

    Returns
    -------
    The error, not raised; its `cause` is set where a pattern fits.

    """
    for cause, pattern, what, next_step in FAILURE_CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            failure = InstallationFailed(tr(what), _last_lines(output), tr(next_step))
            failure.cause = cause
            return failure
    return InstallationFailed(fallback, _last_lines(output))


def runtime_cause(text: str) -> tuple[str, str] | None:
    """What happened and the next step, where an import failed because the system lacks something; else None."""
    for cause, pattern, what, next_step in FAILURE_CAUSES:
        if cause in RUNTIME_CAUSES and re.search(pattern, text, re.IGNORECASE):
            return tr(what), tr(next_step)
    return None


def _last_lines(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return "\n".join(lines[-_TAIL_LINES:])


def run_installer(
    watcher_python: Path,
    command: list[str],
    folder: Path,
    feedback: QgsProcessingFeedback,
    variables: Mapping[str, str],
    on_poll: Callable[[], None] | None = None,
) -> str:
    """Run a command of the installation and give its output.

    Parameters
    ----------
    watcher_python : any Python; it runs the script that ends the command when QGIS cancels or dies.
    command : the program and its arguments.
    folder : the half-built folder, which goes when QGIS does.
    feedback : gets the output's lines; its cancel ends the command within two seconds.
    variables : the whole environment of the command.
    on_poll : called about once a second while the command runs.

    Returns
    -------
    The last 400 lines that the command wrote, both streams together, without passwords.

    Raises
    ------
    InstallationFailed : where it ended with an error, by cause.
    Cancelled

    """
    process = QProcess()
    environment = QProcessEnvironment()
    for name, value in variables.items():
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
    process.start(str(watcher_python), ["-I", str(WATCHED_COMMAND), str(folder), *command])
    if not process.waitForStarted():
        raise InstallationFailed(tr("{} cannot be started.").format(watcher_python), process.errorString())
    output = _follow(process, feedback, on_poll, _passwords(variables))
    if process.exitStatus() != QProcess.ExitStatus.NormalExit or process.exitCode() != 0:
        raise installation_failure(output, tr("The engine could not be installed."))
    return output


def _passwords(variables: Mapping[str, str]) -> list[str]:
    """Passwords in addresses of proxies and package indexes, as they are written there and as they are meant."""
    found = [word for value in variables.values() for word in re.findall(r"://[^:/@\s]*:([^@/\s]+)@", value)]
    return [word for password in found for word in (password, unquote(password))]


def _without(text: str, passwords: list[str]) -> str:
    for password in passwords:
        text = text.replace(password, "***")
    return text


def _follow(
    process: QProcess,
    feedback: QgsProcessingFeedback,
    on_poll: Callable[[], None] | None,
    passwords: list[str],
) -> str:
    lines: deque[str] = deque(maxlen=400)
    partial_line, last_poll = b"", time.monotonic()
    while True:
        running = process.state() != QProcess.ProcessState.NotRunning
        process.waitForReadyRead(POLL_MS)
        *complete, partial_line = (partial_line + bytes(process.readAllStandardOutput())).split(b"\n")
        if not running:
            complete.append(partial_line)
        for text in (_without(line.decode("utf-8", "replace").rstrip(), passwords) for line in complete):
            lines.append(text)
            feedback.pushConsoleInfo(text)
        if not running:
            return "\n".join(lines)
        if feedback.isCanceled():
            _stop_process(process)
            raise Cancelled(
                tr("The installation was cancelled."),
                "",
                tr("What was downloaded is kept for the next time; nothing else was left behind."),
            )
        if on_poll is not None and time.monotonic() - last_poll >= _POLL_CALLBACK_S:
            on_poll()
            last_poll = time.monotonic()


def folder_bytes(folder: Path) -> int:
    """Bytes of the files below a folder; what is moved away meanwhile is missed."""
    total, folders = 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # uv renames folders while this reads them
    return total


def _stop_process(process: QProcess) -> None:
    """End a running process: ask by closing its input, then by a signal, then kill; within two seconds."""
    process.closeWriteChannel()
    if process.waitForFinished(CANCEL_TIMEOUT_MS):
        return
    process.terminate()
    if not process.waitForFinished(TERMINATE_TIMEOUT_MS):
        process.kill()
        process.waitForFinished(-1)
