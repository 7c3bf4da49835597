"""Evaluation of a trained network: against the teacher, against reference labels, on clouds, over a year."""
