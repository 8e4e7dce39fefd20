#!/usr/bin/env bash
# Takes metrics-up.sh back: no timer, no units, no file that would go on telling of what is no longer there.
# Arguments: FOLDER, as for metrics-up.sh
set -euo pipefail

unit=ebpf-platform-metrics
if [ -f "/etc/systemd/system/$unit.timer" ]; then
  systemctl --quiet disable --now "$unit.timer"
  systemctl stop "$unit.service"
fi
rm -f "/etc/systemd/system/$unit.service" "/etc/systemd/system/$unit.timer" \
  "$FOLDER/ebpf-platform.prom" "$FOLDER/ebpf-platform.prom.new"
systemctl daemon-reload
rmdir --ignore-fail-on-non-empty "$FOLDER" 2>/dev/null || true # it was never made
