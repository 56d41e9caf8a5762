"""Many initialisations × schemes × budgets, with the controls that tell balance from step size."""

from sobolev.studies.run import run_study as run_study
from sobolev.studies.settings import StudySettings as StudySettings
from sobolev.studies.talk import TALKS as TALKS
