# shellcheck shell=bash
# The image that machines of libvirt begin as. Sourced, never run. Sets base (the file) and base_format.

# shellcheck source=image-source.sh
source "${BASH_SOURCE%/*}/image-source.sh"

image_fact() {
  qemu-img info -U "$2" | sed -n "s/^$1: //p"
}

# The caller holds the lock until its overlay names the base: then it is no longer one that nobody needs.
# shellcheck disable=SC2034 # libvirt-up.sh uses base_format
ensure_base() {
  local algorithm hex source
  read_image
  base=$volumes/base-${hex:0:32}
  if [[ ! -s $base ]]; then
    get_image
    [[ -z $(image_fact 'backing file' "$base.new") ]] || fail "the image $source stands on another file; flatten it with: qemu-img convert"
    chmod 644 "$base.new"
    mv -f "$base.new" "$base"
  fi
  base_format=$(image_fact 'file format' "$base")
}

# Removes bases on which no disk stands.
drop_unused_bases() {
  local file disk used
  for file in "$volumes"/base-*; do
    [[ -e $file ]] || continue
    used=
    for disk in "$volumes"/*.qcow2; do
      if [[ -e $disk && $(image_fact 'backing file' "$disk") == "$file" ]]; then used=1; fi
    done
    [[ -n $used ]] || rm -f "$file"
  done
}
