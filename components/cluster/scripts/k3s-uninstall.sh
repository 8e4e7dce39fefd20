#!/usr/bin/env bash
# Takes k3s off this node. What Cilium left in the kernel goes first: with its programs and rules in place and its agent
# gone, the node would drop its own traffic, the connection that runs this included. Safe to repeat.
# Arguments: as of k3s-install.sh; only ROLE counts
set -euo pipefail

source "${BASH_SOURCE%/*}/k3s-service.sh"
# shellcheck disable=SC2153 # an argument of the step
derive_service "$ROLE"

present() {
  ip -brief link show | sed 's/[@ ].*//' | grep -E "$1" || true # none is fine
}

remove_cilium() {
  local link table command
  # Links pinned here hold the programs of sockets and devices; ours are in a folder of their own.
  rm -rf --one-file-system /sys/fs/bpf/cilium /sys/fs/bpf/tc/globals/cilium_*
  for link in $(present '.'); do
    tc filter show dev "$link" ingress 2>/dev/null | grep -q 'cil_' && tc filter delete dev "$link" ingress
    tc filter show dev "$link" egress 2>/dev/null | grep -q 'cil_' && tc filter delete dev "$link" egress
  done
  for link in $(present '^(cilium_|lxc[0-9a-f]|lxc_health)'); do
    ip link delete "$link" 2>/dev/null || true # the other end of a pair that went already
  done
  # Tables of Cilium's proxy and of encryption (cilium/pkg/datapath/linux/linux_defaults).
  for table in 200 202 2004 2005; do
    while ip rule delete table "$table" 2>/dev/null; do :; done
    ip route flush table "$table" 2>/dev/null || true # there is none
  done
  for command in iptables ip6tables; do
    keep_rules "$command" 'CILIUM|cilium'
  done
}

# Loads the rules again without those that match; a filter that cannot run must not flush what is there.
keep_rules() { # iptables or ip6tables, pattern
  local all kept
  command -v "$1-save" >/dev/null || return 0
  all=$("$1-save") || return 0
  kept=$(grep -vE "$2" <<<"$all") || kept="" # nothing but such rules
  [[ $all == "$kept" ]] || "$1-restore" <<<"$kept"
}

stop_pods() {
  local pid path
  while read -r pid; do
    pkill -KILL -P "$pid" || true         # it has no child
    kill -KILL "$pid" 2>/dev/null || true # it has ended
  done < <(pgrep -f '/var/lib/rancher/k3s/data/[^/]*/bin/containerd-shim')
  while read -r path; do
    umount -f "$path" 2>/dev/null || umount -l "$path"
  done < <(awk '$2 ~ "^(/run/k3s|/var/lib/kubelet|/run/netns/cni-|/var/lib/rancher/k3s)" { print $2 }' /proc/self/mounts | sort -r)
  for path in /run/netns/cni-*; do
    [[ ! -e $path ]] || ip netns delete "${path##*/}"
  done
}

if systemctl cat "$service.service" >/dev/null 2>&1; then systemctl disable --quiet --now "$service"; fi
remove_cilium
stop_pods
for command in iptables ip6tables; do
  keep_rules "$command" 'KUBE-|CNI-'
done
for link in $(present '^(cni0|flannel|kube-ipvs0)'); do
  ip link delete "$link"
done

rm -f "$unit" "$unit.env" "$binary" /etc/sysctl.d/90-kubelet.conf
systemctl daemon-reload
systemctl reset-failed "$service" 2>/dev/null || true # it has not failed
rm -rf --one-file-system /etc/rancher /run/k3s /run/flannel /var/lib/rancher/k3s /var/lib/kubelet /var/lib/cni /etc/cni/net.d "$state"
