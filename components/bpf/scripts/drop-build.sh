#!/usr/bin/env bash
# Removes what a node kept of building an object by itself.
#   drop-build.sh FOLDER
set -euo pipefail

rm -rf "$1"
