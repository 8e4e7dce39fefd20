#!/usr/bin/env bash
# Builds the packet runner, static, so that it runs in a guest too: build.sh OUTPUT. Exit status 69: a compiler or libbpf's headers are missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
output=${1:?usage: build.sh OUTPUT}
compiler=${CC:-cc}

command -v "$compiler" >/dev/null || {
  echo "test/bpf/runner/build.sh: no C compiler $compiler; apt-get install gcc libc6-dev" >&2
  exit 69
}
[ -e /usr/include/bpf/libbpf.h ] || {
  echo "test/bpf/runner/build.sh: libbpf's headers are missing; apt-get install libbpf-dev" >&2
  exit 69
}
mkdir -p "$(dirname "$output")"
"$compiler" -O2 -Wall -Wextra -Werror -static -o "$output.$$" "$here"/*.c -lbpf -lelf -lz
mv "$output.$$" "$output"
