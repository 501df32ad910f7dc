// SPDX-License-Identifier: Apache-2.0
#include "crypto/federation/descriptor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/tlog/signed_note.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_federation.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::proofmark::testing::TestFederation;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

FederationDescriptor ThreeAgencies() {
  return TestFederation({"alpha.example", "beta.example", "gamma.example"}).Descriptor();
}

std::string Text(const FederationDescriptor& descriptor) {
  return *FormatFederationDescriptor(descriptor);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find('\n', from);
    lines.push_back(text.substr(from, end + 1 - from));
    from = end + 1;
  }
  return lines;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(FederationDescriptorTest, ReadsWhatItWrites) {
  const FederationDescriptor written = ThreeAgencies();

  const auto read = ParseFederationDescriptor(Text(written));

  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(Text(*read), Text(written));
  EXPECT_EQ(read->version, 1u);
  EXPECT_EQ(read->threshold, 2u);
  EXPECT_EQ(read->not_before_unix_s, TestFederation::kBegin_s);
  EXPECT_EQ(read->not_after_unix_s, TestFederation::kBegin_s + TestFederation::kLife_s);
  ASSERT_EQ(read->agencies.size(), 3u);
  const FederationAgency& beta = *read->Find("beta.example");
  EXPECT_EQ(beta.node_id, "spiffe://beta.example/proofmark/node/n1");
  EXPECT_EQ(beta.endpoint, "node.beta.example:27401");
  EXPECT_EQ(beta.ca_pins, written.agencies[1].ca_pins);
  EXPECT_EQ(ToVerifierKey(beta.exchange_keys.at(0)),
            ToVerifierKey(written.agencies[1].exchange_keys[0]));
  EXPECT_EQ(ToVerifierKey(*beta.log_key), ToVerifierKey(*written.agencies[1].log_key));
  EXPECT_EQ(ToVerifierKey(*beta.witness_key), ToVerifierKey(*written.agencies[1].witness_key));
  EXPECT_EQ(beta.services, written.agencies[1].services);
  EXPECT_EQ(beta.purposes, written.agencies[1].purposes);
  EXPECT_EQ(beta.limits, written.agencies[1].limits);
  EXPECT_EQ(read->Find("delta.example"), nullptr);
}

// The text that other programs must be able to read: never change it without a new type tag.
TEST(FederationDescriptorTest, WritesTheGoldenText) {
  const std::string golden = ::proofmark::testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "tests/vectors/federation/descriptor_v1.note");

  const auto note = ParseNote(golden);

  ASSERT_THAT(note, IsOk());
  const auto read = ParseFederationDescriptor(note->text);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(Text(*read), note->text);
  EXPECT_EQ(read->agencies.size(), 2u);
  EXPECT_EQ(read->version, 7u);
}

TEST(FederationDescriptorTest, AnAgencyMayHaveNothing) {
  FederationDescriptor descriptor = ThreeAgencies();
  FederationAgency& bare = descriptor.agencies[2];
  bare = {.domain = bare.domain, .node_id = bare.node_id, .endpoint = bare.endpoint};
  descriptor.threshold = 2;

  const auto read = ParseFederationDescriptor(Text(descriptor));

  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(read->agencies[2].ca_pins.empty());
  EXPECT_TRUE(read->agencies[2].exchange_keys.empty());
  EXPECT_TRUE(read->agencies[2].services.empty());
  EXPECT_TRUE(read->agencies[2].purposes.empty());
  EXPECT_FALSE(read->agencies[2].log_key.has_value());
}

TEST(FederationDescriptorTest, WritesOneTextWhateverTheOrder) {
  FederationDescriptor descriptor = ThreeAgencies();
  SeededRandom random(7);
  for (int i = 0; i < 3; ++i) {
    descriptor.agencies[0].exchange_keys.push_back(
        *MakeVerifierKey("alpha.example/proofmark/exchange", NoteKeyType::kNote,
                         SigningKey::Generate(random).verifying_key()));
    descriptor.agencies[0].ca_pins.push_back(Sha256(std::string(1, static_cast<char>('a' + i))));
  }
  const std::string text = Text(descriptor);

  std::ranges::reverse(descriptor.agencies);
  for (FederationAgency& agency : descriptor.agencies) {
    std::ranges::reverse(agency.exchange_keys);
    std::ranges::reverse(agency.ca_pins);
  }

  EXPECT_EQ(Text(descriptor), text);
}

