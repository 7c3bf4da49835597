"""Rasters: class rasters, cloud-optimised GeoTIFFs, overviews, styles, cloud masks, resampling."""
