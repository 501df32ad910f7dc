// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the calling function when `expression`, an absl::Status, is not OK.
#define PM_RETURN_IF_ERROR(expression)                                            \
  do {                                                                            \
    if (absl::Status pm_status = (expression); !pm_status.ok()) return pm_status; \
  } while (false)

// Declares or assigns `target` from the absl::StatusOr `expression`, or returns its status.
#define PM_ASSIGN_OR_RETURN(target, expression) \
  PM_ASSIGN_OR_RETURN_IMPL(PM_CONCAT(pm_status_or_, __LINE__), target, expression)

#define PM_ASSIGN_OR_RETURN_IMPL(holder, target, expression) \
  auto holder = (expression);                                \
  if (!holder.ok()) return std::move(holder).status();       \
  target = std::move(holder).value()

#define PM_CONCAT_IMPL(a, b) a##b
#define PM_CONCAT(a, b) PM_CONCAT_IMPL(a, b)
