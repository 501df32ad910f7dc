// SPDX-License-Identifier: Apache-2.0
#include "client/fault.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace proofmark::client {
namespace {

constexpr char kPayloadUrl[] = "proofmark/fault";
constexpr int kExitInterrupted = 130;

using absl::StatusCode;

constexpr std::array kFaults = {
    Fault{FaultCode::kNotFound, StatusCode::kNotFound, "There is no such thing",
          "The node keeps nothing under the name that was given, or nothing you may see.",
          "Check the name: `proofmark exhibit list` and `proofmark candidates` show what there "
          "is."},
    Fault{FaultCode::kSomeNotSubmitted, StatusCode::kFailedPrecondition,
          "Some exhibits were not submitted",
          "The table lists each exhibit that was not taken and why. The others are durable at the "
          "node.",
          "Correct the causes named in the table and run the same command again: what the node "
          "holds already is recognised and not sent twice."},
    Fault{FaultCode::kCheckFailed, StatusCode::kFailedPrecondition, "A check is negative",
          "The command did its work, and at least one of the things it examined is not as it "
          "should be.",
          "The lines marked FAIL say what to do for each."},
    Fault{FaultCode::kUsage, StatusCode::kInvalidArgument, "The command line is wrong",
          "A command or an option is unknown, missing, or has a value outside its range. Nothing "
          "was done.",
          "`proofmark help COMMAND` shows every option with an example."},
    Fault{FaultCode::kProfile, StatusCode::kInvalidArgument, "The connection profile is wrong",
          "The profile file has an unknown or missing entry, or one outside its bounds; or neither "
          "a profile nor --node, --ca, --cert and --key were given.",
          "The form is described in docs/formats/client-config.md; `proofmark pki issue-role "
          "--node` writes one."},
    Fault{FaultCode::kManifest, StatusCode::kInvalidArgument, "The manifest is wrong",
          "A line or a column of the manifest is not as docs/formats/manifest.md says. Nothing was "
          "sent.",
          "Correct the line the message names."},
    Fault{FaultCode::kRefusedArgument, StatusCode::kInvalidArgument, "The node refused a value",
          "The request was understood, and a field of it lies outside its bounds.",
          "The message names the field and the bound."},
    Fault{FaultCode::kWouldOverwrite, StatusCode::kAlreadyExists, "A file would be overwritten",
          "The file exists already. Keys and certificates are never overwritten by accident. "
          "Nothing was written.",
          "Choose another place, or say --force if the old file may be lost."},
    Fault{FaultCode::kNothingToSubmit, StatusCode::kInvalidArgument, "There is nothing to submit",
          "No X3P file (.x3p) or profile (.csv) was found where the command line points.",
          "Give files, a folder that holds them, or --manifest FILE."},
    Fault{FaultCode::kSetTooSmall, StatusCode::kFailedPrecondition,
          "The labelled set is too small to fit a model to",
          "So few firearms or pairs would give numbers that look like evidence and are chance. "
          "Nothing was written.",
          "Add items of further firearms, or give --base to keep the model of another calibration "
          "and let the set decide how much of it may be said."},
    Fault{FaultCode::kCalibration, StatusCode::kInvalidArgument,
          "A calibration file cannot be used",
          "It is damaged, was edited by hand, is for another kind of mark, or was made for other "
          "versions of extractor and comparison than this program's.",
          "The message names the member. Make it again with `proofmark calibrate`."},
    Fault{FaultCode::kDescriptor, StatusCode::kInvalidArgument,
          "A federation descriptor cannot be used",
          "A file is no federation descriptor, or what was asked for would make none: a rule of "
          "docs/formats/federation-descriptor.md is broken. Nothing was written.",
          "The message names the line, or the agency and the field."},
    Fault{FaultCode::kPermission, StatusCode::kPermissionDenied, "You may not do this",
          "The node knows who you are, and your role or your agency's rules do not allow it. The "
          "denial is in the node's ledger.",
          "`proofmark doctor` shows your role. Laboratories submit, examiners search, auditors "
          "read the ledger."},
    Fault{FaultCode::kBudget, StatusCode::kResourceExhausted, "A budget or a queue is used up",
          "The node takes no more requests of this kind for now.",
          "The message says when to come back."},
    Fault{FaultCode::kState, StatusCode::kFailedPrecondition,
          "It cannot be done in the present state",
          "The request is right, and something must change before it can be done: for instance an "
          "exhibit without a usable land cannot be searched.",
          "The message names the condition."},
    Fault{FaultCode::kPartnersRefused, StatusCode::kPermissionDenied,
          "Every partner that was asked refused",
          "No partner answered the question. Asking again changes nothing until an agreement or a "
          "rule does.",
          "The table gives each partner's reason. `proofmark partners` shows what each may be "
          "asked for."},
    Fault{FaultCode::kNotAuthenticated, StatusCode::kUnauthenticated,
          "The node does not accept your certificate",
          "Your certificate was refused: expired, revoked, or not of the agency's staff CA.",
          "`proofmark doctor` says which; a new one comes from `proofmark pki issue-role`."},
    Fault{FaultCode::kNodeCertificate, StatusCode::kUnauthenticated,
          "The node could not prove who it is",
          "The certificate it showed was not issued by your agency's staff CA, is expired, or does "
          "not carry exactly one name of a node of your own agency. Nothing was sent to it.",
          "Check the address and the CA file of the profile. If both are right, treat it as an "
          "attack and tell the administrator."},
    Fault{FaultCode::kOwnCertificate, StatusCode::kUnauthenticated,
          "Your certificate or CA file cannot be used",
          "A certificate file is not what it should be: not PEM, not a CA, or without the name of "
          "a role.",
          "`proofmark doctor` checks each file; `proofmark pki issue-role` makes new ones."},
    Fault{FaultCode::kKeyMismatch, StatusCode::kUnauthenticated,
          "The private key does not belong to the certificate",
          "The two files were not made together.", "Give the pair that was issued together."},
    Fault{FaultCode::kExpired, StatusCode::kUnauthenticated, "A certificate is not valid now",
          "Its life has ended or has not begun, by this machine's clock.",
          "Issue a new one with `proofmark pki issue-role` or `issue-node`; check the clock with "
          "`proofmark doctor`."},
    Fault{FaultCode::kUnreachable, StatusCode::kUnavailable, "The node cannot be reached",
          "No connection could be made or it broke, also after retries.",
          "Check that the node runs and that the address is right, then try again. Repeating is "
          "safe."},
    Fault{FaultCode::kTooLate, StatusCode::kDeadlineExceeded, "The node did not answer in time",
          "The deadline passed. The node may have done the work all the same.",
          "Try again, with a longer --deadline if need be. Repeating is safe."},
    Fault{FaultCode::kPartnersAway, StatusCode::kUnavailable, "No partner could be reached",
          "None of the partners that were asked answered; at least one was away or too late.",
          "Try again later; `proofmark partners --probe` shows who answers."},
    Fault{FaultCode::kDamaged, StatusCode::kDataLoss, "Data are damaged",
          "A checksum or a proof failed. Repeating will not help.",
          "If a file of yours is named, scan or export it again. Otherwise tell the "
          "administrator."},
    Fault{FaultCode::kNodeFault, StatusCode::kInternal, "The node has an internal fault",
          "The node failed in a way it should not. Its log has the details under the exchange id.",
          "Tell the administrator, with the time and the message."},
    Fault{FaultCode::kFileChanged, StatusCode::kAborted, "A scan changed while it was sent",
          "The file's bytes are no longer those that were announced. The exhibit was not taken.",
          "Let the instrument finish writing, then submit again."},
    Fault{FaultCode::kLedgerMismatch, StatusCode::kDataLoss,
          "The node's ledger is not what it says it is",
          "An entry does not have the hash stated, a file does not lead to the signed root, or the "
          "node knows less than was exported before. Nothing of it was kept.",
          "Keep the output and tell the auditor: this is an alarm."},
    Fault{FaultCode::kAnswerInvalid, StatusCode::kDataLoss,
          "A partner's answer failed verification",
          "A partner answered with something that is not signed by it, not for this question, or "
          "outside its bounds. It was not used.",
          "Tell the administrator; the ledger holds the outcome."},
    Fault{FaultCode::kUnusableScan, StatusCode::kDataLoss, "A scan cannot be used",
          "The file is damaged, is not what its name says, or shows no land with striae.",
          "The message says what was found. Export it again, or scan the land again."},
    Fault{
        FaultCode::kLedgerForked, StatusCode::kDataLoss, "The ledger has two histories",
        "The log's key signed checkpoints that contradict each other. Only the holder of that key "
        "can cause this; no fault of the network or of a disk does. Both signed notes were kept.",
        "Keep the folder as it is, above all its evidence/. Tell every partner and the "
        "supervisor: docs/operations/audit.md."},
    Fault{FaultCode::kCannotRead, StatusCode::kFailedPrecondition, "A file cannot be read",
          "The file is absent, not a file, too large, or you may not read it.",
          "Check the path and its permissions."},
    Fault{FaultCode::kCannotWrite, StatusCode::kFailedPrecondition, "A file cannot be written",
          "The folder is absent, full, or you may not write to it.",
          "Check the path, its permissions and the space left."},
    Fault{FaultCode::kProgramMissing, StatusCode::kFailedPrecondition,
          "A program that this command needs is not installed",
          "Pictures are drawn by gnuplot, which is a separate program.",
          "Install it: `apt-get install gnuplot-nox`."},
    Fault{FaultCode::kProgramFailed, StatusCode::kInternal, "gnuplot failed",
          "gnuplot ended with an error; its message is shown.",
          "Check that the disk is not full and that `gnuplot --version` says 5.4 or later."},
    Fault{FaultCode::kInterrupted, StatusCode::kCancelled, "Interrupted",
          "The command was stopped before it was done. What the node has confirmed stays.",
          "Run the same command again: it goes on where it was stopped."},
};

// What a node's answer stands for when no fault of ours is attached.
FaultCode FromStatusCode(StatusCode code) {
  switch (code) {
    case StatusCode::kNotFound:
      return FaultCode::kNotFound;
    case StatusCode::kInvalidArgument:
    case StatusCode::kOutOfRange:
    case StatusCode::kAlreadyExists:
      return FaultCode::kRefusedArgument;
    case StatusCode::kPermissionDenied:
      return FaultCode::kPermission;
    case StatusCode::kResourceExhausted:
      return FaultCode::kBudget;
    case StatusCode::kFailedPrecondition:
      return FaultCode::kState;
    case StatusCode::kUnauthenticated:
      return FaultCode::kNotAuthenticated;
    case StatusCode::kUnavailable:
      return FaultCode::kUnreachable;
    case StatusCode::kDeadlineExceeded:
      return FaultCode::kTooLate;
    case StatusCode::kDataLoss:
      return FaultCode::kDamaged;
    case StatusCode::kCancelled:
      return FaultCode::kInterrupted;
    default:  // Codes that only a faulty node sends, now or in a later version of gRPC.
      return FaultCode::kNodeFault;
  }
}

}  // namespace

