// SPDX-License-Identifier: Apache-2.0
// Scans that were released, on their way: north releases a bullet's scans to south, each of several
// parts, and something comes between.
#include "server/journeys/released_scans.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/hpke/hpke.h"
#include "forensics/x3p/x3p.h"
#include "server/journeys/details.h"
#include "server/journeys/links.h"
#include "tests/support/seeded_random.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/server/support/agencies.h"

namespace proofmark::journeys {
namespace {

using ::proofmark::testing::AllBytes;
using ::proofmark::testing::AskAll;
using ::proofmark::testing::EntriesOf;
using ::proofmark::testing::GeneratedBullet;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::kExaminer;
using ::proofmark::testing::kLab;
using ::proofmark::testing::TwoAgencies;
using records::EntryKind;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const federation::Caller kOfficer{crypto::StaffRole::kOfficer, "officer-1"};
constexpr std::int64_t kKeptMs = 1'000'000;

class ReleasedScansTest : public ::testing::Test {
 protected:
  explicit ReleasedScansTest(wire::Material wanted = wire::Material::kScans) : wanted_(wanted) {
    testing::Brought bullet = GeneratedBullet(0, 1, "NORTH-1");
    bullet.scans[0] = Finer(bullet.scans[0]);
    testing::Announce(bullet, 0);
    const auto submitted = north().submissions().Submit(kLab, bullet.header, bullet.scans);
    EXPECT_THAT(submitted, IsOk());
    held_ = submitted->exhibit.exhibit.id;
    scans_ = std::move(bullet.scans);
    const std::string asked = two_.south.Submit(0, 2, "SOUTH-1");
    const auto search = south().searches().Run(
        kExaminer, AskAll(asked), [](const SearchEvent&) {}, nullptr);
    EXPECT_THAT(search, IsOk());
    const crypto::Sha256Digest handle = search->partners[0].result->candidates[0].handle;
    EXPECT_THAT(south().links().Review(kExaminer, {.search_id = search->search_id,
                                                   .agency = two_.north.domain(),
                                                   .handle = handle,
                                                   .candidate_exhibit_id = "",
                                                   .lead = true,
                                                   .case_reference = "CASE-1",
                                                   .reasons = "striae run through"}),
                IsOk());
    const auto request = south().details().Request(kExaminer, {.search_id = search->search_id,
                                                               .agency = two_.north.domain(),
                                                               .handles = {handle},
                                                               .case_reference = "CASE-1",
                                                               .offence = "HOMICIDE",
                                                               .subject_role = "",
                                                               .facts = "Two shots.",
                                                               .wanted = {wanted_},
                                                               .urgency = ""});
    EXPECT_THAT(request, IsOk());
    id_ = request->file.request_id;
    Deliver();
  }

  // The same land measured four times as densely along its striae, which makes two parts of it.
  static std::string Finer(const std::string& scan) {
    const auto read = forensics::ReadX3p(base::AsBytes(scan));
    EXPECT_THAT(read, IsOk());
    forensics::HeightMap finer = read->map;
    finer.height *= 4;
    finer.pitch_y_um /= 4;
    finer.height_um.clear();
    testing::SeededRandom random(5);
    for (std::int64_t y = 0; y < finer.height; ++y) {
      for (std::int64_t x = 0; x < finer.width; ++x) {
        std::array<std::byte, 1> noise{};
        random.Fill(noise);
        finer.height_um.push_back(read->map.at(x, y / 4) +
                                  1e-5F * static_cast<float>(std::to_integer<int>(noise[0])));
      }
    }
    const auto written = forensics::WriteX3p(finer);
    EXPECT_THAT(written, IsOk());
    return *written;
  }

  node::Node& north() { return two_.north.node(); }
  node::Node& south() { return two_.south.node(); }

  void Deliver() {
    for (int round = 0; round < 4; ++round) {
      north().outbox().DeliverNow();
      south().outbox().DeliverNow();
    }
  }

