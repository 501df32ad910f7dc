// SPDX-License-Identifier: Apache-2.0
#include "client/audit/export_folder.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "client/audit/folder.h"
#include "client/audit/verify.h"
#include "client/fault.h"
#include "client/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/memory_log.h"
#include "tests/support/status_matchers.h"

namespace proofmark::client::audit {
namespace {

namespace fs = std::filesystem;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::MemoryLog;
using ::testing::HasSubstr;

// Counts what is asked of a log.
class CountingSource final : public LedgerSource {
 public:
  explicit CountingSource(MemoryLog& log) : log_(log) {}
  absl::StatusOr<std::string> LatestCheckpoint() override { return log_.LatestCheckpoint(); }
  absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) override {
    return log_.CheckpointsAfter(size);
  }
  absl::StatusOr<std::string> TreeFile(const std::string& path) override {
    asked.push_back(path);
    absl::StatusOr<std::string> bytes = log_.TreeFile(path);
    if (bytes.ok() && path == spoiled) (*bytes)[bytes->size() / 2] ^= 1;
    return bytes;
  }
  std::vector<std::string> asked;
  std::string spoiled;

 private:
  MemoryLog& log_;
};

// Dies at its n-th act: before it, after a part beside the file, or after it.
enum class Death { kBefore, kTorn, kAfter };
class DyingWriter final : public FolderWriter {
 public:
  DyingWriter(fs::path folder, int acts, Death death)
      : folder_(folder), disk_(std::move(folder)), acts_left_(acts), death_(death) {}

  absl::Status Write(std::string_view path, std::string_view bytes) override {
    if (acts_left_-- > 0) return disk_.Write(path, bytes);
    const fs::path file = folder_ / path;
    if (death_ == Death::kTorn) {
      fs::create_directories(file.parent_path());
      std::ofstream(file.string() + ".1.part", std::ios::binary) << bytes.substr(0, 7);
    }
    if (death_ == Death::kAfter) disk_.Write(path, bytes).IgnoreError();
    return Dead();
  }
  absl::Status Remove(std::string_view path) override {
    if (acts_left_-- > 0) return disk_.Remove(path);
    if (death_ == Death::kAfter) disk_.Remove(path).IgnoreError();
    return Dead();
  }
  absl::Status Sync() override {
    if (acts_left_-- > 0) return disk_.Sync();
    return Dead();
  }

 private:
  static absl::Status Dead() { return absl::AbortedError("died"); }
  const fs::path folder_;
  DiskWriter disk_;
  int acts_left_;
  const Death death_;
};

class ExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
  }
  fs::path folder() const { return temporary_->path() / "export"; }

  absl::StatusOr<ExportResult> ExportFrom(LedgerSource& source, const crypto::Policy& policy) {
    DiskWriter writer(folder());
    return ExportWith(source, policy, writer);
  }
  absl::StatusOr<ExportResult> ExportWith(LedgerSource& source, const crypto::Policy& policy,
                                          FolderWriter& writer) {
    return Export(source, policy, folder(), writer,
                  {.now_unix_s = MemoryLog::kNow_s, .node_policy = "", .progress = nullptr});
  }
  VerifyResult Verify(const crypto::Policy& policy) const {
    VerifyOptions options;
    options.now_unix_s = MemoryLog::kNow_s;
    options.threads = 1;
    const auto result = VerifyFolder(folder(), policy, options);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : VerifyResult{};
  }
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& file : fs::recursive_directory_iterator(folder())) {
      if (!file.is_regular_file()) continue;
      std::ostringstream bytes;
      bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
      files[file.path().lexically_relative(folder()).generic_string()] = bytes.str();
    }
    return files;
  }

  std::optional<TemporaryFolder> temporary_;
};

void Grow(MemoryLog& log, std::uint64_t size) {
  log.AppendMany(size - log.size(), size);
  log.Publish();
}

