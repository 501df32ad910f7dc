// SPDX-License-Identifier: Apache-2.0
// How fast a ledger's copy is verified, beside the bare SHA-256 of the same entries in the same
// run: what no verification can exceed.
//   audit_bench [largest]   entries of the largest ledger, default 1 000 000.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/for_all.h"
#include "client/audit/export_folder.h"
#include "client/audit/verify.h"
#include "client/file.h"
#include "crypto/hash/sha256.h"
#include "crypto/tlog/merkle.h"
#include "tests/bench/measure.h"
#include "tests/support/memory_log.h"

namespace proofmark::bench {
namespace {

using client::audit::VerifyFolder;
using testing::MemoryLog;

// Writes without syncing: what is measured is reading.
class FastWriter final : public client::audit::FolderWriter {
 public:
  explicit FastWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}
  absl::Status Write(std::string_view path, std::string_view bytes) override {
    const std::filesystem::path file = folder_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::FILE* out = std::fopen(file.c_str(), "wb");
    if (out == nullptr) return absl::InternalError("cannot write");
    const bool all = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    return std::fclose(out) == 0 && all ? absl::OkStatus() : absl::InternalError("cannot write");
  }
  absl::Status Remove(std::string_view path) override {
    std::filesystem::remove(folder_ / path);
    return absl::OkStatus();
  }
  absl::Status Sync() override { return absl::OkStatus(); }

 private:
  std::filesystem::path folder_;
};

struct Rates {
  double wall_s = 1e9;
  double cpu_s = 1e9;
};

template <typename Body>
Rates Best(int runs, const Body& body) {
  Rates best;
  for (int r = 0; r < runs; ++r) {
    const double wall = WallS(), cpu = ProcessCpuS();
    body();
    best.wall_s = std::min(best.wall_s, WallS() - wall);
    best.cpu_s = std::min(best.cpu_s, ProcessCpuS() - cpu);
  }
  return best;
}

bool Run(MemoryLog& log, std::uint64_t size) {
  log.AppendMany(size - log.size(), size);
  log.Publish();
  auto temporary = client::TemporaryFolder::Create();
  if (!temporary.ok()) return false;
  const std::filesystem::path folder = temporary->path() / "export";
  FastWriter writer(folder);
  const crypto::Policy policy = log.Policy();
  const auto exported =
      client::audit::Export(log, policy, folder, writer, {.now_unix_s = MemoryLog::kNow_s});
  if (!exported.ok()) return false;

  client::audit::VerifyOptions options;
  options.now_unix_s = MemoryLog::kNow_s;
  bool valid = true;
  std::uint64_t bytes = 0;
  const Rates verify = Best(3, [&] {
    const auto result = VerifyFolder(folder, policy, options);
    valid = valid && result.ok() && result->verdict == client::audit::Verdict::kValid &&
            result->entries == size;
    bytes = result.ok() ? result->entry_bytes : 0;
  });
  constexpr std::int64_t kPart = 4'096;
  const auto parts = static_cast<std::int64_t>((size + kPart - 1) / kPart);
  const Rates bare = Best(3, [&] {
    base::ForAll(parts, [&](std::int64_t part) {
      const auto first = static_cast<std::uint64_t>(part * kPart);
      for (std::uint64_t i = first; i < std::min(size, first + kPart); ++i) {
        const crypto::Sha256Digest digest = crypto::Sha256(log.entry(i));
        asm volatile("" : : "r"(&digest) : "memory");
      }
    });
  });
  const auto count = static_cast<double>(size);
  std::printf(
      "%10llu entries, %.0f bytes each: verify %.0f entries/s (%.2f us of processor each), "
      "bare SHA-256 %.0f entries/s (%.2f us)\n",
      static_cast<unsigned long long>(size), static_cast<double>(bytes) / count,
      count / verify.wall_s, 1e6 * verify.cpu_s / count, count / bare.wall_s,
      1e6 * bare.cpu_s / count);
  PrintRow(
      absl::StrFormat("audit verify, %d entries", size),
      absl::StrFormat("%.0f entries/s, %.2f us each; bare SHA-256 %.2f us (processor)",
                      count / verify.wall_s, 1e6 * verify.cpu_s / count, 1e6 * bare.cpu_s / count));
  return valid;
}

}  // namespace
}  // namespace proofmark::bench

int main(int argc, char** argv) {
  const std::uint64_t largest = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  proofmark::testing::MemoryLog log(1);
  for (std::uint64_t size = 10'000; size <= largest; size *= 10) {
    if (!proofmark::bench::Run(log, size)) {
      std::fprintf(stderr, "audit_bench: not valid at %llu\n",
                   static_cast<unsigned long long>(size));
      return 1;
    }
  }
  return 0;
}
