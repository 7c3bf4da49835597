"""Why an installation fails, in the user's words; each cause is provoked where this machine can provoke it."""

import http.server
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest
from engine_folder import OWN_PYTHON, executable, make_wheel, write_lock

UV = shutil.which("uv", path=f"{Path(os.environ.get('ALLPA_TEST_ENGINE', '.')).parent}:{os.environ['PATH']}")
needs_uv = pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")


@pytest.fixture
def failing(places, monkeypatch, feedback):
    """Installs with pip settings that lead astray, and gives the error."""

    def install(pip_config, base_python=None, pytorch_build="cpu"):
        def own_uv(build):
            build._configure_uv(pip_config)
            build._variables.update({"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "5"})
            return Path(UV)

        monkeypatch.setattr(places.build.Build, "_install_uv", own_uv)
        with pytest.raises(places.installation.InstallationFailed) as caught:
            places.installation.install_engine(feedback, base_python, pytorch_build)
        assert not list(places.interpreter.managed_engine_folder().parent.glob("engine-*.part-*"))
        assert caught.value.next_step
        return caught.value

    write_lock(places.lock_file, make_wheel(places.wheels, "small"))
    return install


class Server(http.server.ThreadingHTTPServer):
    """A server on this machine that answers everything with one status."""

    def __init__(self, status, context=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_CONNECT = do_GET  # noqa: N815

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *arguments):
        self.shutdown()
        super().__exit__(*arguments)


@needs_uv
def test_no_network(failing):
    error = failing("global.index-url='http://127.0.0.1:9/simple'\n")
    assert error.what == "The package index cannot be reached."
    assert "proxy in Settings > Options > Network" in error.next_step


@needs_uv
def test_a_proxy_that_wants_a_password(failing, monkeypatch):
    with Server(407) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.server_port}")
        error = failing("global.index-url='https://index.example/simple'\n")
    assert error.what == "The proxy asks for a user name and a password."


@needs_uv
@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, which makes the certificate")
def test_a_certificate_that_is_not_trusted(failing, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(200, context) as index:
        error = failing(f"global.index-url='https://localhost:{index.server_port}/simple'\n")
    assert "certificate is not trusted" in error.what
    assert "SSL_CERT_FILE" in error.next_step


@needs_uv
def test_a_package_that_is_not_the_tested_one(failing, places):
    requirement = make_wheel(places.wheels, "small")
    digest = requirement.split("sha256:")[1][:64]
    write_lock(places.lock_file, requirement.replace(digest, "0" * 64))
    error = failing(f"global.find-links='{places.wheels}'\nglobal.no-index='true'\n")
    assert error.what == "A downloaded package is not the one that was tested: its hash differs."


@needs_uv
def test_an_index_that_lacks_a_package(failing, tmp_path):
    (tmp_path / "empty").mkdir()
    error = failing(f"global.find-links='{tmp_path / 'empty'}'\nglobal.no-index='true'\n")
    assert error.what == "The package index does not offer a package that the engine needs."


def test_a_full_disk_is_reported_before_anything_is_started(places, feedback, monkeypatch):
    from allpa.plugin.allpa_engine.core.errors import DiskFull

    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 5_000_000))
    started = []
    monkeypatch.setattr(places.build, "run_installer", lambda *arguments: started.append(arguments))
    with pytest.raises(DiskFull, match="5 MB free") as caught:
        places.installation.install_engine(feedback)
    assert "Free some disk space" in caught.value.next_step
    assert started == []


@pytest.fixture
def mounted(tmp_path):
    """Mounts something on the folder for user data; skips where this user or system may not."""
    folder = tmp_path / "data"
    folder.mkdir()

    def mount(*arguments):
        done = subprocess.run(["mount", *arguments, folder], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"needs the right to mount: {done.stderr.strip()}")

    yield mount
    while subprocess.run(["umount", folder], capture_output=True).returncode == 0:
        pass


@needs_uv
def test_a_disk_that_becomes_full(failing, places, mounted, monkeypatch):
    parts = {f"big/{number}.bin": os.urandom(500_000).hex() for number in range(30)}
    write_lock(places.lock_file, make_wheel(places.wheels, "small"), make_wheel(places.wheels, "big", files=parts))
    mounted("-t", "tmpfs", "-o", "size=12m", "tmpfs")
    monkeypatch.setattr(places.build, "check_free_space", lambda folder, needed: None)  # it was free before
    error = failing(f"global.find-links='{places.wheels}'\nglobal.no-index='true'\n")
    assert error.what == "The disk became full during the installation."


def test_a_folder_on_a_read_only_disk(places, feedback, mounted):
    from allpa.plugin.allpa_engine.core.errors import FolderNotWritable

    mounted("-t", "tmpfs", "-o", "ro", "tmpfs")
    with pytest.raises(FolderNotWritable, match="cannot be written") as caught:
        places.installation.install_engine(feedback)
    assert caught.value.next_step


@pytest.mark.parametrize("code", [5, 32])
def test_an_engine_that_windows_holds_open_is_in_use(places, monkeypatch, tmp_path, code):
    class WindowsError(OSError):
        winerror = code

    monkeypatch.setattr(places.build, "os", SimpleNamespace(name="nt"))
    error = places.build.explained_error(WindowsError(13, "Access is denied"), tmp_path / "engine")
    assert "is in use and cannot be replaced" in str(error)
    assert "Close other QGIS windows" in str(error)


