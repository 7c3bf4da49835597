"""Setting the region: drawing on the map, layers, map canvas extent."""
