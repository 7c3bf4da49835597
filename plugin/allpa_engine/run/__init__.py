"""Runs: the steps joined to jobs, the command line, the record of a run."""
