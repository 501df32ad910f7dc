// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/envelope.h"

#include "gtest/gtest.h"
#include "proofmark/v1/exchange.pb.h"
#include "proto/wire/match.h"
#include "tests/support/field_cases.h"
#include "tests/support/random_values.h"
#include "tests/support/status_matchers.h"

namespace proofmark::wire {
namespace {

using ::proofmark::testing::ExpectFieldCases;
using ::proofmark::testing::IsOk;
using ::proofmark::testing::RandomValues;
using ::proofmark::testing::StatusIs;

TEST(EnvelopeTest, RandomValuesComeBackFromBytes) {
  RandomValues random(10);
  for (int i = 0; i < 100; ++i) {
    const crypto::Envelope value = random.Envelope();
    const auto bytes = Serialise(value);
    ASSERT_THAT(bytes, IsOk());
    const auto back = ParseEnvelope(*bytes);
    ASSERT_THAT(back, IsOk());
    EXPECT_EQ(back->key_id, value.key_id);
    EXPECT_EQ(back->exchange_id, value.exchange_id);
    EXPECT_EQ(back->sender, value.sender);
    EXPECT_EQ(back->recipient, value.recipient);
    EXPECT_EQ(back->unix_ms, value.unix_ms);
    EXPECT_EQ(back->type, value.type);
    EXPECT_EQ(back->request_hash, value.request_hash);
    EXPECT_EQ(back->payload, value.payload);
    EXPECT_EQ(back->signature, value.signature);
    EXPECT_EQ(crypto::EnvelopeHash(*back), crypto::EnvelopeHash(value));
  }
}

TEST(EnvelopeTest, EveryBoundHolds) {
  using M = v1::SignedEnvelope;
  const auto payload_max = static_cast<std::size_t>(kEnvelopePayloadBytesMax);
  ExpectFieldCases<M>(
      ToProto(RandomValues(11).Envelope()),
      {
          {"no key id", [](M& m) { m.clear_key_id(); }, "e.key_id: 0 bytes"},
          {"key id 128", [](M& m) { m.set_key_id(std::string(128, 'k')); }, ""},
          {"key id 129", [](M& m) { m.set_key_id(std::string(129, 'k')); }, "e.key_id: 129 bytes"},
          {"exchange id 15", [](M& m) { m.set_exchange_id(std::string(15, 'x')); },
           "e.exchange_id: 15 bytes, must be 16"},
          {"exchange id 17", [](M& m) { m.set_exchange_id(std::string(17, 'x')); },
           "e.exchange_id: 17"},
          {"no sender", [](M& m) { m.clear_sender(); }, "e.sender: 0 bytes"},
          {"sender 256", [](M& m) { m.set_sender(std::string(256, 's')); }, "e.sender: 256 bytes"},
          {"sender line", [](M& m) { m.set_sender("a\nb"); }, "e.sender:"},
          {"no recipient", [](M& m) { m.clear_recipient(); }, "e.recipient: 0 bytes"},
          {"recipient 256", [](M& m) { m.set_recipient(std::string(256, 's')); }, "e.recipient:"},
          {"time -1", [](M& m) { m.set_unix_ms(-1); }, "e.unix_ms: -1"},
          {"time over", [](M& m) { m.set_unix_ms(kUnixMsMax + 1); }, "e.unix_ms:"},
          {"no type", [](M& m) { m.clear_payload_type(); }, "e.payload_type:"},
          {"question", [](M& m) { m.set_payload_type("match-question/v1"); }, ""},
          {"answer", [](M& m) { m.set_payload_type("match-answer/v1"); }, ""},
          {"any type", [](M& m) { m.set_payload_type(std::string(64, 't')); }, ""},
          {"long type", [](M& m) { m.set_payload_type(std::string(65, 't')); }, "e.payload_type:"},
          {"hash 31", [](M& m) { m.set_request_hash(std::string(31, 'h')); }, "e.request_hash: 31"},
          {"no hash", [](M& m) { m.clear_request_hash(); }, "e.request_hash: 0"},
          {"payload max", [=](M& m) { m.set_payload(std::string(payload_max, 'p')); }, ""},
          {"payload over", [=](M& m) { m.set_payload(std::string(payload_max + 1, 'p')); },
           "e.payload: 3700001 bytes"},
          {"unsigned", [](M& m) { m.clear_digital_signature(); }, "e.digital_signature: 0"},
          {"signature 65", [](M& m) { m.set_digital_signature(std::string(65, 's')); },
           "e.digital_signature: 65 bytes, must be 64"},
      },
      [](const M& m) { return FromProto(m, "e"); });
}

TEST(EnvelopeTest, TheLargestOneFits) {
  crypto::Envelope envelope = RandomValues(12).Envelope();
  envelope.key_id.assign(128, 'k');
  envelope.sender.assign(255, 's');
  envelope.recipient.assign(255, 'r');
  envelope.payload.assign(static_cast<std::size_t>(kEnvelopePayloadBytesMax), 'p');
  EXPECT_THAT(Serialise(envelope), IsOk());
}

TEST(EnvelopeTest, RefusesTrailingGarbage) {
  const std::string bytes = *Serialise(RandomValues(13).Envelope());
  EXPECT_THAT(ParseEnvelope(bytes + std::string("\x78\x01")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseEnvelope(bytes + std::string(1, '\0')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace proofmark::wire
