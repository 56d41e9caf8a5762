/* What an instance of the model keeps, and what it answers: the same for every version of FMI.
   Value references: 0 is the time, then come the inputs, then the outputs. */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "description.h"

#if defined(_WIN32) || defined(__CYGWIN__)
#define EXPORTED __declspec(dllexport)
#elif defined(__GNUC__)
#define EXPORTED __attribute__((visibility("default")))
#else
#define EXPORTED
#endif

/* The numbers of these are the same in every version of FMI. */
enum { ALL_WELL = 0, WARNED = 1, DISCARDED = 2, FAILED = 3 };
enum { SENTENCE = 400 };

typedef struct {
  double time;
  double x[INPUTS_OF_MODEL];
  int warned;
} State;

static inline int is_number(double value) { return value - value == 0.0; }

static inline int is_output(unsigned reference)
{
  return reference > INPUTS_OF_MODEL && reference <= INPUTS_OF_MODEL + OUTPUTS_OF_MODEL;
}

static inline void begin(State *state)
{
  memset(state, 0, sizeof *state);
  memcpy(state->x, model_start, sizeof state->x);
}

static inline int get(const State *state, const unsigned references[], size_t count,
                      double values[], char *says)
{
  double y[OUTPUTS_OF_MODEL];
  size_t i;
  int known = 0;
  for (i = 0; i < count; i++) {
    unsigned at = references[i];
    if (at == 0) {
      values[i] = state->time;
    } else if (at <= INPUTS_OF_MODEL) {
      values[i] = state->x[at - 1];
    } else if (is_output(at)) {
      if (!known) MODEL_VALUE(state->x, y);
      known = 1;
      values[i] = y[at - 1 - INPUTS_OF_MODEL];
      if (!is_number(values[i])) {
        (void)snprintf(says, SENTENCE, "output %.100s is not a finite number here",
                       MODEL_OUTPUT_NAMES[at - 1 - INPUTS_OF_MODEL]);
        return DISCARDED;
      }
    } else {
      (void)snprintf(says, SENTENCE, "there is no variable with the value reference %u", at);
      return FAILED;
    }
  }
  return ALL_WELL;
}

/* An input that is no number, or refused, keeps the value that it had. */
static inline int set(State *state, const unsigned references[], size_t count,
                      const double values[], char *says)
{
  size_t i;
  int status = ALL_WELL;
  for (i = 0; i < count; i++) {
    unsigned at = references[i];
    if (at == 0 || at > INPUTS_OF_MODEL) {
      (void)snprintf(says, SENTENCE, "value reference %u is no input and cannot be set", at);
      return FAILED;
    }
    if (!is_number(values[i])) {
      (void)snprintf(says, SENTENCE, "input %.100s was given what is not a finite number",
                     MODEL_INPUT_NAMES[at - 1]);
      return DISCARDED;
    }
#if MODEL_IS_WATCHED
    {
      double lower = MODEL_LOWER[at - 1], upper = MODEL_UPPER[at - 1];
      double slack = 1e-5 * (upper - lower); /* solvers loosen bounds, and take steps */
      int outside = values[i] < lower - slack || values[i] > upper + slack;
      if (outside && (MODEL_OUTSIDE_FAILS || !state->warned)) {
        (void)snprintf(says, SENTENCE,
                       "input %.100s is %.9g, outside of %.9g to %.9g, where the model was made: "
                       "its outputs cannot be trusted there",
                       MODEL_INPUT_NAMES[at - 1], values[i], lower, upper);
        if (MODEL_OUTSIDE_FAILS) return FAILED;
        state->warned = 1;
        status = WARNED;
      }
    }
#endif
    state->x[at - 1] = values[i];
  }
  return status;
}

#if MODEL_HAS_DERIVATIVES
/* found_i = sum_j dy_i/du_j seed_j of some outputs i by some inputs j; by the time all are zero. */
static inline int directional(const State *state, const unsigned unknowns[], size_t m,
                              const unsigned knowns[], size_t n, const double seed[],
                              double found[])
{
  double v[INPUTS_OF_MODEL], y[OUTPUTS_OF_MODEL], jv[OUTPUTS_OF_MODEL];
  size_t i;
  memset(v, 0, sizeof v);
  for (i = 0; i < n; i++) {
    if (knowns[i] > INPUTS_OF_MODEL) return FAILED;
    if (knowns[i] > 0) v[knowns[i] - 1] += seed[i];
  }
  MODEL_JVP(state->x, v, y, jv);
  for (i = 0; i < m; i++) {
    if (!is_output(unknowns[i])) return FAILED;
    found[i] = jv[unknowns[i] - 1 - INPUTS_OF_MODEL];
  }
  return ALL_WELL;
}
#endif

#endif
