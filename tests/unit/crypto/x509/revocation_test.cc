// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/revocation.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <functional>
#include <string>

#include "crypto/openssl/pem.h"
#include "crypto/x509/certificate_authority.h"
#include "crypto/x509/revocation_draft.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_ca.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestAgency;
using ::testing::HasSubstr;

constexpr std::int64_t kNowUnixS = 1'790'000'000;
constexpr std::int64_t kDayS = 24LL * 3600;

RevocationListDraft GoodDraft() {
  return {.number = 7,
          .this_update_unix_s = kNowUnixS,
          .next_update_unix_s = kNowUnixS + 7 * kDayS,
          .entries = {{.serial_hex = "1a2b",
                       .revocation = {kNowUnixS - 60, RevocationReason::kKeyCompromise}},
                      {.serial_hex = "40", .revocation = {kNowUnixS - 90}}}};
}

class RevocationListTest : public ::testing::Test {
 protected:
  std::string Signed(const RevocationListDraft& draft) const {
    const PkeyHandle key = PrivateKeyFromPem(agency_.federation_ca().KeyPem()).value();
    return SignListDraft(draft, Ca(), key.get()).value();
  }
  const X509Certificate& Ca() const { return agency_.federation_ca().certificate(); }
  static std::string Pem(const std::string& der) {
    const BioHandle bio(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), "X509 CRL", "", reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  TestAgency agency_;
};

TEST_F(RevocationListTest, ReadsDerAndPemAlike) {
  const std::string der = Signed(GoodDraft());

  const auto from_der = RevocationList::Read(der, Ca());
  const auto from_pem = RevocationList::Read("for people\n" + Pem(der), Ca());

  ASSERT_THAT(from_der, IsOk());
  ASSERT_THAT(from_pem, IsOk());
  EXPECT_TRUE(*from_der == *from_pem);
  EXPECT_EQ(from_der->number(), 7);
  EXPECT_EQ(from_der->this_update_unix_s(), kNowUnixS);
  EXPECT_EQ(from_der->next_update_unix_s(), kNowUnixS + 7 * kDayS);
  ASSERT_EQ(from_der->revoked().size(), 2U);
  ASSERT_NE(from_der->Find("1a2b"), nullptr);
  EXPECT_EQ(*from_der->Find("1a2b"),
            (Revocation{kNowUnixS - 60, RevocationReason::kKeyCompromise}));
  EXPECT_EQ(from_der->Find("40")->reason, RevocationReason::kUnspecified);
  EXPECT_EQ(from_der->Find("1a2c"), nullptr);
  EXPECT_EQ(RevocationList::Read(from_der->ToPem(), Ca())->der(), der);
}

TEST_F(RevocationListTest, FindsACertificateByTheSerialItShows) {
  const X509Certificate leaf = agency_.Node().certificate;

  const auto list = agency_.federation_ca().IssueList(
      {.number = 1,
       .this_update_unix_s = kNowUnixS,
       .revoked = {{leaf.serial_hex(), {kNowUnixS, RevocationReason::kSuperseded}}}});

  ASSERT_THAT(list, IsOk());
  ASSERT_NE(list->Find(leaf.serial_hex()), nullptr);
  EXPECT_EQ(list->Find(agency_.Node().certificate.serial_hex()), nullptr);
}

// Each neighbour of a good list, and the reason for which it is refused.
TEST_F(RevocationListTest, RefusesEveryListThatSaysLessOrOther) {
  struct Case {
    const char* reason;
    std::function<void(RevocationListDraft&)> spoil;
  };
  const Case cases[] = {
      {"no number", [](auto& draft) { draft.number.reset(); }},
      {"0..2^63-1", [](auto& draft) { draft.number = -1; }},
      {"no next update", [](auto& draft) { draft.next_update_unix_s.reset(); }},
      {"not after its own time", [](auto& draft) { draft.next_update_unix_s = kNowUnixS; }},
      {"not a complete list", [](auto& draft) { draft.delta_of = 6; }},
      {"not a complete list", [](auto& draft) { draft.of_a_part = true; }},
      {"not a complete list", [](auto& draft) { draft.entries[1].names_another_issuer = true; }},
      {"not understood",
       [](auto& draft) {
         draft.extensions = {{"1.2.3.4", true}};
       }},
      {"an extension twice",
       [](auto& draft) {
         draft.extensions = {{"1.2.3.4", false}, {"1.2.3.4", false}};
       }},
      {"no complete list has",
       [](auto& draft) { draft.entries[0].revocation.reason = static_cast<RevocationReason>(8); }},
      {"no complete list has",
       [](auto& draft) { draft.entries[0].revocation.reason = static_cast<RevocationReason>(7); }},
      {"twice", [](auto& draft) { draft.entries[1].serial_hex = "1a2b"; }},
  };
  for (const Case& bad : cases) {
    SCOPED_TRACE(bad.reason);
    RevocationListDraft draft = GoodDraft();
    bad.spoil(draft);
    EXPECT_THAT(RevocationList::Read(Signed(draft), Ca()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.reason)));
  }

