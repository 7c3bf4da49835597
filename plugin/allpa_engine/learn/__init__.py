"""A user's own classes: from labels to a table of samples, to a trained model with honest validation."""
