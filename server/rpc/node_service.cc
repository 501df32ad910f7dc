// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/version.h"
#include "crypto/token/token_key.h"
#include "forensics/evidence/calibration.h"
#include "forensics/striated/land_extraction.h"
#include "proofmark/admin/v1/node_service.grpc.pb.h"
#include "proto/wire/common.h"
#include "records/firearm/lookup_words.h"
#include "records/firearm/serial.h"
#include "server/federation/consultation.h"
#include "server/rpc/services.h"
#include "server/rpc/staff.h"

namespace proofmark::rpc {
namespace {

namespace admin = ::proofmark::admin::v1;

// How long all partners together may take to be probed.
constexpr std::chrono::seconds kProbeTime{5};

void ToProto(const journeys::CalibrationInForce& in_force, admin::Calibration& told) {
  const forensics::CalibrationInfo& info = in_force.info;
  told.set_mark(std::string(forensics::MarkKindName(info.mark)));
  told.set_version(info.version);
  told.set_provisional(info.provisional);
  told.set_log10_cap(info.log10_cap);
  told.set_log10_floor(info.log10_floor);
  told.set_real_firearm_count(info.real_firearms);
  told.set_method_version(info.method);
  told.set_built_in(in_force.built_in);
  if (in_force.install.has_value()) {
    *told.mutable_install_time() = wire::ToTimestamp(in_force.install->unix_ms);
    told.set_installed_by(in_force.install->by);
    told.set_ledger_index(in_force.install->ledger_index);
  }
  told.set_unused_version(in_force.unused_version);
  told.set_statement(info.statement);
}

std::string_view StageText(crypto::DescriptorStage stage) {
  switch (stage) {
    case crypto::DescriptorStage::kEarly:
      return "early";
    case crypto::DescriptorStage::kInForce:
      return "in-force";
    case crypto::DescriptorStage::kGrace:
      return "grace";
    case crypto::DescriptorStage::kEnded:
      return "ended";
  }
  return "";
}

admin::RevocationListState ToProto(crypto::ListState state) {
  switch (state) {
    case crypto::ListState::kFresh:
      return admin::REVOCATION_LIST_STATE_FRESH;
    case crypto::ListState::kStale:
      return admin::REVOCATION_LIST_STATE_STALE;
    case crypto::ListState::kExpired:
      return admin::REVOCATION_LIST_STATE_EXPIRED;
  }
  PM_CHECK(false);
}

void ToProto(const federation::BudgetStatement& statement, admin::BudgetUse& message) {
  message.set_per_day(statement.limits.per_day);
  message.set_per_30_days(statement.limits.per_30_days);
  message.set_used_today_count(statement.used_today);
  message.set_used_30_days_count(statement.used_30_days);
}

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

  grpc::ServerUnaryReactor* ListCalibrations(grpc::CallbackServerContext* context,
                                             const admin::ListCalibrationsRequest* request,
                                             admin::ListCalibrationsResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/ListCalibrations", request, response,
        [this](const crypto::SpiffeName&, const admin::ListCalibrationsRequest&,
               admin::ListCalibrationsResponse& answer) {
          for (const auto& in_force : rooms_.node.calibrations().List()) {
            ToProto(in_force, *answer.add_calibrations());
          }
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* InstallCalibration(
      grpc::CallbackServerContext* context, const admin::InstallCalibrationRequest* request,
      admin::InstallCalibrationResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/InstallCalibration", request, response,
        [this](const crypto::SpiffeName& caller, const admin::InstallCalibrationRequest& asked,
               admin::InstallCalibrationResponse& answer) {
          return Install(StaffOf(caller), asked, answer);
        });
  }

  grpc::ServerUnaryReactor* GetFederation(grpc::CallbackServerContext* context,
                                          const admin::GetFederationRequest* request,
                                          admin::GetFederationResponse* response) override {
    return rooms_.guard.Unary(context, "/proofmark.admin.v1.NodeService/GetFederation", request,
                              response,
                              [this](const crypto::SpiffeName&, const admin::GetFederationRequest&,
                                     admin::GetFederationResponse& answer) {
                                DescribeFederation(*answer.mutable_federation());
                                return absl::OkStatus();
                              });
  }

  grpc::ServerUnaryReactor* ApplyDescriptor(grpc::CallbackServerContext* context,
                                            const admin::ApplyDescriptorRequest* request,
                                            admin::ApplyDescriptorResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/ApplyDescriptor", request, response,
        [this](const crypto::SpiffeName& caller, const admin::ApplyDescriptorRequest& asked,
               admin::ApplyDescriptorResponse& answer) {
          return Apply(StaffOf(caller), asked, answer);
        });
  }

