#!/usr/bin/env bash
# Takes a node's preparation back: what is set at boot. Packages stay, and settings in force hold until the next boot.
# A step, see runner.sh. Arguments: drop_in (a path).
set -euo pipefail

rm -f "${drop_in:?}" /etc/modules-load.d/ebpf-platform.conf
if [[ -e /etc/systemd/system/ebpf-platform-bpffs.service ]]; then
  systemctl disable --quiet ebpf-platform-bpffs.service
  rm -f /etc/systemd/system/ebpf-platform-bpffs.service
  systemctl daemon-reload
fi
if [[ -e /etc/default/grub.d/99-ebpf-platform.cfg ]]; then
  rm -f /etc/default/grub.d/99-ebpf-platform.cfg
  update-grub
fi
