// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "forensics/evidence/calibration.h"
#include "forensics/striated/ballistic_signature.h"
#include "tests/attack/attacked_record.h"

namespace proofmark::attack {

// What stands between an asker and the record.
enum class Defence {
  kRawScores,    // Nothing: the score is told, as no node of ours would.
  kLevelsAlone,  // The level of every comparison is told, to whoever asks however often.
  kHardened,     // A node as it is.
};

// What an asker hears.
struct Told {
  bool refused = false;                              // CAPACITY.
  forensics::Level level = forensics::Level::kNone;  // The best candidate's.
  double score = 0.0;                                // Of Defence::kRawScores.
};

// Somebody who holds one record and is asked. Evaluates by BoldCalibration().
class AttackedNode {
 public:
  // `record` must outlive the result.
  static std::unique_ptr<AttackedNode> Create(const AttackedRecord& record, Defence defence);
  virtual ~AttackedNode() = default;

  // So long after the question before.
  virtual Told Ask(const forensics::BulletSignature& probe, std::chrono::milliseconds after) = 0;

  virtual std::int64_t refusals() { return 0; }
  virtual std::int64_t alarms() { return 0; }
};

}  // namespace proofmark::attack
