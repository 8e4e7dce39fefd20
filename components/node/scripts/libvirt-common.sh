# shellcheck shell=bash
# What all scripts of the libvirt driver share. Sourced, never run. Variables of the step: subject (for messages), stack, uri, folder.

export LC_ALL=C # messages of qemu-img are read

# fail SENTENCE: ends the step; the sentence is the last line, where an engine shows it.
fail() {
  printf '%s: %s\n' "$subject" "$1" >&2
  exit 1
}

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

# lock FILE WHAT: one at a time; the lock ends with the script. Its file is removed by who removes the folder.
lock() {
  local descriptor
  mkdir -p "${1%/*}"
  exec {descriptor}>"$1"
  flock -w 900 "$descriptor" || fail "another $2 has run for 15 minutes; end it and repeat"
}

# value KEY FILE: of a line KEY=VALUE; empty where there is none.
value() {
  [[ ! -f $2 ]] || sed -n "s/^$1=//p" "$2"
}

# replace FILE: standard input becomes the file, whole or not at all.
replace() {
  cat >"$1.new"
  mv -f "$1.new" "$1"
}

# shellcheck disable=SC2034 # the scripts that source this use them
volumes=$folder/$stack
# shellcheck disable=SC2034
pool=ebp-$stack
