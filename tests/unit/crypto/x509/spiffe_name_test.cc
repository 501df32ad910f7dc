// SPDX-License-Identifier: Apache-2.0
#include "crypto/x509/spiffe_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

TEST(SpiffeNameTest, ReadsANode) {
  const auto name = SpiffeName::Parse("spiffe://lab.police.example/proofmark/node/n-1");

  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->kind(), SpiffeName::Kind::kNode);
  EXPECT_EQ(name->domain(), "lab.police.example");
  EXPECT_EQ(name->id(), "n-1");
  EXPECT_EQ(name->role(), std::nullopt);
}

TEST(SpiffeNameTest, ReadsEveryRole) {
  for (const auto& [text, role] :
       {std::pair("lab", StaffRole::kLab), std::pair("examiner", StaffRole::kExaminer),
        std::pair("officer", StaffRole::kOfficer),
        std::pair("administrator", StaffRole::kAdministrator),
        std::pair("auditor", StaffRole::kAuditor)}) {
    const std::string uri = std::string("spiffe://a.example/proofmark/role/") + text + "/p17";

    const auto name = SpiffeName::Parse(uri);

    ASSERT_THAT(name, IsOk());
    EXPECT_EQ(name->kind(), SpiffeName::Kind::kRole);
    EXPECT_EQ(name->role(), role);
    EXPECT_EQ(name->id(), "p17");
    EXPECT_EQ(name->uri(), uri);
    EXPECT_EQ(ToText(role), text);
  }
}

TEST(SpiffeNameTest, WritesTheNameItReads) {
  const auto node = SpiffeName::Node("a.example", "n1");
  const auto person = SpiffeName::Staff("a.example", StaffRole::kLab, "p1");

  ASSERT_THAT(node, IsOk());
  ASSERT_THAT(person, IsOk());
  EXPECT_EQ(node->uri(), "spiffe://a.example/proofmark/node/n1");
  EXPECT_EQ(person->uri(), "spiffe://a.example/proofmark/role/lab/p1");
  EXPECT_TRUE(*SpiffeName::Parse(node->uri()) == *node);
  EXPECT_FALSE(*node == *person);
}

TEST(SpiffeNameTest, RefusesEveryOtherSpelling) {
  const std::vector<std::string> bad = {
      "",
      "spiffe://",
      "spiffe:///proofmark/node/n1",
      "spiffe://a.example",
      "spiffe://a.example/",
      "spiffe://a.example/proofmark",
      "spiffe://a.example/proofmark/node",
      "spiffe://a.example/proofmark/node/",
      "spiffe://a.example/proofmark/node/n1/",  // Trailing slash.
      "spiffe://a.example/proofmark/node/n1/x",
      "spiffe://a.example/proofmark/node//n1",
      "spiffe://a.example//proofmark/node/n1",
      "spiffe://a.example/proofmark/node/n1?q",
      "spiffe://a.example/proofmark/node/n1#f",
      "spiffe://a.example/proofmark/node/%6e1",
      "spiffe://a.example/proofmark/node/..",
      "spiffe://a.example/proofmark/node/-n1",
      "spiffe://a.example/proofmark/node/n1-",
      "spiffe://a.example/proofmark/node/n_1",
      "spiffe://a.example/proofmark/node/N1",
      "spiffe://a.example/proofmark/node/n1 ",
      "spiffe://a.example/proofmark/Node/n1",
      "spiffe://a.example/other/node/n1",
      "SPIFFE://a.example/proofmark/node/n1",
      "https://a.example/proofmark/node/n1",
      " spiffe://a.example/proofmark/node/n1",
      "spiffe://A.example/proofmark/node/n1",  // Upper case in the domain.
      "spiffe://a.example./proofmark/node/n1",
      "spiffe://.a.example/proofmark/node/n1",
      "spiffe://a..example/proofmark/node/n1",
      "spiffe://-a.example/proofmark/node/n1",
      "spiffe://a-.example/proofmark/node/n1",
      "spiffe://a_b.example/proofmark/node/n1",
      "spiffe://a.example:443/proofmark/node/n1",
      "spiffe://user@a.example/proofmark/node/n1",
      "spiffe://\xC3\xA9.example/proofmark/node/n1",
      "spiffe://a.example/proofmark/role/p1",
      "spiffe://a.example/proofmark/role/examiner",
      "spiffe://a.example/proofmark/role/examiner/",
      "spiffe://a.example/proofmark/role/examiner/p1/",
      "spiffe://a.example/proofmark/role//p1",
      "spiffe://a.example/proofmark/role/judge/p1",  // No such role.
      "spiffe://a.example/proofmark/role/Lab/p1",
      "spiffe://a.example/proofmark/role/lab /p1",
      std::string("spiffe://a.example/proofmark/node/n1\0", 37),
      std::string("spiffe://a.example\0.b.example/proofmark/node/n1", 47),
  };
  for (const std::string& uri : bad) EXPECT_THAT(SpiffeName::Parse(uri), StatusIs(kInvalid)) << uri;
}

TEST(SpiffeNameTest, HoldsItsLengths) {
  const std::string label63(63, 'a');
  const std::string domain253 =
      label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  ASSERT_EQ(domain253.size(), kAgencyDomainBytesMax);

  EXPECT_THAT(SpiffeName::Node(domain253, label63), IsOk());
  EXPECT_THAT(SpiffeName::Staff(domain253, StaffRole::kAdministrator, label63), IsOk());
  EXPECT_THAT(SpiffeName::Node(domain253 + "b", "n1"), StatusIs(kInvalid, HasSubstr("253")));
  EXPECT_THAT(SpiffeName::Node(label63 + "a.example", "n1"), StatusIs(kInvalid, HasSubstr("63")));
  EXPECT_THAT(SpiffeName::Node("a.example", label63 + "a"), StatusIs(kInvalid, HasSubstr("63")));
  EXPECT_THAT(SpiffeName::Staff("a.example", StaffRole::kLab, label63 + "a"),
              StatusIs(kInvalid, HasSubstr("63")));
}

TEST(SpiffeNameTest, RefusesAnOverlongUriBeforeReadingIt) {
  EXPECT_THAT(SpiffeName::Parse("spiffe://" + std::string(kSpiffeUriBytesMax, 'a')),
              StatusIs(kInvalid, HasSubstr("512")));
}

TEST(SpiffeNameTest, NeverRepeatsHostileTextInItsRefusal) {
  const auto refused = SpiffeName::Parse("spiffe://a.example/proofmark/role/EVIL/p1");

  EXPECT_EQ(std::string(refused.status().message()).find("EVIL"), std::string::npos);
}

}  // namespace
}  // namespace proofmark::crypto
