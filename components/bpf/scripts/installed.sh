#!/usr/bin/env bash
# What of the BPF loader is on this node: `sha256  path` of what exists, and whether the boot unit is enabled.
#   installed.sh LOADER UNIT-FILE PROGRAMS-DIR
set -euo pipefail

loader=$1
unit=$2
programs=$3

mkdir -p "$(dirname "$loader")" "$programs"
for path in "$loader" "$unit"; do
  if [ -f "$path" ]; then sha256sum "$path"; fi
done
if [ ! -d /run/systemd/system ]; then
  # No systemd runs here, so nothing can bring programs back at boot; there is nothing to enable either.
  mkdir -p "$(dirname "$unit")"
  echo "boot unit: enabled (no systemd)"
elif systemctl --quiet is-enabled "$(basename "$unit")" 2>/dev/null; then
  echo "boot unit: enabled"
fi
