#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nodes_test.sh <folder of verify_export> <nodes_under_load> <work folder>
# The ledgers of two nodes under load, as an auditor gets them, are accepted by
# golang.org/x/mod/sumdb with the other node's cosignature, and refused after one bit changes.
set -euo pipefail

source_folder=$1 nodes_under_load=$2 work=$3
seconds=6
source "$(dirname "$0")/verifier.sh"
build_verifier "$source_folder" "$work"
rm -rf "$work/export"
"$nodes_under_load" "$work/export" "$seconds"
# The first checkpoint was signed before the other node was up.
verify() { "$work/verify_export" -witnesses 1 -older-witnesses 0 "$export" "$export/vkeys"; }

for domain in gb.example fr.example; do
  export=$work/export/$domain
  echo "== $domain, as written"
  verify
  checkpoint=$export/checkpoint
  older=("$export"/checkpoints/*)
  if ((${#older[@]} < 5)); then
    echo "FAILED: ${#older[@]} older checkpoints, fewer than 5"
    exit 1
  fi
  refuses "entry" "$export/tile/entries/000" 500 entries
  refuses "leaf tile" "$export/tile/0/000" 4000 tiles
  refuses "partial tile of level 1" "$(echo "$export"/tile/1/000.p/*)" 5 tiles
  refuses "root in the checkpoint" "$checkpoint" "$(in_root "$checkpoint")" checkpoint
  refuses "signature of the log" "$checkpoint" "$(($(offset "$checkpoint" "/log ") + 60))" checkpoint
  refuses "cosignature" "$checkpoint" "$(($(offset "$checkpoint" "/witness ") + 60))" checkpoint
  refuses "older checkpoint" "${older[0]}" "$(in_root "${older[0]}")" "older checkpoints"
done
