# What limits it, 2026-11-26, one core: of the 956 other rows the 20 worst make 51 to 83 % of the squared error of sfc; nearly
# all are at throttle 0.05 and an end of altitude or Mach, further from the rows trained on (0.33 to 0.52 of half the box
# against 0.28). `best_fit(train, key=seed)` (starts judged by rows held out, 16-16, 5 to 11 CPU s) has sfc 0.0205, 0.0234,
# 0.0263, 0.0169, 0.1706 and thrust 0.0041 to 0.0103: the aim is met in 4 of 5 seeds. In seed 4 sfc is up to 0.00094 where
# the 100 rows end at 0.00043: no start of any kind met 0.03 (kriging 0.20), and rows held out, like the others, cannot
# tell it. That is the draw of the rows: take the corners of the box into the design.
#
# Intel Xeon, one core of a quiet machine, Python 3.11, JAX 0.9.2, 2026-11-21. Root mean square error
# over the standard deviation on the 956 rows not trained on. The aim, 0.03 for both outputs in each
# seed, is met in 3 of 5 seeds (JENN: in 1); early stopping on held-out rows did not help in the other
# two. The first seconds are with compilation.
#
# seed  thrust     sfc   CPU s   JENN: thrust     sfc   CPU s   network
#    0  0.0051  0.0536     9.8         0.0129  0.0502     1.8   swish units
#    1  0.0066  0.0195     1.7         0.0531  0.0434     1.7   swish units
#    2  0.0071  0.0216     1.7         0.0137  0.0337     1.8   swish and 50% periodic units
#    3  0.0057  0.0146     1.8         0.0130  0.0242     1.7   swish units
#    4  0.0103  0.1247     1.7         0.0318  0.2496     1.7   swish and 50% periodic units
"""The B777 engine deck: two outputs of magnitudes 4e5 and 1e-3, from 100 rows with slopes.

JENN 2.1.1 on the same rows: 24-24, 3000 steps of its own optimiser, learning rate 0.01.
"""

import time

import jax
import jenn
import numpy as np
from smt.examples.b777_engine.b777_engine import get_b777_engine

import sobolev as sb

ROWS, SEEDS = 100, range(5)
NAMES = ("mach", "altitude", "throttle"), ("thrust", "sfc")


def errors(y, test):
    """Root mean square errors over the standard deviations of the rows not trained on."""
    return np.sqrt(np.mean((y - test.y) ** 2, axis=0)) / test.y.std(axis=0)


def jenn_errors(train, test, seed):
    model = jenn.NeuralNet([3, 24, 24, 2])
    model.fit(
        train.x.T, train.y.T, train.jacobian.transpose(1, 2, 0), is_normalize=True, alpha=0.01,
        lambd=0.0, max_iter=3000, random_state=seed, epsilon_absolute=0, epsilon_relative=0,
    )  # fmt: skip
    return errors(model.predict(test.x.T).T, test)


def main():
    jax.config.update("jax_enable_x64", True)
    x, y, slopes = get_b777_engine()[:3]
    whole = sb.Dataset(x, y, slopes, inputs=NAMES[0], outputs=NAMES[1])
    print("seed  thrust     sfc   CPU s   JENN: thrust     sfc   CPU s   network")
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(x))
        train, test = whole.rows(order[:ROWS]), whole.rows(order[ROWS:])
        began = time.process_time()
        surrogate, why = sb.choose_network(train, key=seed)
        fitted = sb.fit(surrogate, train, records=1)
        ours, middle = errors(fitted.surrogate.value(test.x), test), time.process_time()
        theirs = jenn_errors(train, test, seed)
        print(
            f"{seed:4d}  {ours[0]:.4f}  {ours[1]:.4f}  {middle - began:6.1f}         "
            f"{theirs[0]:.4f}  {theirs[1]:.4f}  {time.process_time() - middle:6.1f}   "
            f"{why.split(':')[0]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
