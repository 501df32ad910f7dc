// SPDX-License-Identifier: Apache-2.0
#include "client/audit/verify.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "client/audit/export_folder.h"
#include "client/audit/folder.h"
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

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void Write(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<TemporaryFolder> made = TemporaryFolder::Create();
    ASSERT_THAT(made, IsOk());
    temporary_.emplace(*std::move(made));
  }
  fs::path folder() const { return temporary_->path() / "export"; }

  absl::Status ExportFrom(MemoryLog& log, const crypto::Policy& policy) {
    DiskWriter writer(folder());
    return Export(log, policy, folder(), writer,
                  {.now_unix_s = MemoryLog::kNow_s, .node_policy = "", .progress = nullptr})
        .status();
  }
  VerifyResult Verify(const crypto::Policy& policy) const {
    VerifyOptions options;
    options.now_unix_s = MemoryLog::kNow_s;
    options.threads = 1;
    const auto result = VerifyFolder(folder(), policy, options);
    EXPECT_THAT(result, IsOk());
    return result.ok() ? *result : VerifyResult{};
  }

  // 700 entries, five checkpoints, exported.
  MemoryLog MakeExported() {
    MemoryLog log(1);
    for (const std::uint64_t more : {1, 99, 156, 300, 144}) {
      log.AppendMany(more, more);
      log.Publish();
    }
    EXPECT_THAT(ExportFrom(log, log.Policy()), IsOk());
    return log;
  }

  std::optional<TemporaryFolder> temporary_;
};

TEST_F(VerifyTest, AnUntouchedExportIsValidAndWholeCountsAreTold) {
  const MemoryLog log = MakeExported();

  const VerifyResult result = Verify(log.Policy());

  EXPECT_EQ(result.verdict, Verdict::kValid) << result.findings.size();
  EXPECT_EQ(result.entries, 700U);
  EXPECT_EQ(result.tiles, 4U);  // Three of leaves, one above.
  EXPECT_EQ(result.checkpoints, 5U);
  EXPECT_EQ(result.checkpoints_witnessed, 5U);
  EXPECT_EQ(result.witnessed_size, 700U);
  EXPECT_THAT(result.standing, HasSubstr("witnessed by 2"));
  EXPECT_TRUE(result.findings.empty());
  EXPECT_TRUE(result.warnings.empty());
}

TEST_F(VerifyTest, EverySizeAroundTheEdgesOfTilesIsValid) {
  MemoryLog log(2);
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 511, 512, 513, 65535, 65536, 65537}) {
    log.AppendMany(size - log.size(), size);
    log.Publish();
    ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk()) << size;
    const VerifyResult result = Verify(log.Policy());
    EXPECT_EQ(result.verdict, Verdict::kValid) << size;
    EXPECT_EQ(result.entries, size);
    EXPECT_TRUE(result.warnings.empty()) << size << ": " << result.warnings.front();
  }
}

TEST_F(VerifyTest, ThePolicyDecidesWhetherItIsWitnessed) {
  MemoryLog log(3);
  log.AppendMany(20, 1);
  log.Publish(2);
  log.AppendMany(20, 2);
  log.Publish(1);
  ASSERT_THAT(ExportFrom(log, log.Policy(2)), IsOk());

  const VerifyResult two = Verify(log.Policy(2));
  EXPECT_EQ(two.verdict, Verdict::kUnwitnessed);
  EXPECT_EQ(two.witnessed_size, 20U);
  EXPECT_EQ(two.checkpoints, 2U);
  EXPECT_EQ(two.checkpoints_witnessed, 1U);
  EXPECT_EQ(Verify(log.Policy(1)).verdict, Verdict::kValid);
  const VerifyResult none = Verify(log.Policy(0));
  EXPECT_EQ(none.verdict, Verdict::kValid);
  EXPECT_THAT(none.standing, HasSubstr("unwitnessed by configuration"));
}

TEST_F(VerifyTest, NothingIsEmptyAndSoIsATreeWithoutEntries) {
  MemoryLog log(4);
  fs::create_directories(folder());
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kEmpty);

  log.Publish();
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kEmpty);
}

