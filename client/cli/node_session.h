// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "client/cli/command.h"
#include "client/fault.h"
#include "client/node_client.h"
#include "client/profile.h"
#include "proto/wire/correction.h"
#include "proto/wire/details.h"
#include "proto/wire/exhibit.h"
#include "proto/wire/firearm.h"
#include "proto/wire/firearm_check.h"
#include "proto/wire/link.h"
#include "proto/wire/search.h"
#include "proto/wire/standing.h"

// What every command that talks to a node shares.
namespace proofmark::client::cli {

// `own` and behind them the options that say which node, as whom, and --json.
std::vector<Parameter> WithNodeOptions(std::vector<Parameter> own);
Parameter JsonOption();

// Where the profile is: --profile, else $PROOFMARK_PROFILE, else
// $XDG_CONFIG_HOME/proofmark/profile.toml, else ~/.config/proofmark/profile.toml.
std::filesystem::path ProfilePath(const Arguments& arguments);

// The profile that the options describe: the file, with --node, --ca, --cert, --key and --deadline
// in place of what it says. With the first four the file is not read.
//   kProfile, kCannotRead (faults)
absl::StatusOr<ConnectionProfile> ProfileOf(const Arguments& arguments);

absl::StatusOr<std::unique_ptr<NodeClient>> OpenNode(const Arguments& arguments);

// Takes a message through the checks of proto/wire.
//   kDamaged (fault)  the node's answer breaks a bound of the contract.
template <typename Message>
auto Checked(const Message& message) -> decltype(wire::FromProto(message, std::string_view())) {
  auto value = wire::FromProto(message, "");
  if (value.ok()) return value;
  return MakeFault(FaultCode::kDamaged,
                   absl::StrFormat("the node's answer: %s", value.status().message()));
}

// The 32 hexadecimal digits of an exhibit or a search.
//   kUsage (fault)
absl::Status CheckId(std::string_view what, std::string_view id);

}  // namespace proofmark::client::cli
