"""LaunchDarkly mirrored into Postgres, where the decisions are made.

The unmodified SDK holds the one connection; its feature store is the database
(`engine.sync_flags` and others), so what the SDK learns is committed before anybody
evaluates it. Without an SDK key the SDK's own file source takes the connection's place,
on the same path.

    LDClient ── stream or file ──► CachingStoreWrapper ──► MirrorStore ──► engine

Of several sidecars one mirrors at a time, by a lease in Postgres; another takes over
when it dies. The heartbeat is sent only while the source itself is known to be good:
that a sidecar is alive proves nothing, and without heartbeats booking stops by itself.
The SDK calls a file good for as long as its last good content, so the file is read
again at each beat; a stream is good while it is connected.

Evaluations stay in the database and are counted there. They are not sent to
LaunchDarkly: the SDK's public interface sends events only for evaluations that it makes
itself.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import requests
import structlog
from ldclient.client import LDClient
from ldclient.config import Config
from ldclient.feature_store import CacheConfig
from ldclient.feature_store_helpers import CachingStoreWrapper
from ldclient.impl.integrations.files import file_data_source
from ldclient.integrations import Files
from ldclient.interfaces import (
    DataSourceErrorKind,
    DataSourceState,
    FeatureStoreCore,
)
from ldclient.versioned_data_kind import VersionedDataKind

from sidecar.config import WorkSettings
from sidecar.db import Database
from sidecar.errors import ConfigError, EngineError
from sidecar.pool import describe
from sidecar.providers import NO_ANSWER, Answer
from sidecar.setting_types import is_loopback

_log = structlog.get_logger()
_BEAT_SECONDS = 3.0
_BAD_FILE = DataSourceErrorKind.INVALID_DATA
_NEVER = logging.CRITICAL + 1


class MirrorStore(FeatureStoreCore):
    """The SDK's feature store, kept in Postgres; this process caches nothing."""

    def __init__(self, database: Database, source: str) -> None:
        self._database = database
        self._source = source

    def init_internal(
        self, all_data: Mapping[VersionedDataKind, Mapping[str, dict[str, Any]]]
    ) -> None:
        """Replace everything with the source's content."""
        items = {kind.namespace: dict(rows) for kind, rows in all_data.items()}
        done = self._database.sync_flags(
            {"features": {}, "segments": {}, **items}, self._source
        )
        if done["changed"] or done["refused"]:
            _log.info("flags.mirrored", **done)

    def upsert_internal(
        self, kind: VersionedDataKind, item: dict[str, Any]
    ) -> dict[str, Any]:
        """Store one item if it is newer; return what is stored now."""
        done = self._database.upsert_flag(kind.namespace, item, self._source)
        _log.info(
            "flags.changed",
            key=item.get("key"),
            stored=done["stored"],
            problem=done["problem"],
        )
        stored: dict[str, Any] = done["item"]
        return stored

    def get_internal(  # type: ignore[override]  # None is what the SDK documents
        self, kind: VersionedDataKind, key: str
    ) -> dict[str, Any] | None:
        """Return one item, tombstones included; None where there is none."""
        return self._items(kind.namespace, key).get(key)

    def get_all_internal(self, kind: VersionedDataKind) -> dict[str, dict[str, Any]]:
        """Return every item of a kind, tombstones included."""
        return self._items(kind.namespace)

    def initialized_internal(self) -> bool:
        """Tell whether a full set was ever mirrored."""
        return bool(self._database.read_flags(None)["initialized"])

    def is_available(self) -> bool:
        """Tell whether the database answers, which the SDK asks after a failure."""
        try:
            self._database.read_flags(None)
        except (psycopg.Error, EngineError):
            return False
        return True

    def _items(
        self, namespace: str, key: str | None = None
    ) -> dict[str, dict[str, Any]]:
        items: dict[str, dict[str, Any]] = self._database.read_flags(namespace, key)[
            "items"
        ]
        return items


