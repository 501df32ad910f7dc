// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/hash_to_curve.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/hash/sha256.h"
#include "crypto/voprf/p256_handles.h"

namespace proofmark::crypto {
namespace {

constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kHashBlockBytes = 64;
constexpr std::size_t kDomainBytesMax = 255;
// ceil((256 + 128) / 8): 128 bits more than a number below the prime or the order needs, so that
// what is left after reduction is uniform.
constexpr std::size_t kWideBytes = 48;

using MontgomeryHandle = std::unique_ptr<BN_MONT_CTX, Deleter<BN_MONT_CTX_free>>;

// Arithmetic modulo the prime of the curve, on numbers in Montgomery form. Nothing in it branches
// on a value. Results live in the scratch.
class Field {
 public:
  explicit Field(BnScratch& scratch) : scratch_(scratch) {}

  const BIGNUM* Multiply(const BIGNUM* a, const BIGNUM* b) {
    BIGNUM* const product = scratch_.New();
    MultiplyInto(product, a, b);
    return product;
  }
  const BIGNUM* Square(const BIGNUM* a) { return Multiply(a, a); }

  const BIGNUM* Add(const BIGNUM* a, const BIGNUM* b) {
    BIGNUM* const sum = scratch_.New();
    PM_CHECK(BN_mod_add_quick(sum, a, b, Prime()) == 1);
    return sum;
  }

  // a^((p - 3) / 4): times a it is the square root of a square, its fourth power times a is 1 / a.
  // In binary the exponent is 32 ones, 31 zeros, a one, 96 zeros and 94 ones.
  const BIGNUM* Power(const BIGNUM* a) {
    const BIGNUM* const ones_2 = ShiftAndMultiply(a, 1, a);
    const BIGNUM* const ones_4 = ShiftAndMultiply(ones_2, 2, ones_2);
    const BIGNUM* const ones_8 = ShiftAndMultiply(ones_4, 4, ones_4);
    const BIGNUM* const ones_16 = ShiftAndMultiply(ones_8, 8, ones_8);
    const BIGNUM* const ones_24 = ShiftAndMultiply(ones_16, 8, ones_8);
    const BIGNUM* const ones_28 = ShiftAndMultiply(ones_24, 4, ones_4);
    const BIGNUM* const ones_30 = ShiftAndMultiply(ones_28, 2, ones_2);
    const BIGNUM* const ones_32 = ShiftAndMultiply(ones_30, 2, ones_2);
    const BIGNUM* power = ShiftAndMultiply(ones_32, 32, a);
    power = ShiftAndMultiply(power, 96 + 32, ones_32);
    power = ShiftAndMultiply(power, 32, ones_32);
    return ShiftAndMultiply(power, 30, ones_30);
  }

  // 1 / a, and 0 for 0.
  const BIGNUM* Invert(const BIGNUM* a) { return Multiply(a, Square(Square(Power(a)))); }

  // Into Montgomery form, reduced.
  const BIGNUM* FromBytes(base::ByteSpan bytes) { return FromNumber(scratch_.FromBytes(bytes)); }
  const BIGNUM* FromNumber(const BIGNUM* number) {
    BIGNUM* const reduced = scratch_.New();
    PM_CHECK(BN_nnmod(reduced, number, Prime(), scratch_.context()) == 1);
    PM_CHECK(BN_to_montgomery(reduced, reduced, Montgomery(), scratch_.context()) == 1);
    return reduced;
  }
  // Out of it again.
  BIGNUM* ToNumber(const BIGNUM* a) {
    BIGNUM* const number = scratch_.New();
    PM_CHECK(BN_from_montgomery(number, a, Montgomery(), scratch_.context()) == 1);
    return number;
  }
  SecretBytes ToBytes(const BIGNUM* a) { return Bytes(ToNumber(a)); }

  bool IsOdd(const BIGNUM* a) {
    return (std::to_integer<unsigned>(ToBytes(a).ExposeForOpenSsl().back()) & 1U) != 0;
  }
  bool Equal(const BIGNUM* a, const BIGNUM* b) { return Bytes(a) == Bytes(b); }

  const BIGNUM* Choose(bool first, const BIGNUM* a, const BIGNUM* b) {
    const SecretBytes a_bytes = Bytes(a);
    SecretBytes chosen = Bytes(b);
    const auto mask = static_cast<std::byte>(-static_cast<int>(first));
    for (std::size_t i = 0; i < kFieldElementBytes; ++i) {
      std::byte& byte = chosen.ExposeForFilling()[i];
      byte ^= mask & (byte ^ a_bytes.ExposeForOpenSsl()[i]);
    }
    return scratch_.FromBytes(chosen.ExposeForOpenSsl());
  }

