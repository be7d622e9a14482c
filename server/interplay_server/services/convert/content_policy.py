"""Content policies to and from messages."""

from interplay.v1 import custody_pb2 as pb

from interplay_server.domain.content_policy import (
    DETECT,
    INDEXED,
    MASK,
    OFF,
    PLAIN,
    SEALED,
    ContentPolicy,
    ContentRule,
)
from interplay_server.errors import InvalidRequest, Violation
from interplay_server.services.convert.times import from_micros

_REDACTION = {
    pb.REDACTION_MODE_UNSPECIFIED: OFF,
    pb.REDACTION_MODE_OFF: OFF,
    pb.REDACTION_MODE_DETECT: DETECT,
    pb.REDACTION_MODE_MASK: MASK,
}
_ENCRYPTION = {
    pb.ENCRYPTION_MODE_UNSPECIFIED: PLAIN,
    pb.ENCRYPTION_MODE_PLAIN: PLAIN,
    pb.ENCRYPTION_MODE_INDEXED: INDEXED,
    pb.ENCRYPTION_MODE_SEALED: SEALED,
}
# The later of two numbers of one mode is the one that is told.
_REDACTION_TOLD = {mode: number for number, mode in _REDACTION.items()}
_ENCRYPTION_TOLD = {mode: number for number, mode in _ENCRYPTION.items()}


def rules_from_pb(policy: pb.ContentPolicy) -> tuple[ContentRule, ...]:
    """Raises InvalidRequest for two rules of one source."""
    seen: set[str] = set()
    violations = []
    for place, rule in enumerate(policy.rules):
        if rule.source in seen:
            violations.append(Violation(f"policy.rules[{place}].source", "must not be that of an earlier rule"))
        seen.add(rule.source)
    if violations:
        raise InvalidRequest(violations)
    return tuple(
        ContentRule(rule.source, _REDACTION[rule.redaction], _ENCRYPTION[rule.encryption]) for rule in policy.rules
    )


def policy_to_pb(policy: ContentPolicy) -> pb.ContentPolicy:
    return pb.ContentPolicy(
        rules=[
            pb.ContentRule(
                source=rule.source,
                redaction=_REDACTION_TOLD[rule.redaction],
                encryption=_ENCRYPTION_TOLD[rule.encryption],
            )
            for rule in policy.rules
        ],
        update_time=None if policy.update_time is None else from_micros(policy.update_time),
        revision=policy.revision,
    )
