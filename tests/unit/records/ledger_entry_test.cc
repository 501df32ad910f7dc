// SPDX-License-Identifier: Apache-2.0
#include "records/ledger_entry.h"

#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace proofmark::records {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

const std::string kHash(64, 'a');

LedgerEntry FullEntry() {
  LedgerEntry entry{.seq = 41, .unix_ms = 1'790'000'000'123};
  entry.node = "spiffe://kripo.example/proofmark/node/a1";
  EntryDraft& draft = entry.draft;
  draft.kind = EntryKind::kQueryIn;
  draft.peer = "spiffe://police.example/proofmark/node/b2";
  draft.exchange = "00112233445566778899aabbccddeeff";
  draft.purpose = "homicide";
  draft.case_commitment = std::string(64, '1');
  draft.actor = "staff-17";
  draft.offence = "murder";
  draft.subject = "suspect";
  draft.object = std::string(64, '2');
  draft.request_hash = std::string(64, '3');
  draft.response_hash = std::string(64, '4');
  draft.outcome = "answered";
  draft.count = 3;
  draft.detail = std::string(64, '5');
  draft.peer_entry = PeerEntry{.index = 7, .leaf_hash = crypto::Sha256("leaf")};
  return entry;
}

LedgerEntry BareEntry() {
  LedgerEntry entry{.seq = 0, .unix_ms = 0};
  entry.node = "spiffe://kripo.example/proofmark/node/a1";
  entry.draft.kind = EntryKind::kStart;
  entry.draft.outcome = "ok";
  return entry;
}

std::vector<std::string> LinesOf(const std::string& bytes) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  for (std::size_t end; (end = bytes.find('\n', from)) != std::string::npos; from = end + 1) {
    lines.push_back(bytes.substr(from, end - from));
  }
  return lines;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string bytes;
  for (const std::string& line : lines) bytes += line + "\n";
  return bytes;
}

TEST(FormatEntryTest, WritesTheDocumentedBytes) {
  const absl::StatusOr<std::string> bytes = FormatEntry(FullEntry());

  ASSERT_THAT(bytes, IsOk());
  EXPECT_EQ(*bytes,
            "proofmark/audit/v1\n"
            "seq 41\n"
            "time 1790000000123\n"
            "node spiffe://kripo.example/proofmark/node/a1\n"
            "kind query-in\n"
            "peer spiffe://police.example/proofmark/node/b2\n"
            "exchange 00112233445566778899aabbccddeeff\n"
            "purpose homicide\n"
            "case 1111111111111111111111111111111111111111111111111111111111111111\n"
            "actor staff-17\n"
            "offence murder\n"
            "subject suspect\n"
            "object 2222222222222222222222222222222222222222222222222222222222222222\n"
            "req 3333333333333333333333333333333333333333333333333333333333333333\n"
            "rsp 4444444444444444444444444444444444444444444444444444444444444444\n"
            "outcome answered\n"
            "count 3\n"
            "detail 5555555555555555555555555555555555555555555555555555555555555555\n"
            "peer-entry 7:" +
                base::ToHex(base::ByteSpan(crypto::Sha256("leaf"))) + "\n");
}

TEST(FormatEntryTest, WritesADashForWhatIsAbsent) {
  EXPECT_EQ(*FormatEntry(BareEntry()),
            "proofmark/audit/v1\nseq 0\ntime 0\n"
            "node spiffe://kripo.example/proofmark/node/a1\nkind start\npeer -\nexchange -\n"
            "purpose -\ncase -\nactor -\noffence -\nsubject -\nobject -\nreq -\nrsp -\n"
            "outcome ok\ncount 0\ndetail -\npeer-entry -\n");
}

