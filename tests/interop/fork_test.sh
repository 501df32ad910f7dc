#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fork_test.sh <folder of verify_export> <equivocation_test> <work folder>
# The evidence that an honest witness keeps of a log that forked convinces golang.org/x/mod/sumdb;
# an honest log is not convicted, and nothing is proven by notes that somebody changed.
set -euo pipefail

source_folder=$1 equivocation_test=$2 work=$3
source "$(dirname "$0")/verifier.sh"
build_verifier "$source_folder" "$work"
rm -rf "$work/evidence"
PROOFMARK_EVIDENCE_FOLDER=$work/evidence "$equivocation_test" --gtest_brief=1
verify() { "$work/verify_export" -fork "$work/evidence/${1:-same_size}" "$work/evidence/vkeys"; }

says() {
  local said
  said=$(verify "$1") || true
  echo "== $1: $said"
  if [[ $said != "$2"* ]]; then
    echo "FAILED: $1: not $2"
    exit 1
  fi
}
says same_size "fork: ok, proven"
says larger "fork: ok, suspected"
says honest "fork: REFUSED"

cosigned=$work/evidence/same_size/cosigned request=$work/evidence/same_size/request
refuses "root that was cosigned" "$cosigned" "$(in_root "$cosigned")" fork
refuses "cosignature" "$cosigned" "$(($(offset "$cosigned" "/witness ") + 60))" fork
refuses "signature of the log" "$cosigned" "$(($(offset "$cosigned" "/log ") + 60))" fork
refuses "signature of the other note" "$request" "$(($(offset "$request" "/log ") + 60))" fork
