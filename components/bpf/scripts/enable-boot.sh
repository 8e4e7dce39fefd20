#!/usr/bin/env bash
# Makes systemd attach the node's BPF programs at each boot.
#   enable-boot.sh UNIT
set -euo pipefail

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl --quiet enable "$1"
