"""Starts the real QGIS desktop on a virtual screen, with the plugin enabled in a throw-away profile."""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).resolve().parent / "desktop_script.py"
WIDTH, HEIGHT = 1600, 1040
SETTINGS = """[PythonPlugins]
allpa=true
processing=true

[qgis]
checkVersion=false
showTips=false
newsFeed\\show=false

[locale]
overrideFlag=true
userLocale={locale}
globalLocale={locale}

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true

[UI]
UITheme={theme}

[app]
projections\\unknownCrsBehavior=NoAction
fontPointSize=9
"""


def missing_programs():
    """What the desktop test needs and this machine lacks."""
    return [name for name in ("xvfb-run", "qgis") if shutil.which(name) is None]


def make_profile(folder, locale, theme="default"):
    """A profile with Allpa and Processing enabled, in a language such as `es_PE` and a theme of QGIS."""
    profile = Path(folder) / "profiles" / "default"
    (profile / "QGIS").mkdir(parents=True)
    (profile / "QGIS" / "QGIS3.ini").write_text(SETTINGS.format(locale=locale, theme=theme), encoding="utf-8")
    plugins = profile / "python" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "allpa").symlink_to(ROOT, target_is_directory=True)


@contextmanager
def sample_archive_served(engine):
    """The address of the sample archive's STAC API, while it is served; `engine` is the engine's Python."""
    code = (
        "from sample_archive import __main__ as main, build_sample_archive as build; main.serve(build(main.Path('{}')))"
    )
    command = [engine, "-c", code.format(ROOT / "build" / "archive")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=ROOT / "tools", **pipes) as server:
        try:
            yield json.loads(server.stdout.readline())["stac_url"]
        finally:
            server.stdin.close()


def run_and_screenshot(job, picture, folder, engine="", timeout_s=600, script=SCRIPT):
    """Do a job in the desktop's dock and give where things lie in the picture.

    `job` is described in `desktop_script.py`; `folder` takes the profile; `engine` is the engine's Python, for a job
    with a catalogue; `script` runs inside QGIS. A profile that is there already is used again. Raises AssertionError
    with QGIS's last words.
    """
    if not (Path(folder) / "profiles").exists():
        make_profile(folder, job.get("locale", "en_US"), job.get("theme", "default"))
    job_file = Path(folder) / "job.json"
    job_file.write_text(json.dumps(job), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "QGIS_"))}
    environment.update(
        HOME=str(folder),
        TMPDIR=str(folder),
        XDG_RUNTIME_DIR=str(folder),
        LC_ALL="C.UTF-8",
        ALLPA_PICTURE=str(picture),
        ALLPA_JOB=str(job_file),
        ALLPA_TESTS=str(SCRIPT.parent),
        ALLPA_ENGINE_PYTHON=engine,
    )
    if "ratio" in job:
        environment["QT_SCALE_FACTOR"] = str(job["ratio"])
    screen = ["xvfb-run", "-a", "-s", "-screen 0 {}x{}x24".format(*job.get("screen", (WIDTH, HEIGHT)))]
    desktop = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", str(folder), "--code", str(script)]
    done = subprocess.run([*screen, *desktop], env=environment, capture_output=True, text=True, timeout=timeout_s)
    facts_file = Path(picture).with_suffix(".json")
    facts = json.loads(facts_file.read_text(encoding="utf-8")) if facts_file.exists() else {}
    assert done.returncode == 0, facts.get("error", "") + done.stderr[-3000:]
    return facts


def processes_of(home):
    """Processes of this session of QGIS, by the home folder in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
