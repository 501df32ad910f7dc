// SPDX-License-Identifier: Apache-2.0
#include "crypto/envelope/envelope.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "crypto/sign/key_id.h"
#include "tests/support/seeded_random.h"
#include "tests/support/shared_data.h"
#include "tests/support/status_matchers.h"

namespace proofmark::crypto {
namespace {

using ::proofmark::testing::IsOk;
using ::proofmark::testing::SeededRandom;
using ::proofmark::testing::StatusIs;
using ::testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr absl::StatusCode kDenied = absl::StatusCode::kPermissionDenied;
constexpr std::int64_t kNowUnixMs = 1'790'000'000'000;
constexpr char kAlpha[] = "spiffe://alpha.example/proofmark/node/n1";
constexpr char kBeta[] = "spiffe://beta.example/proofmark/node/n7";
constexpr char kType[] = "proofmark.v1.SearchRequest";

// An unverified envelope cannot be turned into a verified one but by OpenEnvelope().
static_assert(!std::is_constructible_v<VerifiedEnvelope, Envelope>);
static_assert(!std::is_default_constructible_v<VerifiedEnvelope>);

SigningKey SomeKey(std::uint64_t seed = 1) {
  SeededRandom random(seed);
  return SigningKey::Generate(random);
}

Envelope Unsigned() {
  SeededRandom random(2);
  return {.key_id = "k1",
          .exchange_id = NewExchangeId(random),
          .sender = kAlpha,
          .recipient = kBeta,
          .unix_ms = kNowUnixMs,
          .type = kType,
          .payload = "payload"};
}

Envelope Signed(Envelope envelope = Unsigned(), const SigningKey& key = SomeKey()) {
  return SignEnvelope(key, std::move(envelope)).value();
}

ExpectedPeer Alpha() { return {kAlpha, {{"k1", SomeKey().verifying_key()}}}; }
EnvelopeExpectations AtBeta() { return {.recipient = kBeta, .type = kType}; }

absl::StatusOr<VerifiedEnvelope> Open(const Envelope& envelope) {
  return OpenEnvelope(envelope, Alpha(), AtBeta());
}

TEST(EnvelopeTest, OpensAsItWasSealed) {
  const Envelope sealed = Signed();

  const auto opened = Open(sealed);

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->payload(), "payload");
  EXPECT_EQ(opened->envelope().unix_ms, kNowUnixMs);
  EXPECT_EQ(opened->hash(), EnvelopeHash(sealed));
}

TEST(EnvelopeTest, AnswersTheRequestItWasAskedAbout) {
  const Sha256Digest request_hash = EnvelopeHash(Signed());
  Envelope response = Unsigned();
  response.request_hash = request_hash;
  EnvelopeExpectations expected = AtBeta();
  expected.request_hash = request_hash;

  EXPECT_THAT(OpenEnvelope(Signed(response), Alpha(), expected), IsOk());
}

// What every field may be changed to on the way, bit by bit and by its length.
std::vector<std::function<void(Envelope&)>> SmallestChanges() {
  std::vector<std::function<void(Envelope&)>> changes;
  const auto flip_text = [&](std::string Envelope::*field, std::size_t size) {
    for (std::size_t bit = 0; bit < 8 * size; ++bit) {
      changes.push_back([=](Envelope& e) {
        std::string& text = e.*field;
        text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
      });
    }
    changes.push_back([=](Envelope& e) { (e.*field).pop_back(); });
    changes.push_back([=](Envelope& e) { (e.*field).push_back('x'); });
  };
  const Envelope model = Signed();
  flip_text(&Envelope::key_id, model.key_id.size());
  flip_text(&Envelope::sender, model.sender.size());
  flip_text(&Envelope::recipient, model.recipient.size());
  flip_text(&Envelope::type, model.type.size());
  flip_text(&Envelope::payload, model.payload.size());
  flip_text(&Envelope::signature, model.signature.size());
  for (std::size_t bit = 0; bit < 128; ++bit) {
    changes.push_back(
        [=](Envelope& e) { e.exchange_id[bit / 8] ^= static_cast<std::byte>(1 << bit % 8); });
  }
  for (std::size_t bit = 0; bit < 256; ++bit) {
    changes.push_back(
        [=](Envelope& e) { e.request_hash[bit / 8] ^= static_cast<std::byte>(1 << bit % 8); });
  }
  for (int bit = 0; bit < 63; ++bit) {
    changes.push_back([=](Envelope& e) { e.unix_ms ^= std::int64_t{1} << bit; });
  }
  return changes;
}

TEST(OpenEnvelopeTest, RefusesAnyBitFlippedInAnyField) {
  const std::vector<std::function<void(Envelope&)>> changes = SmallestChanges();
  ASSERT_GT(changes.size(), 1500U);
  const Envelope sealed = Signed();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Envelope changed = sealed;
    changes[i](changed);
    EXPECT_FALSE(Open(changed).ok()) << "change " << i;
  }
}

