"""Runs the commands of the local stack on their own: `python -m sidecar.local`."""

from sidecar.local import app

if __name__ == "__main__":
    app(prog_name="python -m sidecar.local")
