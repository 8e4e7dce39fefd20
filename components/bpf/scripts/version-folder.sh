#!/usr/bin/env bash
# Makes the folder of one version of one program.
#   version-folder.sh FOLDER
set -euo pipefail

umask 077
mkdir -p "$1"
