"""The Python that runs inside Postgres; see `plpython/README.md`."""

__version__ = "0.1.0"
