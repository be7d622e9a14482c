"""Sessions written down as turns of "u: …", "a: …" and "s: …"."""

from interplay_server.domain.window import Turn

ROLES = {"u": "user", "a": "agent", "s": "system"}
SECOND = 1_000_000


def session(*lines, **fields):
    """Turns t0, t1, … ten seconds apart; `fields` go to every turn."""
    return [turn(n, line, **fields) for n, line in enumerate(lines)]


def turn(n, line, **fields):
    role, _, text = line.partition(":")
    return Turn(f"t{n}", n, n * 10 * SECOND, "s1", ROLES[role], text.strip(), **fields)
