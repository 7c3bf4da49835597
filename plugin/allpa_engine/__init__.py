"""Allpa's engine: from Sentinel-2 scenes to an annual ten-class land-cover map.

Importing this package needs the standard library alone, so that the QGIS side may read the legend, the bands, the
errors and the job file without torch, rasterio or pystac in its process.
"""

__version__ = "0.1.0"
