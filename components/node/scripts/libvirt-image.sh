# shellcheck shell=bash
# The image that machines begin as. Sourced, never run. Variables of the step: image_x86_64, image_aarch64, each
# "<algorithm>:<hex> <url or absolute path>". Sets base (the file) and base_format.

# digest_of ALGORITHM FILE
digest_of() {
  local sum
  sum=$("${1}sum" <"$2")
  printf '%s' "${sum%% *}"
}

check_digest() {
  local found
  found=$(digest_of "$algorithm" "$1")
  [[ $found == "$hex" ]] || {
    rm -f "$2"
    fail "the image $source has $algorithm $found, and $hex is asked for; correct the digest, or get the file again"
  }
}

fetch() {
  local kept=$folder/images/$hex words
  mkdir -p "$folder/images"
  if [[ ! -s $kept ]]; then
    words=$(curl --fail --silent --show-error --location --proto '=https' --proto-redir '=https' --retry 3 --connect-timeout 20 \
      --output "$kept.new" "$source" 2>&1) || {
      rm -f "$kept.new"
      fail "the image $source cannot be fetched (${words##*curl: }); place that file on this hypervisor as $kept and repeat"
    }
    check_digest "$kept.new" "$kept.new"
    mv -f "$kept.new" "$kept"
  else
    check_digest "$kept" ''
  fi
  ln -f "$kept" "$base.new" 2>/dev/null || cp --sparse=always "$kept" "$base.new"
}

take() {
  [[ -r $source ]] || fail "the image $source is not on this hypervisor; place it there and repeat"
  cp --reflink=auto --sparse=always "$source" "$base.new" || fail "the image $source could not be copied to $volumes; make room there and repeat"
  check_digest "$base.new" "$base.new"
}

image_fact() {
  qemu-img info -U "$2" | sed -n "s/^$1: //p"
}

# The caller holds the lock until its overlay names the base: then it is no longer one that nobody needs.
# shellcheck disable=SC2034 # libvirt-up.sh uses base_format
ensure_base() {
  local entry algorithm hex source
  case $(uname -m) in
  x86_64) entry=$image_x86_64 ;;
  aarch64) entry=$image_aarch64 ;;
  *) fail "this hypervisor is a $(uname -m); use one with x86_64 or aarch64" ;;
  esac
  source=${entry#* }
  hex=${entry%% *}
  algorithm=${hex%%:*}
  hex=${hex#*:}
  base=$volumes/base-${hex:0:32}
  if [[ ! -s $base ]]; then
    if [[ $source == /* ]]; then take; else fetch; fi
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
