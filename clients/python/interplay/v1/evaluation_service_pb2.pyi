import datetime

from buf.validate import validate_pb2 as _validate_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from interplay.v1 import evaluation_pb2 as _evaluation_pb2
from interplay.v1 import operation_pb2 as _operation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportSessionOutcomeRequest(_message.Message):
    __slots__ = ("user_id", "session_id", "outcome", "value", "action", "reporter", "comment", "occur_time", "replace", "request_id")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    REPORTER_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    session_id: str
    outcome: _evaluation_pb2.SessionOutcome
    value: float
    action: str
    reporter: str
    comment: str
    occur_time: _timestamp_pb2.Timestamp
    replace: bool
    request_id: str
    def __init__(self, user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., outcome: _Optional[_Union[_evaluation_pb2.SessionOutcome, str]] = ..., value: _Optional[float] = ..., action: _Optional[str] = ..., reporter: _Optional[str] = ..., comment: _Optional[str] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., replace: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReportSessionOutcomeResponse(_message.Message):
    __slots__ = ("evaluation", "duplicate")
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    evaluation: _evaluation_pb2.SessionEvaluation
    duplicate: bool
    def __init__(self, evaluation: _Optional[_Union[_evaluation_pb2.SessionEvaluation, _Mapping]] = ..., duplicate: _Optional[bool] = ...) -> None: ...

class SessionFilter(_message.Message):
    __slots__ = ("user_id", "session_id", "agent_id", "agent_version", "source", "start_time", "end_time")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    session_id: str
    agent_id: str
    agent_version: str
    source: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., session_id: _Optional[str] = ..., agent_id: _Optional[str] = ..., agent_version: _Optional[str] = ..., source: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class EvaluateSessionsRequest(_message.Message):
    __slots__ = ("filter", "again", "judge", "max_sessions", "request_id")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    AGAIN_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    MAX_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    again: bool
    judge: str
    max_sessions: int
    request_id: str
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., again: _Optional[bool] = ..., judge: _Optional[str] = ..., max_sessions: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class EvaluateSessionsResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class ListSessionEvaluationsRequest(_message.Message):
    __slots__ = ("filter", "outcomes", "methods", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: SessionFilter
    outcomes: _containers.RepeatedScalarFieldContainer[_evaluation_pb2.SessionOutcome]
    methods: _containers.RepeatedScalarFieldContainer[_evaluation_pb2.EvaluationMethod]
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., outcomes: _Optional[_Iterable[_Union[_evaluation_pb2.SessionOutcome, str]]] = ..., methods: _Optional[_Iterable[_Union[_evaluation_pb2.EvaluationMethod, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSessionEvaluationsResponse(_message.Message):
    __slots__ = ("evaluations", "next_page_token")
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    evaluations: _containers.RepeatedCompositeFieldContainer[_evaluation_pb2.SessionEvaluation]
    next_page_token: str
    def __init__(self, evaluations: _Optional[_Iterable[_Union[_evaluation_pb2.SessionEvaluation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CompareArmsRequest(_message.Message):
    __slots__ = ("contest", "filter", "judge", "vote_unit", "max_pairs", "max_calls", "max_tokens", "expected_pair_share", "request_id", "resume_after", "report_only", "seed")
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    VOTE_UNIT_FIELD_NUMBER: _ClassVar[int]
    MAX_PAIRS_FIELD_NUMBER: _ClassVar[int]
    MAX_CALLS_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_PAIR_SHARE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_AFTER_FIELD_NUMBER: _ClassVar[int]
    REPORT_ONLY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    contest: _evaluation_pb2.Contest
    filter: SessionFilter
    judge: str
    vote_unit: _evaluation_pb2.VoteUnit
    max_pairs: int
    max_calls: int
    max_tokens: int
    expected_pair_share: float
    request_id: str
    resume_after: int
    report_only: bool
    seed: int
    def __init__(self, contest: _Optional[_Union[_evaluation_pb2.Contest, str]] = ..., filter: _Optional[_Union[SessionFilter, _Mapping]] = ..., judge: _Optional[str] = ..., vote_unit: _Optional[_Union[_evaluation_pb2.VoteUnit, str]] = ..., max_pairs: _Optional[int] = ..., max_calls: _Optional[int] = ..., max_tokens: _Optional[int] = ..., expected_pair_share: _Optional[float] = ..., request_id: _Optional[str] = ..., resume_after: _Optional[int] = ..., report_only: _Optional[bool] = ..., seed: _Optional[int] = ...) -> None: ...

class PairFailure(_message.Message):
    __slots__ = ("index", "interaction_id", "reason")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    index: int
    interaction_id: str
    reason: str
    def __init__(self, index: _Optional[int] = ..., interaction_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CompareArmsResponse(_message.Message):
    __slots__ = ("operation", "verdict", "failure", "report")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    verdict: _evaluation_pb2.PairVerdict
    failure: PairFailure
    report: _evaluation_pb2.ComparisonReport
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ..., verdict: _Optional[_Union[_evaluation_pb2.PairVerdict, _Mapping]] = ..., failure: _Optional[_Union[PairFailure, _Mapping]] = ..., report: _Optional[_Union[_evaluation_pb2.ComparisonReport, _Mapping]] = ...) -> None: ...

class LabelledPair(_message.Message):
    __slots__ = ("interaction_id", "contest", "question", "production", "challenger", "label", "production_family", "challenger_family")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTEST_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    PRODUCTION_FIELD_NUMBER: _ClassVar[int]
    CHALLENGER_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PRODUCTION_FAMILY_FIELD_NUMBER: _ClassVar[int]
    CHALLENGER_FAMILY_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    contest: _evaluation_pb2.Contest
    question: str
    production: str
    challenger: str
    label: _evaluation_pb2.PairWinner
    production_family: str
    challenger_family: str
    def __init__(self, interaction_id: _Optional[str] = ..., contest: _Optional[_Union[_evaluation_pb2.Contest, str]] = ..., question: _Optional[str] = ..., production: _Optional[str] = ..., challenger: _Optional[str] = ..., label: _Optional[_Union[_evaluation_pb2.PairWinner, str]] = ..., production_family: _Optional[str] = ..., challenger_family: _Optional[str] = ...) -> None: ...

class AuditJudgeRequest(_message.Message):
    __slots__ = ("judge", "pairs", "judge_family", "seed")
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FAMILY_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    judge: str
    pairs: _containers.RepeatedCompositeFieldContainer[LabelledPair]
    judge_family: str
    seed: int
    def __init__(self, judge: _Optional[str] = ..., pairs: _Optional[_Iterable[_Union[LabelledPair, _Mapping]]] = ..., judge_family: _Optional[str] = ..., seed: _Optional[int] = ...) -> None: ...

class AuditJudgeResponse(_message.Message):
    __slots__ = ("audit",)
    AUDIT_FIELD_NUMBER: _ClassVar[int]
    audit: _evaluation_pb2.JudgeAudit
    def __init__(self, audit: _Optional[_Union[_evaluation_pb2.JudgeAudit, _Mapping]] = ...) -> None: ...

class GetAgentReportRequest(_message.Message):
    __slots__ = ("agent_id", "agent_versions", "source", "start_time", "end_time", "by_day", "max_learnings")
    AGENT_ID_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    BY_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_LEARNINGS_FIELD_NUMBER: _ClassVar[int]
    agent_id: str
    agent_versions: _containers.RepeatedScalarFieldContainer[str]
    source: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    by_day: bool
    max_learnings: int
    def __init__(self, agent_id: _Optional[str] = ..., agent_versions: _Optional[_Iterable[str]] = ..., source: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., by_day: _Optional[bool] = ..., max_learnings: _Optional[int] = ...) -> None: ...

class GetAgentReportResponse(_message.Message):
    __slots__ = ("total", "rows", "learnings", "pending_sessions")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    LEARNINGS_FIELD_NUMBER: _ClassVar[int]
    PENDING_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    total: _evaluation_pb2.AgentReportRow
    rows: _containers.RepeatedCompositeFieldContainer[_evaluation_pb2.AgentReportRow]
    learnings: _containers.RepeatedCompositeFieldContainer[_evaluation_pb2.LearningEffect]
    pending_sessions: int
    def __init__(self, total: _Optional[_Union[_evaluation_pb2.AgentReportRow, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[_evaluation_pb2.AgentReportRow, _Mapping]]] = ..., learnings: _Optional[_Iterable[_Union[_evaluation_pb2.LearningEffect, _Mapping]]] = ..., pending_sessions: _Optional[int] = ...) -> None: ...

class CreateExperimentRequest(_message.Message):
    __slots__ = ("experiment", "request_id")
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    experiment: _evaluation_pb2.Experiment
    request_id: str
    def __init__(self, experiment: _Optional[_Union[_evaluation_pb2.Experiment, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateExperimentResponse(_message.Message):
    __slots__ = ("experiment",)
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    experiment: _evaluation_pb2.Experiment
    def __init__(self, experiment: _Optional[_Union[_evaluation_pb2.Experiment, _Mapping]] = ...) -> None: ...

class StopExperimentRequest(_message.Message):
    __slots__ = ("experiment_id",)
    EXPERIMENT_ID_FIELD_NUMBER: _ClassVar[int]
    experiment_id: str
    def __init__(self, experiment_id: _Optional[str] = ...) -> None: ...

class StopExperimentResponse(_message.Message):
    __slots__ = ("experiment",)
    EXPERIMENT_FIELD_NUMBER: _ClassVar[int]
    experiment: _evaluation_pb2.Experiment
    def __init__(self, experiment: _Optional[_Union[_evaluation_pb2.Experiment, _Mapping]] = ...) -> None: ...

class ListExperimentsRequest(_message.Message):
    __slots__ = ("running_only", "with_reports", "page_size", "page_token", "experiment_id")
    RUNNING_ONLY_FIELD_NUMBER: _ClassVar[int]
    WITH_REPORTS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    EXPERIMENT_ID_FIELD_NUMBER: _ClassVar[int]
    running_only: bool
    with_reports: bool
    page_size: int
    page_token: str
    experiment_id: str
    def __init__(self, running_only: _Optional[bool] = ..., with_reports: _Optional[bool] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., experiment_id: _Optional[str] = ...) -> None: ...

class ListExperimentsResponse(_message.Message):
    __slots__ = ("experiments", "next_page_token")
    EXPERIMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    experiments: _containers.RepeatedCompositeFieldContainer[_evaluation_pb2.Experiment]
    next_page_token: str
    def __init__(self, experiments: _Optional[_Iterable[_Union[_evaluation_pb2.Experiment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEvaluationConfigRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetEvaluationConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: _evaluation_pb2.EvaluationConfig
    def __init__(self, config: _Optional[_Union[_evaluation_pb2.EvaluationConfig, _Mapping]] = ...) -> None: ...

class UpdateEvaluationConfigRequest(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: _evaluation_pb2.EvaluationConfig
    def __init__(self, config: _Optional[_Union[_evaluation_pb2.EvaluationConfig, _Mapping]] = ...) -> None: ...

class UpdateEvaluationConfigResponse(_message.Message):
    __slots__ = ("config",)
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    config: _evaluation_pb2.EvaluationConfig
    def __init__(self, config: _Optional[_Union[_evaluation_pb2.EvaluationConfig, _Mapping]] = ...) -> None: ...