// Every line is needed where it stands, and no line may stand twice or change places.
TEST(FederationDescriptorTest, RefusesLinesDoubledOrSwapped) {
  const std::vector<std::string> lines = Lines(Text(ThreeAgencies()));
  ASSERT_GT(lines.size(), 30u);

  for (std::size_t i = 0; i < lines.size(); ++i) {
    SCOPED_TRACE(lines[i]);
    std::vector<std::string> doubled = lines;
    doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_THAT(ParseFederationDescriptor(Joined(doubled)), StatusIs(kInvalid));
    if (i + 1 == lines.size()) continue;
    std::vector<std::string> swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_THAT(ParseFederationDescriptor(Joined(swapped)), StatusIs(kInvalid));
  }
}

TEST(FederationDescriptorTest, RefusesAMissingLineThatMustBeThere) {
  const std::vector<std::string> lines = Lines(Text(ThreeAgencies()));
  int refused = 0;

  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> without = lines;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    const std::string key = lines[i].substr(0, lines[i].find(' '));
    const bool optional = key == "ca" || key == "exchange-key" || key == "log" ||
                          key == "witness" || key == "purpose" || key == "limit" ||
                          lines[i] == "service details\n";
    // Two of three governing agencies still meet the threshold of two.
    if (optional || key == "governance") continue;
    EXPECT_THAT(ParseFederationDescriptor(Joined(without)), StatusIs(kInvalid)) << lines[i];
    ++refused;
  }
  EXPECT_EQ(refused, 5 + 3 * 4);  // Head; agency, node, endpoint and the service under the limit.
}

TEST(FederationDescriptorTest, RefusesEveryOtherSpelling) {
  const std::string text = Text(ThreeAgencies());
  const std::vector<std::pair<std::string, std::string>> spellings = {
      {"proofmark/federation/v1", "proofmark/federation/v2"},
      {"version 1\n", "version 01\n"},
      {"version 1\n", "version +1\n"},
      {"version 1\n", "version  1\n"},
      {"version 1\n", "version 1 \n"},
      {"version 1\n", "version 0\n"},
      {"version 1\n", "version 9223372036854775808\n"},
      {"version 1\n", "Version 1\n"},
      {"version 1\n", "version\t1\n"},
      {"version 1\n", "version 1\r\n"},
      {"version 1\n", "version 1\n\n"},
      {"version 1\n", "version 1\nnote hello\n"},
      {"not-before 1790000000", "not-before -1"},
      {"threshold 2", "threshold 0"},
      {"threshold 2", "threshold 4"},
      {"agency alpha.example", "agency Alpha.example"},
      {"agency alpha.example", "agency alpha.example."},
      {"node spiffe://alpha", "node spiffe://beta"},
      {"node spiffe://alpha.example/proofmark/node/n1",
       "node spiffe://alpha.example/proofmark/role/lab/n1"},
      {"endpoint node.alpha.example:27401", "endpoint node.alpha.example"},
      {"endpoint node.alpha.example:27401", "endpoint node.alpha.example:0"},
      {"endpoint node.alpha.example:27401", "endpoint node.alpha.example:65536"},
      {"endpoint node.alpha.example:27401", "endpoint node.alpha.example:027401"},
      {"endpoint node.alpha.example:27401", "endpoint NODE.alpha.example:27401"},
      {"endpoint node.alpha.example:27401", "endpoint :27401"},
      {"endpoint node.alpha.example:27401", "endpoint node/alpha:27401"},
      {"service match", "service Match"},
      {"service match", "service match more"},
      {"service match", "service "},
      {"purpose TRAINING", "purpose training"},
      {"limit match 1000", "limit match"},
      {"limit match 1000", "limit match 1000001"},
      {"limit match 1000", "limit match 01000"},
      {"limit match 1000", "limit lookup 1000"},
  };
  for (const auto& [what, with] : spellings) {
    EXPECT_THAT(ParseFederationDescriptor(Replaced(text, what, with)), StatusIs(kInvalid)) << with;
  }
  EXPECT_THAT(ParseFederationDescriptor(""), StatusIs(kInvalid));
  EXPECT_THAT(ParseFederationDescriptor(text.substr(0, text.size() - 1)), StatusIs(kInvalid));
  EXPECT_THAT(ParseFederationDescriptor(text + "x"), StatusIs(kInvalid));
  EXPECT_THAT(ParseFederationDescriptor(text + "\n"), StatusIs(kInvalid));
  const std::string pin = base::ToHex(Sha256("CA of alpha.example"));
  EXPECT_THAT(ParseFederationDescriptor(Replaced(text, pin, pin.substr(2))), StatusIs(kInvalid));
  std::string upper = pin;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  ASSERT_NE(upper, pin);
  EXPECT_THAT(ParseFederationDescriptor(Replaced(text, pin, upper)), StatusIs(kInvalid));
}