 private:
  static const BIGNUM* Prime() { return EC_GROUP_get0_field(P256()); }

  static BN_MONT_CTX* Montgomery() {
    static BN_MONT_CTX* const montgomery = [] {
      MontgomeryHandle made(BN_MONT_CTX_new());
      BnScratch scratch;
      PM_CHECK(made != nullptr && BN_MONT_CTX_set(made.get(), Prime(), scratch.context()) == 1);
      return made.release();
    }();
    return montgomery;
  }

  void MultiplyInto(BIGNUM* product, const BIGNUM* a, const BIGNUM* b) {
    PM_CHECK(BN_mod_mul_montgomery(product, a, b, Montgomery(), scratch_.context()) == 1);
  }

  // a^(2^bits) b: the exponent of `a` moved up, that of `b` below it.
  const BIGNUM* ShiftAndMultiply(const BIGNUM* a, int bits, const BIGNUM* b) {
    BIGNUM* const power = scratch_.New();
    PM_CHECK(BN_copy(power, a) != nullptr);
    for (int i = 0; i < bits; ++i) MultiplyInto(power, power, power);
    MultiplyInto(power, power, b);
    return power;
  }

  static SecretBytes Bytes(const BIGNUM* number) {
    SecretBytes bytes = SecretBytes::OfSize(kFieldElementBytes);
    WriteNumber(number, bytes.ExposeForFilling());
    return bytes;
  }

