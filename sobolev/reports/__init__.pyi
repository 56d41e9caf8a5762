from .figures.fields import Panel as Panel
from .figures.fields import draw_fields as draw_fields
from .read.study import read_results as read_results
from .write import draw_comparison as draw_comparison
from .write import write_report as write_report
from .write_fit_page import write_page as write_page
