"""Is this derivative wrong? Given derivatives against the values around them."""

from sobolev.check.finding import Check as Check
from sobolev.check.finding import Finding as Finding
from sobolev.check.finding import Judged as Judged
from sobolev.check.verb import check as check
