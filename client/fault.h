// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace proofmark::client {

// Everything that can go wrong on this side, one number each. Printed and explained as `PM-nnnn`;
// never renumber. The thousands say how a program ends with it (see ExitCodeOf).
enum class FaultCode : std::int32_t {
  kNotFound = 1001,
  kSomeNotSubmitted = 1002,
  kCheckFailed = 1003,
  kUsage = 2001,
  kProfile = 2002,
  kManifest = 2003,
  kRefusedArgument = 2004,
  kWouldOverwrite = 2005,
  kNothingToSubmit = 2006,
  kSetTooSmall = 2007,
  kCalibration = 2008,
  kDescriptor = 2009,
  kPermission = 3001,
  kBudget = 3002,
  kState = 3003,
  kPartnersRefused = 3004,
  kNotAuthenticated = 4001,
  kNodeCertificate = 4002,
  kOwnCertificate = 4003,
  kKeyMismatch = 4004,
  kExpired = 4005,
  kUnreachable = 5001,
  kTooLate = 5002,
  kPartnersAway = 5003,
  kDamaged = 6001,
  kNodeFault = 6002,
  kFileChanged = 6003,
  kLedgerMismatch = 6004,
  kAnswerInvalid = 6005,
  kUnusableScan = 6006,
  kLedgerForked = 6007,
  kCannotRead = 7001,
  kCannotWrite = 7002,
  kProgramMissing = 7003,
  kProgramFailed = 7004,
  kInterrupted = 8001,
};

// One row of the only table of faults.
struct Fault {
  FaultCode code;
  absl::StatusCode status;   // What the library returns it as.
  std::string_view title;    // One line.
  std::string_view meaning;  // What has happened, and what has not.
  std::string_view remedy;   // The next step.
};

// All of them, by number.
std::span<const Fault> Faults();
const Fault& FindFault(FaultCode code);
// nullptr for text that is not "PM-nnnn" (any case, prefix optional) of the table.
const Fault* ParseFault(std::string_view text);
// "PM-4002".
std::string FaultName(FaultCode code);

// A status that carries its fault. `message` says what and where; the remedy comes from the table.
absl::Status MakeFault(FaultCode code, std::string_view message);

// The fault a failed status carries; without one, the fault its code stands for (what a node
// answered). Never called with an OK status.
FaultCode FaultOf(const absl::Status& status);

// How the program ends: 0 done or found, 1 nothing found or a check that is negative, 2 usage,
// 3 refused, 4 not authenticated, 5 network, 6 damaged, 7 local, 130 interrupted.
int ExitCodeOf(FaultCode code);

}  // namespace proofmark::client
