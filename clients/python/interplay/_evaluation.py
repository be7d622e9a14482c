"""Methods of a client that say how good an agent is: outcomes, comparisons, audits, experiments."""

# ruff: noqa: ASYNC109 - a timeout here is the deadline that grpc sends to the server

import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from interplay import _words as words
from interplay import types
from interplay._transport import Transport
from interplay._words import Words
from interplay.comparison import Comparison, PairLike, labelled_pair
from interplay.operation import OperationHandle
from interplay.types import Time, Word
from interplay.v1 import evaluation_pb2
from interplay.v1 import evaluation_service_pb2 as service

ArmLike = evaluation_pb2.ExperimentArm | Mapping[str, Any] | str
"""An arm as message, as mapping {name, share, holdout}, or as a name; a share that is not said is 1."""


class Evaluation:
    """The part of AsyncInterplay that calls EvaluationService."""

    _transport: Transport

    async def report_session_outcome(
        self,
        user_id: str,
        session_id: str,
        *,
        outcome: Word = None,
        value: float | None = None,
        action: str = "",
        reporter: str = "",
        comment: str = "",
        occur_time: Time = None,
        replace: bool = False,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> evaluation_pb2.SessionEvaluation:
        """Says how a session ended; that wins over every judge. Returns it as it is evaluated now.

        `outcome` success, partial, failure, abandoned or unknown; an `action` ("purchase") without one is a success.
        Raises NotFoundError, and AlreadyExistsError where another outcome was reported and `replace` is not set.
        """
        if outcome is None and value is None and not action:
            raise ValueError("nothing to report: give outcome, value or action")
        request = service.ReportSessionOutcomeRequest(
            user_id=user_id,
            session_id=session_id,
            outcome=_outcome(outcome, "outcome"),
            value=value,
            action=action,
            reporter=reporter,
            comment=comment,
            occur_time=types.timestamp(occur_time, "occur_time"),
            replace=replace,
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.evaluations.ReportSessionOutcome, request, timeout)
        return answer.evaluation

    async def evaluate_sessions(
        self,
        user_id: str = "",
        session_id: str = "",
        *,
        agent_id: str = "",
        agent_version: str = "",
        source: str = "",
        start_time: Time = None,
        end_time: Time = None,
        again: bool = False,
        judge: str = "",
        max_sessions: int = 0,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> OperationHandle:
        """Judges sessions now, those that were not judged yet or with `again` all that match; returns at once.

        Times are those of a session's last interaction, `end_time` is exclusive. `max_sessions` 0 means all.
        """
        request = service.EvaluateSessionsRequest(
            filter=_filter(
                (user_id, session_id),
                (start_time, end_time),
                agent_id=agent_id,
                agent_version=agent_version,
                source=source,
            ),
            again=again,
            judge=judge,
            max_sessions=max_sessions,
            request_id=request_id or uuid.uuid4().hex,
        )
        answer = await self._transport.unary(self._transport.evaluations.EvaluateSessions, request, timeout)
        return OperationHandle(self._transport, answer.operation)

    def list_session_evaluations(
        self,
        user_id: str = "",
        session_id: str = "",
        *,
        agent_id: str = "",
        agent_version: str = "",
        source: str = "",
        start_time: Time = None,
        end_time: Time = None,
        outcomes: Words = (),
        methods: Words = (),
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[evaluation_pb2.SessionEvaluation]:
        """Iterates over evaluated sessions, the latest first; filters as in evaluate_sessions.

        `methods` rules, model, action, reported; `page_size` 1 to 1,000, 0 means 100; `timeout` counts for each page.
        """
        request = service.ListSessionEvaluationsRequest(
            filter=_filter(
                (user_id, session_id),
                (start_time, end_time),
                agent_id=agent_id,
                agent_version=agent_version,
                source=source,
            ),
            outcomes=[_outcome(word, "outcomes") for word in words.each(outcomes)],
            methods=[
                types.enum_value(evaluation_pb2.EvaluationMethod, "EVALUATION_METHOD_", word, "methods")
                for word in words.each(methods)
            ],
            page_size=page_size,
        )
        return self._transport.pages(
            self._transport.evaluations.ListSessionEvaluations, request, "evaluations", timeout
        )

    def compare_arms(
        self,
        contest: Word = None,
        *,
        user_id: str = "",
        session_id: str = "",
        agent_id: str = "",
        agent_version: str = "",
        source: str = "",
        start_time: Time = None,
        end_time: Time = None,
        judge: str = "",
        vote_unit: Word = None,
        max_pairs: int = 0,
        max_calls: int = 0,
        max_tokens: int = 0,
        expected_pair_share: float | None = None,
        request_id: str | None = None,
        resume_after: int = 0,
        report_only: bool = False,
        seed: int = 0,
        patience: float = 60.0,
    ) -> Comparison:
        """Compares what users saw with the `shadow` (when not said), or with the `expert`, pair by pair.

        Iterate over the verdicts, then read `.report`; or `wait()` for the report. It goes on by itself when the
        connection breaks, and gives up after `patience` seconds without one. `vote_unit` session (when not said) or
        user. `max_calls` and `max_tokens` limit what a model costs, 0 is without limit. Filters are those of the turns'
        sessions, times those of the turns. A pair that this judge has judged before is not judged again.
        """
        request = service.CompareArmsRequest(
            contest=types.enum_value(evaluation_pb2.Contest, "CONTEST_", contest, "contest"),
            filter=_filter(
                (user_id, session_id),
                (start_time, end_time),
                agent_id=agent_id,
                agent_version=agent_version,
                source=source,
            ),
            judge=judge,
            vote_unit=types.enum_value(evaluation_pb2.VoteUnit, "VOTE_UNIT_", vote_unit, "vote_unit"),
            max_pairs=max_pairs,
            max_calls=max_calls,
            max_tokens=max_tokens,
            expected_pair_share=expected_pair_share,
            request_id=request_id or uuid.uuid4().hex,
            resume_after=resume_after,
            report_only=report_only,
            seed=seed,
        )
        return Comparison(self._transport, request, patience)

    async def audit_judge(
        self,
        pairs: Iterable[PairLike],
        *,
        judge: str = "",
        judge_family: str = "",
        seed: int = 0,
        timeout: float | None = 600.0,
    ) -> evaluation_pb2.JudgeAudit:
        """Measures a judge against at most 2,000 pairs that people labelled `production`, `challenger` or `tie`.

        A pair names an `interaction_id`, or gives `question`, `production` and `challenger` as texts. What was judged
        is kept: after UnavailableError or DeadlineExceededError a second call goes on.
        """
        request = service.AuditJudgeRequest(
            judge=judge,
            pairs=[labelled_pair(pair, f"pairs[{place}]") for place, pair in enumerate(pairs)],
            judge_family=judge_family,
            seed=seed,
        )
        answer = await self._transport.unary(self._transport.evaluations.AuditJudge, request, timeout)
        return answer.audit

    async def agent_report(
        self,
        agent_id: str = "",
        *,
        agent_versions: Iterable[str] = (),
        source: str = "",
        start_time: Time = None,
        end_time: Time = None,
        by_day: bool = False,
        max_learnings: int = 0,
        timeout: float | None = None,
    ) -> service.GetAgentReportResponse:
        """Rates of an agent in `.total`, by version and day in `.rows`, and what facts and lessons did in `.learnings`.

        Times are those of a session's last interaction. `max_learnings` 1 to 200, 0 means 50.
        """
        request = service.GetAgentReportRequest(
            agent_id=agent_id,
            agent_versions=words.texts(agent_versions, "agent_versions"),
            source=source,
            start_time=types.timestamp(start_time, "start_time"),
            end_time=types.timestamp(end_time, "end_time"),
            by_day=by_day,
            max_learnings=max_learnings,
        )
        return await self._transport.unary(self._transport.evaluations.GetAgentReport, request, timeout)

    async def create_experiment(
        self,
        experiment_id: str,
        arms: Iterable[ArmLike],
        *,
        description: str = "",
        agent_id: str = "",
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> evaluation_pb2.Experiment:
        """Starts an experiment on users, whom context() assigns; the other arms are compared with the first one.

        A user of an arm with `holdout` gets no profiles and playbooks. Raises AlreadyExistsError.
        """
        if isinstance(arms, str):
            raise TypeError("arms must be a list of arms")
        experiment = evaluation_pb2.Experiment(
            experiment_id=experiment_id,
            description=description,
            arms=[_arm(arm) for arm in arms],
            agent_id=agent_id,
        )
        request = service.CreateExperimentRequest(experiment=experiment, request_id=request_id or uuid.uuid4().hex)
        answer = await self._transport.unary(self._transport.evaluations.CreateExperiment, request, timeout)
        return answer.experiment

    async def stop_experiment(self, experiment_id: str, *, timeout: float | None = None) -> evaluation_pb2.Experiment:
        """Stops an experiment and returns it with its report. Raises NotFoundError."""
        request = service.StopExperimentRequest(experiment_id=experiment_id)
        answer = await self._transport.unary(self._transport.evaluations.StopExperiment, request, timeout)
        return answer.experiment

    def list_experiments(
        self,
        experiment_id: str = "",
        *,
        running_only: bool = False,
        with_reports: bool = False,
        page_size: int = 0,
        timeout: float | None = None,
    ) -> AsyncIterator[evaluation_pb2.Experiment]:
        """Iterates over experiments, the latest first; `with_reports` with what they found so far."""
        request = service.ListExperimentsRequest(
            experiment_id=experiment_id, running_only=running_only, with_reports=with_reports, page_size=page_size
        )
        return self._transport.pages(self._transport.evaluations.ListExperiments, request, "experiments", timeout)

    async def evaluation_config(self, *, timeout: float | None = None) -> evaluation_pb2.EvaluationConfig:
        """How sessions and pairs are judged, with every default filled in."""
        request = service.GetEvaluationConfigRequest()
        answer = await self._transport.unary(self._transport.evaluations.GetEvaluationConfig, request, timeout)
        return answer.config

    async def update_evaluation_config(
        self, config: evaluation_pb2.EvaluationConfig | Mapping[str, Any], *, timeout: float | None = None
    ) -> evaluation_pb2.EvaluationConfig:
        """Replaces the whole configuration by a message or by a mapping of its fields. Never retried by itself.

        What is not said takes its default. With the `etag` of what evaluation_config() gave this raises AbortedError
        where somebody else was faster.
        """
        request = service.UpdateEvaluationConfigRequest(
            config=words.message(evaluation_pb2.EvaluationConfig, config, "evaluation config")
        )
        answer = await self._transport.unary(self._transport.evaluations.UpdateEvaluationConfig, request, timeout)
        return answer.config


def _arm(value: ArmLike) -> evaluation_pb2.ExperimentArm:
    if isinstance(value, evaluation_pb2.ExperimentArm):
        return value
    given = {"name": value} if isinstance(value, str) else dict(value)
    arm: evaluation_pb2.ExperimentArm = words.message(evaluation_pb2.ExperimentArm, {"share": 1.0, **given}, "arm")
    return arm


def _outcome(value: Word, what: str) -> Any:
    return types.enum_value(evaluation_pb2.SessionOutcome, "SESSION_OUTCOME_", value, what)


def _filter(session: tuple[str, str], period: tuple[Time, Time], **texts: str) -> service.SessionFilter:
    user_id, session_id = session
    if session_id and not user_id:
        raise ValueError("session_id needs user_id: sessions of different users may have the same id")
    return service.SessionFilter(
        user_id=user_id,
        session_id=session_id,
        start_time=types.timestamp(period[0], "start_time"),
        end_time=types.timestamp(period[1], "end_time"),
        **texts,
    )
