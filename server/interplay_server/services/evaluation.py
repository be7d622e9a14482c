"""EvaluationService: outcomes, judged sessions, comparisons, audits, reports and experiments."""

import asyncio
from functools import partial

import msgspec
from interplay.v1 import evaluation_pb2
from interplay.v1 import evaluation_service_pb2 as pb

from interplay_server.domain import evaluation as domain
from interplay_server.domain import journal
from interplay_server.domain.evaluation_config import META_KEY, save
from interplay_server.domain.model import ModelFailure
from interplay_server.domain.ports import TenantStore
from interplay_server.domain.roles import USER
from interplay_server.domain.window import Turn
from interplay_server.domain.writing import commit
from interplay_server.errors import (
    ConcurrentChange,
    InteractionNotFound,
    InvalidRequest,
    OutcomeConflict,
    ProviderUnavailable,
    SessionNotFound,
    Violation,
)
from interplay_server.evaluation import experiments
from interplay_server.evaluation.agent_report import ReportFilter, agent_report, learnt_texts
from interplay_server.evaluation.auditing import KeptOrders, Labelled, judge_labelled, make_audit
from interplay_server.evaluation.cases import Cases, Pair
from interplay_server.evaluation.evaluation import Evaluation
from interplay_server.evaluation.evaluator import now_micros
from interplay_server.evaluation.experiment_report import report as experiment_report
from interplay_server.evaluation.judges import PairCase
from interplay_server.evaluation.sessions import SessionRows, made_of, read_session, with_report
from interplay_server.evaluation.statistics.audit import AuditState
from interplay_server.evaluation.tenant import EvaluationTenant
from interplay_server.interceptors.call import Call
from interplay_server.learning.learning import Learning
from interplay_server.services.batches import digest
from interplay_server.services.comparisons import Comparisons
from interplay_server.services.convert import evaluation as convert
from interplay_server.services.convert import evaluation_reports as reports
from interplay_server.services.convert.filters import instant_from_pb, page_size, query_key, times_from_pb
from interplay_server.services.convert.learnt import fitting
from interplay_server.services.evaluation_work import (
    EVALUATE,
    PLAN,
    EvaluatePlan,
    encode,
)
from interplay_server.services.operations import OperationRunner, to_pb

LEARNINGS = 50
FUTURE_US = 60_000_000
"""A reporter's clock may be so far ahead."""


