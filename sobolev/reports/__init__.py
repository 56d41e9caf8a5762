"""One page that says what a study shows, and how sure that is."""

from sobolev.reports.read.study import read_results as read_results
from sobolev.reports.write import draw_comparison as draw_comparison
from sobolev.reports.write import write_report as write_report
