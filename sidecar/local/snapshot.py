"""`sql/schema.sql`: what the migrations and the code add up to, for reviewers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from sidecar.errors import SetupError
from sidecar.local.packages import Installation

# Lines that differ between runs or releases of pg_dump without any change of schema.
_NOISE = re.compile(r"^(-- Dumped (from|by) .*|\\(un)?restrict .*)\n", re.MULTILINE)


def dump_schema(installation: Installation, dsn: str) -> str:
    """Return the schema of the database at `dsn` as SQL, the same for the same schema.

    The text depends on the server's major version: compare like with like.
    """
    result = subprocess.run(  # noqa: S603 - argument list, no shell
        [
            str(installation.bin_dir / "pg_dump"),
            "--schema-only",
            "--no-comments",
            "--exclude-schema=cron",
            f"--dbname={dsn}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"pg_dump failed: {result.stderr.strip()}")
    text = _NOISE.sub("", result.stdout)
    header = f"-- Written by `make schema` with PostgreSQL {installation.major}.\n\n"
    return header + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def write_schema(installation: Installation, dsn: str, path: Path) -> bool:
    """Write the snapshot to `path`; False when it was up to date."""
    text = dump_schema(installation, dsn)
    if path.exists() and path.read_text() == text:
        return False
    path.write_text(text)
    return True
