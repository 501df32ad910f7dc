// SPDX-License-Identifier: Apache-2.0
#include "client/cli/node_session.h"

#include <cstdlib>

#include "base/clock.h"
#include "base/status.h"
#include "records/exhibit.h"

namespace proofmark::client::cli {
namespace {

namespace fs = std::filesystem;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Parameter JsonOption() {
  return {.name = "--json",
          .help = "One JSON object a line, in the protobuf JSON form.",
          .kind = ValueKind::kFlag};
}

std::vector<Parameter> WithNodeOptions(std::vector<Parameter> own) {
  own.push_back(JsonOption());
  own.push_back({.name = "--profile",
                 .help = "Connection profile; else $PROOFMARK_PROFILE, else "
                         "~/.config/proofmark/profile.toml.",
                 .kind = ValueKind::kFile,
                 .value_name = "FILE"});
  own.push_back({.name = "--node",
                 .help = "Address of the agency's node, instead of the profile's.",
                 .value_name = "HOST:PORT"});
  own.push_back({.name = "--ca",
                 .help = "The agency's staff CA, PEM.",
                 .kind = ValueKind::kFile,
                 .value_name = "FILE"});
  own.push_back({.name = "--cert",
                 .help = "Own certificate, PEM.",
                 .kind = ValueKind::kFile,
                 .value_name = "FILE"});
  own.push_back({.name = "--key",
                 .help = "Its private key, PEM.",
                 .kind = ValueKind::kFile,
                 .value_name = "FILE"});
  own.push_back({.name = "--deadline",
                 .help = "How long a call may take, retries included: 1s to 10m; 30s unless the "
                         "profile says otherwise.",
                 .kind = ValueKind::kDuration,
                 .value_name = "TIME",
                 .min = kDeadlineMin.count(),
                 .max = kDeadlineMax.count()});
  return own;
}

fs::path ProfilePath(const Arguments& arguments) {
  if (arguments.Has("--profile")) return arguments.Text("--profile");
  if (const std::string set = Environment("PROOFMARK_PROFILE"); !set.empty()) return set;
  if (const std::string config = Environment("XDG_CONFIG_HOME"); !config.empty()) {
    return fs::path(config) / "proofmark" / "profile.toml";
  }
  return fs::path(Environment("HOME")) / ".config" / "proofmark" / "profile.toml";
}

absl::StatusOr<ConnectionProfile> ProfileOf(const Arguments& arguments) {
  ConnectionProfile profile;
  const bool complete = arguments.Has("--node") && arguments.Has("--ca") &&
                        arguments.Has("--cert") && arguments.Has("--key");
  if (!complete) {
    const fs::path path = ProfilePath(arguments);
    std::error_code error;
    if (!arguments.Has("--profile") && !fs::exists(path, error)) {
      return MakeFault(FaultCode::kProfile,
                       absl::StrFormat("there is no profile at %s, and not all of --node, --ca, "
                                       "--cert and --key were given",
                                       path.string()));
    }
    PM_ASSIGN_OR_RETURN(profile, ReadProfile(path));
  }
  if (arguments.Has("--node")) {
    profile.address = arguments.Text("--node");
    if (const absl::Status status = CheckAddress(profile.address); !status.ok()) {
      return MakeFault(FaultCode::kUsage, absl::StrFormat("--node: %s", status.message()));
    }
  }
  if (arguments.Has("--ca")) profile.ca_file = arguments.Text("--ca");
  if (arguments.Has("--cert")) profile.certificate_file = arguments.Text("--cert");
  if (arguments.Has("--key")) profile.key_file = arguments.Text("--key");
  if (arguments.Has("--deadline")) profile.deadline = arguments.Duration("--deadline");
  return profile;
}

absl::StatusOr<std::unique_ptr<NodeClient>> OpenNode(const Arguments& arguments) {
  NodeClient::Options options;
  PM_ASSIGN_OR_RETURN(options.profile, ProfileOf(arguments));
  return NodeClient::Create(std::move(options), base::SystemClock());
}

absl::Status CheckId(std::string_view what, std::string_view id) {
  if (records::IsId(id)) return absl::OkStatus();
  return MakeFault(FaultCode::kUsage,
                   absl::StrFormat("%s: \"%s\" is not 32 lower-case hexadecimal digits", what, id));
}

}  // namespace proofmark::client::cli
