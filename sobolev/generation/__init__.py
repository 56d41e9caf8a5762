from sobolev.generation.generate import generate
from sobolev.generation.journal import failures
from sobolev.generation.mixture import Mixture, beyond
from sobolev.generation.rows import Failed

__all__ = ["Failed", "Mixture", "beyond", "failures", "generate"]
