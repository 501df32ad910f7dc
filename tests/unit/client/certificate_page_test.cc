// SPDX-License-Identifier: Apache-2.0
#include "client/certificate_page.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/records/firearm/samples.h"

namespace proofmark::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHostile[] = "<script>alert(\"1\")</script>&'";

wire::KeptFirearm Kept() {
  wire::KeptFirearm kept;
  kept.id = std::string(32, 'a');
  kept.reference = std::string(32, 'b');
  kept.firearm = firearm::SamplePistol();
  kept.deactivation = firearm::SampleDeactivation();
  kept.history = {{.from = std::nullopt,
                   .to = firearm::State::kDeactivated,
                   .at_unix_ms = 1'552'521'600'000,
                   .authority = "Registry",
                   .reason = "",
                   .paper = "P-1"}};
  kept.changes.emplace_back();
  return kept;
}

std::string PageOf(const wire::KeptFirearm& kept) {
  return CertificatePage(kept, std::nullopt, 1'763'856'000'000);
}

TEST(CertificatePageTest, HasEveryFieldOfTheForm) {
  wire::KeptFirearm kept = Kept();
  kept.deactivation->certificate->remarks = "REMARKS-1";
  kept.deactivation->certificate->mark_image = "IMAGE-1";
  const std::string page = PageOf(kept);
  for (const char* const value :
       {"LPH-2019/0042", "GB-LPH", "EU-2018: Regulation (EU) 2015/2403 as amended by (EU) 2018/337",
        "Smith &amp; Daughters", "2019-03-14", "Walther", "Semi-automatic pistol (Table I, 1)",
        "Walther PP", "7,65 Browning (7.65BROWNING)", "AB123456 (FRAME)", "REMARKS-1", "IMAGE-1",
        "A. Example, proof master", "2039-03-14"}) {
    EXPECT_THAT(page, HasSubstr(value));
  }
  for (const char* const name :
       {"Certificate number", "Verifying entity", "Conforms to", "Deactivated by", "Country",
        "Date of certification", "Manufacturer or brand", "Type", "Make and model", "Calibre",
        "Serial numbers", "Remarks", "Picture of the mark", "Responsible person",
        "National language", "English version", "Record kept until"}) {
    EXPECT_THAT(page, HasSubstr(std::string("<tr><td>") + name + "</td>"));
  }
}

TEST(CertificatePageTest, HasMarksStatesFindingsAndTheReceipt) {
  wire::KeptFirearm kept = Kept();
  kept.findings = {{.check = firearm::CheckId::kD15,
                    .severity = firearm::Severity::kAlert,
                    .evidence = "EVIDENCE-1",
                    .fields = {}}};
  const std::string page =
      CertificatePage(kept, PageReceipt{.index = 1204, .entry = "ENTRY-1", .proof = "PROOF-1"}, 0);
  EXPECT_THAT(page, HasSubstr("<td>Frame (FRAME)</td><td>yes</td><td>EU/GB/LPH/2019</td>"));
  EXPECT_THAT(page, HasSubstr("<td>Slide (SLIDE)</td><td>yes</td><td>EU/GB</td>"));
  EXPECT_THAT(page, HasSubstr("<td>2019-03-14 00:00Z</td><td>Certified deactivated under a "
                              "recognised standard (DEACTIVATED)</td>"
                              "<td>Registry</td>"));
  EXPECT_THAT(page, HasSubstr("<td>D15</td><td>ALERT</td><td>EVIDENCE-1</td>"));
  EXPECT_THAT(page, HasSubstr("Entry 1204"));
  EXPECT_THAT(page, HasSubstr("<pre>ENTRY-1</pre>"));
  EXPECT_THAT(page, HasSubstr("<pre>PROOF-1</pre>"));
}

TEST(CertificatePageTest, EscapesWhateverPeopleWrote) {
  wire::KeptFirearm kept = Kept();
  firearm::DeactivationCertificate& certificate = *kept.deactivation->certificate;
  for (std::string* const field : {&certificate.number,
                                   &certificate.verifying_entity,
                                   &certificate.conformity_statement,
                                   &certificate.deactivating_entity,
                                   &certificate.country,
                                   &certificate.manufacturer,
                                   &certificate.type,
                                   &certificate.make_model,
                                   &certificate.calibre_raw,
                                   &certificate.calibre_code,
                                   &certificate.serials[0].raw,
                                   &certificate.remarks,
                                   &certificate.mark_image,
                                   &certificate.signatory,
                                   &certificate.language,
                                   &kept.firearm.make,
                                   &kept.firearm.model,
                                   &kept.firearm.calibre_code,
                                   &kept.firearm.serials[0].raw,
                                   &kept.history[0].authority,
                                   &kept.history[0].paper,
                                   &kept.reference}) {
    *field = kHostile;
  }
  kept.deactivation->components[0].mark->entity = kHostile;
  kept.deactivation->outcomes[0].number = kHostile;
  kept.findings = {{.check = firearm::CheckId::kD15, .evidence = kHostile, .fields = {}}};
  const std::string page =
      CertificatePage(kept, PageReceipt{.index = 1, .entry = kHostile, .proof = kHostile}, 0);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("alert(\"")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
}

TEST(CertificatePageTest, FetchesNothingAndRunsNothing) {
  const std::string page = PageOf(Kept());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* const foreign : {"http:", "https:", "src=", "@import", "url("}) {
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
  }
}

TEST(CertificatePageTest, SaysWhatIsMissing) {
  wire::KeptFirearm kept = Kept();
  kept.deactivation->certificate->signatory.clear();
  kept.deactivation->certificate_withdrawn = true;
  EXPECT_THAT(PageOf(kept), HasSubstr("not recorded"));
  EXPECT_THAT(PageOf(kept),
              HasSubstr("<td>Responsible person</td><td><span class=\"warn\">lacking</span></td>"));
  EXPECT_THAT(PageOf(kept), HasSubstr("of the form's 17 fields.</p>"));
  EXPECT_THAT(PageOf(kept), HasSubstr("The certificate was withdrawn."));
  kept.deactivation->certificate.reset();
  EXPECT_THAT(PageOf(kept), HasSubstr("No certificate is recorded."));
  kept.deactivation.reset();
  EXPECT_THAT(PageOf(kept), HasSubstr("No deactivation is recorded."));
}

}  // namespace
}  // namespace proofmark::client
