"""Fixtures of the SQL tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sidecar.local.cluster import Cluster
from tests.sql import cloned_database
from tests.sql.agency import Agency
from tests.sql.shelf import Shelf


@pytest.fixture(scope="module")
def shelves(
    cluster: Cluster, template: str, clone_name: Callable[[], str]
) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """Connect to one clone for the whole module: every test rolls back."""
    with (
        cloned_database(cluster, template, clone_name) as dsn,
        psycopg.connect(dsn, row_factory=dict_row) as connection,
    ):
        yield connection


@pytest.fixture
def shelf(shelves: psycopg.Connection[dict[str, Any]]) -> Iterator[Shelf]:
    """Return an empty shelf; undone afterwards."""
    yield Shelf(shelves)
    shelves.rollback()


@pytest.fixture
def agency(shelves: psycopg.Connection[dict[str, Any]]) -> Iterator[Agency]:
    """Return an agency whose work is undone afterwards."""
    yield Agency(shelves)
    shelves.rollback()