TEST(FormatEntryTest, RefusesValuesThatBreakTheirRule) {
  struct Case {
    const char* line;
    std::string EntryDraft::*field;
    std::vector<std::string> bad;
  };
  const std::string long_code(kCodeBytesMax + 1, 'c');
  const std::vector<std::string> bad_codes = {"-",    "a b",      "a\nb",   "a\tb",
                                              "\x7f", "\xc3\xa4", long_code};
  const std::vector<std::string> bad_hashes = {"-", std::string(63, 'a'), std::string(65, 'a'),
                                               std::string(63, 'a') + "A",
                                               std::string(63, 'a') + "\n"};
  for (const Case& c : std::vector<Case>{
           {"peer",
            &EntryDraft::peer,
            {"-", "a b", "a\nb", "\xc3\xa4", std::string(kNameBytesMax + 1, 'n')}},
           {"exchange", &EntryDraft::exchange, {"-", std::string(31, 'a'), std::string(33, 'a')}},
           {"purpose", &EntryDraft::purpose, bad_codes},
           {"case", &EntryDraft::case_commitment, bad_hashes},
           {"actor", &EntryDraft::actor, bad_codes},
           {"offence", &EntryDraft::offence, bad_codes},
           {"subject", &EntryDraft::subject, bad_codes},
           {"object", &EntryDraft::object, bad_hashes},
           {"req", &EntryDraft::request_hash, bad_hashes},
           {"rsp", &EntryDraft::response_hash, bad_hashes},
           {"outcome", &EntryDraft::outcome, bad_codes},
           {"detail", &EntryDraft::detail, bad_hashes}}) {
    for (const std::string& bad : c.bad) {
      LedgerEntry entry = FullEntry();
      entry.draft.*c.field = bad;
      EXPECT_THAT(FormatEntry(entry), StatusIs(absl::StatusCode::kInvalidArgument,
                                               HasSubstr(std::string(c.line) + ": must be")))
          << c.line << " " << bad;
    }
  }
}

TEST(FormatEntryTest, RefusesAMissingOutcomeABadNodeAndATimeBefore1970) {
  LedgerEntry entry = BareEntry();
  entry.draft.outcome.clear();
  EXPECT_THAT(FormatEntry(entry),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("outcome")));
  entry = BareEntry();
  entry.node = "two words";
  EXPECT_THAT(FormatEntry(entry), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("node")));
  entry = BareEntry();
  entry.unix_ms = -1;
  EXPECT_THAT(FormatEntry(entry), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("time")));
}

TEST(FormatEntryTest, TheLargestEntryFits) {
  LedgerEntry entry = FullEntry();
  entry.seq = ~std::uint64_t{0};
  entry.node = std::string(kNameBytesMax, 'n');
  entry.draft.peer = std::string(kNameBytesMax, 'p');
  for (std::string EntryDraft::*field :
       {&EntryDraft::purpose, &EntryDraft::actor, &EntryDraft::offence, &EntryDraft::subject,
        &EntryDraft::outcome}) {
    entry.draft.*field = std::string(kCodeBytesMax, 'c');
  }

  const absl::StatusOr<std::string> bytes = FormatEntry(entry);

  ASSERT_THAT(bytes, IsOk());
  EXPECT_LE(bytes->size(), kEntryBytesMax);
  EXPECT_EQ(*ParseEntry(*bytes), entry);
}

TEST(ParseEntryTest, ReadsBackWhatWasWritten) {
  for (const LedgerEntry& entry : {FullEntry(), BareEntry()}) {
    const absl::StatusOr<LedgerEntry> read = ParseEntry(*FormatEntry(entry));
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(*read, entry);
  }
}

TEST(ParseEntryTest, KnowsEveryKind) {
  std::set<std::string> texts;
  for (int i = 0; i < kEntryKindCount; ++i) {
    LedgerEntry entry = BareEntry();
    entry.draft.kind = static_cast<EntryKind>(i);
    texts.insert(std::string(ToText(entry.draft.kind)));
    EXPECT_EQ(*ParseEntry(*FormatEntry(entry)), entry);
  }
  EXPECT_EQ(texts, (std::set<std::string>{
                       "start",           "stop",           "submit",      "amend",
                       "query-out",       "query-in",       "decision",    "answer-in",
                       "release",         "deny",           "lookup-eval", "lookup-snapshot",
                       "admin-read",      "config",         "key",         "witness",
                       "alarm",           "withdraw",       "review",      "link",
                       "details-request", "refuse",         "correct",     "erase",
                       "export",          "registry-change"}));
  EXPECT_EQ(ToText(EntryKind::kRegistryChange), "registry-change");
  EXPECT_EQ(ToText(EntryKind::kAlarm), "alarm");
}

