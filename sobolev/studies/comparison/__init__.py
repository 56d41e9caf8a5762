"""Every weighting on the same problems, at its best learning rate, against the static baseline."""

from sobolev.records.comparison import Verdict as Verdict
from sobolev.records.comparison import verdicts as verdicts
from sobolev.studies.comparison.own import OWN as OWN
from sobolev.studies.comparison.run import compare as compare
from sobolev.studies.comparison.settings import ComparisonSettings as ComparisonSettings
