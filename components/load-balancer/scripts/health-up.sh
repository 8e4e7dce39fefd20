#!/usr/bin/env bash
# Runs the health checks of the load balancer on this node, now and after every boot.
# Arguments: CHECKS   the document that `ebpf-loader health` reads (bpf/loader/health.h)
#            LOADER   SHA-256 of the loader: another one is another process
# Answer: {"service": "..."}
set -euo pipefail

unit=/etc/systemd/system/ebpf-platform-health.service
checks=/etc/ebpf-platform/health.json

install_file() { # path; content on standard input; replaces only what differs, so that a re-run keeps inode and mtime
  local path=$1 fresh
  fresh=$(mktemp "$path.XXXXXX")
  cat >"$fresh"
  chmod 0644 "$fresh"
  if cmp -s "$fresh" "$path"; then rm -f "$fresh"; else mv -f "$fresh" "$path"; fi
}

mkdir -p "${checks%/*}"
# Backends that are no longer checked must not stay sick.
# shellcheck disable=SC2153 # the argument CHECKS is the content of the file $checks
if [[ -e $checks ]] && ! cmp -s - "$checks" <<<"$CHECKS"; then
  systemctl stop ebpf-platform-health.service
  /usr/local/lib/ebpf-platform/ebpf-loader health "$checks" --forget >&2 || true # the program may be a new one
fi
install_file "$checks" <<<"$CHECKS"
install_file "$unit" <<UNIT
# loader: $LOADER
[Unit]
Description=Health checks of the ebpf-platform load balancer
After=network.target ebpf-platform-bpf.service
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/lib/ebpf-platform/ebpf-loader health $checks
# Without the program's maps it ends; they may come back with the next update.
Restart=always
RestartSec=2
# It opens pins and connects, no more. Sick backends stay out while it does not run.
CapabilityBoundingSet=CAP_BPF CAP_NET_ADMIN CAP_SYS_ADMIN CAP_DAC_OVERRIDE
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
RestrictAddressFamilies=AF_INET AF_INET6

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --quiet ebpf-platform-health.service
systemctl restart ebpf-platform-health.service
printf '{"service": "ebpf-platform-health.service"}\n' >&3