TEST(ParseEntryTest, RefusesEachLineLeftOutDoubledOrSwapped) {
  const std::vector<std::string> lines = LinesOf(*FormatEntry(FullEntry()));
  ASSERT_EQ(lines.size(), 19u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> without = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THAT(ParseEntry(Joined(without)), StatusIs(absl::StatusCode::kInvalidArgument)) << i;
    if (i + 1 < lines.size()) {
      std::vector<std::string> doubled = lines;
      doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
      EXPECT_THAT(ParseEntry(Joined(doubled)), StatusIs(absl::StatusCode::kInvalidArgument)) << i;
      std::vector<std::string> swapped = lines;
      std::swap(swapped[i], swapped[i + 1]);
      EXPECT_THAT(ParseEntry(Joined(swapped)), StatusIs(absl::StatusCode::kInvalidArgument)) << i;
    }
  }
}

TEST(ParseEntryTest, RefusesEveryTruncation) {
  const std::string bytes = *FormatEntry(FullEntry());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ParseEntry(bytes.substr(0, size)), StatusIs(absl::StatusCode::kInvalidArgument))
        << size;
  }
}

TEST(ParseEntryTest, RefusesLinesWrittenInAnotherWay) {
  const std::vector<std::string> lines = LinesOf(*FormatEntry(FullEntry()));
  const auto with = [&](std::size_t at, const std::string& line) {
    std::vector<std::string> changed = lines;
    changed[at] = line;
    return ParseEntry(Joined(changed));
  };
  struct Case {
    std::size_t at;
    std::vector<std::string> bad;
  };
  for (const Case& c : std::vector<Case>{
           {0, {"proofmark/audit/v2", "proofmark/audit/v1 ", ""}},
           {1,
            {"seq -1", "seq +1", "seq 041", "seq ", "seq", "seq 18446744073709551616", "seq 4x"}},
           {2, {"time -1", "time 01", "time 9223372036854775808", "time -"}},
           {3, {"node -", "node two words", "node\tx"}},
           {4, {"kind unknown", "kind -", "kind QUERY-IN", "kind query-in "}},
           {5, {"peer ", "peer  x", "peer a\rb", "peer a b"}},
           {6, {"exchange 00112233445566778899AABBCCDDEEFF", "exchange 0011"}},
           {15, {"outcome -", "outcome ", "outcome a b"}},
           {16, {"count -", "count -0", "count 1.0", "count 00"}},
           {18,
            {"peer-entry 7", "peer-entry 7:", "peer-entry :" + kHash, "peer-entry 07:" + kHash,
             "peer-entry 7:" + kHash + "0", "peer-entry 7:" + std::string(64, 'A')}}}) {
    for (const std::string& bad : c.bad) {
      EXPECT_THAT(with(c.at, bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
    }
  }
}

TEST(ParseEntryTest, IgnoresWellFormedLinesOfLaterVersions) {
  const std::string bytes = *FormatEntry(FullEntry());

  const absl::StatusOr<LedgerEntry> read = ParseEntry(bytes + "witnesses 3 of 4\nfuture -\n");

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(*read, FullEntry());
  for (const char* bad : {"nokey\n", " value\n", "key \n", "key val\x01ue\n", "key value", "\n"}) {
    EXPECT_THAT(ParseEntry(bytes + bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(ParseEntryTest, RefusesMoreThan4096Bytes) {
  const std::string bytes = *FormatEntry(BareEntry());
  const std::string key = "future ";
  const std::string fits =
      bytes + key + std::string(kEntryBytesMax - bytes.size() - key.size() - 1, 'x') + "\n";

  ASSERT_EQ(fits.size(), kEntryBytesMax);
  EXPECT_THAT(ParseEntry(fits), IsOk());
  EXPECT_THAT(ParseEntry(bytes + key + std::string(kEntryBytesMax, 'x') + "\n"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("4096")));
}

}  // namespace
}  // namespace proofmark::records
