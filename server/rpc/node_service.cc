// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/status.h"
#include "base/version.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/land_extraction.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "server/rpc/services.h"

namespace proofmark::rpc {
namespace {

namespace admin = ::proofmark::admin::v1;

// How long all partners together may take to be probed.
constexpr std::chrono::seconds kProbeTime{5};

class NodeService final : public admin::NodeService::CallbackService {
 public:
  explicit NodeService(const ServiceRooms& rooms) : rooms_(rooms) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const admin::GetStatusRequest* request,
                                      admin::GetStatusResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/GetStatus", request, response,
        [this](const crypto::SpiffeName&, const admin::GetStatusRequest&,
               admin::GetStatusResponse& answer) { return Describe(answer); });
  }

  grpc::ServerUnaryReactor* ListPartners(grpc::CallbackServerContext* context,
                                         const admin::ListPartnersRequest* request,
                                         admin::ListPartnersResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/ListPartners", request, response,
        [this](const crypto::SpiffeName&, const admin::ListPartnersRequest& asked,
               admin::ListPartnersResponse& answer) { return List(asked.probe(), answer); });
  }

 private:
  absl::Status Describe(admin::GetStatusResponse& answer) const {
    journeys::Node& node = rooms_.node;
    PM_RETURN_IF_ERROR(node.health());
    PM_ASSIGN_OR_RETURN(const std::int64_t exhibits, node.CountActiveExhibits());
    const ledger::TreeHead head = node.ledger().Head();
    const forensics::CalibrationInfo& calibration = forensics::BulletCalibration();
    answer.set_node_id(node.identity().node_id());
    answer.set_version(base::kVersion);
    *answer.mutable_start_time() = wire::ToTimestamp(node.start_unix_ms());
    answer.set_exhibit_count(exhibits);
    answer.set_indexed_count(node.indexed_count());
    answer.set_ledger_size(head.size);
    answer.set_ledger_root(std::string(crypto::AsText(head.root)));
    answer.set_method_version(std::string(forensics::LandExtractorVersion()));
    answer.set_calibration_version(calibration.version);
    answer.set_calibration_provisional(calibration.provisional);
    for (const auto& [port, certificate] : rooms_.own_certificates) {
      admin::CertificateStatus* const status = answer.add_certificates();
      status->set_port(port);
      status->set_name(certificate.uri_sans().empty() ? "" : certificate.uri_sans().front());
      *status->mutable_expire_time() = wire::ToTimestamp(certificate.not_after_unix_s() * 1'000);
    }
    std::error_code error;
    const auto space = std::filesystem::space(rooms_.state_folder, error);
    Describe(node.index_report(), *answer.mutable_search_index());
    answer.set_disk_free_bytes(error ? -1 : static_cast<std::int64_t>(space.available));
    return absl::OkStatus();
  }

  static void Describe(const journeys::Node::IndexReport& report, admin::SearchIndexStatus& told) {
    told.mutable_ready_after()->set_seconds(report.ready_ms / 1'000);
    told.mutable_ready_after()->set_nanos(static_cast<std::int32_t>(report.ready_ms % 1'000) *
                                          1'000'000);
    told.set_from_files_count(report.from_files);
    told.set_from_store_count(report.from_store);
    told.set_refused_file_count(report.files.refused_files);
    told.set_written_file_count(report.files.written_files);
    told.set_failure_count(report.files.failures);
    told.set_unread_signature_count(report.unread_signatures);
  }

  absl::Status List(bool probe, admin::ListPartnersResponse& answer) const {
    const auto deadline = std::chrono::steady_clock::now() + kProbeTime;
    const std::vector<federation::Partner>& partners = rooms_.node.partners().all();
    std::vector<absl::Status> probed(partners.size(), absl::OkStatus());
    if (probe) {
      std::vector<std::jthread> probes;
      for (std::size_t i = 0; i < partners.size(); ++i) {
        probes.emplace_back([&, i] { probed[i] = rooms_.peers.Probe(partners[i], deadline); });
      }
    }
    for (std::size_t i = 0; i < partners.size(); ++i) {
      admin::Partner* const told = answer.add_partners();
      told->set_domain(partners[i].domain);
      told->set_node_id(partners[i].node_id);
      told->set_endpoint(partners[i].endpoint);
      for (const std::string& code : partners[i].answered_purposes) {
        told->add_answered_purposes(code);
      }
      for (const std::string& code : partners[i].asked_purposes) told->add_asked_purposes(code);
      if (!probe) continue;
      told->set_probe_result(probed[i].ok() ? "serving" : "unreachable");
      told->set_probe_detail(std::string(probed[i].message()));
    }
    return absl::OkStatus();
  }

  const ServiceRooms rooms_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeNodeService(const ServiceRooms& rooms) {
  return std::make_unique<NodeService>(rooms);
}

}  // namespace proofmark::rpc
