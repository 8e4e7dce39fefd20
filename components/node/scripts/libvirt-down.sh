#!/usr/bin/env bash
# Deletes one virtual machine with its disk. What is gone already is no fault.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=libvirt-common.sh
source "${BASH_SOURCE%/*}/libvirt-common.sh"
# shellcheck source=libvirt-image.sh
source "${BASH_SOURCE%/*}/libvirt-image.sh"
# shellcheck source=libvirt-state.sh
source "${BASH_SOURCE%/*}/libvirt-state.sh"

require_hypervisor
if [[ -d $volumes ]]; then
  lock "$volumes/.$name.lock" "change of this machine"
fi
read_state
if defined; then
  is_off || virt destroy "$domain" >/dev/null
  virt undefine "$domain" --managed-save --snapshots-metadata --checkpoints-metadata --nvram >/dev/null
fi
if [[ -d $volumes ]]; then
  rm -f "$disk" "$disk.new" "$seed" "$seed.new" "$console" "$console".* "$volumes/.$name.xml"
  lock "$volumes/.base.lock" "copy of an image"
  drop_unused_bases
  rm -f "$state_file" "$state_file.new" "$volumes/.$name.lock"
  if virt pool-uuid "$pool" >/dev/null 2>&1; then virt pool-refresh "$pool" >/dev/null; fi
fi