// The same changes when the receiver expects just what the changed fields say: then nothing but
// the signature stands in the way.
TEST(OpenEnvelopeTest, RefusesByTheSignatureAlone) {
  const VerifyingKey key = SomeKey().verifying_key();
  const std::vector<std::function<void(Envelope&)>> changes = SmallestChanges();
  const Envelope sealed = Signed();
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Envelope changed = sealed;
    changes[i](changed);
    const ExpectedPeer peer{changed.sender, {{changed.key_id, key}}};
    const EnvelopeExpectations expected{changed.recipient, changed.type, changed.request_hash};

    EXPECT_FALSE(OpenEnvelope(changed, peer, expected).ok()) << "change " << i;
  }
}

TEST(OpenEnvelopeTest, RefusesAByteMovedToTheNextField) {
  Envelope moved = Signed();
  moved.recipient.insert(0, 1, moved.sender.back());
  moved.sender.pop_back();
  const ExpectedPeer peer{moved.sender, {{"k1", SomeKey().verifying_key()}}};

  EXPECT_THAT(OpenEnvelope(moved, peer, {.recipient = moved.recipient, .type = kType}),
              StatusIs(kUnauthenticated));
}

TEST(OpenEnvelopeTest, RefusesAnotherKeyOfAnyKind) {
  EXPECT_THAT(Open(Signed(Unsigned(), SomeKey(3))),
              StatusIs(kUnauthenticated, HasSubstr("does not verify")));

  Envelope unknown = Unsigned();
  unknown.key_id = "k2";
  EXPECT_THAT(Open(Signed(unknown)), StatusIs(kUnauthenticated, HasSubstr("no such exchange key")));

  // Two keys of one peer: the id in the envelope says which of them must have signed.
  ExpectedPeer peer = Alpha();
  peer.keys.emplace("k2", SomeKey(3).verifying_key());
  EXPECT_THAT(OpenEnvelope(Signed(unknown), peer, AtBeta()), StatusIs(kUnauthenticated));
  EXPECT_THAT(OpenEnvelope(Signed(unknown, SomeKey(3)), peer, AtBeta()), IsOk());

  EXPECT_THAT(OpenEnvelope(Signed(), {kAlpha, {}}, AtBeta()), StatusIs(kUnauthenticated));
}

TEST(OpenEnvelopeTest, RefusesAnotherSenderRecipientTypeOrRequest) {
  Envelope from_beta = Unsigned();
  from_beta.sender = kBeta;
  EXPECT_THAT(Open(Signed(from_beta)), StatusIs(kUnauthenticated, HasSubstr("sender")));

  Envelope to_alpha = Unsigned();
  to_alpha.recipient = kAlpha;
  EXPECT_THAT(Open(Signed(to_alpha)), StatusIs(kDenied, HasSubstr("another node")));

  Envelope other_type = Unsigned();
  other_type.type = "proofmark.v1.DetailsRequest";
  EXPECT_THAT(Open(Signed(other_type)), StatusIs(kDenied, HasSubstr("type")));

  Envelope answer = Unsigned();
  answer.request_hash = Sha256("some request");
  EXPECT_THAT(Open(Signed(answer)), StatusIs(kDenied, HasSubstr("request")));

  EnvelopeExpectations waiting = AtBeta();
  waiting.request_hash = Sha256("our request");
  EXPECT_THAT(OpenEnvelope(Signed(), Alpha(), waiting), StatusIs(kDenied, HasSubstr("request")));
  EXPECT_THAT(OpenEnvelope(Signed(answer), Alpha(), waiting), StatusIs(kDenied));
}

