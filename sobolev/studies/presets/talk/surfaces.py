"""Model and surrogates on the grid of the data: fields that a report can draw."""

from collections.abc import Mapping
from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.networks.parameters import unflatten
from sobolev.records.study import Record
from sobolev.studies.presets.talk.preset import Talk
from sobolev.surrogate import Surrogate

_POINTWISE = "y", "jacobian", "hessian"
Trained = tuple[str, list[Record], np.ndarray]  # kind of the scheme, its records, parameters [S, P]


def surfaces(talk: Talk, network: str, schemes: Mapping[str, Trained]) -> dict[str, np.ndarray]:
    """Nothing unless the data are a full grid of two inputs.

    For each scheme the initialisation with the median error is shown, neither the best nor the
    worst. Schemes: the baselines and the adaptive scheme with the smallest median error.
    """
    train, valid = talk.train_rows, talk.valid_rows
    x = np.concatenate([train.x, valid.x])
    axes = [np.unique(column) for column in x.T]
    if len(axes) != 2 or len(x) != len(axes[0]) * len(axes[1]):
        return {}
    order = np.lexsort((x[:, 1], x[:, 0]))
    shape = (len(axes[0]), len(axes[1]))
    terms = [t for t in SobolevLoss.of(train).terms if t.entries[0].kind in _POINTWISE]
    labels = {
        kind: np.concatenate([array, valid.labels()[kind]])
        for kind, array in train.labels().items()
        if kind in valid.labels()
    }
    found = {"x1": axes[0], "x2": axes[1]}
    for term in terms:
        entry = term.entries[0]
        if entry.kind in labels:
            array = labels[entry.kind][(order, *entry.index)]
            found[f"model/{term.name}"] = array.reshape(shape)
    shown = _shown(schemes, max(talk.settings.budgets))
    blank = Surrogate.mlp(train, talk.networks[network])
    for name, place in shown.items():
        parameters = jnp.asarray(schemes[name][2][place])
        surrogate = replace(blank, network=unflatten(blank.network, parameters))
        arrays = surrogate.derivatives(x[order], max(t.order for t in terms))
        for term in terms:
            key = f"surrogate/{name}/{term.name}"
            index = (slice(None), *term.entries[0].index)
            found[key] = arrays[term.order][index].reshape(shape)
    seeds = ", ".join(f"{name}: {talk.settings.seeds[i]}" for name, i in shown.items())
    text = f"network {network}, median initialisation (seed of {seeds})"
    return {**found, "label": np.array(text)}


def _shown(schemes: Mapping[str, Trained], budget: int) -> dict[str, int]:
    """Which schemes, and the place of the initialisation among their parameters."""

    def errors(name: str) -> np.ndarray:
        return np.array([r.error() for r in schemes[name][1] if r.budget == budget])

    adaptive = [name for name, (kind, *_) in schemes.items() if kind == "adaptive"]
    best = min(adaptive, key=lambda name: float(np.median(errors(name))), default=None)
    names = [name for name in schemes if name in ("nn", "snn", "lm")]
    names += [] if best is None else [best]
    return {name: int(np.argsort(errors(name))[(len(errors(name)) - 1) // 2]) for name in names}
