# shellcheck shell=bash
# Gets the image that machines begin as and compares it with its digest. Sourced, never run. Variables of the step: folder,
# image_x86_64, image_aarch64, each "<algorithm>:<hex> <url or absolute path>".

# Sets algorithm, hex and source (a URL or a path), which the caller declares.
read_image() {
  local entry
  case $(uname -m) in
  x86_64) entry=$image_x86_64 ;;
  aarch64 | arm64) entry=$image_aarch64 ;;
  *) fail "this hypervisor is a $(uname -m); use one with x86_64 or aarch64" ;;
  esac
  source=${entry#* }
  hex=${entry%% *}
  algorithm=${hex%%:*}
  hex=${hex#*:}
}

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

# Both make $base.new, which is what the digest says.
fetch() {
  local kept=$folder/images/$hex words
  lock "$folder/images/.lock" "fetch of an image"
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
  cp --reflink=auto --sparse=always "$source" "$base.new" || fail "the image $source could not be copied to ${base%/*}; make room there and repeat"
  check_digest "$base.new" "$base.new"
}

get_image() {
  if [[ $source == /* ]]; then take; else fetch; fi
}
