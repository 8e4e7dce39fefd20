#!/usr/bin/env bash
# Writes what the node's BPF programs count for node-exporter's textfile collector, again and again.
# Arguments: FOLDER    folder of the collector
#            INTERVAL  seconds from one file to the next
#            MEASURE   seconds of each in which the kernel times the programs; 0: never
# Answer: {"timer": "active"}
set -euo pipefail

unit=ebpf-platform-metrics
file=$FOLDER/ebpf-platform.prom
options=
if [ "$MEASURE" != 0 ]; then options=" --measure $MEASURE"; fi

mkdir -p "$FOLDER"
cat >"/etc/systemd/system/$unit.service" <<EOT
[Unit]
Description=Metrics of the BPF programs of ebpf-platform
# The last program takes the loader along.
ConditionPathExists=/usr/local/lib/ebpf-platform/ebpf-loader

[Service]
Type=oneshot
ExecStart=/usr/local/lib/ebpf-platform/ebpf-loader metrics $file$options
# The answer of every run would fill the journal; failures have their own line there.
StandardOutput=null
TimeoutStartSec=120
Nice=10
EOT
cat >"/etc/systemd/system/$unit.timer" <<EOT
[Unit]
Description=Metrics of the BPF programs of ebpf-platform, every $INTERVAL s

[Timer]
OnActiveSec=1
OnUnitActiveSec=$INTERVAL
AccuracySec=1

[Install]
WantedBy=timers.target
EOT
systemctl daemon-reload
systemctl --quiet enable "$unit.timer"
systemctl restart "$unit.timer"

printf '{"timer": "%s"}\n' "$(systemctl is-active "$unit.timer")" >&3
