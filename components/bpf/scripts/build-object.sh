#!/usr/bin/env bash
# Builds an object with this node's own compiler; prints `sha256  path`.
#   build-object.sh FOLDER SOURCE
set -euo pipefail

folder=$1
source=$2

# What is missing is named by the build script itself.
if ! said=$(EBPF_BUILD_CACHE="$(dirname "$folder")/cache" timeout -k 5 50 "$folder/build.sh" "$source" "$folder/$source.bpf.o" 2>&1); then
  printf '%s\n' "$said" | tail -n 40 >&2
  exit 1
fi
sha256sum "$folder/$source.bpf.o"
