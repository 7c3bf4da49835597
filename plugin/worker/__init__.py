"""The engine's process: its interpreter, environment and installation, and the keys it is given."""
