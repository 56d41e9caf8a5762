"""Training: a surrogate, data and an optimiser in, a better surrogate and its history out.

One step is an optimiser's: `optimisers/`. Here are the epochs (`loop/`), what is prepared before
them and recorded of them.
"""

from sobolev._base.as_before import renamed
from sobolev.training.fit import fit as fit
from sobolev.training.loop.interrupt import Interrupted as Interrupted
from sobolev.training.notes import Note as Note
from sobolev.training.outcome import Ending as Ending
from sobolev.training.outcome import Outcome as Outcome
from sobolev.training.recording.history import History as History
from sobolev.training.recording.recorder import JSONLines as JSONLines
from sobolev.training.recording.recorder import Recorder as Recorder
from sobolev.training.result import Fit as Fit
from sobolev.training.result import TrainingProgress as TrainingProgress
from sobolev.training.settings.checkpoint import Checkpoint as Checkpoint
from sobolev.training.settings.placement import Placement as Placement
from sobolev.training.settings.stop import Stop as Stop

__getattr__ = renamed(__name__, Progress=("TrainingProgress", TrainingProgress))
