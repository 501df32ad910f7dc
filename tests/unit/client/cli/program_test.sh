#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# program_test.sh <proofmark>: what the program itself promises, without a node.
set -u
export LC_ALL=C.UTF-8 NO_COLOR=1 HOME=/nonexistent
unset PROOFMARK_PROFILE XDG_CONFIG_HOME
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
checks=0

fail() { echo "FAIL: $*" >&2; failures=$((failures + 1)); }

# expect CODE WORDS...: the program ends with CODE.
expect() {
  local wanted=$1 code
  shift
  checks=$((checks + 1))
  "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
  code=$?
  [ $code = "$wanted" ] || fail "proofmark $*: ended with $code, not $wanted: $(head -c 400 "$work/err")"
}

# says FILE TEXT: what the last expect wrote there holds TEXT.
says() {
  checks=$((checks + 1))
  grep -qF -- "$2" "$work/$1" || fail "no \"$2\" in std$1: $(head -c 400 "$work/$1")"
}

# Help of every command, found by walking the tree as the help shows it.
walk() {
  local -a path=("$@") children=()
  expect 0 "${path[@]}" --help
  says out "Usage: proofmark"
  says out "Examples:"
  says out "proofmark "
  mapfile -t children < <(sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' "$work/out")
  for child in "${children[@]}"; do walk "${path[@]}" "$child"; done
}
walk
[ $checks -gt 100 ] || fail "only $checks checks: the walk over the commands found too little"

# Code lists.
expect 0 codes show
says out "share-triggers"
expect 0 codes show share-triggers
says out "CUSTOMS"
says out "Recovered by customs or border officials"
expect 0 codes show purposes --json
says out '"code":"TRAINING"'
expect 2 codes show no-such-list
expect 2 submit --circumstance NO_SUCH_CODE x.x3p
says err "PM-2001"

# Usage.
expect 2
says err "Usage: proofmark COMMAND"
expect 2 nonsense
says err "PM-2001"
for command in submit search candidates 'exhibit list' partners 'audit list' status doctor version \
               'pki list' generate 'plot surface' explain help completion manifest; do
  # shellcheck disable=SC2086
  expect 2 $command --no-such-option
  says err "PM-2001"
done
expect 2 search 0f3c9a4e6b1d42f58e7a9c0b1d2e3f40 --purpose CURIOSITY --case x
expect 2 search XYZ --purpose TRAINING --case x
expect 2 status
says err "PM-2002"
expect 2 submit
expect 2 audit verify "$work"
expect 2 audit report --folder "$work"
expect 2 audit reconcile police.example --own "$work"
expect 7 audit verify "$work" --policy "$work/no.policy"
expect 7 receipt verify "$work/no.tlog-proof" --entry "$work/no.entry" --policy "$work/no.policy"

# Explanations.
expect 0 explain
expect 0 explain PM-4002
says out "What to do:"
expect 2 explain PM-9999
expect 0 help exit-codes
says out "130  interrupted"
says out "14  audit verify"
expect 0 version
says out "extractor:"
expect 0 version --json
says out '"version":"'
expect 0 --version

# Completion scripts are good scripts.
for shell in bash zsh fish; do
  expect 0 completion $shell
  cp "$work/out" "$work/completion.$shell"
done
bash -n "$work/completion.bash" || fail "bash cannot read its completion script"
if command -v zsh >/dev/null; then zsh -n "$work/completion.zsh" || fail "zsh cannot"; fi
if command -v fish >/dev/null; then fish -n "$work/completion.fish" || fail "fish cannot"; fi
complete_words() {  # The words offered for a line.
  bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _proofmark 2>/dev/null
           printf "%s\n" "${COMPREPLY[@]}"' _ "$work/completion.bash" "$@"
}
complete_words proofmark sea | grep -qx search || fail "bash does not complete commands"
complete_words proofmark pki issue-role --ro | grep -qx -- --role || fail "nor options"
complete_words proofmark search --purpose TRA | grep -qx TRAINING || fail "nor choices"

# Keys: private, never overwritten by accident, due only at the end of their life.
expect 0 pki init-agency --domain gb.example --out "$work/pki" --dry-run
[ ! -e "$work/pki" ] || fail "a dry run wrote something"
expect 0 pki init-agency --domain gb.example --out "$work/pki"
expect 2 pki init-agency --domain gb.example --out "$work/pki"
says err "PM-2005"
expect 2 pki init-agency --domain NOT_A_DOMAIN --out "$work/other"
expect 0 pki issue-node --dir "$work/pki" --id node1 --dns localhost --ip 127.0.0.1
master=$(sha256sum "$work/pki/nodes/node1/keys/master.key")
expect 0 pki issue-node --dir "$work/pki" --id node1 --dns localhost --ip 127.0.0.1 --force
[ "$master" = "$(sha256sum "$work/pki/nodes/node1/keys/master.key")" ] || fail "the master key was replaced"
expect 0 pki issue-role --dir "$work/pki" --role examiner --name p1 --node 127.0.0.1:1
open_files=$(find "$work/pki" \( -name '*.key' -o -name exchange.pem \) ! -perm 600)
[ -z "$open_files" ] || fail "others may read: $open_files"
expect 0 pki list --dir "$work/pki"
says out "spiffe://gb.example/proofmark/role/examiner/p1"
expect 1 pki due --dir "$work/pki"
expect 255 pki due --dir "$work/nowhere"
expect 0 pki export-partner --dir "$work/pki" --id node1 --endpoint localhost:27401 --out "$work/hand"
says out '[[partner]]'
[ -s "$work/hand/gb.example/federation-ca.pem" ] || fail "no CA for the partner"
profile=$work/pki/roles/examiner-p1/profile.toml

# A node that is not there: told within the deadline, and worth trying again.
begin=$SECONDS
expect 5 status --profile "$profile" --deadline 5s
says err "PM-5001"
[ $((SECONDS - begin)) -le 15 ] || fail "an absent node took $((SECONDS - begin)) s"
expect 5 exhibit list --profile "$profile" --deadline 3s
expect 1 doctor --profile "$profile" --deadline 3s
says out "ok"
says out "FAIL"
printf 'scan' >"$work/a.x3p"
expect 5 submit "$work/a.x3p" --profile "$profile" --deadline 3s

# Certificates that do not fit together end with 4.
expect 0 pki issue-role --dir "$work/pki" --role lab --name p2
expect 4 status --profile "$profile" --key "$work/pki/roles/lab-p2/private.key"
says err "PM-4004"
expect 4 status --profile "$profile" --ca "$work/pki/ca/federation-ca.pem"
expect 2 status --profile "$profile" --node no-port

# Generated scans: the same bytes every time; what would be sent.
expect 0 generate --barrels 1 --bullets 2 --out "$work/g1" --land-count 2 --length-um 300
expect 0 generate --barrels 1 --bullets 2 --out "$work/g2" --land-count 2 --length-um 300 --threads 3
diff -r "$work/g1" "$work/g2" || fail "generate is not deterministic"
expect 2 generate --barrels 1 --bullets 2 --out "$work/g1" --land-count 2 --length-um 300
expect 0 manifest "$work/g1/manifest.csv" --json
[ "$(wc -l <"$work/out")" = 2 ] || fail "the manifest has not two exhibits"
expect 0 submit --manifest "$work/g1/manifest.csv" --dry-run
says err "Would submit 2 exhibit(s)"
expect 0 submit --manifest "$work/g1/manifest.csv" --dry-run --only B0001-02
says err "Would submit 1 exhibit(s)"
expect 2 submit --manifest "$work/g1/manifest.csv" --dry-run --only B0009-02

# Pictures say what is missing.
if command -v gnuplot >/dev/null; then
  expect 0 plot surface "$work/g1/scans/B0001-01-L01.x3p" --out "$work/surface.png"
  head -c 4 "$work/surface.png" | grep -q PNG || fail "surface.png is no PNG"
  expect 2 plot surface "$work/g1/scans/B0001-01-L01.x3p" --out "$work/surface.png"
fi
expect 6 plot surface "$work/a.x3p" --out "$work/no.png"
says err "PM-6006"
PATH_BEFORE=$PATH
PATH=$work/empty
expect 7 plot surface "$work/g1/scans/B0001-01-L01.x3p" --out "$work/no.png"
PATH=$PATH_BEFORE
says err "gnuplot-nox"

# A full disk on stdout is not success.
if [ -w /dev/full ]; then
  "$program" explain >/dev/full 2>/dev/null
  [ $? = 7 ] || fail "a full stdout was not noticed"
fi

echo "$checks checks, $failures failures"
[ $failures = 0 ]
