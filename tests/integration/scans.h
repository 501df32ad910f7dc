// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "proofmark/v1/search_service.grpc.pb.h"
#include "proofmark/v1/submission_service.grpc.pb.h"

namespace proofmark::testing {

// The six scans of one generated bullet as X3P files, lands in order.
std::vector<std::string> GeneratedScans(std::uint32_t barrel, std::uint32_t shot);

// A header for these scans: X3P, lands 1, 2, 3...
v1::SubmissionHeader HeaderFor(const std::string& label, const std::vector<std::string>& scans);

// A header for the breech face of a case.
v1::SubmissionHeader CaseHeaderFor(const std::string& label, const std::string& scan);

// Sends one exhibit; the status of the call.
grpc::Status SubmitScans(v1::SubmissionService::Stub& lab, const v1::SubmissionHeader& header,
                         const std::vector<std::string>& scans,
                         v1::SubmitExhibitResponse& response);

// Submits and expects success; the exhibit's id.
std::string SubmitOrFail(v1::SubmissionService::Stub& lab, const std::string& label,
                         const std::vector<std::string>& scans);

// The same of a case with its breech face alone.
std::string SubmitCaseOrFail(v1::SubmissionService::Stub& lab, const std::string& label,
                             const std::string& scan);

// A request for partners' candidates with the class filter on.
v1::SearchCandidatesRequest QuestionAbout(const std::string& exhibit_id);

// Searches to the end; the status of the call.
grpc::Status Search(v1::SearchService::Stub& examiner, const v1::SearchCandidatesRequest& request,
                    v1::Search& search);

}  // namespace proofmark::testing
