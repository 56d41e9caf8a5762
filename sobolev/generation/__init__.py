from sobolev.generation.generate import generate
from sobolev.generation.journal import failures
from sobolev.generation.rows import Failed

__all__ = ["Failed", "failures", "generate"]
