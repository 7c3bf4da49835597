"""What both sides read: job, legend, bands, catalogues, errors, messages, paths. Needs the standard library alone."""
