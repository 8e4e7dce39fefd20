#!/usr/bin/env bash
# Deletes one machine of Multipass with its disk. What is gone already is no fault. Fetched images stay for other machines.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=multipass-common.sh
source "${BASH_SOURCE%/*}/multipass-common.sh"

require_multipass
if [[ $(instance_state) != absent ]]; then multipass delete --purge "$instance"; fi
rm -f "$record" "$record.new" "$records/.user-data".* "$records/.$name.lock"
rmdir --ignore-fail-on-non-empty "$records"
