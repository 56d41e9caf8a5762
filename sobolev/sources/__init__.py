"""The user's own solver as a source of values and derivatives: each is a `Function` with a box."""

from sobolev.sources.after import Numbers as Numbers
from sobolev.sources.after import Reader as Reader
from sobolev.sources.after import ResultsFile as ResultsFile
from sobolev.sources.before import InputFile as InputFile
from sobolev.sources.before import ParametersFile as ParametersFile
from sobolev.sources.before import Template as Template
from sobolev.sources.calculated import Calculated as Calculated
from sobolev.sources.kinetics import Kinetics as Kinetics
from sobolev.sources.mechanism import Mechanism as Mechanism
from sobolev.sources.program import Program as Program
from sobolev.sources.progress import Progress as Progress
from sobolev.sources.scattered import scattered as scattered
from sobolev.sources.tesseract import Tesseract as Tesseract
from sobolev.sources.umbridge import UMBridge as UMBridge