TEST_F(VerifyTest, AnotherLogsKeyIsTheWrongKey) {
  MakeExported();
  const MemoryLog other(77);

  const VerifyResult result = Verify(other.Policy());

  EXPECT_EQ(result.verdict, Verdict::kWrongKey);
  ASSERT_FALSE(result.findings.empty());
  EXPECT_EQ(result.findings.front().file, "checkpoint");
}

TEST_F(VerifyTest, EveryMissingFileIsMissed) {
  const MemoryLog log = MakeExported();
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(folder())) {
    if (file.is_regular_file()) files.push_back(file.path());
  }
  int missed = 0;
  for (const fs::path& file : files) {
    const std::string path = file.lexically_relative(folder()).generic_string();
    const std::string bytes = Read(file);
    fs::remove(file);
    const VerifyResult result = Verify(log.Policy());
    // A checkpoint in between proves nothing that the later ones do not prove too.
    const bool in_between = path.starts_with("checkpoints/") && path != "checkpoints/700";
    EXPECT_EQ(result.verdict, in_between ? Verdict::kValid : Verdict::kTruncated) << path;
    if (!in_between) {
      ASSERT_FALSE(result.findings.empty()) << path;
      EXPECT_EQ(result.findings.front().file, path);
      ++missed;
    }
    Write(file, "");
    EXPECT_GE(Verify(log.Policy()).verdict, Verdict::kTruncated) << path << " empty";
    Write(file, bytes);
  }
  EXPECT_EQ(missed, 3 + 1 + 3 + 1 + 1);  // Tiles, bundles, the two notes of 700.
  EXPECT_EQ(Verify(log.Policy()).verdict, Verdict::kValid);
}

TEST_F(VerifyTest, ACopyCutBackToAnEarlierCheckpointIsTruncated) {
  const MemoryLog log = MakeExported();
  fs::copy_file(folder() / "checkpoints/556", folder() / "checkpoint",
                fs::copy_options::overwrite_existing);
  fs::remove_all(folder() / "tile/0/002.p");
  fs::remove_all(folder() / "tile/entries/002.p");

  const VerifyResult result = Verify(log.Policy());

  EXPECT_EQ(result.verdict, Verdict::kTruncated);
  ASSERT_FALSE(result.findings.empty());
  EXPECT_EQ(result.findings.front().file, "tile/0/002.p/188");
}

TEST_F(VerifyTest, TwoSignedHistoriesAreAForkWhereverTheSecondNoteLies) {
  MemoryLog log = MakeExported();
  MemoryLog fork(1);  // The same key.
  fork.AppendMany(100, 4242);
  fork.Publish();
  ASSERT_EQ(fork.origin(), log.origin());
  const std::string note = *fork.LatestCheckpoint();

  const std::string before = Read(folder() / "checkpoints/100");
  Write(folder() / "checkpoints/100", note);
  VerifyResult result = Verify(log.Policy());
  EXPECT_EQ(result.verdict, Verdict::kForked);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().file, "checkpoints/100");
  Write(folder() / "checkpoints/100", before);

  Write(folder() / "evidence/100-x", note);
  result = Verify(log.Policy());
  EXPECT_EQ(result.verdict, Verdict::kForked);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().file, "evidence/100-x");
}

TEST_F(VerifyTest, AnEntryThatIsLoggedUnderAnotherIndexIsCorrupt) {
  // A log that signs such a thing: the tree is sound, its content is not.
  MemoryLog log(5);
  log.AppendRaw(*records::FormatEntry(
      {.seq = 3, .unix_ms = 5, .node = log.node(), .draft = {.outcome = "X"}}));
  log.Publish();
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());

  const VerifyResult result = Verify(log.Policy());

  EXPECT_EQ(result.verdict, Verdict::kCorrupt);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings.front().index, 0U);
  EXPECT_THAT(result.findings.front().words, HasSubstr("calls itself 3"));
}