TEST(OpenEnvelopeTest, RefusesAnUnsignedEnvelope) {
  EXPECT_THAT(Open(Unsigned()), StatusIs(kInvalid, HasSubstr("64 bytes")));
}

struct Spoiled {
  const char* what;
  std::function<void(Envelope&)> spoil;
};

std::vector<Spoiled> OutOfRange() {
  return {
      {"key id", [](Envelope& e) { e.key_id.clear(); }},
      {"key id", [](Envelope& e) { e.key_id = std::string(kEnvelopeKeyIdBytesMax + 1, 'k'); }},
      {"key id", [](Envelope& e) { e.key_id = "a b"; }},
      {"sender", [](Envelope& e) { e.sender.clear(); }},
      {"sender", [](Envelope& e) { e.sender = std::string(kEnvelopePartyBytesMax + 1, 's'); }},
      {"sender", [](Envelope& e) { e.sender += '\n'; }},
      {"recipient", [](Envelope& e) { e.recipient.clear(); }},
      {"recipient", [](Envelope& e) { e.recipient.assign(kEnvelopePartyBytesMax + 1, 'r'); }},
      {"recipient", [](Envelope& e) { e.recipient += '\0'; }},
      {"type", [](Envelope& e) { e.type.clear(); }},
      {"type", [](Envelope& e) { e.type = std::string(kEnvelopeTypeBytesMax + 1, 't'); }},
      {"type", [](Envelope& e) { e.type += "\xC3\xA9"; }},
      {"time", [](Envelope& e) { e.unix_ms = -1; }},
      {"payload", [](Envelope& e) { e.payload.assign(kEnvelopePayloadBytesMax + 1, 'p'); }},
  };
}

TEST(SignEnvelopeTest, RefusesFieldsOutOfRange) {
  for (const Spoiled& spoiled : OutOfRange()) {
    Envelope envelope = Unsigned();
    spoiled.spoil(envelope);
    EXPECT_THAT(SignEnvelope(SomeKey(), envelope), StatusIs(kInvalid, HasSubstr(spoiled.what)));
  }
  EXPECT_THAT(SignEnvelope(SomeKey(), Signed()), StatusIs(kInvalid, HasSubstr("already")));
}

TEST(OpenEnvelopeTest, RefusesFieldsOutOfRangeBeforeAnythingElse) {
  for (const Spoiled& spoiled : OutOfRange()) {
    Envelope envelope = Signed();
    spoiled.spoil(envelope);
    EXPECT_THAT(Open(envelope), StatusIs(kInvalid, HasSubstr(spoiled.what)));
  }
}

TEST(SignEnvelopeTest, AcceptsFieldsAtTheirLimits) {
  Envelope envelope = Unsigned();
  envelope.key_id = std::string(kEnvelopeKeyIdBytesMax, 'k');
  envelope.sender = std::string(kEnvelopePartyBytesMax, 's');
  envelope.recipient = std::string(kEnvelopePartyBytesMax, 'r');
  envelope.type = std::string(kEnvelopeTypeBytesMax, 't');
  envelope.unix_ms = std::numeric_limits<std::int64_t>::max();
  envelope.payload.assign(kEnvelopePayloadBytesMax, 'p');
  const ExpectedPeer peer{envelope.sender, {{envelope.key_id, SomeKey().verifying_key()}}};
  const EnvelopeExpectations expected{.recipient = envelope.recipient, .type = envelope.type};

  EXPECT_THAT(OpenEnvelope(Signed(envelope), peer, expected), IsOk());

  envelope.unix_ms = 0;
  envelope.payload.clear();
  EXPECT_THAT(OpenEnvelope(Signed(envelope), peer, expected), IsOk());
}

TEST(EnvelopeHashTest, ChangesWithTheSignature) {
  Envelope other = Signed();
  other.signature.back() = static_cast<char>(other.signature.back() ^ 1);

  EXPECT_NE(EnvelopeHash(other), EnvelopeHash(Signed()));
}