TEST_F(ExportTest, TheSecondExportFetchesOnlyWhatIsNewAndEndsAsAFreshOne) {
  MemoryLog log(1);
  CountingSource source(log);
  Grow(log, 100);
  Grow(log, 1000);
  ASSERT_THAT(ExportFrom(source, log.Policy()), IsOk());
  source.asked.clear();
  Grow(log, 1030);

  const auto result = ExportFrom(source, log.Policy());

  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->old_size, 1000U);
  EXPECT_EQ(result->size, 1030U);
  const std::set<std::string> asked(source.asked.begin(), source.asked.end());
  const std::set<std::string> wanted = {"tile/0/004.p/6", "tile/1/000.p/4", "tile/0/003",
                                        "tile/entries/003", "tile/entries/004.p/6"};
  EXPECT_EQ(asked, wanted);
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kValid);

  const auto grown = Files();
  fs::remove_all(folder());
  ASSERT_THAT(ExportFrom(source, log.Policy()), IsOk());
  EXPECT_EQ(grown, Files());
}

TEST_F(ExportTest, AnExportWithoutNewsChangesNothingButNewCosignatures) {
  MemoryLog log(1);
  log.AppendMany(10, 1);
  log.Publish(1);
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kUnwitnessed);

  log.Publish(2);
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());

  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kValid);
}

TEST_F(ExportTest, InterruptedAnywhereItIsTheOlderOrTheNewerTreeAndTheNextExportCompletesIt) {
  int deaths = 0;
  for (const Death death : {Death::kBefore, Death::kTorn, Death::kAfter}) {
    for (int acts = 0;; ++acts) {
      fs::remove_all(folder());
      MemoryLog log(1);
      Grow(log, 200);
      Grow(log, 300);
      ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
      Grow(log, 400);
      Grow(log, 600);
      Grow(log, 700);
      DyingWriter dying(folder(), acts, death);
      const auto result = ExportWith(log, log.Policy(), dying);
      if (result.ok()) break;  // There are no more acts to die at.
      ++deaths;
      EXPECT_EQ(result.status().message(), "died");

      const VerifyResult between = Verify(log.Policy());
      EXPECT_EQ(between.verdict, Verdict::kValid)
          << static_cast<int>(death) << " at " << acts << ": "
          << (between.findings.empty() ? "" : between.findings.front().file);
      EXPECT_THAT(between.entries, ::testing::AnyOf(300U, 700U));

      ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
      const VerifyResult after = Verify(log.Policy());
      EXPECT_EQ(after.verdict, Verdict::kValid);
      EXPECT_EQ(after.entries, 700U);
      EXPECT_EQ(after.checkpoints, 5U);
      EXPECT_TRUE(after.warnings.empty()) << acts;
    }
  }
  std::printf("interrupted at %d write points; each left a valid tree and was completed\n", deaths);
  EXPECT_GT(deaths, 40);
}

TEST_F(ExportTest, TheFirstExportInterruptedIsNeverValidAndIsCompleted) {
  for (int acts = 0;; ++acts) {
    fs::remove_all(folder());
    fs::create_directories(folder());
    MemoryLog log(1);
    Grow(log, 600);
    DyingWriter dying(folder(), acts, Death::kTorn);
    if (ExportWith(log, log.Policy(), dying).ok()) break;
    const VerifyResult between = Verify(log.Policy());
    const bool complete = fs::exists(folder() / "checkpoint");
    EXPECT_EQ(between.verdict, complete    ? Verdict::kValid
                               : acts == 0 ? between.verdict
                                           : Verdict::kTruncated)
        << acts;
    ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
    EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kValid);
  }
}

