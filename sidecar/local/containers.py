"""What `docker-compose.yml` uses of the local stack: secrets and server settings."""

from __future__ import annotations

import secrets
from pathlib import Path
from urllib.parse import urlsplit

from sidecar.local.cluster import SETTINGS, cron_settings, render_settings
from sidecar.local.packages import Installation
from sidecar.local.redis_server import redis_config
from sidecar.local.settings import DATABASE, complete, write_private

_POSTGRES, _REDIS = "postgres:5432", "redis:6379"
# Generated for the sandbox; secrets of the real providers replace these by hand.
_SETTINGS = (
    "SKYLATCH_DUFFEL_TOKEN",
    "SKYLATCH_STRIPE_KEY",
    "SKYLATCH_HTTP_TOKEN",
    "SKYLATCH_STRIPE_WEBHOOK_SECRETS",
    "SKYLATCH_DUFFEL_WEBHOOK_SECRETS",
    "SKYLATCH_WEBHOOK_KEY",
)

_OPTIONAL = (
    "skylatch_sentry_dsn",
    "skylatch_smtp_url",
    "skylatch_alert_webhook_url",
    "skylatch_alert_apprise_urls",
    "skylatch_alert_smtp_url",
    "skylatch_alert_heartbeat_url",
)


def write_secrets(directory: Path) -> list[str]:
    """Write each secret that is missing into a file of its own; return their names.

    The directory lets in its owner alone. The files are for everybody, because a
    container's accounts have other numbers than the host's.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    made = []

    def keep(name: str, value: str) -> str:
        path = directory / name
        if not path.exists():
            write_private(path, value)
            path.chmod(0o644)
            made.append(name)
        return path.read_text().strip()

    keep("postgres_password", secrets.token_hex(24))
    password = keep("sidecar_password", secrets.token_hex(24))
    keep(
        "skylatch_database_url",
        f"postgresql://skylatch_sidecar:{password}@{_POSTGRES}/{DATABASE}",
    )
    password = keep("watch_password", secrets.token_hex(24))
    keep(
        "skylatch_watch_url",
        f"postgresql://skylatch_watch:{password}@{_POSTGRES}/{DATABASE}",
    )
    # Empty: then nobody is told there and nothing is reported.
    for name in _OPTIONAL:
        keep(name, "")
    redis = keep("skylatch_redis_url", f"redis://:{secrets.token_hex(24)}@{_REDIS}/0")
    keep("redis.conf", redis_config(urlsplit(redis).password or "", port=6379))
    generated = complete(
        {}, database_url="", flags_file=Path(), free_port=lambda _: 8787
    )
    for name in _SETTINGS:
        keep(name.lower(), generated[name])
    # For Prometheus and for Grafana's first login, in profile `observability`.
    keep("skylatch_metrics_token", secrets.token_hex(24))
    keep("grafana_password", secrets.token_hex(12))
    return made


def server_settings(installation: Installation) -> str:
    """Return the configuration that a container's server includes."""
    return render_settings(
        {
            **SETTINGS,
            **cron_settings(installation, DATABASE),
            "listen_addresses": "*",
        }
    )
