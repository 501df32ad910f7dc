// SPDX-License-Identifier: Apache-2.0
// Two agencies' nodes that witness each other, under load over real gRPC with mutual TLS; then each
// one's ledger is written out as its auditor gets it, in the layout of
// docs/formats/transparency-log.md, for verify_export.
//
//   nodes_under_load <folder> <seconds>
//
// <folder>/<domain>/ holds checkpoint, tile/..., tile/entries/..., checkpoints/<size>, vkeys.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/tile.h"
#include "proofmark/v1/audit_service.grpc.pb.h"
#include "tests/integration/scans.h"
#include "tests/support/loopback_node.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

using crypto::StaffRole;

constexpr int kReaders = 3;  // Of each node.

void Write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  PM_CHECK(file.good());
}

void CheckOk(const grpc::Status& status) {
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.error_message().c_str());
  PM_CHECK(status.ok());
}

// Asks until `until`, each question an entry; how many.
int ReadTheLedger(const LoopbackNode& node, std::chrono::steady_clock::time_point until) {
  v1::AuditService::Stub auditor(node.StaffChannel(StaffRole::kAuditor));
  int asked = 0;
  for (; std::chrono::steady_clock::now() < until; ++asked) {
    grpc::ClientContext context;
    v1::GetLedgerResponse response;
    CheckOk(auditor.GetLedger(&context, v1::GetLedgerRequest(), &response));
  }
  return asked;
}

int Submit(const LoopbackNode& node, std::chrono::steady_clock::time_point until) {
  v1::SubmissionService::Stub lab(node.StaffChannel(StaffRole::kLab));
  std::uint32_t shot = 0;
  do {
    const std::vector<std::string> scans = GeneratedScans(1, ++shot);
    v1::SubmitExhibitResponse response;
    CheckOk(SubmitScans(lab, HeaderFor(absl::StrFormat("EX-%d", shot), scans), scans, response));
  } while (std::chrono::steady_clock::now() < until);
  return static_cast<int>(shot);
}

// What an auditor reads of the ledger, as files.
class Export {
 public:
  Export(const LoopbackNode& node, std::filesystem::path folder)
      : auditor_(node.StaffChannel(StaffRole::kAuditor)), folder_(std::move(folder)) {}

  void WriteAll(const std::string& witness_key) {
    const v1::GetLedgerResponse shown =
        AwaitWitnessed(witness_key.substr(0, witness_key.find('+')));
    Write(folder_ / "vkeys", shown.log_key() + "\n" + witness_key + "\n");
    const std::uint64_t size = WriteCheckpoint(shown.checkpoint(), "checkpoint");
    const int older = WriteOlder(size);
    const auto tiles = crypto::TilesSince(0, size);
    const auto bundles = crypto::BundlesSince(0, size);
    for (const crypto::TileAddress& tile : *tiles) Fetch(crypto::TilePath(tile));
    for (const crypto::BundleAddress& bundle : *bundles) Fetch(crypto::BundlePath(bundle));
    std::printf("%s: %llu entries, %d checkpoints before\n", folder_.filename().c_str(),
                static_cast<unsigned long long>(size), older);
  }