TEST_F(ExportTest, ALogThatForkedIsRefusedWithEvidenceThatVerifies) {
  MemoryLog log(1);
  Grow(log, 300);
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
  const auto before = Files();
  // Larger, smaller and as large as the folder's: the same key, another history.
  for (const std::uint64_t size : {500, 100, 300}) {
    MemoryLog fork(1);
    fork.AppendMany(size, 4711);
    fork.Publish();

    const auto result = ExportFrom(fork, log.Policy());

    ASSERT_FALSE(result.ok()) << size;
    EXPECT_EQ(FaultOf(result.status()), FaultCode::kLedgerForked) << result.status();
    for (const auto& [path, bytes] : before) EXPECT_EQ(Files()[path], bytes) << path;
    const VerifyResult verified = Verify(log.Policy());
    EXPECT_EQ(verified.verdict, Verdict::kForked) << size;
    ASSERT_EQ(verified.findings.size(), 1U);
    EXPECT_THAT(verified.findings.front().file,
                HasSubstr("evidence/" + std::to_string(size) + "-"));
    fs::remove_all(folder() / "evidence");
  }
}

TEST_F(ExportTest, APublishedCheckpointOfAnotherTreeIsAForkToo) {
  class TwoFaced final : public LedgerSource {
   public:
    TwoFaced(MemoryLog& log, MemoryLog& fork) : log_(log), fork_(fork) {}
    absl::StatusOr<std::string> LatestCheckpoint() override { return log_.LatestCheckpoint(); }
    absl::StatusOr<std::vector<std::string>> CheckpointsAfter(std::uint64_t size) override {
      return fork_.CheckpointsAfter(size);
    }
    absl::StatusOr<std::string> TreeFile(const std::string& path) override {
      return log_.TreeFile(path);
    }

   private:
    MemoryLog& log_;
    MemoryLog& fork_;
  };
  MemoryLog log(1);
  Grow(log, 300);
  MemoryLog fork(1);
  fork.AppendMany(50, 4711);
  fork.Publish();
  TwoFaced two_faced(log, fork);

  const auto result = ExportFrom(two_faced, log.Policy());

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(FaultOf(result.status()), FaultCode::kLedgerForked);
  EXPECT_FALSE(fs::exists(folder() / "checkpoint"));
}

TEST_F(ExportTest, ANodeThatWasSetBackIsRefused) {
  MemoryLog log(1);
  Grow(log, 300);
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
  // The same first entries, in a log that ends earlier.
  MemoryLog early(1);
  for (std::uint64_t i = 0; i < 120; ++i) early.AppendRaw(log.entry(i));
  early.Publish();

  const auto result = ExportFrom(early, log.Policy());

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(FaultOf(result.status()), FaultCode::kLedgerMismatch);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("set back"));
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kValid);
}

TEST_F(ExportTest, NothingThatDoesNotLeadToTheRootIsWritten) {
  MemoryLog log(1);
  Grow(log, 600);
  for (const char* spoiled : {"tile/entries/001", "tile/0/000", "tile/1/000.p/2",
                              "tile/entries/002.p/88", "tile/0/002.p/88"}) {
    fs::remove_all(folder());
    CountingSource source(log);
    source.spoiled = spoiled;

    const auto result = ExportFrom(source, log.Policy());

    ASSERT_FALSE(result.ok()) << spoiled;
    EXPECT_EQ(FaultOf(result.status()), FaultCode::kLedgerMismatch) << result.status();
    EXPECT_FALSE(fs::exists(folder() / spoiled)) << spoiled;
    EXPECT_FALSE(fs::exists(folder() / "checkpoint"));
  }
}

TEST_F(ExportTest, AnotherLogIsNotMixedIn) {
  MemoryLog log(1);
  Grow(log, 30);
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
  MemoryLog other(9, "other.example");
  Grow(other, 40);
  EXPECT_FALSE(ExportFrom(other, log.Policy()).ok());
  const auto both = crypto::Policy::Parse(
      log.PolicyText(0).substr(0, log.PolicyText(0).find('\n')) + "\n" + other.PolicyText(0));
  ASSERT_THAT(both, IsOk());
  const auto result = ExportFrom(other, *both);
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("the folder holds the ledger"));
}

}  // namespace
}  // namespace proofmark::client::audit
