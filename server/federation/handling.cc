// SPDX-License-Identifier: Apache-2.0
#include "server/federation/handling.h"

#include <algorithm>
#include <utility>

namespace proofmark::federation {
namespace {

using wire::HandlingAct;

UseDecision Denied(std::string code, std::string reason) {
  return {.allowed = false, .code = std::move(code), .reason = std::move(reason)};
}

bool Did(std::span<const wire::HandlingStep> steps, HandlingAct act, std::string_view by) {
  return std::ranges::any_of(steps, [&](const wire::HandlingStep& step) {
    return step.act == act && (by.empty() || step.by == by);
  });
}

}  // namespace

wire::Handling ConditionsOf(const wire::AnswerHandling& answer) {
  return {.codes = answer.codes,
          .restrictions = answer.restrictions,
          .evidence = false,
          .source_evaluation = answer.source_evaluation,
          .information_evaluation = answer.information_evaluation,
          .delete_unix_ms = 0};
}

bool IsToBeDeleted(const wire::Handling& handling, std::int64_t now_unix_ms) {
  return handling.delete_unix_ms != 0 && now_unix_ms >= handling.delete_unix_ms;
}

UseDecision DecideUse(const wire::Handling& handling, std::span<const wire::HandlingStep> steps,
                      MaterialUse use, std::string_view by, std::int64_t now_unix_ms) {
  if (IsToBeDeleted(handling, now_unix_ms)) {
    return Denied("DELETED", "It was to be deleted by now: `proofmark erase expired` takes it.");
  }
  if (handling.Has("H3") && !Did(steps, HandlingAct::kAcknowledged, by)) {
    return Denied("H3", "It may be used once its restrictions were read and acknowledged.");
  }
  if (use == MaterialUse::kEvidence && !Did(steps, HandlingAct::kEvidencePermitted, "")) {
    if (handling.Has("H1")) {
      return Denied("H1", "Not in judicial proceedings without its owner's recorded permission.");
    }
    if (!handling.evidence) {
      return Denied("INTELLIGENCE",
                    "Its owner gave it as intelligence; evidence takes its recorded permission.");
    }
  }
  if (use == MaterialUse::kOnward && handling.Has("H2") &&
      !Did(steps, HandlingAct::kOnwardPermitted, "")) {
    return Denied("H2", "Not to be passed on without its owner's recorded permission.");
  }
  return {.allowed = true, .code = "", .reason = ""};
}

}  // namespace proofmark::federation
