// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "crypto/lookup/input.h"
#include "records/firearm/lookup_words.h"

namespace proofmark::lookup {

// One firearm that partners may find.
struct SharedFirearm {
  // The registry's own id, 1..128 bytes: the same record has the same id for as long as it exists.
  // It never leaves the node.
  std::string record_id;
  // The serial's key K1 (firearm::MakeSerialKeys), firearm::LookupMake and LookupModel; empty where
  // not known. One without a serial cannot be found.
  crypto::LookupFields fields;
  firearm::StateGroup group = firearm::StateGroup::kOther;  // firearm::GroupOf its state.
  // What a partner writes to this agency under, 1..64 bytes of printable ASCII. Told to who asks
  // about a hit, so nothing that identifies the firearm or a person.
  std::string reference;
};

// What the registry of firearms gives: visits every record whose state is shared by default
// (firearm::IsSharedByDefault) and which the agency has not withheld, once each, in any order, as
// they are at one moment. An error of `visit` ends it and is returned. Called from several threads,
// for each partner's table and each question about a hit.
using SharedVisitor = std::function<absl::Status(const SharedFirearm&)>;
using RecordSource = std::function<absl::Status(const SharedVisitor& visit)>;

}  // namespace proofmark::lookup
