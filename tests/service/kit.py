"""What the service tests share: raw generated stubs, refusals taken apart, batches made short."""

import itertools
import re
import threading
import time
from functools import partial

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from interplay.v1 import (
    admin_service_pb2,
    admin_service_pb2_grpc,
    context_pb2,
    context_service_pb2,
    context_service_pb2_grpc,
    dialogue_pb2,
    dialogue_service_pb2,
    dialogue_service_pb2_grpc,
    evaluation_pb2,
    evaluation_service_pb2,
    evaluation_service_pb2_grpc,
    feature_pb2,
    feature_service_pb2,
    feature_service_pb2_grpc,
    interaction_pb2,
    interaction_service_pb2,
    interaction_service_pb2_grpc,
    learning_pb2,
    learning_service_pb2,
    learning_service_pb2_grpc,
    monitor_pb2,
    monitor_service_pb2,
    monitor_service_pb2_grpc,
    operation_pb2,
    operation_service_pb2,
    operation_service_pb2_grpc,
    playbook_pb2,
    playbook_service_pb2,
    playbook_service_pb2_grpc,
    profile_pb2,
    profile_service_pb2,
    profile_service_pb2_grpc,
    publish_stream_pb2,
)

pb, ipb, spb = interaction_service_pb2, interaction_pb2, publish_stream_pb2
admin_pb, operation_pb = admin_service_pb2, operation_service_pb2
profile_pb, playbook_pb, context_pb = profile_service_pb2, playbook_service_pb2, context_service_pb2
eval_pb, judged_pb = evaluation_service_pb2, evaluation_pb2
feature_pb, shop_pb = feature_service_pb2, feature_pb2
monitor_pb, usage_pb = monitor_service_pb2, monitor_pb2
dialogue_pb, spoken_pb = dialogue_service_pb2, dialogue_pb2
learning_pb, learnt_pb = learning_service_pb2, learning_pb2
Profile, UserPlaybook, AgentPlaybook = profile_pb2.Profile, playbook_pb2.UserPlaybook, playbook_pb2.AgentPlaybook
BlockingIssue, ContextRequest = playbook_pb2.BlockingIssue, context_pb2.ContextRequest
OPTIONS = [("grpc.max_receive_message_length", 64 * 2**20), ("grpc.max_send_message_length", 64 * 2**20)]
METHODS = {
    method.name: method
    for module in (
        interaction_service_pb2,
        profile_service_pb2,
        playbook_service_pb2,
        learning_service_pb2,
        context_service_pb2,
        evaluation_service_pb2,
        feature_service_pb2,
        monitor_service_pb2,
        dialogue_service_pb2,
        operation_service_pb2,
        admin_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
GIF = b"GIF89a" + b"\1\0\1\0\0\0\0"
WEBP = b"RIFF\x24\0\0\0WEBPVP8 \0\0\0\0"
# What must never be read in an answer: names of libraries and of Python's things.
LIBRARIES = re.compile(
    r"Traceback|File \"|\.py\b|<class|object at 0x|NoneType|\b\w+(Error|Exception)\b|grpc\._|grpcio|protobuf|protovalidate"
    r"|lancedb|\blance\b|datafusion|pyarrow|arrow|sqlite|msgspec|numpy|asyncio|tokio|rust",
    re.IGNORECASE,
)
_numbers = itertools.count()


def fresh(prefix="t"):
    """A name that no other test has."""
    return f"{prefix}-{next(_numbers)}-{time.time_ns():x}"


def stamp(seconds, nanos=0):
    return Timestamp(seconds=seconds, nanos=nanos)


def now(shift=0.0):
    nanos = time.time_ns() + int(shift * 1e9)
    return Timestamp(seconds=nanos // 10**9, nanos=nanos % 10**9 // 1000 * 1000)


def micros(stamped):
    return stamped.seconds * 1_000_000 + stamped.nanos // 1000


def data(content="", **fields):
    return ipb.InteractionData(content=content, **fields)


def batch(*contents, user="u", session="s", **fields):
    """A publish request; contents are texts or InteractionData."""
    rows = [data(one) if isinstance(one, str) else one for one in contents]
    return pb.PublishInteractionsRequest(user_id=user, session_id=session, interactions=rows, **fields)


class Api:
    """`api.PublishInteractions(request)` calls the method of that name, whichever service has it."""

    def __init__(self, target, *, tenant=None, key=None, credentials=None, options=(), timeout=20.0):
        options = [*OPTIONS, *options]
        self.channel = (
            grpc.insecure_channel(target, options)
            if credentials is None
            else grpc.secure_channel(target, credentials, options)
        )
        self._bind(tenant, key, timeout)

    def _bind(self, tenant, key, timeout):
        self.timeout = timeout
        self.metadata = []
        if tenant is not None:
            self.metadata.append(("interplay-tenant", tenant))
        if key is not None:
            self.metadata.append(("authorization", f"Bearer {key}"))
        self._stubs = [
            interaction_service_pb2_grpc.InteractionServiceStub(self.channel),
            profile_service_pb2_grpc.ProfileServiceStub(self.channel),
            playbook_service_pb2_grpc.PlaybookServiceStub(self.channel),
            learning_service_pb2_grpc.LearningServiceStub(self.channel),
            context_service_pb2_grpc.ContextServiceStub(self.channel),
            evaluation_service_pb2_grpc.EvaluationServiceStub(self.channel),
            feature_service_pb2_grpc.FeatureServiceStub(self.channel),
            monitor_service_pb2_grpc.MonitorServiceStub(self.channel),
            dialogue_service_pb2_grpc.DialogueServiceStub(self.channel),
            operation_service_pb2_grpc.OperationServiceStub(self.channel),
            admin_service_pb2_grpc.AdminServiceStub(self.channel),
        ]

    def by(self, *, tenant=None, key=None, timeout=None):
        """The same channel as somebody else."""
        other = object.__new__(type(self))
        other.channel = self.channel
        other._bind(tenant, key, timeout or self.timeout)
        return other

    def __getattr__(self, name):
        for stub in self.__dict__.get("_stubs", ()):
            if hasattr(stub, name):
                return partial(getattr(stub, name), metadata=self.metadata, timeout=self.timeout)
        raise AttributeError(name)

    def raw(self, name, payload, *, metadata=None, timeout=None):
        """Sends bytes as they are; the answer is bytes too, in a list for a stream."""
        method = METHODS[name]
        path = f"/{method.containing_service.full_name}/{name}"
        metadata, timeout = self.metadata if metadata is None else metadata, timeout or self.timeout
        if method.client_streaming:
            return list(self.channel.stream_stream(path)(iter([payload]), metadata=metadata, timeout=timeout))
        if method.server_streaming:
            return list(self.channel.unary_stream(path)(payload, metadata=metadata, timeout=timeout))
        return self.channel.unary_unary(path)(payload, metadata=metadata, timeout=timeout)

    def publish(self, *contents, **fields):
        return list(self.PublishInteractions(batch(*contents, **fields)).interaction_ids)

    def listed(self, **filters):
        return list(self.ListInteractions(pb.ListInteractionsRequest(page_size=1000, **filters)).interactions)

    def contents(self, **filters):
        return [one.data.content for one in self.listed(**filters)]

    def search(self, query, **fields):
        return list(self.SearchInteractions(pb.SearchInteractionsRequest(query=query, **fields)).hits)

    def found(self, query, **fields):
        return [hit.interaction.data.content for hit in self.search(query, **fields)]

    def profile(self, content, *, user="ada", request_id="", **fields):
        """A fact stored by hand."""
        made = Profile(user_id=user, content=content, **fields)
        request = profile_pb.CreateProfileRequest(profile=made, request_id=request_id)
        return self.CreateProfile(request).profile

    def profiles(self, **filters):
        return list(self.ListProfiles(profile_pb.ListProfilesRequest(page_size=1000, **filters)).profiles)

    def facts(self, **filters):
        """Contents of profiles, the newest first."""
        return [one.content for one in self.profiles(**filters)]

    def lesson(self, instruction, *, user="ada", **fields):
        """A user playbook stored by hand, an agent playbook without a user."""
        if user:
            made = UserPlaybook(user_id=user, instruction=instruction, **fields)
            return self.CreateUserPlaybook(playbook_pb.CreateUserPlaybookRequest(playbook=made)).playbook
        made = AgentPlaybook(instruction=instruction, **fields)
        return self.CreateAgentPlaybook(playbook_pb.CreateAgentPlaybookRequest(playbook=made)).playbook

    def context(self, user="ada", query="", **fields):
        return self.GetContext(context_pb.GetContextRequest(user_id=user, query=query, **fields))

    def unaggregated(self):
        """Keeps the tenant from aggregating by itself; gives the api."""
        config = learning_pb.LearningConfig(aggregation=learning_pb.AggregationConfig(disabled=True))
        self.UpdateLearningConfig(learning_pb.UpdateLearningConfigRequest(config=config))
        return self

    def learnt(self, *contents, **fields):
        """Publishes and waits until it is learnt from; gives the answer."""
        answer = self.PublishInteractions(batch(*contents, wait=pb.WAIT_LEVEL_LEARNED, **fields))
        assert answer.learning_state == pb.LEARNING_STATE_DONE, answer
        return answer

    def optimized(self):
        """Optimises the tables of the tenant and waits for it."""
        started = self.OptimizeTables(admin_pb.OptimizeTablesRequest()).operation
        request = operation_pb.WatchOperationRequest(operation_id=started.operation_id)
        *_, last = self.WatchOperation(request)
        assert last.operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, last

    def applied(self):
        """Returns when everything committed so far is in the tables."""
        self.PublishInteractions(batch("in the tables", user="nobody", wait=pb.WAIT_LEVEL_VISIBLE))

    def stream(self, **opening):
        return Stream(self, **opening)

    def close(self):
        self.channel.close()


class Stream:
    """A publish stream by hand: `send` and `take`. Without `stream_id` nothing is opened."""

    def __init__(self, api, **opening):
        self._queue = []
        self._changed = threading.Condition()
        self._closed = False
        self.call = api.channel.stream_stream(
            "/interplay.v1.InteractionService/StreamPublish",
            response_deserializer=spb.StreamPublishResponse.FromString,
        )(self._requests(), metadata=api.metadata, timeout=api.timeout)
        self.opened = None
        if opening:
            self.send(open=spb.StreamOpen(**opening))
            self.opened = self.take("opened")

    def _requests(self):
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait(0.5)
                if self._queue:
                    payload = self._queue.pop(0)
                else:
                    return
            yield payload

    def send_raw(self, payload):
        with self._changed:
            self._queue.append(payload)
            self._changed.notify()

    def send(self, **message):
        self.send_raw(spb.StreamPublishRequest(**message).SerializeToString())

    def append(self, *contents, **fields):
        rows = [data(one) if isinstance(one, str) else one for one in contents]
        self.send(append=spb.StreamAppend(interactions=rows, **fields))

    def take(self, kind):
        """The next answer, which must be of this kind."""
        answer = next(self.call)
        assert answer.WhichOneof("message") == kind, answer
        return getattr(answer, kind)

    def finish(self):
        self.send(finish=spb.StreamFinish())
        answers = list(self.call)
        assert answers[-1].WhichOneof("message") == "finished", answers
        self.close()
        return answers[-1].finished

    def refusal(self):
        """How the stream ends when the server ends it."""
        with pytest.raises(grpc.RpcError) as caught:
            list(self.call)
        self.close()
        return Refusal.of(caught.value)

    def close(self):
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.call.cancel()


class Refusal:
    """An error taken apart: code, message, reason, metadata, fields, and the other details by name of type."""

    def __init__(self, status):
        self.status = status
        self.code = grpc_code(status.code)
        self.message = status.message
        self.details = {}
        for packed in status.details:
            name = packed.TypeName()
            detail = getattr(error_details_pb2, name.rpartition(".")[2])()
            assert packed.Unpack(detail)
            self.details[type(detail).__name__] = detail
        info = self.details.get("ErrorInfo")
        assert info is not None, f"no ErrorInfo: {status}"
        self.domain, self.reason, self.metadata = info.domain, info.reason, dict(info.metadata)
        self.fields = [one.field for one in getattr(self.details.get("BadRequest"), "field_violations", ())]

    @classmethod
    def of(cls, error):
        """Of a grpc.RpcError. Fails where the answer is not one of ours."""
        trailers = dict(error.trailing_metadata() or ())
        assert "grpc-status-details-bin" in trailers, f"a bare error: {error.code()} {error.details()!r}"
        status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
        made = cls(status)
        assert (made.code, made.message) == (error.code().name, error.details())
        return made.check()

    def check(self):
        """What holds of every error; gives itself."""
        assert self.domain == "interplay"
        assert self.reason
        assert self.message
        texts = [self.message]
        for name, detail in self.details.items():
            if name == "BadRequest":
                texts += [one.description for one in detail.field_violations]
                assert all(texts[1:]), self.status
        for text in texts:
            assert not LIBRARIES.search(text), text
            assert len(text) <= 2000, text[:300]
        return self


def grpc_code(number):
    return next(code.name for code in grpc.StatusCode if code.value[0] == number)


def refused(call, *arguments, **named):
    """Makes a call that must be refused."""
    with pytest.raises(grpc.RpcError) as caught:
        answer = call(*arguments, **named)
        if hasattr(answer, "__next__"):
            list(answer)
    return Refusal.of(caught.value)


def request_of(name, /, **fields):
    """A request of the method `name`."""
    return message_factory.GetMessageClass(METHODS[name].input_type)(**fields)


def minimal(name):
    """A request of the method `name` that breaks no rule; what it names need not exist."""
    fields = {
        "PublishInteractions": {"user_id": "u", "session_id": "s", "interactions": [data("good")]},
        "GetPublishStream": {"stream_id": "nobody"},
        "VerifyBackup": {"backup_id": "nothing"},
        "DeleteBackup": {"backup_id": "nothing"},
        "RestoreTenant": {"source_tenant": "nobody", "backup_id": "nothing", "tenant": "nobody"},
        "GetTenant": {"name": "nobody"},
        "CreateTenant": {"name": fresh("made")},
        "UpdateTenant": {"name": "nobody"},
        "DeleteTenant": {"name": "nobody"},
        "EraseUser": {"user_id": "nobody"},
        "ReadmitUser": {"user_id": "nobody"},
        "ExportUser": {"user_id": "nobody"},
        "ImportUser": {"file": {"path": "interactions.jsonl"}},
        "LinkUsers": {"guest_id": "guest", "account_id": "nobody"},
        "UnlinkUsers": {"guest_id": "guest"},
        "SetRetention": {"policy": {}},
        "ReembedTables": {"embedder": "another"},
        "SetContentPolicy": {"policy": {}},
        "AnnotateInteraction": {"interaction_id": "nothing", "annotation": ipb.Annotation(comment="fine")},
        "GetInteraction": {"interaction_id": "nothing"},
        "DeleteInteractions": {"user_id": "nobody"},
        "SearchInteractions": {"query": "anything"},
        "FindSimilarInteractions": {"interaction_id": "nothing"},
        "GetSession": {"session_id": "nothing"},
        "SearchProfiles": {"query": "anything"},
        "GetProfile": {"profile_id": "nothing"},
        "CreateProfile": {"profile": Profile(user_id="u", content="good")},
        "UpdateProfile": {"profile": Profile(profile_id="nothing", content="good")},
        "DeleteProfile": {"profile_id": "nothing"},
        "SearchUserPlaybooks": {"query": "anything"},
        "GetUserPlaybook": {"playbook_id": "nothing"},
        "CreateUserPlaybook": {"playbook": UserPlaybook(user_id="u", instruction="good")},
        "UpdateUserPlaybook": {"playbook": UserPlaybook(playbook_id="nothing", instruction="good")},
        "DeleteUserPlaybook": {"playbook_id": "nothing"},
        "SearchAgentPlaybooks": {"query": "anything"},
        "GetAgentPlaybook": {"playbook_id": "nothing"},
        "CreateAgentPlaybook": {"playbook": AgentPlaybook(instruction="good")},
        "UpdateAgentPlaybook": {"playbook": AgentPlaybook(playbook_id="nothing", instruction="good")},
        "DeleteAgentPlaybook": {"playbook_id": "nothing"},
        "ReviewAgentPlaybook": {"playbook_id": "nothing", "decision": "REVIEW_DECISION_APPROVE"},
        "UpdateLearningConfig": {"config": learning_service_pb2.LearningConfig(disabled=True)},
        "GenerateProfiles": {"user_id": "nobody"},
        "GeneratePlaybooks": {"user_id": "nobody"},
        "GetLearningProvenance": {"profile_id": "nothing"},
        "GetContext": {"user_id": "u"},
        "SearchAll": {"query": "anything"},
        "GetOperation": {"operation_id": "nothing"},
        "WatchOperation": {"operation_id": "nothing"},
        "CancelOperation": {"operation_id": "nothing"},
        "CreateApiKey": {"display_name": "a key", "rights": ["ACCESS_RIGHT_READ"]},
        "RevokeApiKey": {"api_key_id": "nothing"},
        "StreamPublish": {"open": spb.StreamOpen(stream_id="minimal")},
        "ReportSessionOutcome": {"user_id": "u", "session_id": "s", "outcome": 1},
        "EvaluateSessions": {"filter": eval_pb.SessionFilter(user_id="u")},
        "ListSessionEvaluations": {"filter": eval_pb.SessionFilter(user_id="u")},
        "CompareArms": {"filter": eval_pb.SessionFilter(user_id="u")},
        "AuditJudge": {"pairs": [eval_pb.LabelledPair(interaction_id="nothing", label=1)]},
        "CreateExperiment": {
            "experiment": judged_pb.Experiment(
                experiment_id="e",
                arms=[judged_pb.ExperimentArm(name="a", share=1), judged_pb.ExperimentArm(name="b", share=1)],
            )
        },
        "StopExperiment": {"experiment_id": "nothing"},
        "UpdateEvaluationConfig": {"config": judged_pb.EvaluationConfig(disabled=True)},
        "RecordEvents": {
            "events": [
                shop_pb.FeatureEvent(
                    event_type="view", customer_id="c", product_id="p", created_at=stamp(1_700_000_000)
                )
            ]
        },
        "StreamEvents": {"open": spb.StreamOpen(stream_id="minimal")},
        "DeleteEvents": {"customer_id": "nobody"},
        "UpsertProducts": {"products": [shop_pb.Product(product_id="p")]},
        "UpsertCustomers": {"customers": [shop_pb.Customer(customer_id="c")]},
        "UpsertOrders": {
            "orders": [
                shop_pb.Order(
                    order_id="o",
                    customer_id="c",
                    created_at=stamp(1_700_000_000),
                    lines=[shop_pb.OrderLine(line_id="1", product_id="p")],
                    refunds=[shop_pb.Refund(line_id="1", quantity=1, created_at=stamp(1_700_000_000))],
                )
            ]
        },
        "DeleteOrders": {"order_ids": ["nothing"]},
        "UpsertIdentityLinks": {
            "links": [shop_pb.IdentityLink(client_id="k", customer_id="c", linked_at=stamp(1_700_000_000))]
        },
        "GetInteractionFeatures": {"customer_id": "nobody", "product_id": "nothing"},
        "BatchGetInteractionFeatures": {
            "pairs": [feature_service_pb2.FeaturePair(customer_id="nobody", product_id="nothing")]
        },
        "ListRecommendations": {"customer_id": "nobody"},
        "UpdateFeatureConfig": {"config": shop_pb.FeatureConfig()},
        "ImportShopify": {"open": feature_service_pb2.ShopImportOpen(import_id="minimal")},
        "RecordEvent": {"event": usage_pb.MonitorEvent(interaction_type=1, status=1)},
        "StreamMonitorEvents": {"open": spb.StreamOpen(stream_id="minimal")},
        "GetUsageProfile": {"user_id": "nobody"},
        "SetMonitoringConsent": {"user_id": "nobody"},
        "GetMonitoringConsent": {"user_id": "nobody"},
        "AcknowledgeAlert": {"alert_id": "nothing"},
        "UpdateMonitoringConfig": {"config": usage_pb.MonitoringConfig(drop_aggregates=True)},
        "DestroyKey": {"key_id": "nothing"},
        "ImportEvents": {"open": monitor_pb.MonitorImportOpen(import_id="minimal")},
        "Converse": {"start": dialogue_pb.ConverseStart()},
        "GetDialogue": {"dialogue_id": "nothing"},
        "DeleteDialogues": {"filter": dialogue_pb.DialogueFilter(label="nothing")},
        "PublishDialogue": {"filter": dialogue_pb.DialogueFilter(label="nothing")},
        "ApplyNoise": {"texts": ["Write me a letter"]},
    }
    return request_of(name, **fields.get(name, {}))
