#!/usr/bin/env bash
# The tests on another Debian, from its own packages: trixie (13) has PostgreSQL 17, Python
# 3.13 and pg_cron 1.6; forky (14, not released yet) has PostgreSQL 18 and Python 3.14. In a
# root directory of its own (.debian-RELEASE, ignored by git, kept between runs; remove it to
# begin anew). As root, on a Debian or Ubuntu with debootstrap; nothing of it is left
# running, and nothing outside the directory is changed.
#
#   tests/debian.sh trixie                   everything, as `make test` does
#   tests/debian.sh forky tests/e2e -n 2     what pytest is asked for
set -euo pipefail
cd "$(dirname "$0")/.."
release=${1:?name a release of Debian: trixie or forky}
shift
root=$PWD/.debian-$release
[ "$(id -u)" -eq 0 ] || { echo 'error: run this as root' >&2; exit 1; }

if [ ! -e "$root/complete" ]; then
  command -v debootstrap >/dev/null || {
    apt-get --quiet update
    DEBIAN_FRONTEND=noninteractive apt-get --quiet install --yes --no-install-recommends debootstrap
  }
  rm -rf "$root"
  # By the script that stands for all of Debian: debootstrap may be older than the release.
  debootstrap --variant=minbase --include=ca-certificates,git,make,python3,python3-venv \
    "$release" "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
    /usr/share/debootstrap/scripts/sid
  # What is not released yet has no security updates of its own.
  [ "$release" = forky ] ||
    echo "deb http://deb.debian.org/debian-security $release-security main" \
      >"$root/etc/apt/sources.list.d/security.list"
  # A mirror that is not kept up serves for tests; what it has is signed all the same.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90old-mirror"
  # No service begins by itself in there.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  touch "$root/complete"
fi
# How this machine reaches its package sources holds in there too.
for file in /etc/resolv.conf /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  [ ! -e "$file" ] || cp --dereference "$file" "$root$file"
done

# The files of this checkout as they lie here; the .venv in there is that Debian's own.
tree=$root/skylatch/tree
mkdir -p "$tree" "$root/skylatch/shared/data/duffel"
find "$tree" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
git ls-files --cached --others --exclude-standard -z |
  while IFS= read -r -d '' file; do
    if [ -e "$file" ]; then printf '%s\0' "$file"; fi
  done | tar --null --files-from=- --create | tar --extract --directory="$tree"

args=
[ $# -eq 0 ] || args=$(printf '%q ' "$@")
# Mounts and processes of its own: they end with the tests, however those end.
exec unshare --mount --pid --fork --kill-child sh -euc '
  root=$1 recordings=$2 args=$3
  mount --make-rprivate /
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  if [ -d "$recordings" ]; then
    mount --bind -o ro "$recordings" "$root/skylatch/shared/data/duffel"
  fi
  cd "$root/skylatch/tree"
  exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
    ARGS="$args" chroot "$root" sh -euc "cd /skylatch/tree && date -u +%FT%TZ && exec make test"
' sh "$root" "${RECORDINGS:-../shared/data/duffel}" "$args"
