#!/usr/bin/env bash
# Removes the BPF loader and its boot unit, unless a program is still on the node.
#   uninstall.sh LOADER UNIT-FILE PROGRAMS-DIR
set -euo pipefail

loader=$1
unit=$2
programs=$3

# The loader's own lock: a program that is being applied at this moment keeps the loader.
mkdir -p /run/ebpf-platform
exec 9>/run/ebpf-platform/bpf.lock
flock -w 60 9
if [ -d "$programs" ] && [ -n "$(ls -A "$programs")" ]; then
  exit 0
fi
if [ -d /run/systemd/system ] && [ -f "$unit" ]; then
  systemctl --quiet disable "$(basename "$unit")"
fi
rm -f "$unit" "$loader"
rm -rf "$(dirname "$programs")/build" # what nodes with `build: node` compiled
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl reset-failed "$(basename "$unit")" 2>/dev/null || true # it had not failed
fi
rm -rf /run/ebpf-platform/bpf /run/ebpf-platform/bpf.lock
# Other parts of the platform may keep files there: only empty folders go.
for folder in "$programs" "$(dirname "$programs")" "$(dirname "$loader")" /run/ebpf-platform; do
  rmdir --ignore-fail-on-non-empty "$folder" 2>/dev/null || true # it was never made
done
