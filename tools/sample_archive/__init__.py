"""A small simulated Sentinel-2 L2A archive with known truth, and the servers that make it a catalogue.

It replaces Planetary Computer where there is no network: in the demonstration and in the tests. The land is a simulated
highland valley like those of Apurímac; its spectra come from statistics of real scenes (`spectra`).
"""

from .products import build_sample_archive, write_archive
from .serve import ServedArchive, serve_archive

__all__ = ["ServedArchive", "build_sample_archive", "serve_archive", "write_archive"]
