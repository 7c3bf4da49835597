"""The dock and its widgets: they collect parameters, run the algorithms of the provider `allpa`, show the results."""