@pytest.mark.parametrize(("version", "text"), [("3 8", "3.8"), ("3 15", "3.15")])
def test_a_python_that_the_engine_does_not_run_on(failing, tmp_path, version, text):
    python = executable(
        tmp_path / "python", f'case "$1" in -I) exec "{sys.executable}" "$@";; esac\necho python {version}\n'
    )
    error = failing("", python)
    assert error.what == f"The engine runs on Python {OWN_PYTHON}, and {python} is Python {text}."


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "disk became full"),
        ("error: failed to write /x/y: No space left on device (os error 28)", "disk became full"),
        ("error: Failed to install torch: Access is denied. (os error 5)", "cannot be written"),
        ("ERROR: Could not install packages: [Errno 13] Permission denied: '/x'", "cannot be written"),
        ("[WinError 32] The process cannot access the file, it is being used by another process", "in use"),
        ("The virtual environment was not created because ensurepip is not available.", "virtual environments"),
        ("ERROR: Could not install packages: Missing dependencies for SOCKS support.", "SOCKS5 proxy"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Auth'))", "asks for a user"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate is not trusted"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "hash differs"),
        ("NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused", "be reached"),
        ("ERROR: No matching distribution found for uv==0.13.9", "does not offer"),
        ("error: No interpreter found for Python >=3.10 in managed installations", "No suitable Python"),
        ("error: Failed to download `https://host.example/python-build-standalone/x.tar.gz`", "No suitable Python"),
        ("something else went wrong", "could not be installed"),
    ],
)
def test_messages_of_pip_and_uv_become_sentences(places, tmp_path, feedback, output, says):
    from allpa.plugin.worker.installer_process import run_installer

    program = executable(tmp_path / "program", f"cat <<'END'\n{output}\nEND\nexit 1\n")
    with pytest.raises(places.installation.InstallationFailed, match=says) as caught:
        run_installer(Path(sys.executable), [str(program)], tmp_path / "part", feedback, {"PATH": os.environ["PATH"]})
    assert output in caught.value.why
    assert caught.value.next_step


def test_the_page_on_failures_has_every_cause(allpa, root):
    from allpa.plugin.worker.installer_process import FAILURE_CAUSES

    page = (root / "docs" / "installation.md").read_text(encoding="utf-8")
    assert [what for _cause, _pattern, what, _next in FAILURE_CAUSES if f"| {what} |" not in page] == []


def test_the_password_of_a_proxy_is_not_shown(places, tmp_path, feedback):
    from allpa.plugin.worker.installer_process import run_installer

    program = executable(tmp_path / "program", 'echo "no way through $https_proxy and p:w"\nexit 1\n')
    variables = {"PATH": os.environ["PATH"], "https_proxy": "http://ana:p%3Aw@proxy.example:3128"}
    with pytest.raises(places.installation.InstallationFailed) as caught:
        run_installer(Path(sys.executable), [str(program)], tmp_path / "part", feedback, variables)
    assert "http://ana:***@proxy.example:3128 and ***" in caught.value.why


@pytest.mark.parametrize(
    ("platform_name", "system", "floor", "system_text", "says"),
    [
        ("linux-x86_64", (2, 17), "2.28", "Linux x86_64 (glibc 2.17)", "needs Linux, glibc 2.28 or later, and this"),
        ("linux-x86_64", (0,), "2.28", "Linux x86_64 (no glibc)", "needs Linux, glibc 2.28 or later"),
        ("linux-riscv64", (2, 40), "2.28", "Linux riscv64 (glibc 2.40)", "do not exist for this system"),
    ],
)
def test_a_system_below_the_floor_is_named(
    places, feedback, monkeypatch, platform_name, system, floor, system_text, says
):
    write_lock(places.locks.LOCK_FOLDER / "linux-x86_64.txt", floor=floor)
    monkeypatch.setattr(places.locks, "platform_name", lambda: platform_name)
    monkeypatch.setattr(places.locks, "system_version", lambda: system)
    monkeypatch.setattr(places.locks, "system_text", lambda: system_text)
    with pytest.raises(places.installation.InstallationFailed, match=says) as caught:
        places.installation.install_engine(feedback)
    assert system_text in caught.value.what


def test_the_python_that_starts_the_installation_is_an_interpreter_and_not_qgis(places):
    python = places.build.find_bootstrap_python()
    assert python.is_file()
    assert "python" in python.name
    assert Path(os.path.realpath(python)) == Path(os.path.realpath(sys.executable))  # here the tests' own


def test_an_old_python_of_qgis_starts_the_installation_and_uv_finds_another(places, feedback, monkeypatch, tmp_path):
    """QGIS with Python 3.9: its Python runs pip and uv, and the environment is of another one."""
    from allpa.plugin.allpa_engine.core.errors import EngineMissing

    started = []

    def record(_watcher, command, *arguments):
        started.append(command)
        return "python 3 9"

    monkeypatch.setattr(places.build, "run_installer", record)
    monkeypatch.setattr(places.locks, "own_version", lambda: (3, 9))
    places.lock_file.write_text("# python 3.10 floor 2.17\n# python 3.14 floor 2.17\n")
    with pytest.raises(EngineMissing, match="cannot be started"):  # nothing was really built
        places.installation.install_engine(feedback)
    environment = next(command for command in started if "--relocatable" in command)
    assert environment[environment.index("--python") + 1] == ">=3.10,<3.15"
