// SPDX-License-Identifier: Apache-2.0
#pragma once

// The generated classes by name only, so that rooms which never see a message can include the
// conversions beside what they use of them. Whoever calls a conversion includes the .pb.h itself.

namespace google::protobuf {
class Timestamp;
}  // namespace google::protobuf

namespace proofmark::v1 {

enum ClassRule : int;
enum CorrectionSide : int;
enum DetailsSide : int;
enum ExhibitKind : int;
enum FirearmAlertState : int;
enum FirearmStateGroup : int;
enum LinkState : int;
enum LookupForm : int;
enum MarkRegion : int;
enum PartnerOutcome : int;
enum ResultUse : int;
enum SupportLevel : int;

class AcknowledgeFirearmAlertRequest;
class AddFirearmRequest;
class AlarmModelTest;
class AddStandingQuestionRequest;
class AmendFirearmRequest;
class AnswerHandling;
class AskAboutFirearmRequest;
class AskAboutHitRequest;
class AskAboutHitResponse;
class AskPartnersRequest;
class AttachDeactivationRequest;
class BallisticSignature;
class BudgetStatement;
class BulletSignature;
class CaseSignature;
class ClassCharacteristics;
class ConcludeLinkRequest;
class CorrectAnswerRequest;
class CorrectionFile;
class DeactivationRecord;
class DecideDetailsRequest;
class DetailsFile;
class Exhibit;
class ExhibitIdentity;
class FindFirearmsRequest;
class Firearm;
class FirearmAlert;
class FirearmCheckAnswer;
class FirearmCheckQuestion;
class FirearmChecked;
class FirearmNotice;
class FirearmFinding;
class FirearmLookup;
class FirearmRecord;
class FirearmStatistics;
class ImportFirearmsRequest;
class LedgerReceipt;
class Link;
class LinkFirearmRequest;
class LocalResult;
class LookUpFirearmRequest;
class LookupAnswer;
class LookupHitAnswer;
class LookupHitQuestion;
class LookupQuestion;
class LookupTableAnswer;
class LookupTableQuestion;
class MatchAnswer;
class MatchQuestion;
class MatchResult;
class PartnerResult;
class ReceivedFirearmNotice;
class Refusal;
class RecordPermissionRequest;
class RequestDetailsRequest;
class ReviewCandidateRequest;
class Search;
class SearchCandidatesRequest;
class SearchProgress;
class SignedEnvelope;
class StandingQuestion;
class StatisticsCheck;
class SubmissionHeader;
class TransitionFirearmRequest;

}  // namespace proofmark::v1