  BnScratch& scratch_;
};

// What the map takes from the curve y^2 = x^3 + a x + b, in Montgomery form.
struct MapConstants {
  const BIGNUM* zero;
  const BIGNUM* minus_one;
  const BIGNUM* one;
  const BIGNUM* a;
  const BIGNUM* b;
  const BIGNUM* z;  // -10: not a square, section 8.2.
  const BIGNUM* minus_b_over_a;
  const BIGNUM* b_over_za;
  const BIGNUM* root_minus_z_cubed;  // Square root of (-z)^3.
};

const MapConstants& Constants() {
  static const MapConstants constants = [] {
    static BnScratch* const scratch = new BnScratch;  // The constants live as long as the program.
    Field field(*scratch);
    BIGNUM* const a = scratch->New();
    BIGNUM* const b = scratch->New();
    PM_CHECK(EC_GROUP_get_curve(P256(), nullptr, a, b, scratch->context()) == 1);
    const auto small = [&](int value) {
      BIGNUM* const number = scratch->New();
      PM_CHECK(BN_set_word(number, static_cast<BN_ULONG>(std::abs(value))) == 1);
      BN_set_negative(number, value < 0 ? 1 : 0);
      return field.FromNumber(number);
    };
    MapConstants c{.zero = small(0), .minus_one = small(-1), .one = small(1)};
    c.a = field.FromNumber(a);
    c.b = field.FromNumber(b);
    c.z = small(-10);
    c.minus_b_over_a = field.Multiply(c.minus_one, field.Multiply(c.b, field.Invert(c.a)));
    c.b_over_za = field.Multiply(c.b, field.Invert(field.Multiply(c.z, c.a)));
    const BIGNUM* const ten = small(10);
    c.root_minus_z_cubed = field.Multiply(ten, field.Multiply(ten, field.Power(ten)));
    return c;
  }();
  return constants;
}

EcPointHandle MapToPoint(base::ByteSpan field_element) {
  const MapConstants& c = Constants();
  BnScratch scratch;
  Field field(scratch);
  const BIGNUM* const u = field.FromBytes(field_element);
  const BIGNUM* const u2 = field.Square(u);
  const BIGNUM* const zu2 = field.Multiply(c.z, u2);
  const BIGNUM* const divisor = field.Add(field.Square(zu2), zu2);
  const BIGNUM* const general =
      field.Multiply(c.minus_b_over_a, field.Add(c.one, field.Invert(divisor)));
  const BIGNUM* const x1 = field.Choose(field.Equal(divisor, c.zero), c.b_over_za, general);
  const BIGNUM* const gx1 = field.Add(field.Multiply(field.Add(field.Square(x1), c.a), x1), c.b);
  const BIGNUM* const y1 = field.Multiply(gx1, field.Power(gx1));
  const bool gx1_is_square = field.Equal(field.Square(y1), gx1);
  // Otherwise y1^2 = -g(x1), and g(x2) = (z u^2)^3 g(x1) = (-z)^3 u^6 y1^2: no second root is
  // taken.
  const BIGNUM* const x2 = field.Multiply(zu2, x1);
  const BIGNUM* const y2 =
      field.Multiply(field.Multiply(c.root_minus_z_cubed, y1), field.Multiply(u2, u));
  const BIGNUM* const x = field.Choose(gx1_is_square, x1, x2);
  const BIGNUM* const root = field.Choose(gx1_is_square, y1, y2);
  const BIGNUM* const y =
      field.Choose(field.IsOdd(u) == field.IsOdd(root), root, field.Multiply(c.minus_one, root));
  EcPointHandle point = NewPoint();
  PM_CHECK(EC_POINT_set_affine_coordinates(P256(), point.get(), field.ToNumber(x),
                                           field.ToNumber(y), scratch.context()) == 1);
  return point;
}

Element ToElement(EcPointHandle point) {
  return Element(std::shared_ptr<const EC_POINT>(std::move(point)));
}

}  // namespace

SecretBytes ExpandMessageXmd(std::string_view message, std::string_view domain, std::size_t size) {
  PM_CHECK(!domain.empty() && size >= 1 && size <= kExpandedBytesMax);
  std::string tag(domain);
  if (tag.size() > kDomainBytesMax) {
    tag = AsText(Sha256("H2C-OVERSIZE-DST-" + tag));
  }
  tag.push_back(static_cast<char>(tag.size()));

  constexpr std::array<std::byte, kHashBlockBytes> kZeroBlock{};
  std::string length;
  base::AppendU16Be(length, static_cast<std::uint16_t>(size));
  length.push_back(0);
  Sha256Hasher first;
  first.Update(kZeroBlock);
  first.Update(message);
  first.Update(length);
  first.Update(tag);
  Sha256Digest digest = first.Finish();
  const SecretBytes start = SecretBytes::TakeFrom(digest);

  SecretBytes expanded = SecretBytes::OfSize(size);
  SecretBytes block = SecretBytes::OfSize(kHashBytes);
  for (std::size_t done = 0, i = 1; done < size; done += kHashBytes, ++i) {
    for (std::size_t j = 0; j < kHashBytes; ++j) {
      block.ExposeForFilling()[j] ^= start.ExposeForOpenSsl()[j];
    }
    const std::byte index[] = {static_cast<std::byte>(i)};
    Sha256Hasher next;
    next.Update(block.ExposeForOpenSsl());
    next.Update(index);
    next.Update(tag);
    digest = next.Finish();
    block = SecretBytes::TakeFrom(digest);
    std::ranges::copy(block.ExposeForOpenSsl().first(std::min(kHashBytes, size - done)),
                      expanded.ExposeForFilling().subspan(done).begin());
  }
  return expanded;
}

std::vector<SecretBytes> HashToField(std::string_view message, std::string_view domain,
                                     std::size_t count) {
  const SecretBytes wide = ExpandMessageXmd(message, domain, count * kWideBytes);
  std::vector<SecretBytes> elements;
  for (std::size_t i = 0; i < count; ++i) {
    BnScratch scratch;
    Field field(scratch);
    elements.push_back(field.ToBytes(
        field.FromBytes(wide.ExposeForOpenSsl().subspan(i * kWideBytes, kWideBytes))));
  }
  return elements;
}

Element MapToCurve(const SecretBytes& field_element) {
  PM_CHECK(field_element.size() == kFieldElementBytes);
  return ToElement(MapToPoint(field_element.ExposeForOpenSsl()));
}

// The sum is the identity for one message of 2^256: nobody can find it.
Element HashToCurve(std::string_view message, std::string_view domain) {
  const std::vector<SecretBytes> u = HashToField(message, domain, 2);
  const EcPointHandle first = MapToPoint(u[0].ExposeForOpenSsl());
  const EcPointHandle second = MapToPoint(u[1].ExposeForOpenSsl());
  EcPointHandle sum = NewPoint();
  BnScratch scratch;
  PM_CHECK(EC_POINT_add(P256(), sum.get(), first.get(), second.get(), scratch.context()) == 1);
  return ToElement(std::move(sum));
}

Element EncodeToCurve(std::string_view message, std::string_view domain) {
  return MapToCurve(HashToField(message, domain, 1).front());
}

Scalar HashToScalar(std::string_view message, std::string_view domain) {
  return Scalar::Reduce(ExpandMessageXmd(message, domain, kWideBytes).ExposeForOpenSsl());
}

}  // namespace proofmark::crypto
