"""Where: drawing, choosing and typing a region."""
