// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scans.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash/sha256.h"
#include "forensics/synthetic/generator.h"
#include "forensics/x3p/x3p.h"

namespace proofmark::testing {

std::vector<std::string> GeneratedScans(std::uint32_t barrel, std::uint32_t shot) {
  const forensics::SyntheticBarrel made{
      .seed = 5, .barrel = barrel, .profile = forensics::SyntheticProfile::kClean};
  std::vector<std::string> scans;
  for (std::int64_t land = 0; land < made.land_count; ++land) {
    auto x3p = forensics::WriteX3p(forensics::GenerateLandScan(made, shot, land, {}));
    PM_CHECK(x3p.ok());
    scans.push_back(*std::move(x3p));
  }
  return scans;
}

v1::SubmissionHeader HeaderFor(const std::string& label, const std::vector<std::string>& scans) {
  v1::SubmissionHeader header;
  header.mutable_identity()->set_label(label);
  header.mutable_identity()->set_case_reference("CASE-" + label);
  header.set_kind(v1::EXHIBIT_KIND_BULLET_EVIDENCE);
  header.mutable_characteristics()->set_calibre_code("9LUGER");
  header.mutable_characteristics()->set_land_count(static_cast<std::int32_t>(scans.size()));
  for (std::size_t i = 0; i < scans.size(); ++i) {
    v1::ScanAnnouncement* const scan = header.add_scans();
    scan->set_region(v1::MARK_REGION_LAND);
    scan->set_land_number(static_cast<std::int32_t>(i) + 1);
    scan->set_format("x3p");
    scan->set_size_bytes(static_cast<std::int64_t>(scans[i].size()));
    scan->set_sha256(std::string(crypto::AsText(crypto::Sha256(scans[i]))));
  }
  return header;
}

v1::SubmissionHeader CaseHeaderFor(const std::string& label, const std::string& scan) {
  v1::SubmissionHeader header = HeaderFor(label, {scan});
  header.set_kind(v1::EXHIBIT_KIND_CASE_EVIDENCE);
  header.mutable_characteristics()->clear_land_count();
  header.mutable_scans(0)->set_region(v1::MARK_REGION_BREECH_FACE);
  header.mutable_scans(0)->set_land_number(0);
  return header;
}

grpc::Status SubmitScans(v1::SubmissionService::Stub& lab, const v1::SubmissionHeader& header,
                         const std::vector<std::string>& scans,
                         v1::SubmitExhibitResponse& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto writer = lab.SubmitExhibit(&context, &response);
  v1::SubmitExhibitRequest message;
  *message.mutable_header() = header;
  bool open = writer->Write(message);
  for (const std::string& scan : scans) {
    for (std::size_t at = 0; open && at < scan.size(); at += 256 * 1024) {
      message.set_chunk(scan.substr(at, 256 * 1024));
      open = writer->Write(message);
    }
  }
  writer->WritesDone();
  return writer->Finish();
}

std::string SubmitOrFail(v1::SubmissionService::Stub& lab, const std::string& label,
                         const std::vector<std::string>& scans) {
  v1::SubmitExhibitResponse response;
  const grpc::Status status = SubmitScans(lab, HeaderFor(label, scans), scans, response);
  EXPECT_TRUE(status.ok()) << label << ": " << status.error_message();
  return response.exhibit().exhibit_id();
}

std::string SubmitCaseOrFail(v1::SubmissionService::Stub& lab, const std::string& label,
                             const std::string& scan) {
  v1::SubmitExhibitResponse response;
  const grpc::Status status = SubmitScans(lab, CaseHeaderFor(label, scan), {scan}, response);
  EXPECT_TRUE(status.ok()) << label << ": " << status.error_message();
  return response.exhibit().exhibit_id();
}

v1::SearchCandidatesRequest QuestionAbout(const std::string& exhibit_id) {
  v1::SearchCandidatesRequest request;
  request.set_exhibit_id(exhibit_id);
  request.set_purpose("CRIMINAL_INVESTIGATION");
  request.set_case_reference("SECRET-CASE-4711");
  request.set_all_partners(true);
  return request;
}

grpc::Status Search(v1::SearchService::Stub& examiner, const v1::SearchCandidatesRequest& request,
                    v1::Search& search) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  const auto reader = examiner.SearchCandidates(&context, request);
  v1::SearchCandidatesResponse event;
  while (reader->Read(&event)) {
    if (event.has_search()) search = event.search();
  }
  return reader->Finish();
}

}  // namespace proofmark::testing
