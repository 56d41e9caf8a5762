"""Studies of which the truth is known, for the tests of the report."""

import json
import math

import numpy as np

TERMS = ["eta", "d eta/d a", "d eta/d b"]
LABELS = {
    "nn": "NN (response only)",
    "snn": "SNN (unweighted Sobolev)",
    "snn_tuned": "SNN, tuned learning rate",
    "inverse_energy": "Inverse energy (fixed)",
    "lm": "Levenberg–Marquardt",
    "lmax": "L_max",
    "lmax_clip": "L_max, clipped",
    "lmax_erf": "L_max, erf",
    "lmax_log": "L_max, log",
    "cd_own": "CoDi_min (own)",
    "cd_own_clip": "CoDi_min (own), clipped",
    "cd_sum": "CoDi_min (sum)",
    "cd_max": "CoDi_min (max)",
    "inverse_norm": "Inverse norm 1/|g|",
}


# log gain over SNN, and how much of it is step size and balance.
PLANTED = {
    "nn": -0.9,
    "snn": 0.0,
    "snn_tuned": 0.75,
    "inverse_energy": 0.1,
    "lm": 2.0,
    "lmax": 0.3,
    "lmax_clip": 0.2,
    "lmax_erf": 0.0,
    "lmax_log": 0.28,
    "cd_own": 0.8,
    "cd_own_clip": 0.4,
    "cd_sum": -0.2,
    "cd_max": 0.15,
    "inverse_norm": 0.05,
}


BASELINES = ("nn", "snn", "snn_tuned", "inverse_energy", "lm")


def study(
    networks=("5-3-3", "10-5-5-3"),
    budgets=(200, 1000),
    seeds=30,
    schemes=tuple(LABELS),
    planted=PLANTED,
    controls=True,
    size=0.9,
    noise=0.25,
    key=0,
):
    """A results.json of which the truth is known."""
    random = np.random.default_rng(key)
    content = {
        "format": 1,
        "study": "talk",
        "created": "2024-05-01T12:00:00+00:00",
        "versions": {"sobolev": "0.1.0", "jax": "0.9.0", "numpy": "2.3.0"},
        "machine": {"cpu": "a processor", "cores": 2, "python": "3.11"},
        "settings": {"optimiser": {"name": "Adam", "learning_rate": 1e-3}, "batch": 32},
        "data": {
            "source": "PlateWithHole(svk)",
            "inputs": ["a", "b"],
            "outputs": ["eta"],
            "input_units": ["mm", "mm"],
            "output_units": [""],
            "train": 320,
            "valid": 305,
        },
        "terms": TERMS,
        "schemes": _schemes(schemes, controls),
        "records": [],
        "tuning": [
            {
                "network": n,
                "budget": b,
                "learning_rate": rate,
                "median_relative_h1": 0.05 + abs(math.log(rate / 4e-3)) / 30,
                "seeds": 5,
            }
            for n in networks
            for b in budgets
            for rate in (1e-3, 2e-3, 4e-3, 8e-3)
        ],
    }
    for network in networks:
        for budget in budgets:
            start = random.normal(0, 0.3, seeds)
            for scheme in content["schemes"]:
                gain = _gain(scheme, planted, size)
                for seed in range(seeds):
                    error = math.log(0.12) - 0.25 * math.log(budget / 200) + start[seed] - gain
                    error = math.exp(error + random.normal(0, noise))
                    content["records"].append(
                        _record(network, budget, scheme["name"], seed, error, random)
                    )
    return content


def _schemes(names, controls):
    found = []
    for name in names:
        kind = "baseline" if name in BASELINES else "adaptive"
        found.append(
            {
                "name": name,
                "label": LABELS[name],
                "kind": kind,
                "of": None,
                "control": None,
                "description": f"What {LABELS[name]} does, in one sentence.",
            }
        )
        if kind == "adaptive" and controls:
            found += [
                {
                    "name": f"{name}__{control}",
                    "label": f"{LABELS[name]}, {control}",
                    "kind": "control",
                    "of": name,
                    "control": control,
                    "description": "A control.",
                }
                for control in ("normalised", "replay")
            ]
    return found


def _gain(scheme, planted, size):
    if scheme["kind"] != "control":
        return planted[scheme["name"]]
    share = size if scheme["control"] == "replay" else 1 - size
    return share * planted[scheme["of"]]


def _record(network, budget, scheme, seed, error, random):
    return {
        "network": network,
        "budget": budget,
        "scheme": scheme,
        "seed": seed,
        "rmse": {term: error * (0.4 + 0.3 * k) for k, term in enumerate(TERMS)},
        "relative_h1": error,
        "wall_s": budget / 50 * random.uniform(0.95, 1.05),
        "cpu_s": budget / 40 * (1 + 0.1 * (len(scheme) % 5)) * random.uniform(0.95, 1.05),
        "steps": 10 * budget,
        "learning_rate": 1e-3,
        "weights": [1.0, 2.0, 3.0],
        "result": "finished",
    }


def histories(content, length=200):
    """Loss, weight, step, gradient norm and validation curves of a study."""
    random, arrays = np.random.default_rng(1), {}
    seeds = 1 + max(r["seed"] for r in content["records"])
    count = len(content["terms"])
    for network in dict.fromkeys(r["network"] for r in content["records"]):
        for scheme in content["schemes"]:
            if scheme["kind"] == "control":
                continue
            name, prefix = scheme["name"], f"{network}/{scheme['name']}/"
            steps = 60 if name == "lm" else length
            t = np.arange(1, steps + 1)
            rate = 4 * (1 + PLANTED.get(name, 0) / 3)
            level = random.normal(0, 0.4, (seeds, 1, count))
            wave = 0.1 * random.normal(size=(seeds, steps, count))
            arrays[prefix + "loss"] = np.exp(
                -rate * (t / steps)[None, :, None] ** 0.5 + level + wave
            )
            arrays[prefix + "valid_h1"] = np.sqrt(arrays[prefix + "loss"].sum(axis=2))
            if name == "lm":
                continue
            arrays[prefix + "epoch"] = t
            arrays[prefix + "grad_norm"] = arrays[prefix + "loss"] * np.arange(1, count + 1)
            grow = 0.01 * t[None, :, None] * np.arange(1, count + 1) * np.exp(level / 3)
            weight = 1 + (grow if scheme["kind"] == "adaptive" else 0 * grow)
            weight = np.minimum(weight, 2) if name.endswith("clip") else weight + 0.05 * wave
            arrays[prefix + "weight"] = weight
            arrays[prefix + "step"] = np.diff(weight, axis=1, prepend=1)
    return arrays


def surfaces(names=("snn", "cd_own", "lm"), m=21):
    x = np.linspace(1, 5, m)
    a, b = np.meshgrid(x, x, indexing="ij")
    arrays = {"x1": x, "x2": x, "label": np.array("5-3-3, initialisation 0")}
    model = [np.sin(a) * b, np.cos(a) * b, np.sin(a)]
    for term, values in zip(TERMS, model, strict=True):
        arrays[f"model/{term}"] = values
        for k, name in enumerate(names):
            arrays[f"surrogate/{name}/{term}"] = values + 0.1 * np.cos(3 * a + k) / (k + 1)
    arrays["model/eta"] = arrays["model/eta"].copy()
    arrays["model/eta"][0, 0] = math.nan
    return arrays


def save(folder, content, curves=None, fields=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(content), encoding="utf-8")
    if curves is not None:
        np.savez(folder / "histories.npz", **curves)
    if fields is not None:
        np.savez(folder / "surfaces.npz", **fields)
    return folder
