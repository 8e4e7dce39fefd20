# shellcheck shell=bash
# What is there of one machine. Sourced, never run. Variables of the step: name (of the node), domain.

# A verb works on a machine alone. Its facts outlive it in a file: identity (what the machine is), instance (drawn when it
# was made), seed (instance id of the seed it has), definition (digest of its domain), boots (starts by this driver).
# shellcheck disable=SC2034 # the scripts that source this use them
read_state() {
  state_file=$volumes/.$name.state
  disk=$volumes/$name.qcow2
  seed=$volumes/$name-seed.iso
  console=$volumes/$name.console.log
  state_identity=$(value identity "$state_file")
  state_instance=$(value instance "$state_file")
  state_seed=$(value seed "$state_file")
  state_definition=$(value definition "$state_file")
  state_boots=$(value boots "$state_file")
}

write_state() {
  printf '%s\n' "identity=$state_identity" "instance=$state_instance" "seed=$state_seed" \
    "definition=$state_definition" "boots=${state_boots:-0}" | replace "$state_file"
}

defined() {
  virt domuuid "$domain" >/dev/null 2>&1
}

# running, "shut off", paused, "in shutdown", crashed, pmsuspended; nothing where there is no such domain.
domain_state() {
  virt domstate "$domain" 2>/dev/null || true # there is none
}

is_off() {
  local state
  state=$(domain_state)
  [[ -z $state || $state == "shut off" || $state == crashed ]]
}

virtual_bytes() {
  qemu-img info -U "$1" | sed -n 's/^virtual size:.*(\([0-9]*\) bytes).*/\1/p'
}
