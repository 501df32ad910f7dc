# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests of this folder: the Go program, and what it must refuse.

# build_verifier <folder of verify_export> <work folder>: makes <work folder>/verify_export; ends the
# test as skipped where there is no Go.
build_verifier() {
  export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$2/gocache
  if ! command -v go >/dev/null || [[ ! -d $GOPATH/src/golang.org/x/mod/sumdb ]]; then
    local words="needs the packages golang-go and golang-golang-x-mod-dev"
    if [[ ${CI:-} == true ]]; then
      echo "FAILED: CI=true and no Go: $words"
      exit 1
    fi
    echo "SKIPPED: $words"
    exit 77 # SKIP_RETURN_CODE of the test.
  fi
  mkdir -p "$2"
  go build -o "$2/verify_export" "$1/main.go"
}

# refuses <what it is> <file> <byte> <verdict>: what `verify` says after bit 0 of that byte of the
# file is flipped.
refuses() {
  local path=$2 kept byte
  kept=$(mktemp)
  cp "$path" "$kept"
  byte=$(od -An -tu1 -j "$3" -N1 "$path")
  printf "\\x$(printf %02x $((byte ^ 1)))" |
    dd of="$path" bs=1 seek="$3" conv=notrunc status=none
  if cmp -s "$path" "$kept"; then
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
  mv "$kept" "$path"
}

# offset <file> <text>: where the last line that holds the text begins, in bytes.
offset() { LC_ALL=C grep -b -- "$2" "$1" | tail -n 1 | cut -d: -f1; }

# in_root <checkpoint>: a byte of its third line, in bytes.
in_root() { echo $(($(head -n 2 "$1" | wc -c) + 3)); }
