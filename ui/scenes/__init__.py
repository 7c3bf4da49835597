"""Which scenes: the table, the footprints and the notes of a search."""
