"""What the tests of retention share: policies said in a line, runs followed to their end, interactions of long ago."""

from datetime import timedelta

from interplay.v1 import custody_pb2
from interplay_server.cli.retention import _RuleText

from tests.conftest import eventually
from tests.service.dialogue_kit import DialogueApi
from tests.service.evaluation_kit import EvaluationApi
from tests.service.kit import admin_pb, data, now, operation_pb

DAY = 86_400


def rules(*texts):
    """As on the command line: `interactions/web=30d,100`."""
    return [_RuleText().convert(text, None, None) for text in texts]


def ago(days, text="", **fields):
    """An interaction that happened some days ago."""
    return data(text or f"said {days} days ago", role="User", occur_time=now(-days * DAY), **fields)


class RetentionApi(EvaluationApi, DialogueApi):
    def policy(self, *texts, revision=0):
        policy = custody_pb2.RetentionPolicy(rules=rules(*texts), revision=revision)
        return self.SetRetention(admin_pb.SetRetentionRequest(policy=policy)).policy

    def started(self, **fields):
        return self.ApplyRetention(admin_pb.ApplyRetentionRequest(**fields)).operation.operation_id

    def operation(self, operation_id):
        return self.GetOperation(operation_pb.GetOperationRequest(operation_id=operation_id)).operation

    def over(self, operation_id):
        """The operation after its end."""

        def ended():
            found = self.operation(operation_id)
            return found if found.HasField("end_time") else None

        return eventually(ended, 90)

    def applied_policy(self, **fields):
        """Rows that went, by rule."""
        found = self.over(self.started(**fields))
        assert not found.error.message, found
        return {name: int(count) for name, count in found.result.items()}

    def both(self):
        """What a dry run counts and the run after it removes, which must be the same."""
        counted = self.applied_policy(validate_only=True)
        gone = self.applied_policy()
        assert counted == gone
        return gone

    def retention_receipts(self, **fields):
        return list(self.ListRetentionReceipts(admin_pb.ListRetentionReceiptsRequest(**fields)).receipts)


def age_of(rule):
    return rule.max_age.ToTimedelta() if rule.HasField("max_age") else timedelta(0)
