#!/usr/bin/env bash
# Prepares a hypervisor for the machines of one stack: pool, network, and the answer whether KVM works. A step (see
# runner.sh), or run on this machine by host-command.ts. Variables: subject, stack, uri, folder, accel (auto|kvm|tcg),
# bridge, network_xml (empty: the bridge is the host's own).
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=libvirt-common.sh
source "${BASH_SOURCE%/*}/libvirt-common.sh"
# shellcheck source=libvirt-accel.sh
source "${BASH_SOURCE%/*}/libvirt-accel.sh"

ensure_pool() {
  # QEMU passes through this folder under another user; what lies in it has modes of its own.
  mkdir -p "$volumes"
  chmod 711 "$volumes"
  if ! virt pool-uuid "$pool" >/dev/null 2>&1; then
    virt pool-define-as "$pool" dir --target "$volumes" >/dev/null
  fi
  if [[ $(virt pool-info "$pool" | awk '$1 == "State:" { print $2 }') != running ]]; then virt pool-start "$pool" >/dev/null; fi
  virt pool-autostart "$pool" >/dev/null
}

net_active() {
  [[ $(virt net-info "$bridge" 2>/dev/null | awk '$1 == "Active:" { print $2 }') == yes ]]
}

# Domains of ours that run and would lose their link with the network.
running_machines() {
  virt list --name | awk -v prefix="$pool-" 'index($0, prefix) == 1' | paste -sd ' ' -
}

ensure_network() {
  local digest running
  if [[ -z $network_xml ]]; then
    [[ -d /sys/class/net/$bridge/bridge ]] ||
      fail "hypervisor.network is bridge, and this hypervisor has no bridge $bridge; make it, or name another under network.bridge"
    return 0
  fi
  digest=$(sha256sum <<<"$network_xml")
  if [[ $(value network "$volumes/.host") != "$digest" ]] || ! virt net-uuid "$bridge" >/dev/null 2>&1; then
    if net_active; then
      running=$(running_machines)
      [[ -z $running ]] || fail "its network changes, and $running would lose their link; stop them first: virsh shutdown <name>"
      virt net-destroy "$bridge" >/dev/null
    fi
    if virt net-uuid "$bridge" >/dev/null 2>&1; then
      [[ -n $(value network "$volumes/.host") ]] ||
        fail "libvirt has a network $bridge that is not of this stack; name another under network.bridge"
      virt net-undefine "$bridge" >/dev/null
    fi
    [[ ! -e /sys/class/net/$bridge ]] ||
      fail "this hypervisor has an interface $bridge already; name another bridge under network.bridge, or write hypervisor.network: bridge to use it"
    printf 'network=%s\n' "$digest" | replace "$volumes/.host"
    printf '%s' "$network_xml" >"$volumes/.network.xml"
    virt net-define "$volumes/.network.xml" >/dev/null
    rm -f "$volumes/.network.xml"
  fi
  net_active || virt net-start "$bridge" >/dev/null
  virt net-autostart "$bridge" >/dev/null
}

require_hypervisor
lock "$volumes/.lock" "preparation of this hypervisor"
choose_accel "$accel"
ensure_pool
ensure_network
printf '{"accel":"%s","reason":"%s","architecture":"%s"}\n' "$accel_found" "${accel_reason//[\"\\]/}" "$(uname -m)" >&3