TEST_F(VerifyTest, ATimeThatRunsBackIsAWarningOnly) {
  MemoryLog log(6);
  log.Append({.kind = records::EntryKind::kStart, .outcome = "STARTED"}, 1'000'000);
  log.Append({.kind = records::EntryKind::kStop, .outcome = "STOPPED"}, 945'000);
  log.Append({.kind = records::EntryKind::kStart, .outcome = "STARTED"}, 880'000);
  log.Publish();
  ASSERT_THAT(ExportFrom(log, log.Policy()), IsOk());

  const VerifyResult result = Verify(log.Policy());

  EXPECT_EQ(result.verdict, Verdict::kValid);
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_THAT(result.warnings.front(), HasSubstr("entry 2 bears a time 65.0 s before"));
}

// ---- One bit ----

// What one flipped bit of a file may come to. A bit in the log's key name of a note, or in its key
// id, must not pass for another log's note.
bool IsRight(const std::string& path, const VerifyResult& result) {
  if (result.verdict != Verdict::kCorrupt) return false;
  // The first finding names the file, or all that a root covers.
  return !result.findings.empty() &&
         (result.findings.front().file == path ||
          (path.starts_with("tile/") && result.findings.front().file == "tile"));
}

TEST_F(VerifyTest, OneBitAnywhereIsDetectedAndNamed) {
  const MemoryLog log = MakeExported();
  const crypto::Policy policy = log.Policy();
  std::vector<std::string> paths;
  for (const auto& file : fs::recursive_directory_iterator(folder())) {
    if (file.is_regular_file()) {
      paths.push_back(file.path().lexically_relative(folder()).generic_string());
    }
  }
  ASSERT_EQ(paths.size(), 3U + 1U + 3U + 5U + 1U);
  std::map<std::string, int> injected;
  std::map<std::string, int> detected;
  for (const std::string& path : paths) {
    const std::string bytes = Read(folder() / path);
    const std::string region = path.starts_with("tile/entries") ? "bundle"
                               : path.starts_with("tile/")      ? "tile"
                                                                : "note";
    std::mt19937_64 engine(std::hash<std::string>{}(path));
    for (int i = 0; i < (region == "note" ? 120 : 100); ++i) {
      std::string changed = bytes;
      const std::size_t bit = engine() % (8 * bytes.size());
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      Write(folder() / path, changed);
      const VerifyResult result = Verify(policy);
      ++injected[region];
      if (IsRight(path, result)) {
        ++detected[region];
      } else {
        ADD_FAILURE() << path << " bit " << bit << ": " << VerdictWord(result.verdict) << " "
                      << (result.findings.empty()
                              ? ""
                              : result.findings.front().file + " " + result.findings.front().words);
      }
    }
    Write(folder() / path, bytes);
  }
  for (const auto& [region, count] : injected) {
    std::printf("one bit in a %s: injected %d, detected %d, undetected %d\n", region.c_str(), count,
                detected[region], count - detected[region]);
    EXPECT_EQ(count, detected[region]) << region;
  }
}

// The lines of a note one by one: text, log signature, cosignatures.
TEST_F(VerifyTest, OneBitInEachLineOfANoteIsDetected) {
  const MemoryLog log = MakeExported();
  const crypto::Policy policy = log.Policy();
  const std::string bytes = Read(folder() / "checkpoint");
  std::vector<std::string> names = {
      "origin", "size", "root", "blank", "log signature", "cosignature", "second cosignature"};
  std::size_t line = 0;
  std::map<std::string, std::pair<int, int>> counts;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    ASSERT_LT(line, names.size());
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    Write(folder() / "checkpoint", changed);
    ++counts[names[line]].first;
    const VerifyResult result = Verify(policy);
    if (IsRight("checkpoint", result)) {
      ++counts[names[line]].second;
    } else {
      ADD_FAILURE() << "bit " << bit << ": " << VerdictWord(result.verdict);
    }
    if (bit % 8 == 7 && bytes[bit / 8] == '\n') ++line;
  }
  EXPECT_EQ(line, names.size());
  for (const auto& [name, count] : counts) {
    std::printf("one bit in the %s: injected %d, detected %d\n", name.c_str(), count.first,
                count.second);
    EXPECT_EQ(count.first, count.second) << name;
  }
}

}  // namespace
}  // namespace proofmark::client::audit
