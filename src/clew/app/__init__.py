"""Putting it together: settings, wiring, the command line, the log."""
