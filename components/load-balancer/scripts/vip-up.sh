#!/usr/bin/env bash
# Makes this node hold the virtual addresses of the load balancer, now and after every boot.
# Arguments: VIPS  space-separated addresses (IPv4 or IPv6), without a prefix length
#            DEVICE  lo on a backend of a dsr VIP, the data interface on the edge
# Answer: {"addresses": [...], "device": "..."}
set -euo pipefail

unit=/etc/systemd/system/ebpf-platform-vip.service
sysctl_file=/etc/sysctl.d/60-ebpf-platform-vip.conf

install_file() { # path; content on standard input; replaces only what differs, so that a re-run keeps inode and mtime
  local path=$1 fresh
  fresh=$(mktemp "$path.XXXXXX")
  cat >"$fresh"
  chmod 0644 "$fresh"
  if cmp -s "$fresh" "$path"; then rm -f "$fresh"; else mv -f "$fresh" "$path"; fi
}

old_vips=''
old_device=''
if [[ -e $unit ]]; then
  old_vips=$(sed -n 's/^# vips: //p' "$unit")
  old_device=$(sed -n 's/^# device: //p' "$unit")
fi

prefix() { case $1 in *:*) echo 128 ;; *) echo 32 ;; esac }

if [[ $DEVICE == lo ]]; then
  # A dsr backend accepts the VIP but must neither answer nor announce it by ARP: the edge owns it on the wire.
  # Values: Documentation/networking/ip-sysctl.rst, arp_ignore 1 and arp_announce 2.
  install_file "$sysctl_file" <<'EOF'
net.ipv4.conf.all.arp_ignore = 1
net.ipv4.conf.all.arp_announce = 2
EOF
  sysctl -q -p "$sysctl_file"
fi

{
  cat <<EOF
# vips: $VIPS
# device: $DEVICE
[Unit]
Description=Virtual addresses of the ebpf-platform load balancer
After=network-pre.target
Before=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
EOF
  for vip in $VIPS; do
    echo "ExecStart=/usr/sbin/ip address replace $vip/$(prefix "$vip") dev $DEVICE"
  done
  cat <<'EOF'

[Install]
WantedBy=multi-user.target
EOF
} | install_file "$unit"

for vip in $old_vips; do
  if [[ $old_device != "$DEVICE" || " $VIPS " != *" $vip "* ]]; then
    ip address delete "$vip/$(prefix "$vip")" dev "$old_device" 2>/dev/null || true # it was gone already
  fi
done

systemctl daemon-reload
systemctl enable --quiet ebpf-platform-vip.service
systemctl restart ebpf-platform-vip.service

quoted=()
for vip in $VIPS; do quoted+=("\"$vip\""); done
(
  IFS=,
  printf '{"addresses": [%s], "device": "%s"}\n' "${quoted[*]}" "$DEVICE" >&3
)
