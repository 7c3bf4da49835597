"""The QGIS side: Processing provider, algorithms, control of the engine's process, settings, layers.

Uses what QGIS ships (`qgis.core`, `qgis.PyQt`, numpy, osgeo) and the engine's light modules; none of its packages.
"""
