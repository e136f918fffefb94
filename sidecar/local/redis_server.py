"""The stack's private Redis: loopback, unprivileged, nothing kept on disk."""

from __future__ import annotations

import os
from pathlib import Path

import redis

from sidecar.local.accounts import (
    clean_command,
    is_root,
    make_directory,
    server_account,
)
from sidecar.local.settings import Settings, write_private


def redis_config(password: str, *, port: int) -> str:
    """Return the configuration but for where it listens and lives."""
    return (
        f"port {port}\nprotected-mode yes\nrequirepass {password}\n"
        "daemonize no\nsupervised no\n"
        # Locks and rate budgets are hints: losing them costs speed only.
        'save ""\nappendonly no\nmaxmemory 64mb\nmaxmemory-policy noeviction\n'
    )


def prepare_redis(directory: Path, settings: Settings) -> list[str]:
    """Write the configuration and return the command that serves in the foreground.

    The password is in the 0600 file, never among the arguments, which all may read.
    """
    account = server_account("redis", "nobody")
    make_directory(directory, account)
    config = directory / "redis.conf"
    text = redis_config(settings.redis_password, port=settings.port("redis"))
    write_private(config, f'{text}bind 127.0.0.1\ndir "{directory}"\n')
    if is_root():
        os.chown(config, account.uid, account.gid)
    return clean_command(account, directory, ["/usr/bin/redis-server", str(config)])


def answers(settings: Settings) -> bool:
    """Tell whether our Redis answers and accepts our password."""
    client = redis.Redis.from_url(
        settings.values["SKYLATCH_REDIS_URL"], socket_connect_timeout=1
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
