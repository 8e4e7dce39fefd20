#!/usr/bin/env bash
# Another server of a cluster whose datastore is restored: it must not run meanwhile, and joins empty afterwards.
# A step, see runner.sh. Arguments: action: stop; start, as it was; or rejoin, with an empty datastore. limit (seconds).
set -euo pipefail
source "${BASH_SOURCE%/*}/k3s-service.sh"
source "${BASH_SOURCE%/*}/k3s-datastore.sh"
derive_service server

case ${action:?} in
stop) systemctl stop "$service" ;;
start) start_and_wait "${limit:?}" || fail "k3s did not come up: $why. Its log ends with: $(log_tail)" ;;
rejoin)
  systemctl stop "$service"
  rm -rf --one-file-system "$server_dir/db.before-restore"
  if [[ -d $db ]]; then mv -T "$db" "$server_dir/db.before-restore"; fi
  start_and_wait "${limit:?}" || fail "k3s did not join the restored cluster: $why. Its log ends with: $(log_tail)"
  ;;
*) fail "unknown action \"$action\"; use stop, start or rejoin" ;;
esac
