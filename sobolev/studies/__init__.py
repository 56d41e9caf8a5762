"""Many initialisations of many schemes, with the controls that tell balance from step size."""

from sobolev.records.comparison import Verdict as Verdict
from sobolev.studies.presets.talk.data import TALKS as TALKS
from sobolev.studies.presets.talk.run import run_study as run_study
from sobolev.studies.presets.talk.settings import StudySettings as StudySettings
from sobolev.studies.presets.weightings.run import compare as compare
from sobolev.studies.presets.weightings.settings import ComparisonSettings as ComparisonSettings
from sobolev.studies.problems.own_table import OWN as OWN
