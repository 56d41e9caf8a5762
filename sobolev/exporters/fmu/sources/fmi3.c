/* FMI 3.0 of a function of its inputs: no states, no events, nothing between two calls but the
   inputs. Every function of the standard is there; those that such a model has no use for say so. */
#ifdef STANDARD_HEADERS
#include "fmi3Functions.h"
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef void *fmi3Instance, *fmi3InstanceEnvironment, *fmi3FMUState;
typedef uint32_t fmi3ValueReference;
typedef float fmi3Float32;
typedef double fmi3Float64;
typedef int8_t fmi3Int8;
typedef uint8_t fmi3UInt8, fmi3Byte;
typedef int16_t fmi3Int16;
typedef uint16_t fmi3UInt16;
typedef int32_t fmi3Int32;
typedef uint32_t fmi3UInt32;
typedef int64_t fmi3Int64;
typedef uint64_t fmi3UInt64;
typedef bool fmi3Boolean, fmi3Clock;
typedef const char *fmi3String;
typedef const fmi3Byte *fmi3Binary;
typedef enum { fmi3OK, fmi3Warning, fmi3Discard, fmi3Error, fmi3Fatal } fmi3Status;
typedef enum {
  fmi3Independent, fmi3Constant, fmi3Fixed, fmi3Tunable, fmi3Discrete, fmi3Dependent
} fmi3DependencyKind;
typedef enum {
  fmi3IntervalNotYetKnown, fmi3IntervalUnchanged, fmi3IntervalChanged
} fmi3IntervalQualifier;
typedef void (*fmi3LogMessageCallback)(fmi3InstanceEnvironment, fmi3Status, fmi3String, fmi3String);
typedef void (*fmi3ClockUpdateCallback)(fmi3InstanceEnvironment);
typedef void (*fmi3IntermediateUpdateCallback)(fmi3InstanceEnvironment, fmi3Float64, fmi3Boolean,
                                               fmi3Boolean, fmi3Boolean, fmi3Boolean,
                                               fmi3Boolean *, fmi3Float64 *);
typedef void (*fmi3LockPreemptionCallback)(void);
typedef void (*fmi3UnlockPreemptionCallback)(void);
#endif

#include "instance.h"

typedef struct {
  State state;
  fmi3InstanceEnvironment environment;
  fmi3LogMessageCallback log;
} Instance;

#define OF(instance) ((Instance *)(instance))
#define REFERENCES const fmi3ValueReference references[], size_t count

static fmi3Status say(Instance *instance, int status, const char *sentence)
{
  static const char *const categories[] = {
    "logAll", "logStatusWarning", "logStatusDiscard", "logStatusError"
  };
  if (status != ALL_WELL && instance->log)
    instance->log(instance->environment, (fmi3Status)status, categories[status], sentence);
  /* There are importers that take a warning for a failure: it is told, and the answer is given. */
  return (fmi3Status)(status == WARNED ? ALL_WELL : status);
}

static fmi3Status without(fmi3Instance instance, const char *what)
{
  char says[SENTENCE];
  (void)snprintf(says, SENTENCE, "this model has no %s", what);
  return say(OF(instance), FAILED, says);
}

static fmi3Instance made(fmi3String token, fmi3InstanceEnvironment environment,
                         fmi3LogMessageCallback log)
{
  Instance *instance;
  if (!token || strcmp(token, MODEL_TOKEN) != 0) {
    if (log)
      log(environment, fmi3Error, "logStatusError",
          "the instantiation token is not that of this model: the description and the binary do "
          "not belong together");
    return NULL;
  }
  instance = calloc(1, sizeof *instance);
  if (!instance) return NULL;
  begin(&instance->state);
  instance->environment = environment;
  instance->log = log;
  return instance;
}

EXPORTED const char *fmi3GetVersion(void) { return "3.0"; }

