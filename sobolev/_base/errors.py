"""Exceptions. Each message says what is wrong, which value it is, and what to do."""


class SobolevError(Exception):
    """Anything that the user can put right; the command line makes it one sentence, exit code 2."""


class DataError(SobolevError):
    """A table, an array or a file does not hold what it has to hold."""


class CorruptFile(DataError):
    """A file was cut off, altered, or is not one of ours."""


class ConfigError(SobolevError):
    """A setting is unknown, of the wrong kind, or outside its range."""


class PrecisionError(SobolevError):
    """64-bit floating point is needed and JAX has it switched off."""


class Diverged(SobolevError):
    """A solve ended without a solution: no value and no derivative exists for this input."""


class OutputError(SobolevError):
    """A result cannot be written where the user wants it."""


class WrongDerivativeWarning(RuntimeWarning):
    """A derivative in the training data does not agree with the values around it."""