  void Release() {
    wire::ReleaseTerms terms;
    terms.materials = {wanted_};
    terms.handling.delete_unix_ms = two_.clock.UnixMillis() + kKeptMs;
    EXPECT_THAT(north().details().Decide(
                    kOfficer, {.request_id = id_, .reasons = "agreed", .verdict = terms}),
                IsOk());
  }

  // Called with the number of each part that is sent, from 0, before it travels.
  void OnPart(const std::function<void(std::int64_t, crypto::Envelope&)>& act) {
    two_.wire.on_question = [this, act](crypto::Envelope& message) {
      if (message.type == wire::kReleasedScanPartType) act(parts_sent_++, message);
    };
  }

  // That part arrives, and nothing after it.
  void CutAfter(std::int64_t number) {
    OnPart([this, number](std::int64_t at, crypto::Envelope&) {
      if (at == number) two_.wire.Disconnect(two_.south.node_id());
    });
  }

  // North says this instead of `message`.
  void Forge(crypto::Envelope& message,
             const std::function<void(wire::ReleasedScanPart&)>& change) {
    auto part = wire::ParseReleasedScanPart(message.payload);
    EXPECT_THAT(part, IsOk());
    change(*part);
    const auto payload = wire::Serialise(*part);
    EXPECT_THAT(payload, IsOk());
    Resign(message, *payload);
  }

  void Resign(crypto::Envelope& message, std::string payload) {
    message.payload = std::move(payload);
    message.signature.clear();
    auto signed_anew = crypto::SignEnvelope(two_.north.exchange_key(), message);
    EXPECT_THAT(signed_anew, IsOk());
    message = *std::move(signed_anew);
  }

  wire::DetailsFile File() {
    const auto file = south().details().Get(kExaminer, id_);
    EXPECT_THAT(file, IsOk());
    return *file;
  }

  std::int64_t ArrivedBytes() {
    std::int64_t arrived = 0;
    const wire::DetailsFile file = File();
    for (const wire::ReleasedScan& scan : file.released->exhibits[0].scans) {
      arrived += scan.arrived_bytes;
    }
    return arrived;
  }

  // The bytes of what has arrived whole.
  std::string Exported() {
    const auto exported = south().details().Export(kExaminer, id_, wire::ResultUse::kIntelligence);
    EXPECT_THAT(exported, IsOk());
    std::string bytes;
    EXPECT_THAT(exported->read_scans([&](std::string_view part) {
      bytes += part;
      return absl::OkStatus();
    }),
                IsOk());
    return bytes;
  }

  std::string AllScans() const {
    std::string all;
    for (const std::string& scan : scans_) all += scan;
    return all;
  }

  std::int64_t PartsWanted() const {
    std::int64_t parts = 0;
    for (const std::string& scan : scans_) {
      parts += (std::ssize(scan) + wire::kScanPartBytes - 1) / wire::kScanPartBytes;
    }
    return parts;
  }

  // Of the letters with parts, at `node`, oldest first.
  static std::vector<std::string> PartOutcomes(node::Node& node) {
    std::vector<std::string> outcomes;
    for (const records::LedgerEntry& entry : EntriesOf(node.ledger(), EntryKind::kRelease)) {
      if (entry.draft.count == 0) outcomes.push_back(entry.draft.outcome);
    }
    return outcomes;
  }

  // Seals what north never would, as its format says (docs/formats/envelope.md#details).
  std::string Seal(std::string_view info, std::string context, std::string_view plain) {
    const auto box = crypto::HpkeSeal(File().request.sealing_key, info, context, plain, random_);
    EXPECT_THAT(box, IsOk());
    return *box;
  }

  std::string ReleaseContext() {
    return SealingContext(id_, two_.north.node_id(), two_.south.node_id());
  }