std::span<const Fault> Faults() { return kFaults; }

const Fault& FindFault(FaultCode code) {
  const auto found = std::ranges::find(kFaults, code, &Fault::code);
  PM_CHECK(found != kFaults.end());
  return *found;
}

const Fault* ParseFault(std::string_view text) {
  if (text.size() == 7 && (text[0] == 'P' || text[0] == 'p') &&
      (text[1] == 'M' || text[1] == 'm') && text[2] == '-') {
    text.remove_prefix(3);
  }
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.size() != 4 || error != std::errc() || end != text.data() + text.size()) return nullptr;
  const auto found = std::ranges::find(kFaults, static_cast<FaultCode>(number), &Fault::code);
  return found == kFaults.end() ? nullptr : &*found;
}

std::string FaultName(FaultCode code) {
  return absl::StrFormat("PM-%04d", static_cast<std::int32_t>(code));
}

absl::Status MakeFault(FaultCode code, std::string_view message) {
  absl::Status status(FindFault(code).status, absl::string_view(message.data(), message.size()));
  status.SetPayload(kPayloadUrl, absl::Cord(FaultName(code)));
  return status;
}

FaultCode FaultOf(const absl::Status& status) {
  PM_CHECK(!status.ok());
  if (const absl::optional<absl::Cord> name = status.GetPayload(kPayloadUrl); name.has_value()) {
    if (const Fault* fault = ParseFault(std::string(*name)); fault != nullptr) return fault->code;
  }
  return FromStatusCode(status.code());
}

int ExitCodeOf(FaultCode code) {
  return code == FaultCode::kInterrupted ? kExitInterrupted : static_cast<int>(code) / 1000;
}

}  // namespace proofmark::client
