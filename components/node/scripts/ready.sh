#!/usr/bin/env bash
# Waits until a node has finished booting, and answers with what its kernel offers. A step: see runner.sh.
set -euo pipefail

if command -v cloud-init >/dev/null; then
  # Exit status 2 is "done with recoverable errors" (cloud-init 23.4 and newer).
  status=0
  cloud-init status --wait >/dev/null || status=$?
  if ((status != 0 && status != 2)); then
    cloud-init status --long
    tail -n 20 /var/log/cloud-init-output.log
    echo "cloud-init failed on $(hostname); see /var/log/cloud-init-output.log there"
    exit 1
  fi
fi

state=$(systemctl is-system-running --wait) || true # it fails for every state but running
failed=$(systemctl --failed --plain --no-legend | awk '{ print $1 }' | paste -sd ' ' -)
case $state in
running) ;;
degraded) echo "$(hostname) runs, but these units failed: $failed" ;;
*)
  echo "systemd on $(hostname) is \"$state\", not running"
  exit 1
  ;;
esac

yes_if() {
  if "$@" >/dev/null 2>&1; then echo true; else echo false; fi
}

printf '{"kernel":"%s","architecture":"%s","systemd":"%s","failedUnits":"%s","btf":%s,"bpffs":%s,"cgroup2":%s}\n' \
  "$(uname -r)" "$(uname -m)" "$state" "$failed" "$(yes_if test -r /sys/kernel/btf/vmlinux)" \
  "$(yes_if grep -q ' /sys/fs/bpf bpf ' /proc/mounts)" "$(yes_if grep -q ' cgroup2 ' /proc/mounts)" >&3
