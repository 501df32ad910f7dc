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
#include "server/http/http_witness.h"
#include "server/http/witness_listener.h"
#include "server/node/node.h"
#include "server/restore.h"
#include "server/rpc/node_server.h"
#include "server/rpc/peer_client.h"
#include "server/store/high_water_file.h"
#include "server/store/storage_env.h"
#include "server/trust_files.h"

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
absl::Status WritePorts(const std::filesystem::path& file, const rpc::NodeServer& node_server,
                        int witness_http_port) {
  if (file.empty()) return absl::OkStatus();
  const std::filesystem::path half = file.string() + ".half";
  {
    std::ofstream out(half);
    out << "agency " << node_server.agency_port() << "\npartner " << node_server.partner_port()
        << "\n";
    if (witness_http_port > 0) out << "witness-http " << witness_http_port << "\n";
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

std::string StaffRoots(const Config& config) {
  std::string bundle;
  for (const crypto::X509Certificate& ca : config.agency.own.cas) bundle += ca.ToPem();
  return bundle;
}

std::string PartnerRoots(const federation::Partners& partners) {
  std::string bundle;
  for (const federation::Partner& partner : partners.all()) bundle += partner.ca_pem + "\n";
  return bundle;
}

absl::StatusOr<std::shared_ptr<rpc::ShownIdentity>> Show(const Config& config,
                                                         const ListenerConfig& listener,
                                                         std::string_view root_bundle_pem) {
  // A node whose certificate has run out still starts: it keeps its ledger, and shows the next
  // certificate as soon as it is there.
  const auto good =
      CheckOwnCertificate(listener.own, listener.identity, base::SystemClock().UnixMillis());
  if (!good.ok()) {
    base::Log(base::LogSeverity::kError,
              absl::StrFormat("%s port: others will refuse it: %s", listener.own.port,
                              std::string(good.status().message())));
  }
  if (listener.own.cas.empty()) {
    base::Log(base::LogSeverity::kWarning,
              absl::StrFormat("%s_port.ca is not set: who issued a renewed certificate will not be "
                              "checked before it is shown",
                              listener.own.port));
  }
  return rpc::ShownIdentity::Create(config.state_folder / "shown" / listener.own.port,
                                    listener.identity, root_bundle_pem);
}

void Record(const TrustNews& news, ledger::Ledger& ledger) {
  base::Log(news.alarm ? base::LogSeverity::kError : base::LogSeverity::kInfo, news.message);
  const auto receipt =
      ledger.Append({.kind = news.alarm ? records::EntryKind::kAlarm : records::EntryKind::kConfig,
                     .peer = news.peer,
                     .object = news.object,
                     .outcome = news.outcome,
                     .count = news.count});
  if (!receipt.ok()) base::Log(base::LogSeverity::kError, receipt.status().ToString());
}

absl::Status Serve(const Arguments& arguments, const sigset_t& signals) {
  PM_RETURN_IF_ERROR(crypto::RequireTls13WithoutTickets());
  PM_ASSIGN_OR_RETURN(Config config, LoadConfig(arguments.config));
  PM_ASSIGN_OR_RETURN(federation::NodeIdentity identity,
                      federation::NodeIdentity::Create(config.node_uri, *std::move(config.keys)));
  PM_ASSIGN_OR_RETURN(federation::Partners partners,
                      federation::Partners::Create(config.domain, std::move(config.partners)));
  std::vector<std::shared_ptr<federation::WitnessLink>> outside_witnesses;
  for (OutsideWitness& outside : config.witnessing.outside) {
    PM_ASSIGN_OR_RETURN(std::shared_ptr<federation::WitnessLink> link,
                        http::HttpWitness::Create(outside.url, std::move(outside.key)));
    outside_witnesses.push_back(std::move(link));
  }
  if (arguments.check_only) {
    std::printf("%s: good; node %s, %d partners\n", arguments.config.c_str(),
                config.node_uri.c_str(), static_cast<int>(partners.all().size()));
    return absl::OkStatus();
  }

  const base::Clock& clock = base::SystemClock();
  crypto::SystemRandom random;
  federation::RevocationBook revocations(config.revocation_grace, clock);
  PM_ASSIGN_OR_RETURN(const auto agency_identity, Show(config, config.agency, StaffRoots(config)));
  PM_ASSIGN_OR_RETURN(const auto partner_identity,
                      Show(config, config.partner, PartnerRoots(partners)));
  PM_ASSIGN_OR_RETURN(auto trust_files,
                      TrustFiles::Open({.state_folder = config.state_folder,
                                        .lists = std::move(config.lists),
                                        .deny_file = config.deny_file,
                                        .own = {{config.agency.own, agency_identity},
                                                {config.partner.own, partner_identity}}},
                                       revocations, clock));
  PM_ASSIGN_OR_RETURN(const auto peers,
                      rpc::GrpcPeerClient::Create(partner_identity, partners, revocations, clock));
  PM_ASSIGN_OR_RETURN(
      const auto node,
      node::Node::Open(
          {.state_folder = config.state_folder.string(),
           .master_key_path = config.master_key_file.string(),
           .config_sha256_hex = config.sha256_hex,
           .search_threads = config.search_threads,
           .partners_at_once = config.partners_at_once,
           .publishing = {.interval = std::chrono::seconds(1),
                          .quorum = config.witnessing.quorum,
                          .strict_after = config.witnessing.strict_after},
           .federation = {.book = config.federation, .fetch_interval = std::chrono::hours(24)},
           .lookup_work = std::chrono::minutes(1),
           .housekeeping = std::chrono::minutes(1),
           .standing_work = std::chrono::minutes(1),
           .statistics = config.statistics,
           .outside_witnesses = std::move(outside_witnesses),
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
                                              .agency_identity = agency_identity,
                                              .partner_identity = partner_identity,
                                              .staff_cas = config.agency.own.cas,
                                              .submission_bytes_max = config.submission_bytes_max,
                                              .uploads_bytes_max = config.uploads_bytes_max,
                                              .handler_threads = config.handler_threads,
                                              .state_folder = config.state_folder.string()},
                                             *node, *peers, revocations, clock));
  // Its news goes to the ledger: it must end before the node does, however this function ends.
  std::unique_ptr<TrustFiles> looking = std::move(trust_files);
  looking->Start([&ledger = node->ledger()](const TrustNews& news) { Record(news, ledger); });
  std::unique_ptr<http::WitnessListener> witness_http;
  if (config.witness_http_listen) {
    PM_ASSIGN_OR_RETURN(
        witness_http,
        http::WitnessListener::Start({.listen = *config.witness_http_listen}, node->witness()));
  }
  PM_RETURN_IF_ERROR(
      WritePorts(arguments.ports_file, *node_server, witness_http ? witness_http->port() : 0));
  base::Log(base::LogSeverity::kInfo,
            absl::StrFormat("%s %s serves: agency port %d, partner port %d, %d exhibits, ledger %d",
                            config.node_uri, base::kVersion, node_server->agency_port(),
                            node_server->partner_port(), node->indexed_count(),
                            node->ledger().Head().size));

  int signal_number = 0;
  sigwait(&signals, &signal_number);
  base::Log(base::LogSeverity::kInfo, "shutting down");
  witness_http.reset();
  looking.reset();
  node_server->Shutdown(store_failed ? std::chrono::milliseconds(0) : kShutdownGrace);
  if (store_failed) return absl::InternalError("the store failed; free the disk and start again");
  return node->Stop();
}

absl::Status Restore(const RestoreArguments& arguments) {
  PM_ASSIGN_OR_RETURN(const ledger::Restoration found, RestoreLedger(arguments));
  std::fputs(DescribeRestoration(found, arguments.dry_run).c_str(), stdout);
  return CheckComplete(found);
}

int Main(int argc, char** argv) {
  crypto::KeepOpenSslUntilTheEnd();
  Arguments arguments;
  CLI::App app("The node of one agency: keeps its ballistic signatures and answers its partners.",
               "proofmarkd");
  app.set_version_flag("--version", base::kVersion);
  CLI::Option* const config = app.add_option(
      "--config", arguments.config, "Configuration file (proofmarkd.toml); required to serve");
  app.add_flag("--check", arguments.check_only, "Check the configuration and end");
  app.add_option("--ports-file", arguments.ports_file,
                 "Write the ports that are listened on to this file");
  app.footer(
      "Examples:\n  proofmarkd --config /etc/proofmark/proofmarkd.toml\n"
      "  proofmarkd restore --config /etc/proofmark/proofmarkd.toml --from /copies/ledger "
      "--dry-run\n"
      "Exit codes: 0 ended in order, 2 configuration, 5 port taken, 6 damaged state or wrong "
      "master\n"
      "key, 7 storage failed, 8 rollback detected (docs/operations/exit-codes.md).");

  RestoreArguments restoring;
  CLI::App* const restore = app.add_subcommand(
      "restore", "Put lost entries of the ledger back from a copy; the node must not be running");
  restore->add_option("--config", restoring.config, "Configuration file (proofmarkd.toml)")
      ->required();
  restore
      ->add_option("--from", restoring.from,
                   "Folder of a copy, as `proofmark audit export` writes it")
      ->required();
  restore->add_flag("--dry-run", restoring.dry_run, "Examine all and write nothing");
  restore->footer(
      "Only entries come back, byte for byte; what was stored with them is named and must be done "
      "again.\n"
      "Exit codes: 0 complete, 2 not a whole copy of this ledger, 6 it contradicts what is here, "
      "7 storage failed or\n"
      "the node is running, 8 entries are still missing (docs/operations/ledger.md).");
  try {
    app.parse(argc, argv);
    if (!restore->parsed() && config->empty()) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  const sigset_t signals = BlockEndSignals();
  const absl::Status status = restore->parsed() ? Restore(restoring) : Serve(arguments, signals);
  if (!status.ok()) {
    base::Log(base::LogSeverity::kError, "proofmarkd: " + status.ToString());
  }
  return ExitCodeOf(status);
}

}  // namespace
}  // namespace proofmark::server

int main(int argc, char** argv) { return proofmark::server::Main(argc, argv); }
