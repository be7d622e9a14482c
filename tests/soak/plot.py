"""One picture of a run: a small line chart for each thing that must stay flat, kills as grey lines."""

from html import escape
from pathlib import Path

from tests.soak.course import Course, percentile

WIDTH, HEIGHT, COLUMNS, GAP = 360, 150, 3, 18
LEFT, BOTTOM, TOP = 48, 22, 26
COLOURS = ("#1f6f8b", "#c0504d", "#7a9a3c")
SHOWN = ("publish", "search", "context", "features", "monitor", "evaluations", "learnt")


def draw(course: Course, title: str, file: Path) -> None:
    """Writes an SVG."""
    charts = [
        ("resident memory, MB", [("", [(one.second, one.resident_mb) for one in course.samples])]),
        ("handles and threads", [
            ("handles", [(one.second, one.handles) for one in course.samples]),
            ("threads", [(one.second, one.threads) for one in course.samples]),
        ]),
        ("files of the data folder", [
            ("files", [(one.second, one.files) for one in course.samples]),
            ("table versions", [(one.second, one.versions) for one in course.samples]),
        ]),
        ("data folder, MB", [("", [(one.second, one.megabytes) for one in course.samples])]),
        ("rows held", [("", [(one.second, one.rows) for one in course.samples])]),
        *((f"{kind}, ms", [(name, _path(course, kind, share)) for name, share in (("p50", 0.5), ("p99", 0.99))])
          for kind in SHOWN if course.calls[kind]),
    ]  # fmt: skip
    charts = [(name, series) for name, series in charts if any(points for _, points in series)]
    lines = -(-len(charts) // COLUMNS)
    width, height = COLUMNS * (WIDTH + GAP) + GAP, lines * (HEIGHT + GAP) + 56
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            'font-family="sans-serif" font-size="11">'
        ),
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{GAP}" y="26" font-size="16">{escape(title)}</text>',
        f'<text x="{GAP}" y="43" fill="#666">minutes from left to right; grey lines are kills</text>',
    ]
    end = max((one.second for one in course.samples), default=1.0)
    for place, (name, series) in enumerate(charts):
        x = GAP + place % COLUMNS * (WIDTH + GAP)
        y = 56 + place // COLUMNS * (HEIGHT + GAP)
        parts.append(f'<g transform="translate({x},{y})">{_chart(name, series, end, course.kills)}</g>')
    file.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _path(course: Course, kind: str, share: float) -> list[tuple[float, float]]:
    found = ((one.second, percentile(one, kind, share)) for one in course.samples)
    return [(second, value) for second, value in found if value is not None]


def _chart(name: str, series: list[tuple[str, list[tuple[float, float]]]], end: float, kills: list[float]) -> str:
    most = max((value for _, points in series for _, value in points), default=1.0) * 1.1 or 1.0
    inner_width, inner_height = WIDTH - LEFT - 8, HEIGHT - BOTTOM - TOP

    def at(second: float, value: float) -> str:
        return f"{LEFT + second / end * inner_width:.1f},{TOP + inner_height * (1 - value / most):.1f}"

    parts = [f'<text x="0" y="12" font-weight="bold">{escape(name)}</text>']
    for share in (0.0, 0.5, 1.0):
        _, y = at(0, most / 1.1 * share).split(",")
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 8}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{LEFT - 5}" y="{float(y) + 4:.0f}" text-anchor="end" fill="#666">{most / 1.1 * share:,.4g}</text>'
        )
    for share in (0.0, 0.5, 1.0):
        x = LEFT + share * inner_width
        parts.append(
            f'<text x="{x:.0f}" y="{HEIGHT - 6}" text-anchor="middle" fill="#666">{end * share / 60:.3g}</text>'
        )
    for kill in kills:
        x, _ = at(kill, 0).split(",")
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{TOP + inner_height}" stroke="#bbb" stroke-dasharray="2 2"/>'
        )
    for place, (label, points) in enumerate(series):
        colour = COLOURS[place]
        drawn = " ".join(at(second, value) for second, value in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if label:
            parts.append(
                f'<text x="{WIDTH - 8 - 78 * (len(series) - 1 - place)}" y="12" text-anchor="end" fill="{colour}">{label}</text>'
            )
    return "".join(parts)