def read_flags(path: Path) -> dict[str, Any]:
    """Return the flags of a file-data document by key; raises ConfigError."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"flags file {path}: {error}") from error
    found: dict[str, Any] = {}
    for part in ("flags", "flagValues"):
        values = document.get(part, {}) if isinstance(document, dict) else None
        if not isinstance(values, dict):
            raise ConfigError(f'flags file {path}: no "{part}" object')
        found.update(values)
    return found


def file_client(path: Path) -> Callable[[CachingStoreWrapper], LDClient]:
    """Return the function that connects the SDK to a file and reads it on a change."""
    # The SDK's source prints a traceback past every logger for a file that will not do,
    # beside a line with the same text. The mirror says it, in one line (`_problem`).
    silent = SimpleNamespace(print_exc=lambda: None)
    vars(file_data_source).update(traceback=silent, log=logging.Logger("", _NEVER))
    source = Files.new_data_source(
        paths=[str(path)], auto_update=True, force_polling=True, poll_interval=1
    )
    return lambda store: LDClient(
        Config("file", update_processor_class=source, **_shared(store)), start_wait=0
    )


def streaming_client(
    sdk_key: str, url: str | None
) -> Callable[[CachingStoreWrapper], LDClient]:
    """Return the function that connects the SDK to LaunchDarkly, or else to `url`."""
    addresses: dict[str, Any] = {}
    if url is not None:
        addresses = {"base_uri": url, "stream_uri": url, "events_uri": url}
    return lambda store: LDClient(
        Config(sdk_key, **addresses, **_shared(store)), start_wait=0
    )


def reachable(sdk_key: str, url: str | None) -> Answer:
    """Make one harmless read of LaunchDarkly."""
    base = url or Config(sdk_key).base_uri
    try:
        with requests.Session() as session:
            session.trust_env = not is_loopback(base)
            response = session.get(
                f"{base}/sdk/latest-all",
                headers={"Authorization": sdk_key},
                timeout=(5, 10),
            )
    except requests.RequestException:
        return NO_ANSWER
    return Answer(http_status=response.status_code)


def _shared(store: CachingStoreWrapper) -> dict[str, Any]:
    return {"feature_store": store, "send_events": False, "diagnostic_opt_out": True}


def build_mirror(settings: WorkSettings, database: Database, worker: str) -> FlagMirror:
    """Return the mirror of the configured source."""
    key = settings.launchdarkly_sdk_key
    if key is not None:
        connect = streaming_client(key.get_secret_value(), settings.launchdarkly_url)
        return FlagMirror(
            database, worker=worker, source="launchdarkly", connect=connect
        )
    path = settings.flags_file
    if path is None:
        raise ConfigError("no flag source is set")
    return FlagMirror(
        database,
        worker=worker,
        source="file",
        connect=file_client(path),
        look=lambda: read_flags(path),
    )


class FlagMirror:
    """Keeps `engine.flag_data` equal to the source while it holds the lease."""

    def __init__(
        self,
        database: Database,
        *,
        worker: str,
        source: str,
        connect: Callable[[CachingStoreWrapper], LDClient],
        look: Callable[[], object] | None = None,
    ) -> None:
        """Mirror the source that `connect` connects to.

        `look` reads the source itself where the SDK does not; it raises ConfigError for
        a bad one.
        """
        self._database = database
        self._worker = worker
        self._source = source
        self._connect = connect
        self._look = look
        self._client: LDClient | None = None
        self._told: dict[str, object] | None = None

    def run(self, stopping: threading.Event) -> None:
        """Mirror until `stopping` is set."""
        try:
            while True:
                try:
                    self._step()
                except (psycopg.Error, EngineError) as error:
                    _log.warning("flags.not_mirrored", error=describe(error))
                if stopping.wait(_BEAT_SECONDS):
                    return
        finally:
            self._close()

    def _step(self) -> None:
        """Take, keep or release the lease; send a beat while the source is good."""
        if not self._database.hold_mirror(self._worker):
            self._close()
            return
        if self._client is None:
            _log.info("flags.mirroring", worker=self._worker)
            store = MirrorStore(self._database, self._source)
            self._client = self._connect(
                CachingStoreWrapper(store, CacheConfig.disabled())
            )
        problem = self._problem(self._client)
        if problem is None:
            self._told = None
            self._database.beat_flags(self._source)
        else:
            self._database.miss_flags(self._source, problem)

    def _problem(self, client: LDClient) -> str | None:
        """Return why the source is not good now, in words for anybody."""
        try:
            if self._look is not None:
                self._look()
        except ConfigError as unread:
            self._tell(error=str(unread))
            return f"the file cannot be read: {type(unread.__cause__).__name__}"
        status = client.data_source_status_provider.status
        if status.state != DataSourceState.VALID:
            error = status.error
            self._tell(
                state=status.state.name,
                error=error.kind.name if error else None,
                status=error.status_code if error else None,
                # Of a file that is JSON, and whose flags will not do all the same.
                **({"why": error.message} if error and error.kind == _BAD_FILE else {}),
            )
            what = error.kind.name.lower().replace("_", " ") if error else "no answer"
            return f"{status.state.name.lower()}: {what}"
        return None

    def _tell(self, **facts: object) -> None:
        """Log what is wrong with the source, once for each problem."""
        if facts != self._told:
            _log.warning("flags.source_not_valid", **facts)
            self._told = facts

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]
            self._client = None
