"""Accuracy assessment: sample design, labelled points, and estimates of accuracy and area with their intervals."""
