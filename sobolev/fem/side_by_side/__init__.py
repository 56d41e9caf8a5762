"""Equal problems at many parameters in one compiled call."""
