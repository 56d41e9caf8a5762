/* The types of FMI 3.0, and how a call answers and what it says. */
#ifndef FMI3_H
#define FMI3_H

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

static inline fmi3Status say(Instance *instance, int status, const char *sentence)
{
  static const char *const categories[] = {
    "logAll", "logStatusWarning", "logStatusDiscard", "logStatusError"
  };
  if (status != ALL_WELL && instance->log)
    instance->log(instance->environment, (fmi3Status)status, categories[status], sentence);
  /* There are importers that take a warning for a failure: it is told, and the answer is given. */
  return (fmi3Status)(status == WARNED ? ALL_WELL : status);
}

static inline fmi3Status without(fmi3Instance instance, const char *what)
{
  char says[SENTENCE];
  (void)snprintf(says, SENTENCE, "this model has no %s", what);
  return say(OF(instance), FAILED, says);
}

#endif
