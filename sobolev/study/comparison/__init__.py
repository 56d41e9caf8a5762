"""Every weighting on the same problems, at its best learning rate, against the static baseline."""

from sobolev.study.comparison.own import OWN as OWN
from sobolev.study.comparison.run import compare as compare
from sobolev.study.comparison.settings import ComparisonSettings as ComparisonSettings
from sobolev.study.comparison.verdict import Verdict as Verdict
from sobolev.study.comparison.verdict import verdicts as verdicts
