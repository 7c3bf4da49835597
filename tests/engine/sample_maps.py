"""Small maps of classes and samples of them, for tests."""

import numpy as np
import rasterio
from affine import Affine

UTM = "EPSG:32718"
LEFT, TOP = 700_000.0, 8_500_000.0


def write_map(path, codes, resolution=10, crs=UTM, nodata=0, left=LEFT, top=TOP, legend=None):
    """A map of classes whose upper left corner is LEFT, TOP; `legend` goes into its tag."""
    height, width = codes.shape
    profile = {"driver": "GTiff", "count": 1, "dtype": codes.dtype.name, "nodata": nodata, "crs": crs}
    place = Affine(resolution, 0, left, 0, -resolution, top)
    with rasterio.open(path, "w", width=width, height=height, transform=place, **profile) as file:
        file.write(codes, 1)
        if legend is not None:
            file.update_tags(ALLPA_LEGEND=legend.to_tag())
    return path


def blocks_map(path, counts, width=50):
    """A map with exactly so many pixels of each class, in the order of the codes; the rest has no data."""
    values = np.repeat(list(counts), list(counts.values())).astype(np.uint8)
    codes = np.zeros(-(-len(values) // width) * width, np.uint8)
    codes[: len(values)] = values
    return write_map(path, codes.reshape(-1, width))
