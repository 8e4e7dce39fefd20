# shellcheck shell=bash
# What all scripts of the libvirt driver share. Sourced, never run. Variables of the step: subject (for messages), stack, uri, folder.

export LC_ALL=C # messages of qemu-img are read

# shellcheck source=host-common.sh
source "${BASH_SOURCE%/*}/host-common.sh"

virt() {
  virsh --connect "$uri" --quiet "$@"
}

require_hypervisor() {
  local tool missing=() words
  ((EUID == 0)) || fail "this needs root; run it with sudo"
  for tool in virsh qemu-img genisoimage flock curl; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]} == 0)) ||
    fail "this hypervisor lacks ${missing[*]}; on Debian and Ubuntu run: apt-get install libvirt-daemon-system libvirt-clients qemu-system qemu-utils genisoimage curl"
  words=$(virt uri 2>&1) ||
    fail "libvirt does not answer at $uri (${words##*error: }); start it with: systemctl enable --now libvirtd"
}

# shellcheck disable=SC2034 # the scripts that source this use them
volumes=$folder/$stack
# shellcheck disable=SC2034 # the same
pool=ebp-$stack
