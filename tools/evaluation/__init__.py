"""Evaluation of a trained network: against the teacher, against people's labels, on clouds, over a year."""
