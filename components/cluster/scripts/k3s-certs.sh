#!/usr/bin/env bash
# Gives this node's k3s new certificates under the same authority; the old ones are back when it does not come up.
# A step, see runner.sh. Arguments: role (server or agent), limit (seconds). Answer: {"expires": date of the new ones}
set -euo pipefail
source "${BASH_SOURCE%/*}/k3s-service.sh"
source "${BASH_SOURCE%/*}/k3s-datastore.sh"
# shellcheck disable=SC2153 # an argument of the step
derive_service "${role:?}"

certificates=$server_dir/tls
[[ $role == server ]] || certificates=/var/lib/rancher/k3s/agent
leaf=$certificates/client-admin.crt
[[ $role == server ]] || leaf=$certificates/serving-kubelet.crt
old=$(sha256sum "$leaf" | cut -d ' ' -f 1) || fail "this node has no $leaf; is it a $role?"

systemctl stop "$service"
rm -rf --one-file-system "$certificates.before-rotation"
cp -a "$certificates" "$certificates.before-rotation"

put_back() { # reason
  systemctl stop "$service"
  rm -rf --one-file-system "$certificates"
  mv -T "$certificates.before-rotation" "$certificates"
  local after="k3s runs with the old ones"
  start_and_wait "${limit:?}" || after="k3s does not come up with the old ones either: $why"
  fail "the certificates were not rotated: $1; $after. Its log ends with: $(log_tail)"
}

"$binary" certificate rotate || put_back "k3s could not make new ones"
start_and_wait "${limit:?}" || put_back "$why"
[[ -e $leaf && $(sha256sum "$leaf" | cut -d ' ' -f 1) != "$old" ]] || put_back "$leaf is the same as before"
# Private keys of before are of no use to anybody but a thief.
rm -rf --one-file-system "$certificates.before-rotation"
printf '{"certificate":"%s"}\n' "$(sha256sum "$leaf" | cut -d ' ' -f 1)" >&3
