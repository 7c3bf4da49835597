"""The dock's pages for the accuracy of a map: draw a sample, label its points, estimate."""
