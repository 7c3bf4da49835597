"""Open the QGIS desktop with the plugin in a throw-away profile and the sample archive as a catalogue to map from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from qgis_profile import ROOT, make_profile
from sample_archive import build_sample_archive, serve_archive

BUILD = ROOT / "build"


def main() -> int:
    """Start QGIS and wait until it is closed."""
    environment = make_profile(BUILD / "profile", sys.executable)
    with serve_archive(build_sample_archive(BUILD / "archive")) as archive:
        print(f"The sample archive is served at {archive.stac_url}: enter it as the catalogue URL in the dock.")
        print("It shows 2020 near Abancay: about -72.92 to -72.83 degrees east, -13.72 to -13.63 degrees north.")
        arguments = ["qgis", "--profiles-path", str(BUILD / "profile"), "--profile", "default", *sys.argv[1:]]
        return subprocess.run(arguments, env=environment, cwd=Path.home(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
