"""The report: one HTML file that holds everything a reader of the map needs."""

from .facts import ReportFacts
from .page import write_report

__all__ = ["ReportFacts", "write_report"]
