// SPDX-License-Identifier: Apache-2.0
// What the private look-up costs a core: evaluations a second beside OpenSSL's bare multiplications
// of a point in the same run, the querier's side, the making of a table and the search in one. Run
// by hand:
//   voprf_bench [rows made, default 100000] [rows searched, default 1000000]
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "crypto/lookup/exchange.h"
#include "crypto/lookup/input.h"
#include "crypto/lookup/snapshot.h"
#include "crypto/secret/system_random.h"
#include "tests/bench/measure.h"

namespace proofmark::bench {
namespace {

constexpr int kRuns = 15;  // In turns with what it is compared to; the best of each counts.
constexpr int kBareMultiplications = 200;

crypto::LookupFields Weapon(std::int64_t number) {
  return {.make = "CZ", .serial = absl::StrFormat("A%07d", number)};
}

std::string InputOf(std::int64_t number) {
  return *crypto::LookupInput(crypto::LookupForm::kMakeAndSerial, Weapon(number));
}

// EC_POINT_mul() of a point by a number, nothing around it.
class BareMultiplication {
 public:
  BareMultiplication() {
    PM_CHECK(BN_rand_range(number_, EC_GROUP_get0_order(group_)) == 1);
    PM_CHECK(EC_POINT_mul(group_, point_, number_, nullptr, nullptr, context_) == 1);
    PM_CHECK(BN_rand_range(number_, EC_GROUP_get0_order(group_)) == 1);
  }
  ~BareMultiplication() {
    BN_CTX_free(context_);
    BN_free(number_);
    EC_POINT_free(product_);
    EC_POINT_free(point_);
    EC_GROUP_free(group_);
  }
  BareMultiplication(const BareMultiplication&) = delete;
  BareMultiplication& operator=(const BareMultiplication&) = delete;

  void Run() {
    for (int i = 0; i < kBareMultiplications; ++i) {
      PM_CHECK(EC_POINT_mul(group_, product_, nullptr, point_, number_, context_) == 1);
    }
  }

 private:
  EC_GROUP* const group_ = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT* const point_ = EC_POINT_new(group_);
  EC_POINT* const product_ = EC_POINT_new(group_);
  BIGNUM* const number_ = BN_new();
  BN_CTX* const context_ = BN_CTX_new();
};

void MeasureBatch(const crypto::VoprfKey& key, std::size_t size, crypto::SystemRandom& random) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < size; ++i) inputs.push_back(InputOf(static_cast<std::int64_t>(i)));
  const auto question = *crypto::LookupQuestion::Create(inputs, random);
  const std::vector<std::string> elements = question.Elements();
  const auto answer = *crypto::AnswerLookup(key, elements, random);
  BareMultiplication bare;
  double bare_s = 1e9, answer_s = 1e9, ask_s = 1e9, open_s = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    bare_s = std::min(bare_s, BestCpuS(1, [&] { bare.Run(); }) / kBareMultiplications);
    answer_s = std::min(
        answer_s, BestCpuS(1, [&] { PM_CHECK(crypto::AnswerLookup(key, elements, random).ok()); }));
    ask_s = std::min(
        ask_s, BestCpuS(1, [&] { PM_CHECK(crypto::LookupQuestion::Create(inputs, random).ok()); }));
    open_s = std::min(open_s,
                      BestCpuS(1, [&] { PM_CHECK(question.Open(answer, key.public_key()).ok()); }));
  }
  const double evaluations = static_cast<double>(elements.size()) / answer_s;
  PrintRow(absl::StrFormat("look-up evaluations, batches of %d, proof included", elements.size()),
           absl::StrFormat("%.0f/s a core; bare multiplications %.0f/s; ratio %.2f", evaluations,
                           1.0 / bare_s, evaluations * bare_s));
  PrintRow(
      absl::StrFormat("asking for %d inputs", inputs.size()),
      absl::StrFormat("%.2f ms to blind, %.2f ms to verify and open", 1e3 * ask_s, 1e3 * open_s));
}

