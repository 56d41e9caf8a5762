"""Every weighting on the same problems, at its best learning rate, against the static baseline."""

from sobolev.studies.comparison.own import OWN as OWN
from sobolev.studies.comparison.run import compare as compare
from sobolev.studies.comparison.settings import ComparisonSettings as ComparisonSettings
from sobolev.studies.comparison.verdict import Verdict as Verdict
from sobolev.studies.comparison.verdict import verdicts as verdicts
