"""Every way a training can end, read as a user reads it; and every kind of note about data."""

import string

import pytest

from sobolev.training import Ending, Outcome
from sobolev.training.notes import Kind, Note

SAID = {
    Outcome.FINISHED: ({}, "finished"),
    Outcome.CONVERGED: ({}, "converged"),
    Outcome.STOPPED_EARLY: (
        {"what": "validation error", "patience": 9, "error": 0.0123456, "epoch": 30},
        "stopped early: the validation error has not fallen for 9 epochs, since it was 0.0123 at "
        "epoch 30",
    ),
    Outcome.OUT_OF_TIME: (
        {"seconds": 1.26, "unit": "s", "epoch": 7},
        "stopped after 1.3 s of training, at epoch 7",
    ),
    Outcome.NOT_FINITE_AT_THE_START: (
        {},
        "the loss is not finite at the start: scale the data or draw another initialisation",
    ),
    Outcome.NOT_FINITE: (
        {"epoch": 12},
        "the loss is no longer finite after epoch 12: lower the learning rate; the surrogate is "
        "one of a record before",
    ),
    Outcome.REJECTED: (
        {"rejected": 3, "step": 8},
        "3 of 8 steps were not finite and were rejected, or had no positive weight: lower the "
        "learning rate, of the network or of the weights, or bound the weights",
    ),
    Outcome.NO_MINIMUM: (
        {"ended": "finished", "sentence": "it falls"},
        "no minimum of an integral was found, finished: it falls",
    ),
    Outcome.KILLED: ({}, "its process was killed (out of memory? take fewer workers)"),
    Outcome.TOLD: ({"sentence": "as it was told"}, "as it was told"),
}
GOOD = {Outcome.FINISHED, Outcome.CONVERGED, Outcome.STOPPED_EARLY, Outcome.OUT_OF_TIME}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_sentence(outcome):
    numbers, sentence = SAID[outcome]
    assert str(Ending(outcome, numbers)) == sentence
    assert outcome.good == (outcome in GOOD)
    places = {name for _, name, _, _ in string.Formatter().parse(outcome.value) if name}
    assert places == set(numbers)


@pytest.mark.parametrize("kind", Kind)
def test_every_note_is_its_sentence_and_only_information_leaves_in_peace(kind):
    note = Note(kind, "seen")
    assert str(note) == "seen" and note.alarming == (kind is not Kind.INFORMATION)
