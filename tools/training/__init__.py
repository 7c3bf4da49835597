"""Training of the network: a tool, not part of what the plugin runs."""
