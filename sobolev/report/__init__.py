"""One page that says what a study shows, and how sure that is."""

from sobolev.report.results import read_results as read_results
from sobolev.report.weightings.write import draw_comparison as draw_comparison
from sobolev.report.write import write_report as write_report
