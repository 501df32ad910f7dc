// SPDX-License-Identifier: Apache-2.0
// What is left of a private look-up in the node that answered it: its memory, read from outside
// while it runs, its ledger and its folder. The answering node is a process of its own, made before
// this one began to speak gRPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "crypto/secret/system_random.h"
#include "proofmark/v1/lookup_service.grpc.pb.h"
#include "records/firearm/serial.h"
#include "tests/support/loopback_node.h"
#include "tests/support/patience.h"
#include "tests/support/seeded_random.h"

namespace proofmark::testing {
namespace {

// A sanitizer's shadow is larger, and holds no text.
constexpr std::uint64_t kRegionBytesMax = std::uint64_t{1} << 30;
constexpr char kHeld[] = "HELDSERIAL4711";

// The answering node, on the other side of two pipes: it says its port, then what of its ledger
// does not depend on chance; it ends when it is told.
class Responder {
 public:
  Responder(const TestAgency& agency, const crypto::SigningKey& key, const TestAgency& partner,
            const crypto::VerifyingKey& partner_key, const std::filesystem::path& folder) {
    PM_CHECK(pipe(to_.data()) == 0 && pipe(from_.data()) == 0);
    child_ = fork();
    PM_CHECK(child_ >= 0);
    if (child_ == 0) Serve(agency, key, partner, partner_key, folder);
    close(to_[0]);
    close(from_[1]);
    port_ = std::stoi(Read());
  }
  ~Responder() {
    close(to_[1]);
    waitpid(child_, nullptr, 0);
    close(from_[0]);
  }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  std::string endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }

  std::string Ledger() {
    PM_CHECK(write(to_[1], "?", 1) == 1);
    return Read();
  }

  // How often each of `needles` stands in its memory now.
  std::vector<int> CountInMemory(const std::vector<std::string>& needles) const;

 private:
  [[noreturn]] void Serve(const TestAgency& agency, const crypto::SigningKey& key,
                          const TestAgency& partner, const crypto::VerifyingKey& partner_key,
                          const std::filesystem::path& folder) {
    close(to_[1]);
    close(from_[0]);
    {
      LoopbackNode::Options options;
      options.shared_firearms = [](const lookup::SharedVisitor& visit) {
        return visit({.record_id = "rec-1",
                      .fields = {.make = "", .model = "", .serial = kHeld},
                      .group = firearm::StateGroup::kDeactivated,
                      .reference = "GB/1"});
      };
      LoopbackNode node(
          agency, key, folder,
          {{.agency = &partner,
            .exchange_key = partner_key,
            .lookup_budget = federation::BudgetLimits{.per_day = 1'000, .per_30_days = 1'000}}},
          options);
      node.node().lookup_work().RunNow();
      PM_CHECK(node.node().publishing().PublishNow().ok());
      Write(std::to_string(node.server().partner_port()));
      char asked;
      while (read(to_[0], &asked, 1) == 1) {
        std::string entries;
        const std::uint64_t size = node.node().ledger().Head().size;
        const auto all = node.node().ledger().ReadRange(0, static_cast<std::int64_t>(size));
        PM_CHECK(all.ok());
        for (const ledger::StoredEntry& one : *all) {
          const records::EntryDraft& draft = one.entry.draft;
          absl::StrAppendFormat(&entries, "%s %s %s %d|", records::ToText(draft.kind),
                                draft.outcome, draft.purpose, draft.count);
        }
        Write(entries);
      }
    }
    _exit(0);
  }

