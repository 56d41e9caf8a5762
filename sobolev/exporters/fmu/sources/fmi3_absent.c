/* FMI 3.0 for what this model has not: other types, clocks, states and events. Every function of
   the standard is there, and says so. */
#include "fmi3.h"

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
