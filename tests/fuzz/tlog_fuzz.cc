// SPDX-License-Identifier: Apache-2.0
// The first byte chooses a parser of the transparency log, the rest is its input. What is read has
// one spelling only: written again it is the same bytes. What is not is refused without harm.
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "crypto/tlog/checkpoint.h"
#include "crypto/tlog/policy.h"
#include "crypto/tlog/signed_note.h"
#include "crypto/tlog/tile.h"
#include "crypto/tlog/tlog_proof.h"
#include "crypto/tlog/witness.h"

namespace {

using namespace proofmark::crypto;

void Note(std::string_view input) {
  const auto note = ParseNote(input);
  if (!note.ok()) return;
  PM_CHECK(FormatNote(*note) == input);
  PM_CHECK(ParseNote(FormatNote(*note)).value() == *note);
}

void CheckpointBody(std::string_view input) {
  const auto checkpoint = ParseCheckpointBody(input);
  if (!checkpoint.ok()) return;
  // Extension lines may follow; the three first lines are ours.
  PM_CHECK(input.starts_with(FormatCheckpointBody(*checkpoint).value()));
}

void Proof(std::string_view input) {
  const auto proof = ParseTlogProof(input);
  if (!proof.ok()) return;
  PM_CHECK(FormatTlogProof(*proof).value() == input);
}

void PolicyText(std::string_view input) {
  const auto policy = Policy::Parse(input);
  if (!policy.ok()) return;
  PM_CHECK(policy->witnesses_min() <= policy->witnesses().size());
  // Everyone's cosignature meets every quorum; nobody's meets only "none".
  std::vector<Cosigner> everyone;
  for (std::size_t i = 0; i < policy->keys().size(); ++i) everyone.push_back({i, 0});
  PM_CHECK(policy->Judge(everyone).satisfied());
  PM_CHECK(policy->Judge({}).satisfied() == (policy->witnesses_min() == 0));
}

void Path(std::string_view input) {
  if (const auto tile = ParseTilePath(input); tile.ok()) PM_CHECK(TilePath(*tile) == input);
  if (const auto bundle = ParseBundlePath(input); bundle.ok()) {
    PM_CHECK(BundlePath(*bundle) == input);
  }
}

void Bundle(std::string_view input) {
  if (input.empty()) return;
  const int width = 1 + static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  const auto entries = ParseBundle(input, width);
  if (!entries.ok()) return;
  PM_CHECK(entries->size() == static_cast<std::size_t>(width));
  PM_CHECK(EncodeBundle(*entries).value() == input);
}

void AddCheckpoint(std::string_view input) {
  const auto request = ParseAddCheckpoint(input);
  if (!request.ok()) return;
  PM_CHECK(FormatAddCheckpoint(request->old_size, request->consistency, request->note).value() ==
           input);
  const WitnessedLog log{request->checkpoint.origin, {}, {}};
  PM_CHECK(DecideAddCheckpoint(*request, &log, 0).status == AddCheckpointStatus::kForbidden);
}

void VerifierKey(std::string_view input) {
  const auto key = ParseVerifierKey(input);
  if (key.ok()) PM_CHECK(ToVerifierKey(*key) == input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr void (*kParsers[])(std::string_view) = {
      Note, CheckpointBody, Proof, PolicyText, Path, Bundle, AddCheckpoint, VerifierKey};
  if (size == 0) return 0;
  // 'a' is the first of them; seeds begin with a to h.
  const std::size_t choice = (data[0] - std::size_t{'a'}) % std::size(kParsers);
  kParsers[choice]({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
