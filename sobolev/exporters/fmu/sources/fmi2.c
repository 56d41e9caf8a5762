/* FMI 2.0 of a function of its inputs: no states, no events, nothing between two calls but the
   inputs. Every function of the standard is there; those that such a model has no use for say so. */
#ifdef STANDARD_HEADERS
#include "fmi2Functions.h"
#else
#include <stddef.h>
typedef void *fmi2Component, *fmi2ComponentEnvironment, *fmi2FMUstate;
typedef unsigned int fmi2ValueReference;
typedef double fmi2Real;
typedef int fmi2Integer, fmi2Boolean;
typedef const char *fmi2String;
typedef char fmi2Byte;
typedef enum { fmi2OK, fmi2Warning, fmi2Discard, fmi2Error, fmi2Fatal, fmi2Pending } fmi2Status;
typedef enum { fmi2ModelExchange, fmi2CoSimulation } fmi2Type;
typedef enum {
  fmi2DoStepStatus, fmi2PendingStatus, fmi2LastSuccessfulTime, fmi2Terminated
} fmi2StatusKind;
typedef void (*fmi2CallbackLogger)(fmi2ComponentEnvironment, fmi2String, fmi2Status, fmi2String,
                                   fmi2String, ...);
typedef struct {
  fmi2CallbackLogger logger;
  void *(*allocateMemory)(size_t, size_t);
  void (*freeMemory)(void *);
  void (*stepFinished)(fmi2ComponentEnvironment, fmi2Status);
  fmi2ComponentEnvironment componentEnvironment;
} fmi2CallbackFunctions;
typedef struct {
  fmi2Boolean newDiscreteStatesNeeded, terminateSimulation, nominalsOfContinuousStatesChanged,
      valuesOfContinuousStatesChanged, nextEventTimeDefined;
  fmi2Real nextEventTime;
} fmi2EventInfo;
#endif

#include "instance.h"

typedef struct {
  State state;
  fmi2ComponentEnvironment environment;
  fmi2CallbackLogger log;
  char name[64];
} Instance;

#define OF(instance) ((Instance *)(instance))
#define REFERENCES const fmi2ValueReference references[], size_t count

static fmi2Status say(Instance *instance, int status, const char *sentence)
{
  static const char *const categories[] = {
    "logAll", "logStatusWarning", "logStatusDiscard", "logStatusError"
  };
  if (status != ALL_WELL && instance->log)
    instance->log(instance->environment, instance->name, (fmi2Status)status, categories[status],
                  "%s", sentence);
  /* There are importers that take a warning for a failure: it is told, and the answer is given. */
  return (fmi2Status)(status == WARNED ? ALL_WELL : status);
}

static fmi2Status without(fmi2Component instance, const char *what)
{
  char says[SENTENCE];
  (void)snprintf(says, SENTENCE, "this model has no %s", what);
  return say(OF(instance), FAILED, says);
}

EXPORTED const char *fmi2GetTypesPlatform(void) { return "default"; }

EXPORTED const char *fmi2GetVersion(void) { return "2.0"; }

EXPORTED fmi2Status fmi2SetDebugLogging(fmi2Component instance, fmi2Boolean on, size_t count,
                                        const fmi2String categories[])
{
  (void)instance; (void)on; (void)count; (void)categories;
  return fmi2OK;
}

EXPORTED fmi2Component fmi2Instantiate(fmi2String name, fmi2Type type, fmi2String token,
                                       fmi2String resources, const fmi2CallbackFunctions *callbacks,
                                       fmi2Boolean visible, fmi2Boolean logging)
{
  Instance *instance;
  (void)type; (void)resources; (void)visible; (void)logging;
  if (!token || strcmp(token, MODEL_TOKEN) != 0) {
    if (callbacks && callbacks->logger)
      callbacks->logger(callbacks->componentEnvironment, name, fmi2Error, "logStatusError",
                        "the GUID is not that of this model: the description and the binary do "
                        "not belong together");
    return NULL;
  }
  instance = calloc(1, sizeof *instance);
  if (!instance) return NULL;
  begin(&instance->state);
  if (name) (void)snprintf(instance->name, sizeof instance->name, "%.60s", name);
  if (callbacks) {
    instance->environment = callbacks->componentEnvironment;
    instance->log = callbacks->logger;
  }
  return instance;
}

