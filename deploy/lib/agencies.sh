# SPDX-License-Identifier: Apache-2.0
# Agencies on this machine, for the quickstart and the acceptance tests. To be sourced; wants
#   $bin   the build folder with client/proofmark and server/proofmarkd
#   $demo  the folder in which agencies live
# shellcheck shell=bash

purpose=CRIMINAL_INVESTIGATION
next_port=27400

# Sets $port to the next port nobody listens on.
take_port() {
  while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
  port=$next_port
  next_port=$((next_port + 1))
}

# Keys, certificates and configuration of an agency: make_agency NAME. Sets <NAME>_port and
# <NAME>_partner_port.
make_agency() {
  local name=$1 dir=$demo/$1 role
  take_port
  declare -g "${name}_port=$port"
  local agency_port=$port
  take_port
  declare -g "${name}_partner_port=$port"
  "$bin/client/proofmark" pki init-agency --domain "$name.example" --out "$dir"
  "$bin/client/proofmark" pki issue-node --dir "$dir" --id node1 --dns localhost --ip 127.0.0.1 \
    --agency-listen "127.0.0.1:$agency_port" --partner-listen "127.0.0.1:$port"
  for role in lab examiner officer administrator auditor; do
    "$bin/client/proofmark" pki issue-role --dir "$dir" --role $role --name demo \
      --node "127.0.0.1:$agency_port"
  done
}

# Tells an agency about a partner, both ways of asking: introduce NAME PARTNER [HOST].
introduce() {
  local node=$demo/$1/nodes/node1 partner_port=${2}_partner_port
  mkdir -p "$node/partners/$2.example"
  cp "$demo/$2/ca/federation-ca.pem" "$demo/$2/nodes/node1/keys/exchange.pub.pem" \
    "$node/partners/$2.example/"
  [ ! -f "$demo/$2/ca/federation-ca.crl" ] ||
    cp "$demo/$2/ca/federation-ca.crl" "$node/partners/$2.example/"
  "$bin/client/proofmark" pki export-partner --dir "$demo/$2" --id node1 \
    --endpoint "${3:-127.0.0.1}:${!partner_port}" --answers $purpose --asks $purpose \
    2>/dev/null >>"$node/proofmarkd.toml"
}

# Starts an agency's node and waits until it serves: start_node NAME.
start_node() {
  rm -f "$demo/$1/ports"
  setsid "$bin/server/proofmarkd" --config "$demo/$1/nodes/node1/proofmarkd.toml" \
    --ports-file "$demo/$1/ports" >>"$demo/$1/node.log" 2>&1 </dev/null &
  echo $! >"$demo/$1/node.pid"
  disown  # A node that a test kills is no news for the shell.
  for _ in $(seq 300); do
    [ ! -f "$demo/$1/ports" ] || return 0
    kill -0 "$(cat "$demo/$1/node.pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$demo/$1/node.log" >&2
  echo "error: the node of $1 did not start; its log is $demo/$1/node.log" >&2
  return 1
}

# Ends every node in order, and waits.
stop_nodes() {
  local pid_file pid
  for pid_file in "$demo"/*/node.pid; do
    [ -f "$pid_file" ] || continue
    pid=$(cat "$pid_file")
    if kill -TERM "$pid" 2>/dev/null; then
      kill -CONT "$pid" 2>/dev/null || true
      for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    fi
    rm -f "$pid_file"
  done
}

# A command as one of an agency's people: as NAME/ROLE command...
as() {
  local who=$1
  shift
  "$bin/client/proofmark" "$@" --profile "$demo/${who%/*}/roles/${who#*/}-demo/profile.toml"
}