TEST(CheckClockSkewTest, AcceptsFiveMinutesEitherWayAndNotAMillisecondMore) {
  const auto opened = Open(Signed());
  ASSERT_THAT(opened, IsOk());
  const absl::StatusCode skewed = absl::StatusCode::kFailedPrecondition;

  EXPECT_THAT(CheckClockSkew(*opened, kNowUnixMs), IsOk());
  EXPECT_THAT(CheckClockSkew(*opened, kNowUnixMs + 300'000), IsOk());
  EXPECT_THAT(CheckClockSkew(*opened, kNowUnixMs - 300'000), IsOk());
  EXPECT_THAT(CheckClockSkew(*opened, kNowUnixMs + 300'001), StatusIs(skewed, HasSubstr("behind")));
  EXPECT_THAT(CheckClockSkew(*opened, kNowUnixMs - 300'001), StatusIs(skewed, HasSubstr("ahead")));
}

TEST(CheckClockSkewTest, BearsTimesAtTheEndOfTheRange) {
  Envelope envelope = Unsigned();
  envelope.unix_ms = std::numeric_limits<std::int64_t>::max();
  const auto opened = Open(Signed(envelope));
  ASSERT_THAT(opened, IsOk());

  EXPECT_THAT(CheckClockSkew(*opened, 0), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ExchangeIdTest, IsSixteenBytes) {
  EXPECT_THAT(ParseExchangeId(std::string(16, 'x')), IsOk());
  for (const std::size_t size : {0U, 15U, 17U, 32U}) {
    EXPECT_THAT(ParseExchangeId(std::string(size, 'x')), StatusIs(kInvalid));
  }
  SeededRandom random(4);
  EXPECT_NE(NewExchangeId(random), NewExchangeId(random));
}

class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(std::string seed) : seed_(std::move(seed)) {}
  void Fill(std::span<std::byte> out) override {
    ASSERT_EQ(out.size(), seed_.size());
    std::ranges::copy(base::AsBytes(seed_), out.begin());
  }

 private:
  std::string seed_;
};

// tests/vectors/envelope: written by an implementation that is not ours.
TEST(EnvelopeVectorTest, AgreesWithAnotherImplementation) {
  const nlohmann::json file = nlohmann::json::parse(testing::ReadFileOrFail(
      std::filesystem::path(PROOFMARK_SOURCE_DIR) / "tests/vectors/envelope/exchange_v1.json"));
  int ran = 0;
  for (const char* which : {"request", "response"}) {
    SCOPED_TRACE(which);
    const nlohmann::json& example = file.at(which);
    const auto text = [&](const char* field) { return example.at(field).get<std::string>(); };
    const auto bytes = [&](const char* field) { return base::ParseHex(text(field)).value(); };
    FixedRandom random(bytes("signing_seed_hex"));
    const SigningKey key = SigningKey::Generate(random);
    Envelope envelope{.key_id = text("key_id"),
                      .exchange_id = ParseExchangeId(bytes("exchange_id_hex")).value(),
                      .sender = text("sender"),
                      .recipient = text("recipient"),
                      .unix_ms = example.at("unix_ms").get<std::int64_t>(),
                      .type = text("type"),
                      .payload = bytes("payload_hex")};
    std::ranges::copy(base::AsBytes(bytes("request_hash_hex")), envelope.request_hash.begin());

    const auto sealed = SignEnvelope(key, envelope);

    ASSERT_THAT(sealed, IsOk());
    EXPECT_EQ(base::ToHex(key.verifying_key().raw()), text("verifying_key_hex"));
    EXPECT_EQ(base::ToHex(SignedBytes(*sealed)), text("signed_bytes_hex"));
    EXPECT_EQ(base::ToHex(sealed->signature), text("signature_hex"));
    EXPECT_EQ(base::ToHex(EnvelopeHash(*sealed)), text("envelope_hash_hex"));
    const std::string domain = which == std::string("request") ? "alpha.example" : "beta.example";
    EXPECT_EQ(ExchangeKeyId(domain, key.verifying_key()), text("key_id"));
    ++ran;
  }
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(file.at("response").at("request_hash_hex"), file.at("request").at("envelope_hash_hex"));
}

}  // namespace
}  // namespace proofmark::crypto