class EvaluationService:
    def __init__(
        self, evaluation: Evaluation, learning: Learning, runner: OperationRunner, comparisons: Comparisons
    ) -> None:
        self._evaluation, self._learning, self._runner = evaluation, learning, runner
        self._comparisons = comparisons
        self._kept_orders = KeptOrders()

    # --- sessions

    async def report_session_outcome(self, call: Call) -> pb.ReportSessionOutcomeResponse:
        request: pb.ReportSessionOutcomeRequest = call.request  # type: ignore[assignment]
        request_id, request.request_id = request.request_id, ""
        _something_said(request)
        at, now = instant_from_pb(request, "occur_time"), now_micros()
        if at is not None and not 0 <= at <= now + FUTURE_US:
            raise InvalidRequest([Violation("occur_time", "must be from 1970 on and not in the future")], request)
        tenant = self._evaluation.tenant(call.store)
        call.store.erasures.check(request.user_id)
        session = await read_session(tenant, request.user_id, request.session_id)
        if not session.rows:
            raise SessionNotFound(f"{request.user_id}/{request.session_id}")
        if at is not None and at < session.rows[0].event_time:
            wrong = Violation("occur_time", "must not be before the session's first interaction")
            raise InvalidRequest([wrong], request)
        # A session keeps the id that it began under, whichever of a person's the report names.
        owner = session.rows[0].header.user_id
        made = msgspec.structs.replace(_outcome(request, now if at is None else at, now), user_id=owner)
        store = await call.writable()
        # Of two reports at once, the second one sees the first; and no judgement is written between.
        async with self._evaluation.of(store).writing:
            before = await tenant.outcome(made.user_id, made.session_id)
            duplicate = before is not None and before.same(made)
            if before is not None and not duplicate and not request.replace:
                raise OutcomeConflict(made.session_id, before.outcome)
            evaluation = await self._judged(tenant, session, made if before is None or not duplicate else before, now)
            if not duplicate:
                rows = (
                    domain.put(domain.OUTCOME_ROWS, domain.outcome_row(made)),
                    domain.put(domain.EVALUATIONS, domain.evaluation_row(evaluation)),
                )
                await commit(store, journal.Recorded(rows), request_id, digest(request))
        return pb.ReportSessionOutcomeResponse(evaluation=convert.evaluation_to_pb(evaluation), duplicate=duplicate)

    async def _judged(
        self, tenant: EvaluationTenant, session: SessionRows, reported: domain.Outcome, now: int
    ) -> domain.SessionEvaluation:
        """By the rules, which answer at once; the configured judge's own judgement comes with the session's timer."""
        judge = self._evaluation.judges["rules"]
        known = await tenant.evaluation(reported.user_id, reported.session_id)
        found = await judge.session(session.case(now))
        came_back = known is not None and known.repeat_contact
        return with_report(made_of(session, found, judge, now, repeat_contact=came_back), reported)

    async def evaluate_sessions(self, call: Call) -> pb.EvaluateSessionsResponse:
        request: pb.EvaluateSessionsRequest = call.request  # type: ignore[assignment]
        where = convert.session_filter(request.filter, "filter")
        tenant = self._evaluation.tenant(call.store)
        judge = tenant.judge(request.judge or (await tenant.config()).judge)
        plan = EvaluatePlan(where, judge.provider, request.again, request.max_sessions)
        operation = await self._runner.start(
            await call.writable(), EVALUATE, {PLAN: encode(plan)}, request_id=request.request_id
        )
        return pb.EvaluateSessionsResponse(operation=to_pb(operation))

    async def list_session_evaluations(self, call: Call) -> pb.ListSessionEvaluationsResponse:
        request: pb.ListSessionEvaluationsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size or 100), call.store
        after = store.tokens.read_page_token(request.page_token, query, tuple[int, str]) if request.page_token else ()
        where = [
            *convert.evaluation_conditions(store.links.of_person(convert.session_filter(request.filter, "filter"))),
            *convert.chosen("outcome", convert.outcomes_from_pb(request.outcomes)),
            *convert.chosen("method", convert.methods_from_pb(request.methods)),
        ]
        table = await store.records.table(
            domain.EVALUATIONS, where, order=("last_time", "key"), descending=True, after=after, limit=size + 1
        )
        found = domain.records(table, domain.SessionEvaluation)
        response = pb.ListSessionEvaluationsResponse(evaluations=fitting(map(convert.evaluation_to_pb, found[:size])))
        if len(found) > (count := len(response.evaluations)):
            last = found[count - 1]
            position = (last.last_time, domain.session_key(last.user_id, last.session_id))
            response.next_page_token = store.tokens.page_token(query, position)
        return response

    async def compare_arms(self, call: Call) -> None:
        await self._comparisons.compare(call)

    # --- judges

    async def audit_judge(self, call: Call) -> pb.AuditJudgeResponse:
        request: pb.AuditJudgeRequest = call.request  # type: ignore[assignment]
        tenant = self._evaluation.tenant(call.store)
        config = await tenant.config()
        judge = tenant.judge(request.judge or config.judge)
        labelled = await self._labelled(tenant, request)
        try:
            judged = await judge_labelled(judge, labelled, config, kept=self._kept_orders, tenant=call.tenant_name)
        except ModelFailure as failure:
            raise ProviderUnavailable(judge.provider, failure.kind) from failure
        failed = len(labelled) - len(judged)
        found = await asyncio.to_thread(
            partial(make_audit, judged, failed=failed, judge_family=request.judge_family, config=config)
        )
        now = now_micros()
        message = convert.audit_to_pb(found, judge.name, judge.digest, now)
        before = await tenant.audit(judge.digest)
        # Too few labels say nothing, and do not take back what enough of them said.
        if convert.audited(found.audit.state) or before is None or not convert.audited(AuditState(before.state)):
            kept = domain.StoredAudit(judge.digest, judge.name, now, found.audit.state, message.SerializeToString())
            await commit(await call.writable(), journal.Recorded((domain.put(domain.AUDITS, domain.audit_row(kept)),)))
        return pb.AuditJudgeResponse(audit=message)

    async def _labelled(self, tenant: EvaluationTenant, request: pb.AuditJudgeRequest) -> list[Labelled]:
        """Raises InteractionNotFound, InvalidRequest."""
        learning, made = await self._learning.tenant(tenant.store), list[Labelled]()
        notes = await tenant.store.expert_notes()
        for place, one in enumerate(request.pairs):
            families = (one.production_family, one.challenger_family)
            label = convert.WINNERS[one.label]
            if not one.interaction_id:
                case = PairCase(
                    f"label {place}", one.production, one.challenger, turns=_asked(one.question), question=one.question
                )
                made.append(Labelled(case, label, *families))
                continue
            row = await tenant.store.get(one.interaction_id)
            if row is None:
                raise InteractionNotFound(one.interaction_id)
            contest = convert.CONTESTS[one.contest]
            other = row.data.shadow_content
            if contest == domain.EXPERT_CONTEST:
                note = notes.get(one.interaction_id)
                other = note.annotation.expert_content if note is not None else row.data.expert_content
            if not other.strip() or not row.data.content.strip():
                field = f"pairs[{place}].interaction_id"
                raise InvalidRequest([Violation(field, "the turn has no second answer of this kind")], request)
            cases, pair = Cases(tenant, learning, contest), Pair(row, other)
            await cases.read([pair])
            case = await cases.make(pair)
            made.append(Labelled(case, label, *families))
        return made

    # --- configuration

    async def get_evaluation_config(self, call: Call) -> pb.GetEvaluationConfigResponse:
        config = await self._evaluation.tenant(call.store).config()
        return pb.GetEvaluationConfigResponse(config=convert.config_to_pb(config))

    async def update_evaluation_config(self, call: Call) -> pb.UpdateEvaluationConfigResponse:
        request: pb.UpdateEvaluationConfigRequest = call.request  # type: ignore[assignment]
        tenant = self._evaluation.tenant(call.store)
        before = await tenant.config()
        made = convert.config_from_pb(request, before.revision + 1)
        tenant.judge(made.judge)
        store = await call.writable()
        async with self._evaluation.of(store).configuring:
            current = await self._evaluation.tenant(store).config()
            if request.config.etag and request.config.etag != current.etag:
                raise ConcurrentChange("evaluation_config")
            made = msgspec.structs.replace(made, revision=current.revision + 1)
            await commit(store, journal.Recorded(meta={META_KEY: save(made)}))
        self._evaluation.of(store).wake()
        return pb.UpdateEvaluationConfigResponse(config=convert.config_to_pb(made))

    # --- agents and experiments

    async def get_agent_report(self, call: Call) -> pb.GetAgentReportResponse:
        request: pb.GetAgentReportRequest = call.request  # type: ignore[assignment]
        start, end = times_from_pb(request)
        where = ReportFilter(
            agent_id=request.agent_id,
            agent_versions=tuple(request.agent_versions),
            source=request.source,
            start_time=start,
            end_time=end,
            by_day=request.by_day,
            max_learnings=request.max_learnings or LEARNINGS,
        )
        store = call.store
        config = await self._evaluation.tenant(store).config()
        found = await agent_report(store, where, partial(learnt_texts, store), config.confidence)
        return reports.agent_report_to_pb(found, await store.records.waiting_sessions())

    async def create_experiment(self, call: Call) -> pb.CreateExperimentResponse:
        request: pb.CreateExperimentRequest = call.request  # type: ignore[assignment]
        given = reports.experiment_from_pb(request.experiment)
        if wrong := experiments.violations(given):
            raise InvalidRequest(wrong, request)
        made = await experiments.create(await call.writable(), given, request.request_id)
        return pb.CreateExperimentResponse(experiment=reports.experiment_to_pb(made))

    async def stop_experiment(self, call: Call) -> pb.StopExperimentResponse:
        request: pb.StopExperimentRequest = call.request  # type: ignore[assignment]
        stopped = await experiments.stop(call.store, request.experiment_id)
        return pb.StopExperimentResponse(experiment=await self._with_report(call.store, stopped))

    async def list_experiments(self, call: Call) -> pb.ListExperimentsResponse:
        request: pb.ListExperimentsRequest = call.request  # type: ignore[assignment]
        query, size, store = query_key(request), page_size(request.page_size), call.store
        before = None
        if request.page_token:
            before = store.tokens.read_page_token(request.page_token, query, tuple[int, str])
        found = await experiments.listed(
            store,
            running_only=request.running_only,
            experiment_id=request.experiment_id,
            before=before,
            limit=size + 1,
        )
        response = pb.ListExperimentsResponse()
        for one in found[:size]:
            shown = await self._with_report(store, one) if request.with_reports else reports.experiment_to_pb(one)
            response.experiments.append(shown)
        if len(found) > size:
            response.next_page_token = store.tokens.page_token(query, experiments.place(found[size - 1]))
        return response

    async def _with_report(self, store: TenantStore, experiment: domain.Experiment) -> evaluation_pb2.Experiment:
        config = await self._evaluation.tenant(store).config()
        found = await experiment_report(store, experiment, confidence=config.confidence, least_users=config.least_votes)
        return reports.experiment_to_pb(experiment, found)


def _something_said(request: pb.ReportSessionOutcomeRequest) -> None:
    if not (request.outcome or request.action.strip() or request.HasField("value")):
        raise InvalidRequest([Violation("outcome", "outcome, action or value must be given")], request)


def _outcome(request: pb.ReportSessionOutcomeRequest, occur_time: int, now: int) -> domain.Outcome:
    """An action without an outcome is a success; a value alone says nothing of it."""
    outcome = convert.outcome_name(request.outcome) or (domain.SUCCESS if request.action.strip() else domain.UNKNOWN)
    return domain.Outcome(
        user_id=request.user_id,
        session_id=request.session_id,
        outcome=outcome,
        occur_time=occur_time,
        report_time=now,
        value=request.value if request.HasField("value") else None,
        action=request.action.strip(),
        reporter=request.reporter,
        comment=request.comment,
    )


def _asked(question: str) -> tuple[Turn, ...]:
    """The question of a labelled pair as the turn before the answers."""
    return (Turn("", 0, 0, "", USER, question),) if question.strip() else ()
