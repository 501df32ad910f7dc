// SPDX-License-Identifier: Apache-2.0
#include "server/federation/revocation_book.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::federation {
namespace {

using ::proofmark::testing::FakeClock;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr std::int64_t kDayS = 24LL * 3600;
constexpr std::chrono::seconds kGrace{100};
constexpr absl::StatusCode kRefused = absl::StatusCode::kUnauthenticated;

class RevocationBookTest : public ::testing::Test {
 protected:
  std::int64_t NowS() const { return clock_.UnixMillis() / 1'000; }
  const crypto::X509Certificate& Ca() const { return agency_.federation_ca().certificate(); }

  crypto::VerifiedLeaf Verified(const crypto::X509Certificate& leaf) const {
    return crypto::VerifyLeaf(leaf, agency_.FederationTrust(), clock_.UnixMillis(),
                              {crypto::SpiffeName::Kind::kNode, true, true})
        .value();
  }

  // A list of this number that names `leaf_` or nobody.
  crypto::RevocationList List(std::int64_t number, bool with_leaf) const {
    crypto::ListOptions options{.number = number, .this_update_unix_s = NowS()};
    if (with_leaf) {
      options.revoked[leaf_.serial_hex()] = {NowS(), crypto::RevocationReason::kKeyCompromise};
    }
    return agency_.federation_ca().IssueList(options).value();
  }

  TestAgency agency_;
  FakeClock clock_;
  crypto::X509Certificate leaf_ = agency_.Node().certificate;
  RevocationBook book_{kGrace, clock_};
};

TEST_F(RevocationBookTest, ACaThatPublishesNoListsHasNobodyRevoked) {
  EXPECT_THAT(book_.Check(Verified(leaf_)), IsOk());
  EXPECT_TRUE(book_.Standings().empty());
  EXPECT_THAT(book_.Accept(List(1, true)), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(RevocationBookTest, RefusesWhoIsOnTheListAndNobodyElse) {
  book_.Expect(Ca(), "partner", NowS());

  ASSERT_EQ(book_.Accept(List(1, true)).value(), true);

  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused, HasSubstr("key-compromise")));
  EXPECT_THAT(book_.Check(Verified(agency_.Node().certificate)), IsOk());
}

TEST_F(RevocationBookTest, AListThatNeverCameIsStaleAndThenExpired) {
  book_.Expect(Ca(), "partner", NowS());

  EXPECT_EQ(book_.Standings().front().state, crypto::ListState::kStale);
  EXPECT_THAT(book_.Check(Verified(leaf_)), IsOk());
  clock_.AdvanceMillis(kGrace.count() * 1'000);
  EXPECT_EQ(book_.Standings().front().state, crypto::ListState::kExpired);
  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused, HasSubstr("overdue or missing")));
}

TEST_F(RevocationBookTest, ALostListStillRevokesAndIsStaleAtOnce) {
  book_.Expect(Ca(), "partner", NowS());
  ASSERT_THAT(book_.Accept(List(1, true)), IsOk());

  book_.Lose(Ca().spki_sha256(), NowS());

  EXPECT_EQ(book_.Standings().front().state, crypto::ListState::kStale);
  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused));
  EXPECT_THAT(book_.Check(Verified(agency_.Node().certificate)), IsOk());
  clock_.AdvanceMillis(kGrace.count() * 1'000);
  EXPECT_THAT(book_.Check(Verified(agency_.Node().certificate)), StatusIs(kRefused));

  // The same list again: no change, and no longer missing.
  EXPECT_EQ(book_.Accept(*book_.Find(Ca().spki_sha256())).value(), false);
  EXPECT_EQ(book_.Standings().front().state, crypto::ListState::kFresh);
}

TEST_F(RevocationBookTest, AnOverdueListServesForTheGraceAndRevokesForEver) {
  book_.Expect(Ca(), "partner", NowS());
  ASSERT_THAT(book_.Accept(List(1, true)), IsOk());
  const auto other = agency_.Node().certificate;

  clock_.AdvanceMillis(7 * kDayS * 1'000);

  EXPECT_EQ(book_.Standings().front().state, crypto::ListState::kStale);
  EXPECT_THAT(book_.Check(Verified(other)), IsOk());
  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused, HasSubstr("revoked")));
  clock_.AdvanceMillis(kGrace.count() * 1'000);
  EXPECT_THAT(book_.Check(Verified(other)), StatusIs(kRefused));
  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused, HasSubstr("revoked")));
}

TEST_F(RevocationBookTest, AnOlderListInItsPlaceIsRefusedAndTheNewerStays) {
  book_.Expect(Ca(), "partner", NowS());
  ASSERT_THAT(book_.Accept(List(5, true)), IsOk());

  for (const std::int64_t number : {std::int64_t{4}, std::int64_t{5}}) {
    EXPECT_THAT(book_.Accept(List(number, false)),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("list 5 has been seen")));
    EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused));
  }
  EXPECT_EQ(book_.Accept(List(6, false)).value(), true);
  EXPECT_THAT(book_.Check(Verified(leaf_)), IsOk());
}

TEST_F(RevocationBookTest, AListFromTheFutureIsRefused) {
  book_.Expect(Ca(), "partner", NowS());
  const auto from = [&](std::int64_t ahead_s) {
    return agency_.federation_ca()
        .IssueList({.number = 1, .this_update_unix_s = NowS() + ahead_s})
        .value();
  };

  EXPECT_THAT(book_.Accept(from(kListSkewMax.count() + 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("future")));
  EXPECT_THAT(book_.Accept(from(kListSkewMax.count())), IsOk());
}

TEST_F(RevocationBookTest, DeniesByNameAndByCertificate) {
  const auto other = agency_.Node("n2").certificate;
  book_.SetDenied(DenyList::Parse({agency_.NodeUri("n1"), base::ToHex(other.sha256())}).value());

  EXPECT_THAT(book_.Check(Verified(leaf_)), StatusIs(kRefused, HasSubstr("deny list")));
  EXPECT_THAT(book_.Check(Verified(other)), StatusIs(kRefused, HasSubstr("deny list")));
  EXPECT_THAT(book_.Check(Verified(agency_.Node("n2").certificate)), IsOk());

  book_.SetDenied({});
  EXPECT_THAT(book_.Check(Verified(leaf_)), IsOk());
}

TEST(DenyListTest, RefusesWhatIsNeitherNameNorHash) {
  for (const std::string& bad :
       {std::string(""), std::string("fr.example"), std::string(63, 'a'), std::string(64, 'A'),
        std::string(64, 'g'), std::string("spiffe://fr.example/other")}) {
    EXPECT_THAT(DenyList::Parse({bad}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deny[0]")))
        << bad;
  }
  EXPECT_THAT(DenyList::Parse(std::vector<std::string>(kDeniedMax + 1, std::string(64, 'a'))),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than")));
}

}  // namespace
}  // namespace proofmark::federation
