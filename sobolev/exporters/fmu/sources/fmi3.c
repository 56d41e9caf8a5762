/* FMI 3.0 of a function of its inputs: no states, no events, nothing between two calls but the
   inputs. Life, modes, values and steps; slopes and what such a model has not lie beside it. */
#include "fmi3.h"

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
