#!/usr/bin/env bash
# Builds ebpf-loader: one static binary with the XDP root and splitter inside; the same bytes from the same sources and tools.
#
#   build.sh OUTPUT            the loader that is shipped
#   build.sh --faults OUTPUT   a loader for tests that kills itself where EBPF_LOADER_FAULT says
#   build.sh --inputs          the files it is made of, one a line (for a content hash)
#   build.sh --compiler        the compilers and libraries, one line
#
# Needs: a C compiler, libbpf >= 1.1, libelf, zlib, jansson and libmd with static libraries
# (Debian and Ubuntu: gcc libbpf-dev libelf-dev zlib1g-dev libjansson-dev libmd-dev), and what bpf/build.sh needs.
# Exit status: 0 built, 1 a source does not compile, 2 wrong usage, 69 a tool or library is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

fail() {
  local status=$1
  shift
  printf 'bpf/loader/build.sh: %s\n' "$*" >&2
  exit "$status"
}

check_tools() {
  local cc=$1 pkg
  command -v "$cc" >/dev/null || fail 69 "no C compiler '$cc'; install gcc or set CC."
  command -v pkg-config >/dev/null || fail 69 "pkg-config is missing; install it."
  for pkg in libbpf libelf zlib jansson libmd; do
    pkg-config --exists "$pkg" ||
      fail 69 "the library $pkg is missing; install libbpf-dev libelf-dev zlib1g-dev libjansson-dev libmd-dev."
  done
  pkg-config --atleast-version=1.1 libbpf ||
    fail 69 "libbpf $(pkg-config --modversion libbpf) is too old: 1.1 reads the BTF of newer kernels; build on Debian 12, Ubuntu 24.04 or later."
}

build() {
  local output=$1 cc=${CC:-cc} work libs
  shift
  check_tools "$cc"
  output=$(realpath -m "$output")
  [ ! -e "$output" ] || [ -f "$output" ] || fail 2 "the output $output is no regular file, and it would be replaced; name another."
  mkdir -p "$(dirname "$output")"
  work=$(mktemp -d "$output.XXXXXX")
  # shellcheck disable=SC2064 # the path of now, not of the end
  trap "rm -rf '$work'" EXIT
  "$here/../build.sh" xdp_root "$work/xdp_root.bpf.o"
  "$here/../build.sh" xdp_split "$work/xdp_split.bpf.o"
  mkdir "$work/loader" "$work/include"
  cp "$here"/*.c "$here"/*.h "$here"/*.S "$work/loader"
  # The shapes of the programs' maps that the loader has to know.
  cp "$here"/../include/*_maps.h "$work/include"
  mv "$work"/*.bpf.o "$work/loader"
  libs=$(pkg-config --static --libs libbpf libelf zlib jansson libmd)
  cd "$work/loader"
  # shellcheck disable=SC2086 # a list of flags
  SOURCE_DATE_EPOCH=0 "$cc" -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-sign-compare -D_GNU_SOURCE -I../include "$@" \
    -ffile-prefix-map="$work"=. -frandom-seed=ebpf-loader -static -s -Wl,--build-id=none \
    ./*.c ./*.S -o ebpf-loader $libs || exit 1
  mv ebpf-loader "$output"
}

case "${1:-}" in
--inputs)
  [ $# -eq 1 ] || fail 2 "usage: build.sh --inputs"
  printf '%s\n' "$here"/*.c "$here"/*.h "$here"/*.S "$here"/../include/*_maps.h "$here/build.sh" "$here/../build.sh"
  "$here/../build.sh" --inputs xdp_root
  "$here/../build.sh" --inputs xdp_split
  ;;
--compiler)
  [ $# -eq 1 ] || fail 2 "usage: build.sh --compiler"
  check_tools "${CC:-cc}"
  # On a line of its own: a failure inside a command's words would not end this script.
  clang=$("$here/../build.sh" --compiler)
  printf '%s; %s; libbpf %s; libelf %s; jansson %s\n' "$("${CC:-cc}" --version | head -n 1)" \
    "$clang" "$(pkg-config --modversion libbpf)" "$(pkg-config --modversion libelf)" \
    "$(pkg-config --modversion jansson)"
  ;;
--faults)
  [ $# -eq 2 ] || fail 2 "usage: build.sh --faults OUTPUT"
  build "$2" -DLOADER_FAULTS
  ;;
"" | -*) fail 2 "usage: build.sh [--faults] OUTPUT | --inputs | --compiler" ;;
*)
  [ $# -eq 1 ] || fail 2 "usage: build.sh [--faults] OUTPUT"
  build "$1"
  ;;
esac
