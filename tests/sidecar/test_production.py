"""What runs in production has neither the providers' doubles nor a checkout's tool."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "sidecar").glob("*.py"))
FOREIGN = ("sidecar.local", "tests")
# An editable installation finds in its checkout what is missing here.
_ALONE = """
import runpy, sys
sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one)]
"""
_RUN = _ALONE + "runpy.run_module('sidecar', run_name='__main__', alter_sys=True)"
# Every module of a package, and what of `FOREIGN` was loaded with them.
_LOAD_ALL = """
import importlib, pkgutil
import sidecar
for one in pkgutil.walk_packages(sidecar.__path__, "sidecar."):
    importlib.import_module(one.name)
print(sidecar.__file__)
print([one for one in sys.modules if one.split(".")[0] in ("tests", "pytest")
       or one.startswith("sidecar.local")])
"""


def imports(tree: ast.AST) -> set[str]:
    """Return what is imported anywhere below a node, inside functions too."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""}
            found |= {f"{node.module}.{one.name}" for one in node.names}
    return found


def is_foreign(name: str) -> bool:
    """Tell whether a module belongs to a checkout alone."""
    return any(name == one or name.startswith(f"{one}.") for one in FOREIGN)


def test_only_the_command_local_imports_what_belongs_to_a_checkout() -> None:
    """Not lazily either: no other function of any production module."""
    found = {
        (path.name, getattr(node, "name", ""))
        for path in SOURCES
        for node in ast.parse(path.read_text()).body
        if any(map(is_foreign, imports(node)))
    }
    assert found == {("__main__.py", "local")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory of what a wheel is made of, built from a copy of the tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("sidecar", "tests", "sql", "plpython"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    unpacked = tmp_path_factory.mktemp("wheel")
    program = "from setuptools import setup; setup()"
    build = ("build", "--build-lib", str(unpacked))
    subprocess.run(
        [sys.executable, "-c", program, *build],
        cwd=source,
        check=True,
        capture_output=True,
    )
    return unpacked


def test_the_wheel_has_the_sidecar_and_nothing_else(wheel: Path) -> None:
    """Neither doubles nor the installer of local stacks."""
    files = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*.py")}
    assert files == {path.relative_to(ROOT).as_posix() for path in SOURCES}


def run(wheel: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program on what the wheel has, away from the checkout."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=wheel,
        env={"PATH": os.environ["PATH"], "NO_COLOR": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_module_of_the_wheel_loads_without_a_checkout(wheel: Path) -> None:
    """So no production command needs what the wheel lacks."""
    loaded = run(wheel, _ALONE + _LOAD_ALL)
    assert loaded.returncode == 0, loaded.stderr
    where, foreign = loaded.stdout.splitlines()
    assert Path(where).is_relative_to(wheel)
    assert foreign == "[]"


def test_the_local_stack_is_refused_in_words_where_there_is_none(wheel: Path) -> None:
    """And the help is there without it."""
    assert run(wheel, _RUN, "--help").returncode == 0
    refused = run(wheel, _RUN, "local", "--help")
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: the local stack is a checkout's: there is none here\n"
    )
