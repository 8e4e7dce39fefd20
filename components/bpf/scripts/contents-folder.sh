#!/usr/bin/env bash
# Makes a private folder for the contents of maps that are about to be written; prints its path.
set -euo pipefail

umask 077
mkdir -p /run/ebpf-platform
mktemp -d /run/ebpf-platform/contents.XXXXXX
