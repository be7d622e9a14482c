"""A server that a planted model judges for."""

from contextlib import contextmanager

from tests.conftest import ServerProcess
from tests.service.evaluation_kit import EvaluationApi
from tests.service.kit import eval_pb, fresh, judged_pb
from tests.service.learning_kit import agent, turns, user
from tests.service.test_learning_model import KEY, VARIABLE, flags
from tests.support import planted_judges as planted

JUDGE = "anthropic"


class JudgedApi(EvaluationApi):
    def by(self, *, tenant=None, key=None, timeout=None):
        """The same channel as somebody else."""
        other = object.__new__(JudgedApi)
        other.channel = self.channel
        other._bind(tenant or self.tenant, key, timeout or self.timeout)
        return other

    def compare(self, **fields):
        return super().compare(**({"judge": JUDGE} | fields))

    def messages(self, **fields):
        """A comparison on its way."""
        return self.CompareArms(eval_pb.CompareArmsRequest(**({"judge": JUDGE} | fields)))

    def evaluation_config(self, **fields):
        config = judged_pb.EvaluationConfig(**fields)
        return self.UpdateEvaluationConfig(eval_pb.UpdateEvaluationConfigRequest(config=config)).config

    def pairs(self, marker, graded, **fields):
        """A session for each (grade of production, grade of the challenger)."""
        for place, (production, challenger) in enumerate(graded):
            said = [
                f"{who} {place} of {marker}, grade {worth}" for who, worth in (("a", production), ("b", challenger))
            ]
            asked = user(f"{marker} asks {place}")
            made = turns(asked, agent(said[0], shadow_content=said[1]), user=f"u{place}", session="s", **fields)
            self.PublishInteractions(made)


@contextmanager
def serving(data, seconds):
    """(model, server); the model judges, and nobody learns."""
    model = planted.PlantedModel()
    with model.fake.in_thread() as fake:
        given = flags(fake, JUDGE, "--model-max-concurrent", "32", "--model-timeout-seconds", str(seconds))
        server = ServerProcess(data, *given, environment={VARIABLE: KEY}).start()
        yield model, server
        server.stop()
        log = server.log.read_text()
        assert KEY not in log
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


@contextmanager
def judged(server):
    made = JudgedApi(server.target, tenant=fresh("judged"), timeout=120)
    made.configure(disabled=True)
    yield made
    made.close()
