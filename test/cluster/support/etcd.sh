#!/usr/bin/env bash
# Says where etcd is: on PATH, or extracted from Debian's package into the cache. Extracted, not installed: its package
# starts a service, and nobody but these tests wants one.
#   etcd.sh CACHE
# Exit status 69: the package cannot be fetched here.
set -euo pipefail
shopt -s inherit_errexit

cache=$1

if command -v etcd; then exit 0; fi

etcd=$cache/etcd/usr/bin/etcd
if [[ ! -x $etcd ]]; then
  mkdir -p "$cache"
  draft=$(mktemp -d "$cache/etcd.XXXXXX")
  trap 'rm -rf "$draft"' EXIT
  # apt fetches as a user of its own, who must be able to write here.
  chmod 755 "$draft"
  (cd "$draft" && { apt-get -q download etcd-server || { apt-get -q update && apt-get -q download etcd-server; }; } >apt.log 2>&1) || {
    tail -n 1 "$draft/apt.log" >&2
    exit 69
  }
  dpkg-deb --extract "$draft"/etcd-server_*.deb "$draft"
  rm "$draft"/etcd-server_*.deb "$draft/apt.log"
  # Whoever was first has the same file.
  mv -T "$draft" "$cache/etcd" 2>/dev/null || [[ -x $etcd ]]
fi
printf '%s\n' "$etcd"
