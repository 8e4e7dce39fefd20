# What `local.Command` runs for a machine: the driver's script comes first on standard input (gzip, base64, one line),
# so that a delete needs no checkout, only the state. The verb is the first argument; the rest of standard input is
# the machine's description.
IFS= read -r code
exec /bin/bash <(base64 -d <<<"$code" | gunzip) "$1"
