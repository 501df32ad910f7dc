#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tlog_test.sh <folder of verify_export> <write_export> <work folder>
# An exported log is accepted by golang.org/x/mod/sumdb, and refused after one bit of it changes.
set -euo pipefail

source_folder=$1 write_export=$2 work=$3
entries=66100 # Three levels of tiles, each with a partial one.
source "$(dirname "$0")/verifier.sh"
build_verifier "$source_folder" "$work"
rm -rf "$work/export"
"$write_export" "$work/export" "$entries"
verify() { "$work/verify_export" -witnesses 2 "$work/export" "$work/export/vkeys"; }

echo "== as written"
verify

signature=$(($(offset "$work/export/checkpoint" "/log ") + 70))
cosignature=$(($(offset "$work/export/checkpoint" "gamma.example") + 80))
refuses "entry" "$work/export/tile/entries/100" 500 entries
refuses "last entry" "$work/export/tile/entries/258.p/52" 40 entries
refuses "length of an entry" "$work/export/tile/entries/007" 1 entries
refuses "leaf tile" "$work/export/tile/0/017" 4000 tiles
refuses "partial leaf tile" "$work/export/tile/0/258.p/52" 33 tiles
refuses "tile of level 1" "$work/export/tile/1/000" 100 tiles
refuses "partial tile of level 2" "$work/export/tile/2/000.p/1" 31 tiles
refuses "size in the checkpoint" "$work/export/checkpoint" 39 checkpoint
refuses "root in the checkpoint" "$work/export/checkpoint" 50 checkpoint
refuses "signature of the log" "$work/export/checkpoint" "$signature" checkpoint
refuses "cosignature" "$work/export/checkpoint" "$cosignature" checkpoint
refuses "older checkpoint" "$work/export/checkpoints/33050" 50 "older checkpoints"
refuses "index in a proof" "$work/export/proofs/22033.tlog-proof" 33 proofs
refuses "hash in a proof" "$work/export/proofs/22033.tlog-proof" 60 proofs

echo "== as written, again"
verify >/dev/null
echo "ok: 14 changes of one bit refused"