  grpc::ServerUnaryReactor* Erase(grpc::CallbackServerContext* context,
                                  const admin::EraseRequest* request,
                                  admin::EraseResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/Erase", request, response,
        [this](const crypto::SpiffeName& caller, const admin::EraseRequest& asked,
               admin::EraseResponse& answer) {
          return RunErasure(StaffOf(caller), asked, answer);
        });
  }

  grpc::ServerUnaryReactor* PlantCanary(grpc::CallbackServerContext* context,
                                        const admin::PlantCanaryRequest* request,
                                        admin::PlantCanaryResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/PlantCanary", request, response,
        [this](const crypto::SpiffeName& caller, const admin::PlantCanaryRequest& asked,
               admin::PlantCanaryResponse& answer) -> absl::Status {
          if (!asked.canary().canary_id().empty()) {
            return absl::InvalidArgumentError("canary.canary_id: must be empty");
          }
          PM_ASSIGN_OR_RETURN(const firearm::SerialKeys keys,
                              firearm::MakeSerialKeys(asked.canary().serial()));
          PM_ASSIGN_OR_RETURN(
              std::string id,
              rooms_.node.canaries().Plant(
                  StaffOf(caller), {.record_id = "",
                                    .fields = {.make = firearm::LookupMake(asked.canary().make()),
                                               .model = "",
                                               .serial = keys.lookalike},
                                    .group = firearm::StateGroup::kDeactivated,
                                    .reference = asked.canary().reference()}));
          answer.set_canary_id(std::move(id));
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* ListCanaries(grpc::CallbackServerContext* context,
                                         const admin::ListCanariesRequest* request,
                                         admin::ListCanariesResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/ListCanaries", request, response,
        [this](const crypto::SpiffeName& caller, const admin::ListCanariesRequest&,
               admin::ListCanariesResponse& answer) -> absl::Status {
          PM_ASSIGN_OR_RETURN(const std::vector<lookup::SharedFirearm> canaries,
                              rooms_.node.canaries().List());
          PM_RETURN_IF_ERROR(
              federation::LogConsultation(rooms_.node.ledger(), StaffOf(caller),
                                          {.read = "CANARIES_LISTED", .count = canaries.size()}));
          for (const lookup::SharedFirearm& canary : canaries) {
            admin::Canary& told = *answer.add_canaries();
            told.set_canary_id(lookup::CanaryBook::IdOf(canary.record_id));
            told.set_serial(canary.fields.serial);
            told.set_make(canary.fields.make);
            told.set_reference(canary.reference);
          }
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* RemoveCanary(grpc::CallbackServerContext* context,
                                         const admin::RemoveCanaryRequest* request,
                                         admin::RemoveCanaryResponse* response) override {
    return rooms_.guard.Unary(
        context, "/proofmark.admin.v1.NodeService/RemoveCanary", request, response,
        [this](const crypto::SpiffeName& caller, const admin::RemoveCanaryRequest& asked,
               admin::RemoveCanaryResponse&) {
          return rooms_.node.canaries().Remove(StaffOf(caller), asked.canary_id());
        });
  }

 private:
  absl::Status RunErasure(const federation::Caller& caller, const admin::EraseRequest& asked,
                          admin::EraseResponse& answer) const {
    journeys::Erasures& erasures = rooms_.node.erasures();
    absl::StatusOr<journeys::Erased> erased =
        absl::InvalidArgumentError("case_reference, firearm_id or expired is required");
    if (asked.what_case() == admin::EraseRequest::kCaseReference) {
      erased = erasures.EraseCase(caller, asked.case_reference(), asked.reason(), asked.dry_run());
    } else if (asked.what_case() == admin::EraseRequest::kFirearmId) {
      erased = erasures.EraseFirearm(caller, asked.firearm_id(), asked.reason(), asked.dry_run());
    } else if (asked.expired()) {
      if (!asked.reason().empty()) {
        return absl::InvalidArgumentError("reason: must be empty for what has expired");
      }
      erased = erasures.RunRetention(caller, asked.dry_run());
    }
    PM_RETURN_IF_ERROR(erased.status());
    answer.set_exhibit_count(erased->exhibits);
    answer.set_search_count(erased->searches);
    answer.set_case_count(erased->cases);
    answer.set_link_count(erased->links);
    answer.set_details_count(erased->details);
    answer.set_firearm_count(erased->firearms);
    answer.set_standing_count(erased->standing);
    answer.set_notice_count(erased->notices);
    if (erased->receipt) *answer.mutable_receipt() = wire::ToProto(*erased->receipt);
    return absl::OkStatus();
  }

  absl::Status Apply(const federation::Caller& caller, const admin::ApplyDescriptorRequest& asked,
                     admin::ApplyDescriptorResponse& answer) const {
    std::optional<crypto::Sha256Digest> pin;
    if (!asked.pinned_hash().empty()) {
      if (asked.pinned_hash().size() != pin.emplace().size()) {
        return absl::InvalidArgumentError("pinned_hash: not 32 bytes");
      }
      std::ranges::copy(base::AsBytes(asked.pinned_hash()), pin->begin());
    }
    PM_ASSIGN_OR_RETURN(const records::LedgerReceipt receipt,
                        rooms_.node.federation().Apply(caller, asked.note(), pin));
    DescribeFederation(*answer.mutable_federation());
    *answer.mutable_receipt() = wire::ToProto(receipt);
    return absl::OkStatus();
  }

  void DescribeFederation(admin::Federation& told) const {
    const exchange::FederationStanding standing = rooms_.node.federation().standing();
    if (standing.in_force == nullptr) return;
    const federation::DescriptorInForce& in_force = *standing.in_force;
    const crypto::FederationDescriptor& descriptor = in_force.accepted.descriptor();
    told.set_note(in_force.accepted.NoteBytes());
    told.set_stage(std::string(StageText(standing.stage)));
    told.set_life_passed_percent(
        crypto::LifePassedPercent(descriptor, base::SystemClock().UnixMillis() / 1000));
    *told.mutable_accept_time() = wire::ToTimestamp(in_force.accept_unix_ms);
    told.set_source(in_force.source);
    told.set_ledger_index(in_force.ledger_index);
    *told.mutable_grace_end_time() = wire::ToTimestamp(
        1000 * (descriptor.not_after_unix_s + rooms_.node.federation().book().grace().count()));
    for (const federation::Membership& partner : standing.partners) {
      admin::FederationPartner& row = *told.add_partners();
      row.set_domain(partner.domain);
      row.set_admitted(partner.admitted());
      row.set_fault(partner.fault);
    }
    told.set_restart_needed(standing.restart_needed);
    told.set_own_fault(standing.own_fault);
  }

  absl::Status Install(const federation::Caller& caller,
                       const admin::InstallCalibrationRequest& asked,
                       admin::InstallCalibrationResponse& answer) const {
    journeys::Calibrations& calibrations = rooms_.node.calibrations();
    absl::StatusOr<journeys::InstalledCalibration> installed =
        absl::InvalidArgumentError("file or built_in_mark is required");
    if (asked.what_case() == admin::InstallCalibrationRequest::kFile) {
      installed = calibrations.Install(caller, asked.file());
    } else if (asked.what_case() == admin::InstallCalibrationRequest::kBuiltInMark) {
      const auto mark = forensics::FindMarkKind(asked.built_in_mark());
      if (!mark.has_value()) {
        return absl::InvalidArgumentError("built_in_mark must be \"bullet\" or \"breech_face\"");
      }
      installed = calibrations.InstallBuiltIn(caller, *mark);
    }
    PM_RETURN_IF_ERROR(installed.status());
    ToProto(installed->in_force, *answer.mutable_calibration());
    *answer.mutable_receipt() = wire::ToProto(installed->receipt);
    return absl::OkStatus();
  }

  absl::Status DescribeLedger(admin::LedgerStatus& ledger) const {
    const exchange::Standing standing = rooms_.node.publishing().standing();
    if (standing.latest) ledger.set_signed_size(standing.latest->checkpoint.size);
    ledger.set_standing(standing.verdict.words);
    if (standing.unwitnessed_since_unix_ms) {
      *ledger.mutable_unwitnessed_since() = wire::ToTimestamp(*standing.unwitnessed_since_unix_ms);
    }
    PM_ASSIGN_OR_RETURN(const std::vector<ledger::ForkEvidence> forks,
                        rooms_.node.witness().Forks());
    ledger.set_fork_alarms(static_cast<std::int32_t>(forks.size()));
    PM_ASSIGN_OR_RETURN(const std::vector<ledger::ForkReport> waiting,
                        rooms_.node.witness().ReportsWaiting());
    ledger.set_fork_reports_waiting(static_cast<std::int32_t>(waiting.size()));
    return absl::OkStatus();
  }

  absl::Status Describe(admin::GetStatusResponse& answer) const {
    node::Node& node = rooms_.node;
    PM_RETURN_IF_ERROR(node.health());
    PM_ASSIGN_OR_RETURN(const std::int64_t exhibits, node.CountActiveExhibits());
    const ledger::TreeHead head = node.ledger().Head();
    answer.set_node_id(node.identity().node_id());
    answer.set_version(base::kVersion);
    *answer.mutable_start_time() = wire::ToTimestamp(node.start_unix_ms());
    answer.set_exhibit_count(exhibits);
    answer.set_indexed_count(node.indexed_count());
    answer.set_ledger_size(head.size);
    answer.set_ledger_root(std::string(crypto::AsText(head.root)));
    answer.set_method_version(std::string(forensics::LandExtractorVersion()));
    for (const auto& in_force : node.calibrations().List()) {
      ToProto(in_force, *answer.add_calibrations());
      if (in_force.info.mark != forensics::MarkKind::kBullet) continue;
      answer.set_calibration_version(in_force.info.version);
      answer.set_calibration_provisional(in_force.info.provisional);
    }
    for (const auto& [port, shown] : rooms_.own_identities) {
      const crypto::X509Certificate certificate = shown->certificate();
      admin::CertificateStatus* const status = answer.add_certificates();
      status->set_port(port);
      status->set_name(certificate.uri_sans().empty() ? "" : certificate.uri_sans().front());
      *status->mutable_expire_time() = wire::ToTimestamp(certificate.not_after_unix_s() * 1'000);
    }
    DescribeRevocation(answer);
    DescribeTokens(answer);
    DescribeDescriptor(answer);
    PM_ASSIGN_OR_RETURN(const journeys::StandingCounts standing, node.standing_questions().Count());
    answer.mutable_standing()->set_active_count(standing.active);
    answer.mutable_standing()->set_automatic_count(standing.automatic);
    answer.mutable_standing()->set_due_count(standing.due);
    answer.mutable_standing()->set_failing_count(standing.failing);
    PM_RETURN_IF_ERROR(DescribeSecondStep(answer));
    std::error_code error;
    const auto space = std::filesystem::space(rooms_.state_folder, error);
    Describe(node.index_report(), *answer.mutable_search_index());
    PM_RETURN_IF_ERROR(DescribeLedger(*answer.mutable_ledger()));
    answer.set_disk_free_bytes(error ? -1 : static_cast<std::int64_t>(space.available));
    return absl::OkStatus();
  }

  void DescribeDescriptor(admin::GetStatusResponse& answer) const {
    const exchange::FederationStanding standing = rooms_.node.federation().standing();
    if (standing.in_force == nullptr) return;
    const crypto::FederationDescriptor& text = standing.in_force->accepted.descriptor();
    admin::DescriptorStatus& described = *answer.mutable_federation_descriptor();
    described.set_version(text.version);
    *described.mutable_expire_time() = wire::ToTimestamp(text.not_after_unix_s * 1'000);
    described.set_stage(std::string(StageText(standing.stage)));
    described.set_left_out_count(std::ranges::count_if(
        standing.partners,
        [](const federation::Membership& partner) { return !partner.admitted(); }));
    described.set_needs_attention(standing.restart_needed || !standing.own_fault.empty());
  }

  absl::Status DescribeSecondStep(admin::GetStatusResponse& answer) const {
    PM_ASSIGN_OR_RETURN(const std::int64_t alert_count, rooms_.node.alerts().CountNew());
    answer.set_firearm_alert_count(alert_count);
    PM_ASSIGN_OR_RETURN(const journeys::Details::Queue queue, rooms_.node.details().CountQueue());
    answer.set_details_waiting_count(queue.waiting);
    answer.set_details_late_count(queue.late);
    admin::LettersWaiting* told = nullptr;  // Of the partner before.
    for (const exchange::WaitingLetter& letter : rooms_.node.outbox().Waiting()) {
      if (told == nullptr || told->agency() != letter.agency) {
        told = answer.add_letters_waiting();
        told->set_agency(letter.agency);
        *told->mutable_oldest_time() = wire::ToTimestamp(letter.since_unix_ms);
        told->set_fault(letter.fault);
      }
      told->set_letter_count(told->letter_count() + 1);
    }
    return absl::OkStatus();
  }

  static void DescribeTokens(admin::GetStatusResponse& answer) {
    for (const crypto::TokenStanding& standing : crypto::TokenStandings()) {
      admin::TokenKeyStatus* const told = answer.add_token_keys();
      told->set_name(standing.name);
      if (standing.away_since_unix_ms) {
        *told->mutable_away_since() = wire::ToTimestamp(*standing.away_since_unix_ms);
      }
      told->set_signature_count(standing.signatures);
      told->set_retried_count(standing.retried);
    }
  }

  void DescribeRevocation(admin::GetStatusResponse& answer) const {
    for (const federation::ListStanding& standing : rooms_.revocations.Standings()) {
      admin::RevocationListStatus* const told = answer.add_revocation_lists();
      told->set_label(standing.label);
      told->set_state(ToProto(standing.state));
      if (standing.missing_since_unix_s) {
        *told->mutable_missing_since() = wire::ToTimestamp(*standing.missing_since_unix_s * 1'000);
      }
      if (standing.number) told->set_number(*standing.number);
      if (standing.next_update_unix_s) {
        *told->mutable_next_update() = wire::ToTimestamp(*standing.next_update_unix_s * 1'000);
      }
      told->set_revoked_count(static_cast<std::int64_t>(standing.revoked_count));
    }
    const federation::DenyList denied = rooms_.revocations.denied();
    answer.set_denied_count(
        static_cast<std::int64_t>(denied.names.size() + denied.certificates.size()));
  }

  static void Describe(const node::Node::IndexReport& report, admin::SearchIndexStatus& told) {
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

  void DescribeLookups(const federation::Partner& partner, const node::Node::PartnerBudget& budget,
                       admin::Partner& told) const {
    if (budget.firearm_checks_here) {
      ToProto(*budget.firearm_checks_here, *told.mutable_firearm_checks_here());
    }
    if (budget.firearm_checks_there) {
      ToProto(budget.firearm_checks_there->statement, *told.mutable_firearm_checks_there());
      *told.mutable_firearm_checks_told_time() =
          wire::ToTimestamp(budget.firearm_checks_there->unix_ms);
    }
    if (budget.lookups_here) {
      ToProto(*budget.lookups_here, *told.mutable_lookups_here());
      admin::LookupBurst& burst = *told.mutable_lookups_burst();
      burst.set_bound(partner.lookup_burst);
      for (const auto& [purpose, left] : budget.lookups_at_once_here) {
        admin::LookupBucket& bucket = *burst.add_buckets();
        bucket.set_purpose(purpose);
        bucket.set_left_count(left);
      }
    }
    if (budget.lookups_there) {
      ToProto(budget.lookups_there->statement, *told.mutable_lookups_there());
      *told.mutable_lookups_told_time() = wire::ToTimestamp(budget.lookups_there->unix_ms);
    }
    const auto table = rooms_.node.lookup_tables().Find(partner.node_id);
    if (!table.has_value()) return;
    admin::LookupTableState& state = *told.mutable_lookup_table();
    state.set_epoch(table->epoch);
    *state.mutable_make_time() = wire::ToTimestamp(table->created_unix_ms);
    state.set_record_count(static_cast<std::int64_t>(table->record_count));
    state.set_left_out_count(static_cast<std::int64_t>(table->left_out_count));
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
    PM_ASSIGN_OR_RETURN(const std::vector<node::Node::PartnerBudget> budgets,
                        rooms_.node.Budgets());
    for (std::size_t i = 0; i < partners.size(); ++i) {
      admin::Partner* const told = answer.add_partners();
      ToProto(budgets[i].here, *told->mutable_budget_here());
      if (budgets[i].there.has_value()) {
        ToProto(budgets[i].there->statement, *told->mutable_budget_there());
        *told->mutable_told_time() = wire::ToTimestamp(budgets[i].there->unix_ms);
      }
      DescribeLookups(partners[i], budgets[i], *told);
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
