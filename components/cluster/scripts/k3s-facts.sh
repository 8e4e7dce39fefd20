#!/usr/bin/env bash
# Says what this node's k3s is and whether it is well; changes nothing. A step, see runner.sh. Arguments: role (server or
# agent). Answer: {"version", "healthy", "archives": snapshots that are here, newest first}
set -euo pipefail
source "${BASH_SOURCE%/*}/k3s-service.sh"
source "${BASH_SOURCE%/*}/k3s-datastore.sh"
# shellcheck disable=SC2153 # an argument of the step
derive_service "${role:?}"

[[ -x $binary ]] || fail "this node has no $binary; bring the stack up first"
healthy=false
if is_ready; then healthy=true; fi
list=
if [[ -d $archives ]]; then
  list=$(find "$archives" -maxdepth 1 -name '*.tar' -printf '%T@ "%f"\n' | sort -rn | cut -d ' ' -f 2 | head -n 200 | paste -sd , -)
fi
printf '{"version":"%s","healthy":%s,"archives":[%s]}\n' "$(version)" "$healthy" "$list" >&3
