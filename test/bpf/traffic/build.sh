#!/usr/bin/env bash
# Builds the server and the clients of traffic.h: build.sh OUTPUT. Exit status 69: there is no compiler.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
output=${1:?usage: build.sh OUTPUT}
compiler=${CC:-cc}

command -v "$compiler" >/dev/null || {
  echo "test/bpf/traffic/build.sh: no C compiler $compiler; apt-get install gcc libc6-dev" >&2
  exit 69
}
"$compiler" -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$output.$$" "$here"/*.c
mv "$output.$$" "$output"
