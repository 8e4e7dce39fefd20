#!/usr/bin/env bash
# Removes the folder of a version that could not be applied; one that is current or previous stays.
#   drop-version.sh FOLDER
set -euo pipefail

folder=$1
program=$(dirname "$folder")
for kept in current previous; do
  if [[ -L $program/$kept && $(readlink "$program/$kept") == "$(basename "$folder")" ]]; then exit 0; fi
done
rm -rf "$folder"
rmdir --ignore-fail-on-non-empty "$program"
