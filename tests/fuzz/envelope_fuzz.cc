// SPDX-License-Identifier: Apache-2.0
// Fields of any bytes are signed or refused. What is signed opens, the bytes under the signature
// give back every field (so no two envelopes share them), and after any change to a field the
// signature no longer fits.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/random.h"
#include "crypto/envelope/envelope.h"

namespace {

using namespace proofmark;
using crypto::Envelope;

class Zeros final : public base::Random {
 public:
  void Fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{0}); }
};

const crypto::SigningKey& Key() {
  static Zeros zeros;
  static const crypto::SigningKey key = crypto::SigningKey::Generate(zeros);
  return key;
}

// Takes fields off the front of some bytes; an end that comes too early gives shorter ones.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  std::string Take(std::size_t size) {
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string TakeLp2() {
    std::size_t size = 0;
    for (const char c : Take(2)) size = size << 8 | static_cast<unsigned char>(c);
    return Take(size);
  }
  template <std::size_t kSize>
  std::array<std::byte, kSize> TakeArray() {
    std::array<std::byte, kSize> array{};
    std::ranges::copy(base::AsBytes(Take(kSize)), array.begin());
    return array;
  }
  std::int64_t TakeTime() {
    std::string bytes = Take(8);
    bytes.resize(8);
    return static_cast<std::int64_t>(base::ParseU64Be(bytes));
  }
  std::string Rest() { return Take(rest_.size()); }

 private:
  std::string_view rest_;
};

Envelope FromInput(Reader& input) {
  Envelope envelope;
  envelope.key_id = input.TakeLp2();
  envelope.exchange_id = input.TakeArray<16>();
  envelope.sender = input.TakeLp2();
  envelope.recipient = input.TakeLp2();
  envelope.unix_ms = input.TakeTime();
  envelope.type = input.TakeLp2();
  envelope.request_hash = input.TakeArray<32>();
  envelope.payload = input.Rest();
  return envelope;
}

// docs/formats/envelope.md, read the other way.
void CheckThatSignedBytesSayEverything(const Envelope& envelope) {
  const std::string bytes = crypto::SignedBytes(envelope);
  Reader reader(bytes);
  PM_CHECK(reader.Take(22) == "proofmark/exchange/v1\n");
  PM_CHECK(reader.TakeLp2() == envelope.key_id);
  PM_CHECK(reader.TakeArray<16>() == envelope.exchange_id);
  PM_CHECK(reader.TakeLp2() == envelope.sender);
  PM_CHECK(reader.TakeLp2() == envelope.recipient);
  PM_CHECK(reader.TakeTime() == envelope.unix_ms);
  PM_CHECK(reader.TakeLp2() == envelope.type);
  PM_CHECK(reader.TakeArray<32>() == envelope.request_hash);
  PM_CHECK(reader.TakeArray<32>() == crypto::Sha256(envelope.payload));
  PM_CHECK(reader.Rest().empty());
}

bool Opens(const Envelope& envelope) {
  const crypto::ExpectedPeer peer{envelope.sender, {{envelope.key_id, Key().verifying_key()}}};
  return crypto::OpenEnvelope(envelope, peer,
                              {envelope.recipient, envelope.type, envelope.request_hash})
      .ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader input({reinterpret_cast<const char*>(data), size});
  const Envelope fields = FromInput(input);
  const absl::StatusOr<Envelope> sealed = crypto::SignEnvelope(Key(), fields);
  if (!sealed.ok()) return 0;

  CheckThatSignedBytesSayEverything(*sealed);
  PM_CHECK(Opens(*sealed));
  for (std::string Envelope::*field : {&Envelope::key_id, &Envelope::sender, &Envelope::recipient,
                                       &Envelope::type, &Envelope::payload, &Envelope::signature}) {
    Envelope changed = *sealed;
    (changed.*field).push_back('x');
    PM_CHECK(!Opens(changed));
  }
  return 0;
}
