#!/usr/bin/env bash
# Runs the lab's HTTP service on a backend: every answer names the backend and the client address it saw, so that a
# test can tell who answered and that the source address survived the load balancer.
# Arguments: NAME  the name to answer with
# Answer: {"name": ..., "active": "active"}
set -euo pipefail

site=/etc/nginx/sites-available/ebpf-platform
fresh=$(mktemp "$site.XXXXXX")
cat >"$fresh" <<EOF
server {
    listen 80 default_server reuseport backlog=4096;
    listen [::]:80 default_server reuseport backlog=4096;
    access_log off;
    keepalive_timeout 5s;
    location = /health { return 200 "ok\n"; }
    location / {
        default_type text/plain;
        return 200 "$NAME \$remote_addr\n";
    }
}
EOF
chmod 0644 "$fresh"

if cmp -s "$fresh" "$site" && systemctl is-active --quiet nginx; then
  rm -f "$fresh"
else
  mv -f "$fresh" "$site"
  ln -sfn "$site" /etc/nginx/sites-enabled/ebpf-platform
  rm -f /etc/nginx/sites-enabled/default
  nginx -t -q
  systemctl enable --quiet nginx
  systemctl restart nginx
fi

printf '{"name": "%s", "active": "%s"}\n' "$NAME" "$(systemctl is-active nginx)" >&3
