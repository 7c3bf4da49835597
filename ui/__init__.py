"""The dock and its widgets: they collect parameters, run the algorithms of the provider `allpa` and show the results."""
