"""Long work as a record that survives a restart."""

import msgspec

PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED = "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"
ENDED = frozenset({SUCCEEDED, FAILED, CANCELLED})


class Failure(msgspec.Struct, frozen=True):
    item: str
    reason: str
    message: str


class Operation(msgspec.Struct, frozen=True):
    """Times are microseconds. `arguments` are what a restart needs to take it up again."""

    operation_id: str
    kind: str
    state: str
    create_time: int
    update_time: int
    end_time: int | None = None
    total_count: int = 0
    done_count: int = 0
    failures: tuple[Failure, ...] = ()
    failed_count: int = 0
    error: Failure | None = None
    arguments: dict[str, str] = {}
    result: dict[str, str] = {}

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def progress_percent(self) -> float:
        if self.state == SUCCEEDED:
            return 100.0
        return 100.0 * self.done_count / self.total_count if self.total_count else 0.0
