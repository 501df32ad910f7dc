// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/cli/command.h"

// The branches of `proofmark audit` that have a file of their own.
namespace proofmark::client::cli {

Command AuditExportCommand();
Command AuditVerifyCommand();
Command AuditReconcileCommand();
Command AuditReportCommand();

}  // namespace proofmark::client::cli
