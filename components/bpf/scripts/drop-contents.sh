#!/usr/bin/env bash
# Removes the folder that contents-folder.sh made.
#   drop-contents.sh FOLDER
set -euo pipefail

case $1 in
/run/ebpf-platform/contents.*) rm -rf "$1" ;;
*)
  echo "drop-contents.sh: $1 is no folder of contents" >&2
  exit 2
  ;;
esac
