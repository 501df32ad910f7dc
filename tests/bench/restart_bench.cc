// SPDX-License-Identifier: Apache-2.0
// How long a node takes to be ready after a restart, with its index files and without them: a real
// node over a real LevelDB, its exhibits written beforehand as bullets of the scale set. The rows
// stand in the store as a submission leaves them; scans and ledger entries, which no start reads,
// are left out. The page cache is as warm as writing left it. Run by hand:
//   restart_bench [records, default 100000] [folder for the state, default /tmp]
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/secret/system_random.h"
#include "server/node/node.h"
#include "server/store/key_file.h"
#include "server/store/storage_env.h"
#include "tests/bench/measure.h"
#include "tests/bench/scale_state.h"

namespace proofmark {
namespace {

namespace fs = std::filesystem;

constexpr char kNodeId[] = "spiffe://bench.test/proofmark/node/n1";
constexpr int kThreads = 2;

using bench::FillWithBullets;
using bench::ProcessCpuS;
using bench::WallS;

// Nobody is asked anything here.
class NoPeers final : public federation::PeerClient {
 public:
  void Exchange(const federation::Partner&, const crypto::Envelope&,
                std::chrono::steady_clock::time_point, Callback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void AddCheckpoint(const federation::Partner&, const std::string&,
                     std::chrono::steady_clock::time_point, WitnessCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void GetWitnessedCheckpoint(const federation::Partner&, const std::string&,
                              std::chrono::steady_clock::time_point, NoteCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void ListSharedEntries(const federation::Partner&, std::uint64_t, std::int64_t,
                         std::chrono::steady_clock::time_point, EntriesCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void ReportFork(const federation::Partner&, const std::string&, const std::string&,
                  std::chrono::steady_clock::time_point, ReportCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void ReadLookupTable(const federation::Partner&, const crypto::Sha256Digest&, std::uint64_t,
                       std::chrono::steady_clock::time_point, PieceCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
  void GetDescriptors(const federation::Partner&, std::uint64_t,
                      std::chrono::steady_clock::time_point, DescriptorsCallback done) override {
    done(absl::UnavailableError("no peers"));
  }
};

struct Paths {
  fs::path root;
  std::string state() const { return (root / "state").string(); }
  std::string master_key() const { return (root / "master-key").string(); }
};

void FillStore(const Paths& paths, std::int64_t records) {
  std::ofstream(paths.master_key(), std::ios::binary) << std::string(32, 'm');
  fs::permissions(paths.master_key(), fs::perms::owner_read);
  crypto::SystemRandom random;
  auto master = store::LoadMasterKey(paths.master_key());
  PM_CHECK(master.ok());
  auto opened =
      store::Store::Open(paths.state(), store::PosixStorage(), random, *std::move(master), {});
  PM_CHECK(opened.ok());
  FillWithBullets(**opened, records);
}

// One start and orderly stop of a node over the state.
void Restart(const Paths& paths, const char* name) {
  crypto::SystemRandom random;
  auto identity = federation::NodeIdentity::Create(kNodeId, federation::NodeKeys::Generate(random));
  PM_CHECK(identity.ok());
  NoPeers peers;
  const double cpu = ProcessCpuS();
  const double begin = WallS();
  auto node = node::Node::Open({.state_folder = paths.state(),
                                .master_key_path = paths.master_key(),
                                .config_sha256_hex = std::string(64, 'c'),
                                .search_threads = kThreads,
                                .on_store_failure = nullptr},
                               *std::move(identity), {}, store::PosixStorage(), base::SystemClock(),
                               random, peers);
  PM_CHECK(node.ok());
  const double ready_s = WallS() - begin;
  const double ready_cpu_s = ProcessCpuS() - cpu;
  const auto report = (*node)->index_report();
  const double stop_from = WallS();
  PM_CHECK((*node)->Stop().ok());
  absl::PrintF(
      "%-28s %9d records: ready after %7.2f s wall, %7.2f s processor; %d from files, %d read; "
      "stopped and saved in %.2f s\n",
      name, (*node)->indexed_count(), ready_s, ready_cpu_s, report.from_files, report.from_store,
      WallS() - stop_from);
  bench::PrintRow(absl::StrFormat("node of %d bullets ready, %s", (*node)->indexed_count(), name),
                  absl::StrFormat("%.1f s wall, %.1f s processor", ready_s, ready_cpu_s));
}

void Bench(std::int64_t records, const fs::path& folder) {
  const Paths paths{folder / absl::StrFormat("restart_bench.%d", getpid())};
  fs::create_directories(paths.root);
  const double begin = WallS();
  FillStore(paths, records);
  absl::PrintF("%d exhibits written in %.1f s\n", records, WallS() - begin);
  Restart(paths, "without index files");
  Restart(paths, "with index files");
  Restart(paths, "with index files, once more");
  std::uintmax_t index_bytes = 0;
  for (const auto& entry : fs::directory_iterator(paths.state() + "/index")) {
    index_bytes += entry.file_size();
  }
  absl::PrintF("index files: %.3f GB, %.0f B a record\n", static_cast<double>(index_bytes) / 1e9,
               static_cast<double>(index_bytes) / static_cast<double>(records));
  fs::remove_all(paths.root);
}

}  // namespace
}  // namespace proofmark

int main(int argc, char** argv) {
  const std::int64_t records = argc > 1 ? std::atoll(argv[1]) : 100'000;
  if (records < 100 || records > 10'000'000) {
    std::fprintf(stderr, "usage: restart_bench [records] [folder]\n");
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  proofmark::base::SetLogThreshold(proofmark::base::LogSeverity::kWarning);
  proofmark::Bench(records, argc > 2 ? argv[2] : "/tmp");
  return 0;
}
