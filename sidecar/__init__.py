"""Skylatch sidecar: the hands of the in-database booking engine."""

__version__ = "0.1.0"
