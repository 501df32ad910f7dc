#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tlog_test.sh <folder of verify_export> <write_export> <work folder>
# An exported log is accepted by golang.org/x/mod/sumdb, and refused after one bit of it changes.
set -euo pipefail

source_folder=$1 write_export=$2 work=$3
entries=66100 # Three levels of tiles, each with a partial one.
export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$work/gocache

if ! command -v go >/dev/null || [[ ! -d $GOPATH/src/golang.org/x/mod/sumdb ]]; then
  words="needs the packages golang-go and golang-golang-x-mod-dev"
  if [[ ${CI:-} == true ]]; then
    echo "FAILED: CI=true and no Go: $words"
    exit 1
  fi
  echo "SKIPPED: $words"
  exit 77 # SKIP_RETURN_CODE of the test.
fi

mkdir -p "$work"
go build -o "$work/verify_export" "$source_folder/main.go"
rm -rf "$work/export"
"$write_export" "$work/export" "$entries"
verify() { "$work/verify_export" -witnesses 2 "$work/export" "$work/export/vkeys"; }

echo "== as written"
verify

# refuses <what it is> <file> <byte> <verdict>: after bit 0 of that byte of the file is flipped.
refuses() {
  local path=$work/export/$2 byte
  cp "$path" "$work/kept"
  byte=$(od -An -tu1 -j "$3" -N1 "$path")
  printf "\\x$(printf %02x $((byte ^ 1)))" |
    dd of="$path" bs=1 seek="$3" conv=notrunc status=none
  if cmp -s "$path" "$work/kept"; then
    echo "FAILED: $1: nothing was changed"
    exit 1
  fi
  local said
  if said=$(verify); then
    echo "FAILED: $1: accepted after one bit changed"
    exit 1
  fi
  if [[ $said != *"$4: REFUSED"* ]]; then
    echo "FAILED: $1: refused for another reason: $said"
    exit 1
  fi
  echo "== $1, one bit changed: ${said##*$'\n'}"
  cp "$work/kept" "$path"
}

# offset <file> <text>: where the last line that holds the text begins, in bytes.
offset() { LC_ALL=C grep -b -- "$2" "$work/export/$1" | tail -n 1 | cut -d: -f1; }

signature=$(($(offset checkpoint "/log ") + 70))
cosignature=$(($(offset checkpoint "gamma.example") + 80))
refuses "entry" tile/entries/100 500 entries
refuses "last entry" tile/entries/258.p/52 40 entries
refuses "length of an entry" tile/entries/007 1 entries
refuses "leaf tile" tile/0/017 4000 tiles
refuses "partial leaf tile" tile/0/258.p/52 33 tiles
refuses "tile of level 1" tile/1/000 100 tiles
refuses "partial tile of level 2" tile/2/000.p/1 31 tiles
refuses "size in the checkpoint" checkpoint 39 checkpoint
refuses "root in the checkpoint" checkpoint 50 checkpoint
refuses "signature of the log" checkpoint "$signature" checkpoint
refuses "cosignature" checkpoint "$cosignature" checkpoint
refuses "older checkpoint" checkpoints/33050 50 "older checkpoints"
refuses "index in a proof" proofs/22033.tlog-proof 33 proofs
refuses "hash in a proof" proofs/22033.tlog-proof 60 proofs

echo "== as written, again"
verify >/dev/null
echo "ok: 14 changes of one bit refused"
