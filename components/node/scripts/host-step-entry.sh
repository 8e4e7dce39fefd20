# What `local.Command` runs for a step on this machine (host-command.ts). The verb is the first argument; standard input has
# three lines: the variables in base64, then the scripts for "up" and for "down" in gzip and base64, so that a delete needs
# no checkout, only the state. The step's JSON object (file descriptor 3) is all that comes on standard output.
IFS= read -r variables
IFS= read -r up
IFS= read -r down
if [ "$1" = up ]; then code=$up; else code=$down; fi
exec /bin/bash <(base64 -d <<<"$variables" && base64 -d <<<"$code" | gunzip) 3>&1 1>&2 </dev/null
