"""Layers of QGIS that show what a run gave."""
