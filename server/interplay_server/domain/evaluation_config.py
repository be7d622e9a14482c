"""How a tenant evaluates. One value of the ledger, replaced as a whole."""

import hashlib

import msgspec

META_KEY = "evaluation_config"
RULES_JUDGE = "rules"
_MILLION = 1_000_000


class EvaluationConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ranges are those of the contract."""

    disabled: bool = False
    sample_rate: float = 1.0
    idle_seconds: int = 600
    repeat_contact_hours: int = 72
    judge: str = RULES_JUDGE
    max_concurrent: int = 8
    min_kappa: float = 0.4
    max_flip_rate: float = 0.4
    least_votes: int = 20
    confidence: float = 0.95
    revision: int = 0

    @property
    def etag(self) -> str:
        return f"evaluation-{self.revision}"

    def samples(self, user_id: str, session_id: str) -> bool:
        """A stable choice: raising the rate only adds sessions."""
        digest = hashlib.blake2b(f"{user_id}\x1f{session_id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % _MILLION < self.sample_rate * _MILLION


_decode = msgspec.json.Decoder(EvaluationConfig).decode


def load(text: str | None) -> EvaluationConfig:
    """The configuration from the ledger; keys that are not known any more are ignored."""
    return _decode(text) if text else EvaluationConfig()


def save(config: EvaluationConfig) -> str:
    return msgspec.json.encode(config).decode()