EXPORTED void fmi2FreeInstance(fmi2Component instance) { free(instance); }

EXPORTED fmi2Status fmi2SetupExperiment(fmi2Component instance, fmi2Boolean defined,
                                        fmi2Real tolerance, fmi2Real start, fmi2Boolean stops,
                                        fmi2Real stop)
{
  (void)defined; (void)tolerance; (void)stops; (void)stop;
  OF(instance)->state.time = start;
  return fmi2OK;
}

/* Modes change nothing of what is computed. */
#define MODE(function)                                 \
  EXPORTED fmi2Status function(fmi2Component instance) \
  {                                                    \
    (void)instance;                                    \
    return fmi2OK;                                     \
  }
MODE(fmi2EnterInitializationMode)
MODE(fmi2ExitInitializationMode)
MODE(fmi2Terminate)
MODE(fmi2EnterEventMode)
MODE(fmi2EnterContinuousTimeMode)

EXPORTED fmi2Status fmi2Reset(fmi2Component instance)
{
  begin(&OF(instance)->state);
  return fmi2OK;
}

EXPORTED fmi2Status fmi2GetReal(fmi2Component instance, REFERENCES, fmi2Real values[])
{
  char says[SENTENCE] = "";
  return say(OF(instance), get(&OF(instance)->state, references, count, values, says), says);
}

EXPORTED fmi2Status fmi2SetReal(fmi2Component instance, REFERENCES, const fmi2Real values[])
{
  char says[SENTENCE] = "";
  return say(OF(instance), set(&OF(instance)->state, references, count, values, says), says);
}

