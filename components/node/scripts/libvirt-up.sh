#!/usr/bin/env bash
# Makes one virtual machine, or brings it to what is asked for: other keys or another address by a new seed, more (or less)
# CPU and memory by a new definition, a larger disk in place; all three with one restart, and nothing on the disk is lost.
# A step (see runner.sh), or run on this machine by host-command.ts. May be killed at any point and repeated.
# Variables: subject, stack, uri, folder, name, domain, identity, domain_xml, disk_gib, autostart (yes|no), address,
# image_x86_64, image_aarch64, boot_files ("<sha256>  <path>" lines or empty), instance_id, and secret: user_data,
# meta_data, network_config.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=wait.sh
source "${BASH_SOURCE%/*}/wait.sh"
# shellcheck source=libvirt-common.sh
source "${BASH_SOURCE%/*}/libvirt-common.sh"
# shellcheck source=libvirt-image.sh
source "${BASH_SOURCE%/*}/libvirt-image.sh"
# shellcheck source=libvirt-state.sh
source "${BASH_SOURCE%/*}/libvirt-state.sh"

# A guest that does not end within this many seconds after being asked to is switched off.
shutdown_seconds=120
# Emulated machines take one to two minutes to their sshd.
boot_seconds=300

check_boot_files() {
  local wrong
  [[ -n $boot_files ]] || return 0
  wrong=$(sha256sum --check --quiet - <<<"$boot_files" 2>&1) ||
    fail "a file of image.boot is not what its SHA-256 says (${wrong%%$'\n'*}); correct path or digest"
}

make_disk() {
  local least
  least=$(virtual_bytes "$base")
  ((least <= disk_gib * 1024 * 1024 * 1024)) ||
    fail "its image needs $(((least + 1073741823) / 1073741824)) GiB, and diskGiB is $disk_gib; raise it"
  rm -f "$disk.new"
  (umask 077 && qemu-img create -q -f qcow2 -F "$base_format" -b "$base" "$disk.new" "${disk_gib}G") ||
    fail "its disk could not be made in $volumes; make room there and repeat"
  mv -f "$disk.new" "$disk"
}

# Sets grow where the disk is smaller than asked for.
plan_disk() {
  local now wanted=$((disk_gib * 1024 * 1024 * 1024))
  if [[ ! -e $disk ]]; then
    lock "$volumes/.base.lock" "copy of an image"
    ensure_base
    make_disk
    return 0
  fi
  now=$(virtual_bytes "$disk")
  ((now <= wanted)) ||
    fail "its disk has $((now / 1073741824)) GiB, and diskGiB is $disk_gib; a disk never shrinks: write $((now / 1073741824)) or more, or make the machine anew"
  if ((now < wanted)); then grow=1; fi
}

# The seed holds the host's private key: it is made and lies under root alone (QEMU is given it by libvirt).
make_seed() {
  local folder_of_seed
  folder_of_seed=$(mktemp -d "$volumes/.seed.XXXXXX")
  printf '%s' "$user_data" >"$folder_of_seed/user-data"
  printf '%s' "$meta_data" >"$folder_of_seed/meta-data"
  printf '%s' "$network_config" >"$folder_of_seed/network-config"
  (umask 077 && genisoimage -quiet -output "$seed.new" -volid cidata -joliet -rock "$folder_of_seed"/* 2>&1) || {
    rm -rf "$folder_of_seed" "$seed.new"
    fail "its seed could not be made in $volumes; make room there and repeat"
  }
  rm -rf "$folder_of_seed"
  chmod 600 "$seed.new"
  mv -f "$seed.new" "$seed"
}

stop_gracefully() {
  if is_off; then return 0; fi
  virt shutdown "$domain" >/dev/null
  wait_for "$shutdown_seconds" is_off || virt destroy "$domain" >/dev/null
}

define() {
  printf '%s' "$domain_xml" >"$volumes/.$name.xml"
  virt define "$volumes/.$name.xml" >/dev/null || fail "libvirt refuses its definition; the reason stands above"
  rm -f "$volumes/.$name.xml"
  state_definition=$definition
  write_state
}

start() {
  virt start "$domain" >/dev/null || fail "libvirt could not start it; the reason stands above, and $console has what the machine said last"
  state_boots=$((${state_boots:-0} + 1))
  write_state
}

answers() {
  # shellcheck disable=SC2016 # the inner shell expands it
  timeout 5 /bin/bash -c 'exec 3<>"/dev/tcp/$1/22"' - "$address" 2>/dev/null
}

up() {
  local definition grow='' restart='' existed='' state
  check_boot_files
  read_state
  [[ -z $state_identity || $state_identity == "$identity" ]] ||
    fail "$disk belongs to a machine of another description, made outside of this state; look what is on it, then delete it: virsh undefine $domain, and the files $volumes/$name*"
  if [[ -z $state_instance ]]; then
    state_instance=$(</proc/sys/kernel/random/uuid)
    state_identity=$identity
    write_state
  elif [[ ${state_boots:-0} != 0 ]]; then
    existed=1
  fi
  plan_disk
  definition=$(sha256sum <<<"$domain_xml")
  definition=${definition%% *}
  if ! defined || [[ $state_definition != "$definition" ]]; then restart=1; fi
  if [[ $state_seed != "$instance_id" || ! -s $seed ]]; then restart=1; fi
  state=$(domain_state)
  [[ $state != paused ]] || fail "it is paused ($(virt domstate --reason "$domain")); make room on this hypervisor, then: virsh resume $domain"
  if [[ -n $restart$grow ]]; then
    # Machines of a stack restart one after the other.
    [[ -z $existed ]] || lock "$volumes/.restart.lock" "restart of a machine"
    stop_gracefully
    if [[ $state_seed != "$instance_id" || ! -s $seed ]]; then
      make_seed
      state_seed=$instance_id
      write_state
    fi
    if [[ -n $grow ]]; then qemu-img resize -q "$disk" "${disk_gib}G" || fail "its disk could not be made larger; the reason stands above"; fi
    define
  fi
  if [[ $autostart == yes ]]; then virt autostart "$domain" >/dev/null; else virt autostart --disable "$domain" >/dev/null; fi
  if is_off; then
    start
    if [[ -n $existed ]]; then
      wait_for "$boot_seconds" answers || fail "it was restarted and does not answer SSH at $address within $boot_seconds s; $console has what it said last"
    fi
  fi
  virt pool-refresh "$pool" >/dev/null
  printf '{"instance":"%s","boots":%s}\n' "$state_instance" "$state_boots" >&3
}

require_hypervisor
[[ -d $volumes ]] || fail "$volumes is gone from this hypervisor; run up with --target-dependents on its host resource, or platform up again"
lock "$volumes/.$name.lock" "change of this machine"
up
