/* FMI 3.0: on what an output depends, and its slopes, along a direction or backwards. */
#include "fmi3.h"

EXPORTED fmi3Status fmi3GetNumberOfVariableDependencies(fmi3Instance instance,
                                                        fmi3ValueReference reference, size_t *count)
{
  (void)instance;
  *count = is_output(reference) ? INPUTS_OF_MODEL : 0;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3GetVariableDependencies(
    fmi3Instance instance, fmi3ValueReference dependent, size_t of_dependent[],
    fmi3ValueReference independents[], size_t of_independents[], fmi3DependencyKind kinds[],
    size_t count)
{
  size_t i;
  if (count != (is_output(dependent) ? INPUTS_OF_MODEL : 0))
    return say(OF(instance), FAILED, "an output depends on every input, and nothing else does");
  for (i = 0; i < count; i++) {
    of_dependent[i] = of_independents[i] = 0;
    independents[i] = (fmi3ValueReference)(i + 1);
    kinds[i] = fmi3Dependent;
  }
  return fmi3OK;
}

EXPORTED fmi3Status fmi3GetDirectionalDerivative(
    fmi3Instance instance, const fmi3ValueReference unknowns[], size_t m,
    const fmi3ValueReference knowns[], size_t n, const fmi3Float64 seed[], size_t seeds,
    fmi3Float64 found[], size_t founds)
{
#if MODEL_HAS_DERIVATIVES
  int status = seeds == n && founds == m
                   ? directional(&OF(instance)->state, unknowns, m, knowns, n, seed, found)
                   : FAILED;
  return say(OF(instance), status, "derivatives are of outputs by inputs, one seed for each input");
#else
  (void)unknowns; (void)m; (void)knowns; (void)n; (void)seed; (void)seeds; (void)found;
  (void)founds;
  return without(instance, "derivatives");
#endif
}

EXPORTED fmi3Status fmi3GetAdjointDerivative(
    fmi3Instance instance, const fmi3ValueReference unknowns[], size_t m,
    const fmi3ValueReference knowns[], size_t n, const fmi3Float64 seed[], size_t seeds,
    fmi3Float64 found[], size_t founds)
{
#if MODEL_HAS_DERIVATIVES
  static const char wrong[] = "derivatives are of outputs by inputs, one seed for each output";
  double w[OUTPUTS_OF_MODEL], y[OUTPUTS_OF_MODEL], wj[INPUTS_OF_MODEL];
  size_t i;
  memset(w, 0, sizeof w);
  if (seeds != m || founds != n) return say(OF(instance), FAILED, wrong);
  for (i = 0; i < m; i++) {
    if (!is_output(unknowns[i])) return say(OF(instance), FAILED, wrong);
    w[unknowns[i] - 1 - INPUTS_OF_MODEL] += seed[i];
  }
  MODEL_VJP(OF(instance)->state.x, w, y, wj);
  for (i = 0; i < n; i++) {
    if (knowns[i] > INPUTS_OF_MODEL) return say(OF(instance), FAILED, wrong);
    found[i] = knowns[i] ? wj[knowns[i] - 1] : 0.0;
  }
  return fmi3OK;
#else
  (void)unknowns; (void)m; (void)knowns; (void)n; (void)seed; (void)seeds; (void)found;
  (void)founds;
  return without(instance, "derivatives");
#endif
}
