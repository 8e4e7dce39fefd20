#!/usr/bin/env bash
# Runs one bpftrace script on a node, bounded in time, lines and memory.
#   unshare -m run.sh SECONDS LINES <SCRIPT   standard input is the script; $1 and $2 of it are the same two numbers
# In a mount namespace of its own: the tracefs that it mounts where there is none is gone with it.
# Exit status: bpftrace's own; 69 without bpftrace or tracefs.
set -euo pipefail

seconds=$1
lines=$2

fail() {
  printf '%s\n' "$1" >&2
  exit 69
}

command -v bpftrace >/dev/null || fail "bpftrace is not installed; install it there (apt-get install bpftrace)."
if [ ! -d /sys/kernel/tracing/events ]; then
  mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null ||
    fail "tracefs cannot be mounted at /sys/kernel/tracing; a kernel with CONFIG_TRACING has it."
fi
script=$(mktemp /tmp/ebpf-platform-trace.XXXXXX)
trap 'rm -f "$script"' EXIT
cat >"$script"
# The script ends by itself; the timeout is for one that hangs. The keys bound what its maps may hold.
BPFTRACE_MAP_KEYS_MAX=1024 timeout --signal=INT --kill-after=5 "$((seconds + 20))" \
  bpftrace -q "$script" "$seconds" "$lines"