TEST(FederationDescriptorTest, TakesAddressesOfAllSorts) {
  for (const char* endpoint : {"127.0.0.1:1", "[::1]:65535", "a:27401", "x-1.example:80"}) {
    FederationDescriptor descriptor = ThreeAgencies();
    descriptor.agencies[0].endpoint = endpoint;
    EXPECT_THAT(ParseFederationDescriptor(Text(descriptor)), IsOk()) << endpoint;
  }
}

// Each breaks one rule of the header.
TEST(FederationDescriptorTest, RefusesWhatBreaksARule) {
  using Change = std::function<void(FederationDescriptor&)>;
  SeededRandom random(9);
  const auto key = [&random](const std::string& name, NoteKeyType type = NoteKeyType::kNote) {
    return *MakeVerifierKey(name, type, SigningKey::Generate(random).verifying_key());
  };
  const std::vector<std::pair<std::string, Change>> changes = {
      {"not-after", [](auto& d) { d.not_after_unix_s = d.not_before_unix_s; }},
      {"not-after",
       [](auto& d) { d.not_after_unix_s = d.not_before_unix_s + kFederationLifeMin_s - 1; }},
      {"not-after",
       [](auto& d) { d.not_after_unix_s = d.not_before_unix_s + kFederationLifeMax_s + 1; }},
      {"agencies", [](auto& d) { d.agencies.clear(); }},
      {"threshold", [](auto& d) { d.threshold = 1; }},  // No majority of three.
      {"threshold", [](auto& d) { d.threshold = 4; }},
      {"governance",
       [](auto& d) {
         for (FederationAgency& agency : d.agencies) agency.governance_keys.clear();
       }},
      {"stands twice", [](auto& d) { d.agencies[1] = d.agencies[0]; }},
      {"pin stands twice", [](auto& d) { d.agencies[1].ca_pins = d.agencies[0].ca_pins; }},
      {"pin stands twice",
       [](auto& d) { d.agencies[0].ca_pins.push_back(d.agencies[0].ca_pins[0]); }},
      {"two keys of one id",
       [](auto& d) { d.agencies[0].governance_keys.push_back(d.agencies[0].governance_keys[0]); }},
      {"a public key stands twice",  // One key that would count for two agencies.
       [](auto& d) {
         d.agencies[1].governance_keys[0] =
             *MakeVerifierKey("beta.example/proofmark/governance", NoteKeyType::kNote,
                              *d.agencies[0].governance_keys[0].verifier);
       }},
      {"a public key stands twice",  // One key for the log and for governing.
       [](auto& d) {
         d.agencies[0].log_key =
             *MakeVerifierKey("alpha.example/proofmark/n1/log", NoteKeyType::kNote,
                              *d.agencies[0].governance_keys[0].verifier);
       }},
      {"another use",
       [&](auto& d) {
         d.agencies[0].log_key = key("alpha.example/proofmark/n1/log", NoteKeyType::kCosignature);
       }},
      {"another use",
       [&](auto& d) { d.agencies[0].witness_key = key("alpha.example/proofmark/n1/witness"); }},
      {"log", [&](auto& d) { d.agencies[0].log_key = key("alpha.example/proofmark/n2/log"); }},
      {"governance",
       [&](auto& d) {
         d.agencies[0].governance_keys = {key("beta.example/proofmark/governance")};
       }},
      {"exchange-key",
       [&](auto& d) { d.agencies[0].exchange_keys = {key("alpha.example/proofmark/log")}; }},
      {"exchange-key: 9",
       [&](auto& d) {
         for (std::size_t i = 0; i < kFederationKeysMax; ++i) {
           d.agencies[0].exchange_keys.push_back(key("alpha.example/proofmark/exchange"));
         }
       }},
      {"governance: 9",
       [&](auto& d) {
         for (std::size_t i = 0; i < kFederationKeysMax; ++i) {
           d.agencies[0].governance_keys.push_back(key("alpha.example/proofmark/governance"));
         }
       }},
      {"ca: 9",
       [](auto& d) {
         for (std::size_t i = 0; i < kFederationCaPinsMax; ++i) {
           d.agencies[0].ca_pins.push_back(Sha256(std::to_string(i)));
         }
       }},
      {"service: 17",
       [](auto& d) {
         for (std::size_t i = 0; i + 1 < kFederationServicesMax; ++i) {
           d.agencies[0].services.insert("s" + std::to_string(i));
         }
       }},
      {"purpose: 33",
       [](auto& d) {
         for (std::size_t i = 0; i + 1 < kFederationPurposesMax; ++i) {
           d.agencies[0].purposes.insert("P" + std::to_string(i));
         }
       }},
      {"service", [](auto& d) { d.agencies[0].services.insert(std::string(33, 's')); }},
      {"purpose", [](auto& d) { d.agencies[0].purposes.insert(std::string(33, 'P')); }},
      {"endpoint", [](auto& d) { d.agencies[0].endpoint = std::string(258, 'a') + ":123"; }},
      {"limit", [](auto& d) { d.agencies[0].limits["match"] = kFederationLimitMax + 1; }},
  };
  ASSERT_THAT(FormatFederationDescriptor(ThreeAgencies()), IsOk());
  for (const auto& [what, change] : changes) {
    FederationDescriptor descriptor = ThreeAgencies();
    change(descriptor);
    EXPECT_THAT(FormatFederationDescriptor(descriptor), StatusIs(kInvalid, HasSubstr(what)))
        << what;
  }
}

