"""Is this derivative wrong? Given derivatives against the values around them."""

from sobolev.checks.check import check as check
from sobolev.checks.words.finding import Check as Check
from sobolev.checks.words.finding import Finding as Finding
from sobolev.checks.words.finding import Judged as Judged
