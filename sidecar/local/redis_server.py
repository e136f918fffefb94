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


def prepare_redis(directory: Path, settings: Settings) -> list[str]:
    """Write the configuration and return the command that serves in the foreground.

    The password is in the 0600 file, never among the arguments, which all may read.
    """
    account = server_account("redis", "nobody")
    make_directory(directory, account)
    config = directory / "redis.conf"
    write_private(
        config,
        f"bind 127.0.0.1\nport {settings.port('redis')}\nprotected-mode yes\n"
        f"requirepass {settings.redis_password}\n"
        f'dir "{directory}"\ndaemonize no\nsupervised no\n'
        # Locks and rate budgets are hints: losing them costs speed only.
        'save ""\nappendonly no\nmaxmemory 64mb\nmaxmemory-policy noeviction\n',
    )
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
