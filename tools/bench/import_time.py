"""How long QGIS waits for the plugin's import: processor time of five fresh processes of the system's Python.

    python tools/bench/import_time.py

The promise is 100 ms. The first process may also compile the modules.
"""

import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt import QtCore, QtGui, QtWidgets
import qgis.utils
start = time.process_time()
import allpa
allpa.classFactory(None)
print(f"import and classFactory: {1000 * (time.process_time() - start):.0f} ms")
"""

with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "allpa").symlink_to(ROOT)
    for _ in range(5):
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        subprocess.run(["/usr/bin/python3", "-c", IMPORT, folder], env=environment, check=True)
