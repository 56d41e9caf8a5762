"""Many initialisations × schemes × budgets, with the controls that tell balance from step size."""

from sobolev.study.run import run_study as run_study
from sobolev.study.settings import StudySettings as StudySettings
from sobolev.study.talk import TALKS as TALKS
