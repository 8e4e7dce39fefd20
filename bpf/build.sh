#!/usr/bin/env bash
# Builds one BPF program into a CO-RE object: the same bytes from the same source, whatever the path of the checkout.
#
#   build.sh SOURCE OUTPUT [CLANG-FLAG...]   SOURCE is a path, or a name such as xdp_lb for bpf/xdp_lb.bpf.c
#   build.sh --inputs SOURCE                 the files the object is made of, one a line (for a content hash)
#   build.sh --compiler                      the compiler, one line
#   build.sh --flags                         the flags, one line
#
# Environment: CLANG, LLVM_STRIP, BPFTOOL (programs), EBPF_BUILD_CACHE (where vmlinux.h goes; default .cache/bpf of the project).
# Exit status: 0 built, 1 the source does not compile, 2 wrong usage, 69 a tool or the kernel's BTF is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
btf=/sys/kernel/btf/vmlinux

fail() {
  local status=$1
  shift
  printf 'bpf/build.sh: %s\n' "$*" >&2
  exit "$status"
}

# The first of the named programs that exists.
find_tool() {
  local variable=$1 tool
  shift
  for tool in "$@"; do
    if command -v "$tool" >/dev/null; then
      command -v "$tool"
      return
    fi
  done
  fail 69 "none of $* is installed; install it (apt-get install clang llvm bpftool) or set $variable."
}

find_clang() {
  if [ -n "${CLANG:-}" ]; then
    printf '%s\n' "$CLANG"
  else
    find_tool CLANG clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14
  fi
}

find_strip() {
  if [ -n "${LLVM_STRIP:-}" ]; then
    printf '%s\n' "$LLVM_STRIP"
  else
    find_tool LLVM_STRIP llvm-strip llvm-strip-19 llvm-strip-18 llvm-strip-17 llvm-strip-16 llvm-strip-15 llvm-strip-14
  fi
}

find_source() {
  local candidate
  for candidate in "$1" "$here/$1" "$here/$1.bpf.c"; do
    if [ -f "$candidate" ]; then
      realpath "$candidate"
      return
    fi
  done
  fail 2 "no source $1: neither a file nor a program in bpf/ (bpf/$1.bpf.c)."
}

# vmlinux.h is made from the running kernel's BTF and never committed; CO-RE moves the offsets to the target kernel's.
prepare_vmlinux() {
  local bpftool folder draft
  [ -r "$btf" ] || fail 69 "this kernel has no BTF at $btf; build on one with CONFIG_DEBUG_INFO_BTF=y."
  folder=${EBPF_BUILD_CACHE:-$here/../.cache/bpf}/vmlinux-$(sha256sum <"$btf" | cut -c1-12)
  if [ ! -s "$folder/vmlinux.h" ]; then
    bpftool=${BPFTOOL:-$(PATH=$PATH:/usr/sbin find_tool BPFTOOL bpftool)}
    mkdir -p "$folder"
    draft=$(mktemp "$folder/draft.XXXXXX")
    "$bpftool" btf dump file "$btf" format c >"$draft" ||
      fail 69 "$bpftool could not turn $btf into C; see its message above."
    mv "$draft" "$folder/vmlinux.h"
  fi
  realpath "$folder"
}

# -mcpu=v3 (32-bit jumps and arithmetic, kernel 5.1) gives shorter code; warnings are errors.
flags=(-target bpf -mcpu=v3 -std=gnu11 -O2 -g -Wall -Wextra -Werror -Wno-unused-function)

main() {
  local clang strip source output vmlinux draft folder
  case "${1:-}" in
  --flags)
    printf '%s\n' "${flags[*]}"
    return
    ;;
  --compiler)
    # Found on a line of its own: a failure inside a command's words would not end this script.
    clang=$(find_clang)
    "$clang" --version | head -n 1
    return
    ;;
  --inputs)
    [ $# -eq 2 ] || fail 2 "usage: build.sh --inputs SOURCE"
    source=$(find_source "$2")
    vmlinux=$(prepare_vmlinux)
    clang=$(find_clang)
    "$clang" "${flags[@]}" -I"$here/include" -isystem "$vmlinux" -MM "$source" |
      sed -e 's/^[^:]*://' -e 's/\\$//' | xargs -n 1 realpath | sort -u
    return
    ;;
  esac
  [ $# -ge 2 ] || fail 2 "usage: build.sh SOURCE OUTPUT [CLANG-FLAG...] | --inputs SOURCE | --compiler | --flags"
  source=$(find_source "$1")
  output=$(realpath -m "$2")
  [ ! -e "$output" ] || [ -f "$output" ] || fail 2 "the output $output is no regular file, and it would be replaced; name another."
  shift 2

  clang=$(find_clang)
  strip=$(find_strip)
  vmlinux=$(prepare_vmlinux)
  folder=$(dirname "$source")
  mkdir -p "$(dirname "$output")"
  draft=$(mktemp "$output.XXXXXX")
  trap 'rm -f "$draft"' EXIT

  # Paths are in the line information that the verifier quotes: relative to the source's folder, they are the same everywhere.
  cd "$folder"
  "$clang" "${flags[@]}" "$@" \
    -ffile-prefix-map="$folder"=. -ffile-prefix-map="$here"=. -ffile-prefix-map="$vmlinux"=. \
    -fdebug-compilation-dir=. -I"$here/include" -isystem "$vmlinux" \
    -c "$(basename "$source")" -o "$draft" || exit 1
  # DWARF is dead weight on the node; BTF and its line information stay.
  "$strip" -g "$draft"
  chmod 644 "$draft"
  mv "$draft" "$output"
  trap - EXIT
}

main "$@"
