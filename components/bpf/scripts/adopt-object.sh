#!/usr/bin/env bash
# Puts an object that was built on this node into the folder of its version.
#   adopt-object.sh OBJECT DESTINATION
set -euo pipefail

install -m 600 "$1" "$2.new"
mv "$2.new" "$2"
