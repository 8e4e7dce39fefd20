# shellcheck shell=bash
# What there is of one machine of Multipass. Sourced, never run. Variables of the step: subject, stack, folder, name,
# instance (Multipass' name of the machine).

# shellcheck source=host-common.sh
source "${BASH_SOURCE%/*}/host-common.sh"

# shellcheck disable=SC2034 # the scripts that source this use record
require_multipass() {
  ((EUID == 0)) || fail "this needs root; run it with sudo"
  command -v multipass >/dev/null || fail "Multipass is not on this machine; install it (canonical.com/multipass), or use the driver libvirt"
  records=$folder/multipass/$stack
  record=$records/$name
  mkdir -p "$records"
  lock "$records/.$name.lock" "change of this machine"
}

# Running, Stopped, Suspended, Deleted, …; "absent" where Multipass knows no such machine. Its other complaints end the step.
instance_state() {
  local text
  if ! text=$(multipass info "$instance" --format json 2>&1); then
    [[ $text == *"does not exist"* ]] || fail "Multipass does not answer (${text##*$'\n'}); see: multipass version, and its daemon multipassd"
    printf 'absent'
    return 0
  fi
  info=$(tr -d '\n ' <<<"$text")
  sed -n 's/.*"state":"\([A-Za-z]*\)".*/\1/p' <<<"$info"
}

# The addresses that Multipass has seen, each between quotes.
instance_addresses() {
  multipass info "$instance" --format json | tr -d '\n ' | sed -n 's/.*"ipv4":\[\([^]]*\)\].*/\1/p'
}
