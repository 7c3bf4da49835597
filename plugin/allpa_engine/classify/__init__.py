"""Classification: a fetched scene becomes a raster of classes with their confidence."""