 private:
  // Asks until the latest checkpoint has been cosigned.
  v1::GetLedgerResponse AwaitWitnessed(const std::string& witness) {
    for (int i = 0; i < 600; ++i) {
      grpc::ClientContext context;
      v1::GetLedgerResponse shown;
      CheckOk(auditor_.GetLedger(&context, v1::GetLedgerRequest(), &shown));
      if (shown.checkpoint().find(" " + witness + " ") != std::string::npos) return shown;
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    PM_CHECK(false);
    return {};
  }

  std::uint64_t WriteCheckpoint(const std::string& note, const std::filesystem::path& path) {
    const auto checkpoint = crypto::ParseCheckpointBody(crypto::ParseNote(note)->text);
    PM_CHECK(checkpoint.ok());
    Write(folder_ /
              (path.empty() ? "checkpoints/" + std::to_string(checkpoint->size) : path.string()),
          note);
    return checkpoint->size;
  }

  // Every published checkpoint of a smaller tree; how many.
  int WriteOlder(std::uint64_t size) {
    int written = 0;
    std::uint64_t after = 0;
    for (bool more = true; more;) {
      grpc::ClientContext context;
      v1::ListCheckpointsRequest request;
      request.set_after_size(after);
      v1::ListCheckpointsResponse page;
      CheckOk(auditor_.ListCheckpoints(&context, request, &page));
      more = page.more();
      for (const std::string& note : page.checkpoints()) {
        const auto body = crypto::ParseCheckpointBody(crypto::ParseNote(note)->text);
        after = body->size;
        if (after >= size) return written;
        WriteCheckpoint(note, "");
        ++written;
      }
    }
    return written;
  }

  void Fetch(const std::string& path) {
    grpc::ClientContext context;
    v1::ReadTreeFileRequest request;
    request.set_path(path);
    v1::ReadTreeFileResponse file;
    CheckOk(auditor_.ReadTreeFile(&context, request, &file));
    Write(folder_ / path, file.content());
  }

  v1::AuditService::Stub auditor_;
  const std::filesystem::path folder_;
};

int Run(const std::filesystem::path& folder, std::chrono::seconds load) {
  SeededRandom random(41);
  const TestAgency gb({.domain = "gb.example", .now_unix_ms = RealUnixMillis()});
  const TestAgency fr({.domain = "fr.example", .now_unix_ms = RealUnixMillis()});
  const crypto::SigningKey gb_key = crypto::SigningKey::Generate(random);
  const crypto::SigningKey fr_key = crypto::SigningKey::Generate(random);
  const TemporaryFolder gb_folder, fr_folder;
  const exchange::PublishingOptions publishing{.interval = std::chrono::milliseconds(200)};
  const int gb_port = FreePort(), fr_port = FreePort();
  LoopbackNode gb_node(gb, gb_key, gb_folder.path(),
                       {{.agency = &fr,
                         .exchange_key = fr_key.verifying_key(),
                         .endpoint = absl::StrFormat("127.0.0.1:%d", fr_port)}},
                       {.publishing = publishing, .partner_port = gb_port});
  LoopbackNode fr_node(fr, fr_key, fr_folder.path(),
                       {{.agency = &gb,
                         .exchange_key = gb_key.verifying_key(),
                         .endpoint = absl::StrFormat("127.0.0.1:%d", gb_port)}},
                       {.publishing = publishing, .partner_port = fr_port});

  std::atomic<int> read = 0, submitted = 0;
  const auto until = std::chrono::steady_clock::now() + load;
  std::vector<std::thread> threads;
  for (LoopbackNode* node : {&gb_node, &fr_node}) {
    for (int i = 0; i < kReaders; ++i) {
      threads.emplace_back([&, node] { read += ReadTheLedger(*node, until); });
    }
    threads.emplace_back([&, node] { submitted += Submit(*node, until); });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%d readings, %d submissions\n", read.load(), submitted.load());

  Export(gb_node, folder / "gb.example")
      .WriteAll(crypto::ToVerifierKey(fr_node.node().witness().verifier_key()));
  Export(fr_node, folder / "fr.example")
      .WriteAll(crypto::ToVerifierKey(gb_node.node().witness().verifier_key()));
  return 0;
}

}  // namespace
}  // namespace proofmark::testing

int main(int argc, char** argv) {
  const int seconds = argc == 3 ? std::atoi(argv[2]) : 0;
  if (seconds < 1 || seconds > 600) {
    std::fprintf(stderr, "usage: nodes_under_load <folder> <seconds, 1 to 600>\n");
    return 2;
  }
  return proofmark::testing::Run(argv[1], std::chrono::seconds(seconds));
}
