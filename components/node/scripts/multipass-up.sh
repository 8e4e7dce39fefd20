#!/usr/bin/env bash
# Launches one machine of Multipass, or brings it to the size that is asked for with one restart. May be killed at any point
# and repeated. Run on this machine by host-command.ts. Variables: those of multipass-common.sh, image_x86_64, image_aarch64,
# cpu, memory_mib, disk_gib, bridge, mac, address, and secret: user_data.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=wait.sh
source "${BASH_SOURCE%/*}/wait.sh"
# shellcheck source=multipass-common.sh
source "${BASH_SOURCE%/*}/multipass-common.sh"
# shellcheck source=image-source.sh
source "${BASH_SOURCE%/*}/image-source.sh"

# Until the machine's first boot is over, and until a started one shows its address.
launch_seconds=900
address_seconds=300

require_network() {
  multipass networks --format csv | awk -F, -v bridge="$bridge" '$1 == bridge { found = 1 } END { exit !found }' ||
    fail "Multipass knows no network $bridge; make a bridge of that name with the first address of network.cidr, or name one of: multipass networks"
}

ensure_image() {
  local algorithm hex source
  read_image
  base=$folder/multipass/image-${hex:0:32}
  [[ ! -s $base ]] || return 0
  lock "$folder/multipass/.image.lock" "copy of an image"
  [[ -s $base ]] || {
    get_image
    chmod 644 "$base.new"
    mv -f "$base.new" "$base"
  }
}

# The file holds the host's private key: under root alone, and only while Multipass reads it.
launch() {
  local words told
  ensure_image
  told=$(mktemp "$records/.user-data.XXXXXX")
  printf '%s' "$user_data" >"$told"
  words=$(multipass launch "file://$base" --name "$instance" --cpus "$cpu" --memory "${memory_mib}M" --disk "${disk_gib}G" \
    --network "name=$bridge,mode=manual,mac=$mac" --cloud-init "$told" --timeout "$launch_seconds" 2>&1) || {
    rm -f "$told"
    fail "Multipass could not launch it (${words##*$'\n'}); look at: multipass info $instance, and its daemon's log"
  }
  rm -f "$told"
  made=$(</proc/sys/kernel/random/uuid)
  boots=1
  remember
}

remember() {
  printf '%s\n' "instance=$made" "boots=$boots" "cpu=$cpu" "memory=$memory_mib" "disk=$disk_gib" | replace "$record"
}

resized() {
  [[ $(value cpu "$record") != "$cpu" || $(value memory "$record") != "$memory_mib" || $(value disk "$record") != "$disk_gib" ]]
}

resize() {
  multipass stop "$instance"
  multipass set "local.$instance.cpus=$cpu"
  multipass set "local.$instance.memory=${memory_mib}M"
  if (($(value disk "$record") < disk_gib)); then multipass set "local.$instance.disk=${disk_gib}G"; fi
}

has_address() {
  [[ $(instance_addresses) == *"\"$address\""* ]]
}

up() {
  local state made boots
  state=$(instance_state)
  made=$(value instance "$record")
  boots=$(value boots "$record")
  if [[ $state != absent && -z $made ]]; then
    # A launch that was cut off: nothing of it is worth keeping.
    multipass delete --purge "$instance"
    state=absent
  fi
  case $state in
  absent) launch ;;
  Deleted) fail "somebody has deleted it and not purged it; bring it back with: multipass recover $instance, or purge it: multipass purge" ;;
  *)
    (($(value disk "$record") <= disk_gib)) ||
      fail "its disk has $(value disk "$record") GiB, and diskGiB is $disk_gib; a disk never shrinks: write $(value disk "$record") or more, or make the machine anew"
    if resized; then
      resize
      state=Stopped
    fi
    if [[ $state != Running ]]; then
      multipass start "$instance"
      boots=$((boots + 1))
      remember
    fi
    ;;
  esac
  wait_for "$address_seconds" has_address ||
    fail "it does not have its address $address after $address_seconds s, but $(instance_addresses); see: multipass exec $instance -- cloud-init status --long"
  printf '{"instance":"%s","boots":%s}\n' "$made" "$boots" >&3
}

require_multipass
require_network
up