EXPORTED fmi3Status fmi3SetDebugLogging(fmi3Instance instance, fmi3Boolean on, size_t count,
                                        const fmi3String categories[])
{
  (void)instance; (void)on; (void)count; (void)categories;
  return fmi3OK;
}

EXPORTED fmi3Instance fmi3InstantiateModelExchange(
    fmi3String name, fmi3String token, fmi3String resources, fmi3Boolean visible,
    fmi3Boolean logging, fmi3InstanceEnvironment environment, fmi3LogMessageCallback log)
{
  (void)name; (void)resources; (void)visible; (void)logging;
  return made(token, environment, log);
}

EXPORTED fmi3Instance fmi3InstantiateCoSimulation(
    fmi3String name, fmi3String token, fmi3String resources, fmi3Boolean visible,
    fmi3Boolean logging, fmi3Boolean events, fmi3Boolean early,
    const fmi3ValueReference required[], size_t count, fmi3InstanceEnvironment environment,
    fmi3LogMessageCallback log, fmi3IntermediateUpdateCallback update)
{
  (void)name; (void)resources; (void)visible; (void)logging; (void)events; (void)early;
  (void)required; (void)count; (void)update;
  return made(token, environment, log);
}

EXPORTED fmi3Instance fmi3InstantiateScheduledExecution(
    fmi3String name, fmi3String token, fmi3String resources, fmi3Boolean visible,
    fmi3Boolean logging, fmi3InstanceEnvironment environment, fmi3LogMessageCallback log,
    fmi3ClockUpdateCallback update, fmi3LockPreemptionCallback lock,
    fmi3UnlockPreemptionCallback unlock)
{
  (void)name; (void)token; (void)resources; (void)visible; (void)logging; (void)update;
  (void)lock; (void)unlock;
  if (log) log(environment, fmi3Error, "logStatusError", "this model has no scheduled execution");
  return NULL;
}

EXPORTED void fmi3FreeInstance(fmi3Instance instance) { free(instance); }

EXPORTED fmi3Status fmi3EnterInitializationMode(fmi3Instance instance, fmi3Boolean defined,
                                                fmi3Float64 tolerance, fmi3Float64 start,
                                                fmi3Boolean stops, fmi3Float64 stop)
{
  (void)defined; (void)tolerance; (void)stops; (void)stop;
  OF(instance)->state.time = start;
  return fmi3OK;
}

/* Modes change nothing of what is computed. */
#define MODE(function)                                \
  EXPORTED fmi3Status function(fmi3Instance instance) \
  {                                                   \
    (void)instance;                                   \
    return fmi3OK;                                    \
  }
MODE(fmi3ExitInitializationMode)
MODE(fmi3EnterEventMode)
MODE(fmi3Terminate)
MODE(fmi3EnterConfigurationMode)
MODE(fmi3ExitConfigurationMode)
MODE(fmi3EvaluateDiscreteStates)
MODE(fmi3EnterContinuousTimeMode)
MODE(fmi3EnterStepMode)

EXPORTED fmi3Status fmi3Reset(fmi3Instance instance)
{
  begin(&OF(instance)->state);
  return fmi3OK;
}

EXPORTED fmi3Status fmi3GetFloat64(fmi3Instance instance, REFERENCES, fmi3Float64 values[],
                                   size_t size)
{
  char says[SENTENCE] = "as many values as references are needed";
  int status = size == count ? get(&OF(instance)->state, references, count, values, says) : FAILED;
  return say(OF(instance), status, says);
}

EXPORTED fmi3Status fmi3SetFloat64(fmi3Instance instance, REFERENCES, const fmi3Float64 values[],
                                   size_t size)
{
  char says[SENTENCE] = "as many values as references are needed";
  int status = size == count ? set(&OF(instance)->state, references, count, values, says) : FAILED;
  return say(OF(instance), status, says);
}

