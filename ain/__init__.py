"""The command line: one small file per command; the only room that may import everything."""

__version__ = "0.1.0"