  const wire::Material wanted_;
  testing::SeededRandom random_{7};
  TwoAgencies two_;
  std::vector<std::string> scans_;
  std::string held_;
  std::string id_;
  std::int64_t parts_sent_ = 0;
};

TEST_F(ReleasedScansTest, ArriveInPartsAndAreWhatWasSubmitted) {
  OnPart([](std::int64_t, crypto::Envelope&) {});
  Release();
  Deliver();

  EXPECT_EQ(Exported(), AllScans());
  EXPECT_GT(PartsWanted(), std::ssize(scans_));  // Otherwise no scan had two.
  EXPECT_EQ(parts_sent_, PartsWanted());
  EXPECT_THAT(PartOutcomes(north()), SizeIs(static_cast<std::size_t>(PartsWanted())));
  EXPECT_THAT(PartOutcomes(north()), Each("SENT"));
  EXPECT_THAT(PartOutcomes(south()), SizeIs(static_cast<std::size_t>(PartsWanted())));
  EXPECT_THAT(PartOutcomes(south()), Each("RECEIVED"));
  EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
  // No part of a file travels, or lies at the asker, in the clear.
  const std::string piece = scans_[0].substr(scans_[0].size() / 2, 64);
  EXPECT_THAT(two_.wire.CrossedBytes(), Not(HasSubstr(piece)));
  EXPECT_THAT(AllBytes(two_.south.disk()), Not(HasSubstr(piece)));
}

TEST_F(ReleasedScansTest, AreGoneOnWithAfterAnyCrashAndCountedOnce) {
  bool answer_is_lost = false;
  two_.wire.on_answer = [&](absl::StatusOr<federation::PeerAnswer>& answer) {
    if (answer_is_lost) answer = absl::UnavailableError("lost");
  };
  // A part is taken, nobody hears of it, and both fall over. It is sent again afterwards.
  for (const std::int64_t crash_at : {0, 2, 4}) {
    OnPart([&](std::int64_t number, crypto::Envelope&) {
      if (number != crash_at) return;
      answer_is_lost = true;
      two_.wire.Disconnect(two_.south.node_id());
    });
    if (crash_at == 0) Release();
    Deliver();
    two_.north.Crash();
    two_.south.Crash();
    two_.north.Start();
    two_.south.Start();
    answer_is_lost = false;
  }
  EXPECT_LT(ArrivedBytes(), std::ssize(AllScans()));
  two_.wire.on_question = nullptr;
  EXPECT_THAT(north().released_scans().SendDue(), IsOk());
  Deliver();

  EXPECT_EQ(Exported(), AllScans());
  EXPECT_THAT(PartOutcomes(south()), SizeIs(static_cast<std::size_t>(PartsWanted())));
}

TEST_F(ReleasedScansTest, NothingMoreIsSentOfAWithdrawnExhibit) {
  CutAfter(0);
  Release();
  Deliver();
  ASSERT_THAT(north().exhibits().Withdraw(kLab, held_, "wrong item"), IsOk());
  two_.wire.Connect(south());
  Deliver();

  EXPECT_THAT(PartOutcomes(north()), SizeIs(2));
  EXPECT_FALSE(File().released.has_value());
  EXPECT_THAT(north().released_scans().SendDue(), IsOk());
  EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
}

TEST_F(ReleasedScansTest, NothingMoreIsSentOrTakenAfterTheDateOfDeletion) {
  CutAfter(0);
  Release();
  Deliver();
  const std::int64_t before = ArrivedBytes();
  two_.clock.AdvanceMillis(kKeptMs);
  two_.wire.Connect(south());
  Deliver();

  EXPECT_THAT(PartOutcomes(south()), ElementsAre("RECEIVED", "REFUSED:NOT_HELD"));
  EXPECT_THAT(PartOutcomes(north()), SizeIs(2));
  EXPECT_EQ(before, wire::kScanPartBytes);
}

TEST_F(ReleasedScansTest, NothingMoreIsSentToWhoForgotTheRequest) {
  CutAfter(0);
  Release();
  Deliver();
  ASSERT_THAT(south().erasures().EraseCase({crypto::StaffRole::kAdministrator, "admin-1"}, "CASE-1",
                                           "COURT_ORDER", false),
              IsOk());
  two_.wire.Connect(south());
  Deliver();

  EXPECT_THAT(PartOutcomes(south()), ElementsAre("RECEIVED", "REFUSED:NOT_HELD"));
  EXPECT_THAT(north().released_scans().SendDue(), IsOk());
  EXPECT_THAT(PartOutcomes(north()), SizeIs(2));
  EXPECT_THAT(north().outbox().Waiting(), IsEmpty());
}

// An owner that lies about what it released.
TEST_F(ReleasedScansTest, APartOutOfOrderIsRefusedAndChangesNothing) {
  OnPart([&](std::int64_t number, crypto::Envelope& message) {
    if (number != 1) return;
    Forge(message, [](wire::ReleasedScanPart& part) { part.offset += wire::kScanPartBytes; });
  });
  Release();
  Deliver();

  EXPECT_THAT(PartOutcomes(south()), ElementsAre("RECEIVED", "REFUSED:MALFORMED"));
  EXPECT_EQ(ArrivedBytes(), wire::kScanPartBytes);
  EXPECT_EQ(Exported(), "");
}

TEST_F(ReleasedScansTest, AScanThatBecomesAnotherThanWasReleasedIsNotTaken) {
  OnPart([&](std::int64_t number, crypto::Envelope& message) {
    if (number != 1) return;
    Forge(message, [&](wire::ReleasedScanPart& part) {
      std::string context = ReleaseContext();
      base::AppendLp2(context, crypto::AsText(part.handle));
      base::AppendLp2(context, File().released->exhibits[0].scans[0].sha256);
      base::AppendU64Be(context, static_cast<std::uint64_t>(part.offset));
      const auto length = scans_[0].size() - static_cast<std::size_t>(part.offset);
      part.box = Seal("proofmark/scan-part/v1", context, std::string(length, 'x'));
    });
  });
  Release();
  Deliver();

  EXPECT_THAT(PartOutcomes(south()), ElementsAre("RECEIVED", "REFUSED:MALFORMED"));
  EXPECT_EQ(ArrivedBytes(), wire::kScanPartBytes);
  EXPECT_EQ(Exported(), "");
}

class UnaskedScansTest : public ReleasedScansTest {
 protected:
  UnaskedScansTest() : ReleasedScansTest(wire::Material::kCoreData) {}
};

TEST_F(UnaskedScansTest, ScansThatNobodyAskedForAreRefusedWithTheirRelease) {
  two_.wire.on_question = [this](crypto::Envelope& message) {
    if (message.type != wire::kDetailsDecisionType) return;
    auto decision = wire::ParseDetailsDecision(message.payload);
    ASSERT_THAT(decision, IsOk());
    wire::ReleasedDetails released;
    released.exhibits.emplace_back();
    released.exhibits[0].handle = File().request.handles[0];
    released.exhibits[0].scans.push_back({.place = {records::MarkRegion::kLand, 1},
                                          .format = "x3p",
                                          .sha256 = std::string(32, 's'),
                                          .size_bytes = 1});
    const auto plain = wire::Serialise(released);
    ASSERT_THAT(plain, IsOk());
    decision->decision =
        wire::SealedRelease{Seal("proofmark/details/v1", ReleaseContext(), *plain)};
    Resign(message, *wire::Serialise(*decision));
  };
  Release();
  Deliver();

  EXPECT_FALSE(File().released.has_value());
  std::vector<std::string> outcomes;
  for (const records::LedgerEntry& entry : EntriesOf(south().ledger(), EntryKind::kRelease)) {
    outcomes.push_back(entry.draft.outcome);
  }
  EXPECT_THAT(outcomes, ElementsAre("REFUSED:MALFORMED"));
}

TEST_F(ReleasedScansTest, ABoxOfAnotherPartDoesNotOpen) {
  std::string first_box;
  OnPart([&](std::int64_t number, crypto::Envelope& message) {
    Forge(message, [&](wire::ReleasedScanPart& part) {
      if (number == 0) first_box = part.box;
      if (number == 1) part.box = first_box;
    });
  });
  Release();
  Deliver();

  EXPECT_THAT(PartOutcomes(south()), ElementsAre("RECEIVED", "REFUSED:MALFORMED"));
  EXPECT_EQ(ArrivedBytes(), wire::kScanPartBytes);
}

}  // namespace
}  // namespace proofmark::journeys
