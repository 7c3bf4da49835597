"""Pages on own classes."""
