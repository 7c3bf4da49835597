"""Results: tables, chart, failures, the command that repeats a run."""
