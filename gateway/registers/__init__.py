"""Registers and reports of the registry: books, tables and figures, made from what the store says.  No I/O but files."""