TEST(FederationDescriptorTest, RefusesMoreThanItsMaxima) {
  std::vector<std::string> domains;
  for (std::size_t i = 0; i <= kFederationAgenciesMax; ++i) {
    domains.push_back("a" + std::to_string(i) + ".example");
  }
  FederationDescriptor descriptor = TestFederation(domains).Descriptor();

  EXPECT_THAT(FormatFederationDescriptor(descriptor), StatusIs(kInvalid, HasSubstr("65 agencies")));
  descriptor.agencies.pop_back();
  EXPECT_THAT(FormatFederationDescriptor(descriptor), IsOk());
  SeededRandom random(3);
  for (FederationAgency& agency : descriptor.agencies) {
    while (agency.exchange_keys.size() < kFederationKeysMax) {
      agency.exchange_keys.push_back(
          *MakeVerifierKey(agency.domain + "/proofmark/exchange", NoteKeyType::kNote,
                           SigningKey::Generate(random).verifying_key()));
    }
  }
  EXPECT_THAT(FormatFederationDescriptor(descriptor), StatusIs(kInvalid, HasSubstr("bytes")));
  EXPECT_THAT(ParseFederationDescriptor(std::string(kNoteBytesMax + 1, 'a')),
              StatusIs(kInvalid, HasSubstr("bytes")));
}

TEST(FederationDescriptorTest, KnowsWhereItIsInItsLife) {
  const FederationDescriptor d = ThreeAgencies();
  const std::int64_t end = d.not_after_unix_s;

  EXPECT_EQ(StageAt(d, d.not_before_unix_s - 1, 10), DescriptorStage::kEarly);
  EXPECT_EQ(StageAt(d, d.not_before_unix_s, 10), DescriptorStage::kInForce);
  EXPECT_EQ(StageAt(d, end - 1, 10), DescriptorStage::kInForce);
  EXPECT_EQ(StageAt(d, end, 10), DescriptorStage::kGrace);
  EXPECT_EQ(StageAt(d, end + 9, 10), DescriptorStage::kGrace);
  EXPECT_EQ(StageAt(d, end + 10, 10), DescriptorStage::kEnded);
  EXPECT_EQ(StageAt(d, end, 0), DescriptorStage::kEnded);
  EXPECT_EQ(LifePassedPercent(d, d.not_before_unix_s - 5), 0);
  EXPECT_EQ(LifePassedPercent(d, d.not_before_unix_s + TestFederation::kLife_s / 2), 50);
  EXPECT_EQ(LifePassedPercent(d, end - 1), 99);
  EXPECT_EQ(LifePassedPercent(d, end + 1000), 100);
}

}  // namespace
}  // namespace proofmark::crypto