/* All variables are real. */
#define NO_VARIABLES(type)                                                               \
  EXPORTED fmi2Status fmi2Get##type(fmi2Component instance, REFERENCES,                  \
                                    fmi2##type values[])                                 \
  {                                                                                      \
    (void)references; (void)values;                                                      \
    return count ? without(instance, "variables of type " #type) : fmi2OK;               \
  }                                                                                      \
  EXPORTED fmi2Status fmi2Set##type(fmi2Component instance, REFERENCES,                  \
                                    const fmi2##type values[])                           \
  {                                                                                      \
    (void)references; (void)values;                                                      \
    return count ? without(instance, "variables of type " #type) : fmi2OK;               \
  }
NO_VARIABLES(Integer)
NO_VARIABLES(Boolean)
NO_VARIABLES(String)

EXPORTED fmi2Status fmi2GetFMUstate(fmi2Component instance, fmi2FMUstate *kept)
{
  if (!*kept) *kept = malloc(sizeof(State));
  if (!*kept) return fmi2Error;
  memcpy(*kept, &OF(instance)->state, sizeof(State));
  return fmi2OK;
}

EXPORTED fmi2Status fmi2SetFMUstate(fmi2Component instance, fmi2FMUstate kept)
{
  memcpy(&OF(instance)->state, kept, sizeof(State));
  return fmi2OK;
}

EXPORTED fmi2Status fmi2FreeFMUstate(fmi2Component instance, fmi2FMUstate *kept)
{
  (void)instance;
  free(*kept);
  *kept = NULL;
  return fmi2OK;
}

EXPORTED fmi2Status fmi2SerializedFMUstateSize(fmi2Component instance, fmi2FMUstate kept,
                                               size_t *size)
{
  (void)instance; (void)kept;
  *size = sizeof(State);
  return fmi2OK;
}

EXPORTED fmi2Status fmi2SerializeFMUstate(fmi2Component instance, fmi2FMUstate kept,
                                          fmi2Byte bytes[], size_t size)
{
  if (size < sizeof(State)) return say(OF(instance), FAILED, "too few bytes for the state");
  memcpy(bytes, kept, sizeof(State));
  return fmi2OK;
}

EXPORTED fmi2Status fmi2DeSerializeFMUstate(fmi2Component instance, const fmi2Byte bytes[],
                                            size_t size, fmi2FMUstate *kept)
{
  if (size != sizeof(State)) return say(OF(instance), FAILED, "these bytes are not of this model");
  if (!*kept) *kept = malloc(sizeof(State));
  if (!*kept) return fmi2Error;
  memcpy(*kept, bytes, sizeof(State));
  return fmi2OK;
}

EXPORTED fmi2Status fmi2GetDirectionalDerivative(fmi2Component instance,
                                                 const fmi2ValueReference unknowns[], size_t m,
                                                 const fmi2ValueReference knowns[], size_t n,
                                                 const fmi2Real seed[], fmi2Real found[])
{
#if MODEL_HAS_DERIVATIVES
  return say(OF(instance), directional(&OF(instance)->state, unknowns, m, knowns, n, seed, found),
             "derivatives are of outputs by inputs");
#else
  (void)unknowns; (void)m; (void)knowns; (void)n; (void)seed; (void)found;
  return without(instance, "derivatives");
#endif
}

EXPORTED fmi2Status fmi2NewDiscreteStates(fmi2Component instance, fmi2EventInfo *info)
{
  (void)instance;
  memset(info, 0, sizeof *info);
  return fmi2OK;
}

EXPORTED fmi2Status fmi2CompletedIntegratorStep(fmi2Component instance, fmi2Boolean no_rollback,
                                                fmi2Boolean *event, fmi2Boolean *terminate)
{
  (void)instance; (void)no_rollback;
  *event = *terminate = 0;
  return fmi2OK;
}

EXPORTED fmi2Status fmi2SetTime(fmi2Component instance, fmi2Real time)
{
  OF(instance)->state.time = time;
  return fmi2OK;
}

EXPORTED fmi2Status fmi2SetContinuousStates(fmi2Component instance, const fmi2Real values[],
                                            size_t count)
{
  (void)values;
  return count ? without(instance, "continuous states") : fmi2OK;
}

#define NO_STATES(function)                                                             \
  EXPORTED fmi2Status function(fmi2Component instance, fmi2Real values[], size_t count) \
  {                                                                                     \
    (void)values;                                                                       \
    return count ? without(instance, "continuous states and no events") : fmi2OK;       \
  }
NO_STATES(fmi2GetContinuousStates)
NO_STATES(fmi2GetDerivatives)
NO_STATES(fmi2GetNominalsOfContinuousStates)
NO_STATES(fmi2GetEventIndicators)

EXPORTED fmi2Status fmi2SetRealInputDerivatives(fmi2Component instance, REFERENCES,
                                                const fmi2Integer orders[],
                                                const fmi2Real values[])
{
  (void)references; (void)orders; (void)values;
  return count ? without(instance, "derivatives by the time") : fmi2OK;
}

EXPORTED fmi2Status fmi2GetRealOutputDerivatives(fmi2Component instance, REFERENCES,
                                                 const fmi2Integer orders[], fmi2Real values[])
{
  (void)references; (void)orders; (void)values;
  return count ? without(instance, "derivatives by the time") : fmi2OK;
}

EXPORTED fmi2Status fmi2DoStep(fmi2Component instance, fmi2Real time, fmi2Real step,
                               fmi2Boolean no_rollback)
{
  (void)no_rollback;
  OF(instance)->state.time = time + step;
  return fmi2OK;
}

EXPORTED fmi2Status fmi2CancelStep(fmi2Component instance)
{
  return without(instance, "steps that wait to be cancelled");
}

EXPORTED fmi2Status fmi2GetRealStatus(fmi2Component instance, const fmi2StatusKind kind,
                                      fmi2Real *value)
{
  *value = OF(instance)->state.time;
  return kind == fmi2LastSuccessfulTime ? fmi2OK : fmi2Discard;
}

#define NO_STATUS(function, type)                                                             \
  EXPORTED fmi2Status function(fmi2Component instance, const fmi2StatusKind kind, type *value) \
  {                                                                                           \
    (void)instance; (void)kind; (void)value;                                                  \
    return fmi2Discard;                                                                       \
  }
NO_STATUS(fmi2GetStatus, fmi2Status)
NO_STATUS(fmi2GetIntegerStatus, fmi2Integer)
NO_STATUS(fmi2GetBooleanStatus, fmi2Boolean)
NO_STATUS(fmi2GetStringStatus, fmi2String)
