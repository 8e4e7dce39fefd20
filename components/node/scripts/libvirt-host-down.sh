#!/usr/bin/env bash
# Takes back what libvirt-host-up.sh made. Images that were fetched stay in $folder/images for other stacks.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=libvirt-common.sh
source "${BASH_SOURCE%/*}/libvirt-common.sh"

require_hypervisor
left=$(virt list --all --name | awk -v prefix="$pool-" 'index($0, prefix) == 1' | paste -sd ' ' -)
[[ -z $left ]] || fail "the machines $left still stand on it; delete them first"
if [[ -n $network_xml ]] && [[ -n $(value network "$volumes/.host") ]] && virt net-uuid "$bridge" >/dev/null 2>&1; then
  if [[ $(virt net-info "$bridge" | awk '$1 == "Active:" { print $2 }') == yes ]]; then virt net-destroy "$bridge" >/dev/null; fi
  virt net-undefine "$bridge" >/dev/null
fi
if virt pool-uuid "$pool" >/dev/null 2>&1; then
  if [[ $(virt pool-info "$pool" | awk '$1 == "State:" { print $2 }') == running ]]; then virt pool-destroy "$pool" >/dev/null; fi
  virt pool-undefine "$pool" >/dev/null
fi
rm -rf --one-file-system "$volumes"
[[ ! -d $folder ]] || rmdir --ignore-fail-on-non-empty "$folder"
