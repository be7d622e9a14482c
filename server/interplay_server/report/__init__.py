"""Self-contained HTML pages of what an evaluation found: no script, no request, the same bytes for the same report."""

from interplay_server.report.audit import audit_page
from interplay_server.report.comparison import comparison_page

__all__ = ["audit_page", "comparison_page"]
