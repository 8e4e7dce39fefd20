#!/usr/bin/env bash
# Takes the virtual addresses of the load balancer off this node again. Safe to repeat.
set -euo pipefail

unit=/etc/systemd/system/ebpf-platform-vip.service
[[ -e $unit ]] || exit 0

prefix() { case $1 in *:*) echo 128 ;; *) echo 32 ;; esac }

device=$(sed -n 's/^# device: //p' "$unit")
read -ra vips < <(sed -n 's/^# vips: //p' "$unit")
for vip in "${vips[@]}"; do
  ip address delete "$vip/$(prefix "$vip")" dev "$device" 2>/dev/null || true # it was gone already
done
systemctl disable --quiet --now ebpf-platform-vip.service
rm -f "$unit" /etc/sysctl.d/60-ebpf-platform-vip.conf
systemctl daemon-reload
