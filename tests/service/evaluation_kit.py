"""What the tests of evaluation share."""

import contextlib

import grpc
import pytest

from tests.service import kit
from tests.service.kit import Refusal, eval_pb, fresh
from tests.service.learning_kit import LearningApi, agent, turns, user

SUCCESS, PARTIAL, FAILURE, ABANDONED, UNKNOWN = range(1, 6)
RULES, MODEL, ACTION, REPORTED = range(1, 5)
PRODUCTION, CHALLENGER, TIE = 1, 2, 3
PROMOTE, KEEP, INCONCLUSIVE = 1, 2, 3


@contextlib.contextmanager
def refused(reason, code=grpc.StatusCode.INVALID_ARGUMENT):
    """The call inside is refused; yields a list that holds the Refusal afterwards."""
    found = []
    with pytest.raises(grpc.RpcError) as caught:
        yield found
    found.append(Refusal.of(caught.value))
    assert (found[0].reason, found[0].code) == (reason, code.name)


class EvaluationApi(LearningApi):
    def session(self, *contents, user_id="u", session=None, finished=True, **fields):
        session = session or fresh("s")
        self.PublishInteractions(turns(*contents, user=user_id, session=session, session_finished=finished, **fields))
        return session

    def judged(self, **filters):
        request = eval_pb.ListSessionEvaluationsRequest(filter=eval_pb.SessionFilter(**filters), page_size=1000)
        return list(self.ListSessionEvaluations(request).evaluations)

    def evaluate(self, again=False, **filters):
        request = eval_pb.EvaluateSessionsRequest(filter=eval_pb.SessionFilter(**filters), again=again)
        return self.ended(self.EvaluateSessions(request).operation.operation_id)[0]

    def evaluation(self, user_id, session):
        [found] = self.judged(user_id=user_id, session_id=session)
        return found

    def compare(self, **fields):
        """Verdicts and failures, and the report."""
        messages = list(self.CompareArms(eval_pb.CompareArmsRequest(**fields)))
        kinds = [one.WhichOneof("message") for one in messages]
        assert kinds[0] == "operation"
        assert kinds[-1] == "report"
        return [getattr(one, one.WhichOneof("message")) for one in messages[1:-1]], messages[-1].report

    def agent_report(self, **fields):
        return self.GetAgentReport(eval_pb.GetAgentReportRequest(**fields))

    def report(self, user_id, session, outcome=0, **fields):
        return self.ReportSessionOutcome(
            eval_pb.ReportSessionOutcomeRequest(user_id=user_id, session_id=session, outcome=outcome, **fields)
        )


def shadowed(question, content, shadow):
    return [user(question), agent(content, shadow_content=shadow)]


def many(api, pairs, *, sessions=None, better="shadow", users=None):
    for place in range(pairs):
        good, bad = "The train to Ghent leaves at nine from platform four.", "I cannot help with that."
        content, shadow = (bad, good) if better == "shadow" else (good, bad)
        if better == "same":
            shadow = content
        session = f"s{place % (sessions or pairs)}"
        asked = f"When does train {place} to Ghent leave and from which platform?"
        api.PublishInteractions(
            turns(*shadowed(asked, content, shadow), user=f"u{place % users}" if users else session, session=session,
                  source="chat" if place % 2 else "mail", agent_version="v1", session_finished=True)
        )  # fmt: skip


def outcome_conflict(api):
    api.publish("Hi", user="u", session="s")
    ask = eval_pb.ReportSessionOutcomeRequest(user_id="u", session_id="s", outcome=1)
    api.ReportSessionOutcome(ask)
    ask.outcome = 3
    return kit.refused(api.ReportSessionOutcome, ask)


def experiment_exists(api):
    api.CreateExperiment(kit.minimal("CreateExperiment"))
    return kit.refused(api.CreateExperiment, kit.minimal("CreateExperiment"))