/* All variables are numbers of 64 bits. */
#define NO_VARIABLES(type)                                                            \
  EXPORTED fmi3Status fmi3Get##type(fmi3Instance instance, REFERENCES,                \
                                    fmi3##type values[], size_t size)                 \
  {                                                                                   \
    (void)references; (void)values; (void)size;                                       \
    return count ? without(instance, "variables of type " #type) : fmi3OK;            \
  }                                                                                   \
  EXPORTED fmi3Status fmi3Set##type(fmi3Instance instance, REFERENCES,                \
                                    const fmi3##type values[], size_t size)           \
  {                                                                                   \
    (void)references; (void)values; (void)size;                                       \
    return count ? without(instance, "variables of type " #type) : fmi3OK;            \
  }
NO_VARIABLES(Float32)
NO_VARIABLES(Int8)
NO_VARIABLES(UInt8)
NO_VARIABLES(Int16)
NO_VARIABLES(UInt16)
NO_VARIABLES(Int32)
NO_VARIABLES(UInt32)
NO_VARIABLES(Int64)
NO_VARIABLES(UInt64)
NO_VARIABLES(Boolean)
NO_VARIABLES(String)

EXPORTED fmi3Status fmi3GetBinary(fmi3Instance instance, REFERENCES, size_t sizes[],
                                  fmi3Binary values[], size_t size)
{
  (void)references; (void)sizes; (void)values; (void)size;
  return count ? without(instance, "variables of type Binary") : fmi3OK;
}

EXPORTED fmi3Status fmi3SetBinary(fmi3Instance instance, REFERENCES, const size_t sizes[],
                                  const fmi3Binary values[], size_t size)
{
  (void)references; (void)sizes; (void)values; (void)size;
  return count ? without(instance, "variables of type Binary") : fmi3OK;
}

/* No clocks, hence no intervals and no shifts of them. */
#define NO_CLOCKS(function, ...)                                                \
  EXPORTED fmi3Status function(fmi3Instance instance, REFERENCES, __VA_ARGS__)  \
  {                                                                             \
    (void)references; NOT_READ                                                  \
    return count ? without(instance, "clocks") : fmi3OK;                        \
  }
#define NOT_READ (void)a;
NO_CLOCKS(fmi3GetClock, fmi3Clock a[])
NO_CLOCKS(fmi3SetClock, const fmi3Clock a[])
NO_CLOCKS(fmi3GetShiftDecimal, fmi3Float64 a[])
NO_CLOCKS(fmi3SetIntervalDecimal, const fmi3Float64 a[])
NO_CLOCKS(fmi3SetShiftDecimal, const fmi3Float64 a[])
#undef NOT_READ
#define NOT_READ (void)a; (void)b;
NO_CLOCKS(fmi3GetIntervalDecimal, fmi3Float64 a[], fmi3IntervalQualifier b[])
NO_CLOCKS(fmi3GetShiftFraction, fmi3UInt64 a[], fmi3UInt64 b[])
NO_CLOCKS(fmi3SetIntervalFraction, const fmi3UInt64 a[], const fmi3UInt64 b[])
NO_CLOCKS(fmi3SetShiftFraction, const fmi3UInt64 a[], const fmi3UInt64 b[])
#undef NOT_READ
#define NOT_READ (void)a; (void)b; (void)c;
NO_CLOCKS(fmi3GetIntervalFraction, fmi3UInt64 a[], fmi3UInt64 b[], fmi3IntervalQualifier c[])

EXPORTED fmi3Status fmi3ActivateModelPartition(fmi3Instance instance, fmi3ValueReference clock,
                                               fmi3Float64 time)
{
  (void)clock; (void)time;
  return without(instance, "clocks");
}

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

EXPORTED fmi3Status fmi3GetFMUState(fmi3Instance instance, fmi3FMUState *kept)
{
  if (!*kept) *kept = malloc(sizeof(State));
  if (!*kept) return fmi3Error;
  memcpy(*kept, &OF(instance)->state, sizeof(State));
  return fmi3OK;
}

EXPORTED fmi3Status fmi3SetFMUState(fmi3Instance instance, fmi3FMUState kept)
{
  memcpy(&OF(instance)->state, kept, sizeof(State));
  return fmi3OK;
}

EXPORTED fmi3Status fmi3FreeFMUState(fmi3Instance instance, fmi3FMUState *kept)
{
  (void)instance;
  free(*kept);
  *kept = NULL;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3SerializedFMUStateSize(fmi3Instance instance, fmi3FMUState kept,
                                               size_t *size)
{
  (void)instance; (void)kept;
  *size = sizeof(State);
  return fmi3OK;
}

EXPORTED fmi3Status fmi3SerializeFMUState(fmi3Instance instance, fmi3FMUState kept,
                                          fmi3Byte bytes[], size_t size)
{
  if (size < sizeof(State)) return say(OF(instance), FAILED, "too few bytes for the state");
  memcpy(bytes, kept, sizeof(State));
  return fmi3OK;
}

EXPORTED fmi3Status fmi3DeserializeFMUState(fmi3Instance instance, const fmi3Byte bytes[],
                                            size_t size, fmi3FMUState *kept)
{
  if (size != sizeof(State)) return say(OF(instance), FAILED, "these bytes are not of this model");
  if (!*kept) *kept = malloc(sizeof(State));
  if (!*kept) return fmi3Error;
  memcpy(*kept, bytes, sizeof(State));
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

EXPORTED fmi3Status fmi3UpdateDiscreteStates(fmi3Instance instance, fmi3Boolean *again,
                                             fmi3Boolean *terminate, fmi3Boolean *nominals,
                                             fmi3Boolean *values, fmi3Boolean *defined,
                                             fmi3Float64 *next)
{
  (void)instance;
  *again = *terminate = *nominals = *values = *defined = false;
  *next = 0.0;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3CompletedIntegratorStep(fmi3Instance instance, fmi3Boolean no_rollback,
                                                fmi3Boolean *event, fmi3Boolean *terminate)
{
  (void)instance; (void)no_rollback;
  *event = *terminate = false;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3SetTime(fmi3Instance instance, fmi3Float64 time)
{
  OF(instance)->state.time = time;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3SetContinuousStates(fmi3Instance instance, const fmi3Float64 values[],
                                            size_t count)
{
  (void)values;
  return count ? without(instance, "continuous states") : fmi3OK;
}

#define NO_STATES(function)                                                                \
  EXPORTED fmi3Status function(fmi3Instance instance, fmi3Float64 values[], size_t count)  \
  {                                                                                        \
    (void)values;                                                                          \
    return count ? without(instance, "continuous states and no events") : fmi3OK;          \
  }
NO_STATES(fmi3GetContinuousStates)
NO_STATES(fmi3GetContinuousStateDerivatives)
NO_STATES(fmi3GetNominalsOfContinuousStates)
NO_STATES(fmi3GetEventIndicators)

EXPORTED fmi3Status fmi3GetNumberOfEventIndicators(fmi3Instance instance, size_t *count)
{
  (void)instance;
  *count = 0;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3GetNumberOfContinuousStates(fmi3Instance instance, size_t *count)
{
  (void)instance;
  *count = 0;
  return fmi3OK;
}

EXPORTED fmi3Status fmi3GetOutputDerivatives(fmi3Instance instance, REFERENCES,
                                             const fmi3Int32 orders[], fmi3Float64 values[],
                                             size_t size)
{
  (void)references; (void)orders; (void)values; (void)size;
  return count ? without(instance, "derivatives by the time") : fmi3OK;
}

EXPORTED fmi3Status fmi3DoStep(fmi3Instance instance, fmi3Float64 time, fmi3Float64 step,
                               fmi3Boolean no_rollback, fmi3Boolean *event, fmi3Boolean *terminate,
                               fmi3Boolean *early, fmi3Float64 *reached)
{
  (void)no_rollback;
  OF(instance)->state.time = time + step;
  *event = *terminate = *early = false;
  *reached = time + step;
  return fmi3OK;
}