  RevocationListDraft harmless = GoodDraft();
  harmless.extensions = {{"1.2.3.4", false}};
  EXPECT_THAT(RevocationList::Read(Signed(harmless), Ca()), IsOk());
}

TEST_F(RevocationListTest, BelievesNobodyButTheCaItself) {
  const TestAgency other({.domain = "beta.example"});
  const TestAgency impostor;  // Same names, other keys.
  const std::string der = Signed(GoodDraft());

  EXPECT_THAT(RevocationList::Read(der, other.federation_ca().certificate()),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("of another CA")));
  EXPECT_THAT(RevocationList::Read(der, agency_.staff_ca().certificate()),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("of another CA")));
  EXPECT_THAT(RevocationList::Read(der, impostor.federation_ca().certificate()),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("signature")));
  EXPECT_THAT(RevocationList::Read(der, agency_.Node().certificate),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("may not sign lists")));
}

TEST_F(RevocationListTest, RefusesEveryFlippedByteAndEveryCut) {
  const std::string der = Signed(GoodDraft());
  for (std::size_t i = 0; i < der.size(); ++i) {
    std::string flipped = der;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(RevocationList::Read(flipped, Ca()).ok()) << "byte " << i;
    EXPECT_FALSE(RevocationList::Read(der.substr(0, i), Ca()).ok()) << "cut at " << i;
  }
  EXPECT_FALSE(RevocationList::Read(der + '\0', Ca()).ok());
}

TEST_F(RevocationListTest, RefusesOtherFilesAndMoreThanOneList) {
  const std::string pem = Pem(Signed(GoodDraft()));

  EXPECT_THAT(RevocationList::Read("", Ca()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(RevocationList::Read(Ca().ToPem(), Ca()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("another kind")));
  EXPECT_THAT(RevocationList::Read(pem + pem, Ca()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than one")));
  EXPECT_THAT(RevocationList::Read(std::string(kRevocationListBytesMax + 1, 'x'), Ca()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 MiB")));
}

TEST_F(RevocationListTest, GrowsFromFreshToStaleToExpired) {
  const RevocationList list = RevocationList::Read(Signed(GoodDraft()), Ca()).value();
  const std::int64_t next_s = kNowUnixS + 7 * kDayS;
  constexpr std::int64_t kGraceS = 100;

  EXPECT_EQ(StateOf(&list, {}, kGraceS, next_s - 1), ListState::kFresh);
  EXPECT_EQ(StateOf(&list, {}, kGraceS, next_s), ListState::kStale);
  EXPECT_EQ(StateOf(&list, {}, kGraceS, next_s + kGraceS - 1), ListState::kStale);
  EXPECT_EQ(StateOf(&list, {}, kGraceS, next_s + kGraceS), ListState::kExpired);
  EXPECT_EQ(StateOf(&list, {}, 0, next_s), ListState::kExpired);
}

TEST_F(RevocationListTest, AMissingListIsStaleAtOnceAndNeverNoList) {
  const RevocationList list = RevocationList::Read(Signed(GoodDraft()), Ca()).value();

  EXPECT_EQ(StateOf(nullptr, kNowUnixS, 100, kNowUnixS), ListState::kStale);
  EXPECT_EQ(StateOf(nullptr, kNowUnixS, 100, kNowUnixS + 100), ListState::kExpired);
  EXPECT_EQ(StateOf(&list, kNowUnixS, 100, kNowUnixS), ListState::kStale);
  EXPECT_EQ(StateOf(&list, kNowUnixS, 100, kNowUnixS + 100), ListState::kExpired);
  // A list that was overdue before it went missing does not get another grace.
  EXPECT_EQ(StateOf(&list, kNowUnixS + 8 * kDayS, 100, kNowUnixS + 8 * kDayS), ListState::kExpired);
}

TEST(RevocationReasonTest, EveryReasonHasOneName) {
  for (const int code : {0, 1, 2, 3, 4, 5, 6, 9, 10}) {
    const auto reason = static_cast<RevocationReason>(code);
    EXPECT_EQ(FindRevocationReason(ToText(reason)), reason);
  }
  EXPECT_EQ(FindRevocationReason("because"), std::nullopt);
}

TEST(IssueListTest, HoldsItsBounds) {
  const TestAgency agency;
  const CertificateAuthority& ca = agency.federation_ca();

  EXPECT_THAT(ca.IssueList({.number = -1, .this_update_unix_s = kNowUnixS}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (const std::int64_t bad_s : {std::int64_t{0}, kListLifetimeSecondsMax + 1}) {
    EXPECT_THAT(ca.IssueList({.this_update_unix_s = kNowUnixS, .lifetime_s = bad_s}),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(ca.IssueList({.this_update_unix_s = kNowUnixS, .revoked = {{"xyz", {}}}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::crypto