void MeasureBuilding(const crypto::VoprfKey& key, std::int64_t rows, crypto::SystemRandom& random) {
  const double start_s = ThreadCpuS();
  auto builder = *crypto::LookupSnapshotBuilder::Create({"a.example", "b.example", 1},
                                                        key.public_key(), 0, random);
  for (std::int64_t i = 0; i < rows; ++i) {
    PM_CHECK(builder.Add(*key.Evaluate(InputOf(i)), {.state_group = 1}).ok());
  }
  const double rows_s = ThreadCpuS() - start_s;
  const std::string table = builder.Finish(random);
  const double all_s = ThreadCpuS() - start_s;
  PrintRow(absl::StrFormat("making a table of %d rows", rows),
           absl::StrFormat("%.1f s of one core (%.0f us a row), %.2f s of it to pad, sort and hash",
                           all_s, 1e6 * rows_s / static_cast<double>(rows), all_s - rows_s));
}

// Outputs that were not computed: the search does not see a difference.
crypto::SecretBytes SyntheticOutput(std::int64_t number) {
  crypto::SecretBytes output = crypto::SecretBytes::OfSize(crypto::kVoprfOutputBytes);
  for (int i = 0; i < 8; ++i) {
    output.ExposeForFilling()[static_cast<std::size_t>(i)] =
        static_cast<std::byte>(number >> (8 * i));
  }
  return output;
}

void MeasureSearching(const crypto::VoprfKey& key, std::int64_t rows,
                      crypto::SystemRandom& random) {
  constexpr std::int64_t kSearches = 20'000;
  auto builder = *crypto::LookupSnapshotBuilder::Create({"a.example", "b.example", 1},
                                                        key.public_key(), 0, random);
  for (std::int64_t i = 0; i < rows; ++i) {
    PM_CHECK(builder.Add(SyntheticOutput(i), {.state_group = 1}).ok());
  }
  const std::string bytes = builder.Finish(random);
  const double parse_s = BestCpuS(3, [&] { PM_CHECK(crypto::LookupSnapshot::Parse(bytes).ok()); });
  const auto table = *crypto::LookupSnapshot::Parse(bytes);
  const auto search = [&](std::int64_t first, std::size_t labels) {
    return BestCpuS(3,
                    [&] {
                      for (std::int64_t i = 0; i < kSearches; ++i) {
                        const std::int64_t number = first + i * 7919 % rows;
                        PM_CHECK(table.Find(SyntheticOutput(number))->size() == labels);
                      }
                    }) /
           static_cast<double>(kSearches);
  };
  const double hit_s = search(0, 1);
  const double miss_s = search(rows, 0);
  PrintRow(absl::StrFormat("checking a received table of %d rows (%.0f MB)", table.row_count(),
                           1e-6 * static_cast<double>(bytes.size())),
           absl::StrFormat("%.2f s", parse_s));
  PrintRow(absl::StrFormat("finding in a table of %d rows", table.row_count()),
           absl::StrFormat("%.1f us a hit, %.1f us a miss", 1e6 * hit_s, 1e6 * miss_s));
}

int Run(std::int64_t rows_made, std::int64_t rows_searched) {
  crypto::SystemRandom random;
  const auto key = *crypto::DeriveLookupKey(
      crypto::SecretBytes::Random(crypto::kVoprfSeedBytes, random), {"a.example", "b.example", 1});
  for (const std::size_t size : {4U, 64U}) MeasureBatch(key, size, random);
  MeasureBuilding(key, rows_made, random);
  MeasureSearching(key, rows_searched, random);
  return 0;
}

}  // namespace
}  // namespace proofmark::bench

int main(int argc, char** argv) {
  const long long rows_made = argc > 1 ? std::atoll(argv[1]) : 100'000;
  const long long rows_searched = argc > 2 ? std::atoll(argv[2]) : 1'000'000;
  const long long rows_max = proofmark::crypto::kSnapshotRowsMax;
  if (argc > 3 || rows_made < 1 || rows_searched < 1 || rows_made > rows_max ||
      rows_searched > rows_max) {
    std::fprintf(stderr, "usage: voprf_bench [rows made] [rows searched], each 1 to %lld\n",
                 rows_max);
    return 2;
  }
  return proofmark::bench::Run(rows_made, rows_searched);
}
