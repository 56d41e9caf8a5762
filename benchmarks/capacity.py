# 2026-11-21. The peak is where the theory puts it: at as many parameters as labels.
#
# P = 60 parameters, Gaussian rows: mean squared error, n = 2000
# labels     measured  closed form  ratio
#     10       0.8869       0.8844  1.003
#     20       0.7953       0.7949  1.001
#     30       0.7525       0.7586  0.992
#     40       0.8620       0.8596  1.003
#     50       1.5877       1.5556  1.021
#     70       1.6850       1.6667  1.011
#     80       0.7829       0.7895  0.992
#    100       0.3814       0.3846  0.992
#    150       0.1679       0.1685  0.996
#    240       0.0837       0.0838  0.998
# 20 samples, 4 inputs, noise 0.1: median relative error, n = 100
# features  values only  with slopes
#        5        0.984        0.942
#        7        1.001        0.849
#       10        0.975        0.751
#       14        1.105        0.675
#       20        2.996        0.578
#       28        1.033        0.521
#       40        0.907        0.501
#       57        0.742        0.566
#       80        0.667        0.870
#      100        0.655       18.393
#      140        0.606        3.064
#      200        0.598        2.421
#      280        0.577        2.175
#      400        0.569        1.647
#      800        0.544        1.265
# values only: 20 labels; largest error at 20 features, least at 800
# with slopes: 100 labels; largest error at 100 features, least at 40
"""Where noisy labels do the most harm: the error of a linear student against its capacity.

First, labels with independent Gaussian rows: the mean squared error of the minimum-norm least
squares student with P parameters and m labels against the closed form (Advani & Saxe, arXiv
1710.03667, here for finite sizes, from the mean of an inverse Wishart matrix):
(1 − m/P)₊ |w|² + σ² min(m, P)/(|P − m| − 1).

Second, slopes as labels: a student of P random cosine features learns a smooth function of d inputs
from N noisy values, and from N noisy values with N d noisy slopes. Its error peaks where P equals
the number of labels: N, and N (1 + d). Median over repetitions of the root mean square error of the
values, relative to their scatter.
"""

import argparse

import numpy as np

PARAMETERS, SIGMA = 60, 0.5
LABELS = (10, 20, 30, 40, 50, 70, 80, 100, 150, 240)
SAMPLES, INPUTS, NOISE = 20, 4, 0.1
FEATURES = (5, 7, 10, 14, 20, 28, 40, 57, 80, 100, 140, 200, 280, 400, 800)


def closed_form(labels: int) -> float:
    """Mean squared error of Gaussian rows, |w| = 1; both branches are exact for finite sizes."""
    gap = abs(PARAMETERS - labels)
    return max(0.0, 1 - labels / PARAMETERS) + SIGMA**2 * min(labels, PARAMETERS) / (gap - 1)


def gaussian_student(labels: int, repetitions: int, seed: int = 0) -> float:
    """The same, measured: mean of |ŵ − w|² over random rows, teachers and noise."""
    rng = np.random.default_rng((seed, labels))
    errors = []
    for _ in range(repetitions):
        teacher = rng.normal(size=PARAMETERS)
        teacher /= np.linalg.norm(teacher)
        rows = rng.normal(size=(labels, PARAMETERS))
        noisy = rows @ teacher + SIGMA * rng.normal(size=labels)
        errors.append(np.sum((np.linalg.pinv(rows) @ noisy - teacher) ** 2))
    return float(np.mean(errors))


def feature_student(slopes: bool, repetitions: int, seed: int = 0) -> np.ndarray:
    """Median relative error for each number of features in `FEATURES`."""
    rng = np.random.default_rng(seed)
    return np.median([_errors(rng, slopes) for _ in range(repetitions)], axis=0)


def _errors(rng: np.random.Generator, slopes: bool) -> list[float]:
    x, unseen = rng.uniform(-1, 1, (SAMPLES, INPUTS)), rng.uniform(-1, 1, (500, INPUTS))
    teacher = _features(rng, 400)
    w = rng.normal(size=400)
    labels, truth = _rows(x, teacher, slopes) @ w, _rows(unseen, teacher, False) @ w
    slope = np.sqrt(np.mean(labels[SAMPLES:] ** 2)) if slopes else np.nan
    spread = np.where(np.arange(len(labels)) < SAMPLES, truth.std(), slope)
    noisy = labels + NOISE * spread * rng.normal(size=len(labels))
    errors = []
    for count in FEATURES:
        student = _features(rng, count)
        rows, seen = _rows(x, student, slopes), _rows(unseen, student, False)
        found = np.linalg.lstsq(rows / spread[:, None], noisy / spread, rcond=None)[0]
        errors.append(float(np.sqrt(np.mean((seen @ found - truth) ** 2)) / truth.std()))
    return errors


def _features(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(count, INPUTS)), rng.uniform(0, 2 * np.pi, count)


def _rows(x: np.ndarray, features: tuple[np.ndarray, np.ndarray], slopes: bool) -> np.ndarray:
    """Each value, then each slope, as a row that is linear in the parameters."""
    wave, phase = features
    angle = x @ wave.T + phase
    values = np.cos(angle)
    if not slopes:
        return values
    return np.concatenate([values, *(-np.sin(angle) * column for column in wave.T)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    print(f"P = {PARAMETERS} parameters, Gaussian rows: mean squared error, n = {repetitions}")
    print("labels     measured  closed form  ratio")
    for labels in LABELS:
        measured, theory = gaussian_student(labels, repetitions), closed_form(labels)
        print(f"{labels:6d}  {measured:11.4f}  {theory:11.4f}  {measured / theory:5.3f}")
    few = max(1, repetitions // 20)
    print(f"{SAMPLES} samples, {INPUTS} inputs, noise {NOISE}: median relative error, n = {few}")
    values, both = (feature_student(slopes, few) for slopes in (False, True))
    print("features  values only  with slopes")
    for count, *errors in zip(FEATURES, values, both, strict=True):
        print(f"{count:8d}  {errors[0]:11.3f}  {errors[1]:11.3f}")
    for name, errors, labels in (
        ("values only", values, SAMPLES),
        ("with slopes", both, SAMPLES * (1 + INPUTS)),
    ):
        peak, best = (FEATURES[int(at(errors))] for at in (np.argmax, np.argmin))
        print(f"{name}: {labels} labels; largest error at {peak} features, least at {best}")


if __name__ == "__main__":
    main()
