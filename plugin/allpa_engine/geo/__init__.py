"""Geometry on the ground: regions, pixel grids, MGRS tiles, true areas."""
