#!/usr/bin/env bash
# Makes an empty folder for the sources of one object.
#   build-folder.sh FOLDER
set -euo pipefail

umask 077
rm -rf "$1"
mkdir -p "$1/include"