  void Write(const std::string& text) const {
    const std::string line = text + '\n';
    PM_CHECK(write(from_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  std::string Read() const {
    std::string line;
    for (char c; read(from_[0], &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  std::array<int, 2> to_{};
  std::array<int, 2> from_{};
  pid_t child_ = 0;
  int port_ = 0;
};

std::vector<int> Responder::CountInMemory(const std::vector<std::string>& needles) const {
  std::vector<int> counts(needles.size(), 0);
  std::ifstream maps(absl::StrFormat("/proc/%d/maps", child_));
  std::FILE* const memory = std::fopen(absl::StrFormat("/proc/%d/mem", child_).c_str(), "rb");
  PM_CHECK(memory != nullptr);
  std::size_t read_bytes = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    char readable = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %c", &begin, &end, &readable) != 3 ||
        readable != 'r') {
      continue;
    }
    if (end - begin > kRegionBytesMax) continue;
    std::string bytes(end - begin, '\0');
    if (fseeko(memory, static_cast<off_t>(begin), SEEK_SET) != 0) continue;
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), memory));
    read_bytes += bytes.size();
    for (std::size_t i = 0; i < needles.size(); ++i) {
      for (std::size_t at = bytes.find(needles[i]); at != std::string::npos;
           at = bytes.find(needles[i], at + 1)) {
        ++counts[i];
      }
    }
  }
  std::fclose(memory);
  EXPECT_GT(read_bytes, std::size_t{10} << 20);  // It was read.
  return counts;
}

// Made in this process alone, after the other began.
std::string FreshSerial(crypto::SystemRandom& random) {
  std::array<std::byte, 8> chance;
  random.Fill(chance);
  std::string serial = "N";
  for (const char c : base::ToHex(base::ByteSpan(chance))) {
    serial += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  }
  return serial;
}

std::string BytesUnder(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

// The same number of questions in two worlds: of serials that are held, and of serials that are
// not. What the answering node logged is the same, and nowhere in it is a serial that was asked
// for.
TEST(LookupMemoryTest, TheAnsweringNodeHoldsNothingOfWhatWasAsked) {
  constexpr int kQuestions = 6;
  SeededRandom seeded(31);
  const TestAgency gb({.domain = "gb.example", .now_unix_ms = RealUnixMillis()});
  const TestAgency fr({.domain = "fr.example", .now_unix_ms = RealUnixMillis()});
  const crypto::SigningKey gb_key = crypto::SigningKey::Generate(seeded);
  const crypto::SigningKey fr_key = crypto::SigningKey::Generate(seeded);
  const TemporaryFolder folders[2] = {};
  const TemporaryFolder askers[2] = {};
  // Both before this process starts any thread.
  std::array<std::unique_ptr<Responder>, 2> worlds;
  for (std::size_t i = 0; i < 2; ++i) {
    worlds[i] =
        std::make_unique<Responder>(gb, gb_key, fr, fr_key.verifying_key(), folders[i].path());
  }
  crypto::SystemRandom random;
  std::array<std::string, 2> ledgers;
  for (std::size_t world = 0; world < 2; ++world) {
    SCOPED_TRACE(world);
    LoopbackNode asker(fr, fr_key, askers[world].path(),
                       {{.agency = &gb,
                         .exchange_key = gb_key.verifying_key(),
                         .endpoint = worlds[world]->endpoint()}});
    v1::LookupService::Stub examiner(asker.StaffChannel(crypto::StaffRole::kExaminer));
    std::vector<std::string> asked;
    for (int i = 0; i < kQuestions; ++i) {
      asked.push_back(world == 0 ? FreshSerial(random) : std::string(kHeld));
      v1::LookUpFirearmRequest request;
      request.set_serial(asked.back());
      request.set_purpose("CRIMINAL_INVESTIGATION");
      request.set_case_reference("CASE-4711/26");
      request.mutable_deadline()->set_seconds(kPatience.count());
      grpc::ClientContext context;
      v1::LookUpFirearmResponse response;
      const grpc::Status status = examiner.LookUpFirearm(&context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      ASSERT_EQ(response.lookup().partners(0).outcome(), v1::PARTNER_OUTCOME_ANSWERED)
          << response.lookup().partners(0).detail();
      EXPECT_EQ(response.lookup().partners(0).hits_size(), world == 0 ? 0 : 1);
    }
    ledgers[world] = worlds[world]->Ledger();
    if (world == 1) continue;  // There the serial is its own.
    std::vector<std::string> needles = asked;
    needles.emplace_back(kHeld);  // It is looked for where it is found if it is there.
    const std::vector<int> counts = worlds[world]->CountInMemory(needles);
    for (std::size_t i = 0; i < asked.size(); ++i) EXPECT_EQ(counts[i], 0) << i;
    EXPECT_GT(counts.back(), 0);
    const std::string folder = BytesUnder(folders[world].path());
    EXPECT_GT(folder.size(), 10'000U);
    for (const std::string& serial : asked) EXPECT_EQ(folder.find(serial), std::string::npos);
  }

  EXPECT_EQ(ledgers[0], ledgers[1]);
  EXPECT_NE(ledgers[0].find("lookup-eval ANSWERED CRIMINAL_INVESTIGATION 4|"), std::string::npos)
      << ledgers[0];
}

}  // namespace
}  // namespace proofmark::testing
