// SPDX-License-Identifier: Apache-2.0
// proofmarkd: reads the configuration, wires the rooms, waits for a signal.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "base/version.h"
#include "crypto/secret/system_random.h"
#include "crypto/tls/tls.h"
#include "server/config.h"
#include "server/journeys/node.h"
#include "server/rpc/node_server.h"
#include "server/rpc/peer_client.h"
#include "server/store/high_water_file.h"
#include "server/store/storage_env.h"

namespace proofmark::server {
namespace {

// What the process ends with (docs/operations/exit-codes.md). Stored in service units; never
// renumber.
enum ExitCode : int {
  kDone = 0,
  kUsage = 2,
  kNetwork = 5,
  kDamaged = 6,
  kStorage = 7,
  kRollback = 8,
};

constexpr std::chrono::seconds kShutdownGrace{20};

struct Arguments {
  std::filesystem::path config;
  std::filesystem::path ports_file;
  bool check_only = false;
};

// Set by the store's failure callback, read after the signal it raises.
std::atomic<bool> store_failed{false};

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  if (store::IsRollbackDetected(status)) return kRollback;
  switch (status.code()) {
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnauthenticated:
      return kDamaged;
    case absl::StatusCode::kUnavailable:
      return kNetwork;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
      return kUsage;
    default:
      return kStorage;
  }
}

// SIGTERM and SIGINT are taken by main alone; every thread made later inherits the mask.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// For scripts that let the system choose ports. Written in one step: a reader sees all or nothing.
absl::Status WritePorts(const std::filesystem::path& file, const rpc::NodeServer& node_server) {
  if (file.empty()) return absl::OkStatus();
  const std::filesystem::path half = file.string() + ".half";
  {
    std::ofstream out(half);
    out << "agency " << node_server.agency_port() << "\npartner " << node_server.partner_port()
        << "\n";
    if (!out.flush()) {
      return absl::UnavailableError(absl::StrFormat("%s: cannot be written", half.string()));
    }
  }
  std::error_code error;
  std::filesystem::rename(half, file, error);
  if (error)
    return absl::UnavailableError(absl::StrFormat("%s: %s", file.string(), error.message()));
  return absl::OkStatus();
}

absl::Status Serve(const Arguments& arguments, const sigset_t& signals) {
  PM_RETURN_IF_ERROR(crypto::RequireTls13WithoutTickets());
  PM_ASSIGN_OR_RETURN(Config config, LoadConfig(arguments.config));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey exchange_key,
                      crypto::SigningKey::FromPem(config.exchange_key_pem));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey log_key, crypto::SigningKey::FromPem(config.log_key_pem));
  PM_ASSIGN_OR_RETURN(crypto::SigningKey witness_key,
                      crypto::SigningKey::FromPem(config.witness_key_pem));
  PM_ASSIGN_OR_RETURN(
      federation::NodeIdentity identity,
      federation::NodeIdentity::Create(
          config.node_uri, {std::move(exchange_key), std::move(log_key), std::move(witness_key)}));
  PM_ASSIGN_OR_RETURN(federation::Partners partners,
                      federation::Partners::Create(config.domain, std::move(config.partners)));
  if (arguments.check_only) {
    std::printf("%s: good; node %s, %d partners\n", arguments.config.c_str(),
                config.node_uri.c_str(), static_cast<int>(partners.all().size()));
    return absl::OkStatus();
  }

  const base::Clock& clock = base::SystemClock();
  crypto::SystemRandom random;
  PM_ASSIGN_OR_RETURN(const auto peers,
                      rpc::GrpcPeerClient::Create(config.partner.identity, partners, clock));
  PM_ASSIGN_OR_RETURN(
      const auto node,
      journeys::Node::Open(
          {.state_folder = config.state_folder.string(),
           .master_key_path = config.master_key_file.string(),
           .config_sha256_hex = config.sha256_hex,
           .search_threads = config.search_threads,
           .publishing = {.interval = std::chrono::seconds(1),
                          .quorum = config.witnessing.quorum,
                          .strict_after = config.witnessing.strict_after},
           .federation = {.book = config.federation, .fetch_interval = std::chrono::hours(24)},
           .on_store_failure =
               [](const absl::Status& why) {
                 base::Log(base::LogSeverity::kError,
                           "the store failed, the node ends: " + why.ToString());
                 store_failed = true;
                 kill(getpid(), SIGTERM);
               }},
          std::move(identity), std::move(partners), store::PosixStorage(), clock, random, *peers));
  PM_ASSIGN_OR_RETURN(const auto node_server,
                      rpc::NodeServer::Start({.agency_listen = config.agency.listen,
                                              .partner_listen = config.partner.listen,
                                              .agency_identity = config.agency.identity,
                                              .partner_identity = config.partner.identity,
                                              .staff_cas = config.agency.cas,
                                              .submission_bytes_max = config.submission_bytes_max,
                                              .uploads_bytes_max = config.uploads_bytes_max,
                                              .handler_threads = config.handler_threads,
                                              .state_folder = config.state_folder.string()},
                                             *node, *peers, clock));
  PM_RETURN_IF_ERROR(WritePorts(arguments.ports_file, *node_server));
  base::Log(base::LogSeverity::kInfo,
            absl::StrFormat("%s %s serves: agency port %d, partner port %d, %d exhibits, ledger %d",
                            config.node_uri, base::kVersion, node_server->agency_port(),
                            node_server->partner_port(), node->indexed_count(),
                            node->ledger().Head().size));

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  base::Log(base::LogSeverity::kInfo, "shutting down");
  node_server->Shutdown(store_failed ? std::chrono::milliseconds(0) : kShutdownGrace);
  if (store_failed) return absl::InternalError("the store failed; free the disk and start again");
  return node->Stop();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("The node of one agency: keeps its ballistic signatures and answers its partners.",
               "proofmarkd");
  app.set_version_flag("--version", base::kVersion);
  app.add_option("--config", arguments.config, "Configuration file (proofmarkd.toml)")->required();
  app.add_flag("--check", arguments.check_only, "Check the configuration and end");
  app.add_option("--ports-file", arguments.ports_file,
                 "Write the ports that are listened on to this file");
  app.footer(
      "Example:\n  proofmarkd --config /etc/proofmark/proofmarkd.toml\n"
      "Exit codes: 0 ended in order, 2 configuration, 5 port taken, 6 damaged state or wrong "
      "master\n"
      "key, 7 storage failed, 8 rollback detected (docs/operations/exit-codes.md).");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  const sigset_t signals = BlockEndSignals();
  const absl::Status status = Serve(arguments, signals);
  if (!status.ok()) {
    base::Log(base::LogSeverity::kError, "proofmarkd: " + status.ToString());
  }
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace proofmark::server

int main(int argc, char** argv) { return proofmark::server::Main(argc, argv); }
