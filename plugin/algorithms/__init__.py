"""The algorithms of the provider `allpa`: one file each, with the parameters that they share in files of their own."""
