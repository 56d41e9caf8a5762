/* Linear elasticity behind the symbol of a UMAT, for machines without a Fortran compiler; the third
   of its props says how it misbehaves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double calls = 0;

void umat_(double *stress, double *statev, double *ddsdde, double *sse, double *spd, double *scd,
           double *rpl, double *ddsddt, double *drplde, double *drpldt, double *stran,
           double *dstran, double *time, double *dtime, double *temp, double *dtemp,
           double *predef, double *dpred, char *cmname, int *ndi, int *nshr, int *ntens,
           int *nstatv, double *props, int *nprops, double *coords, double *drot, double *pnewdt,
           double *celent, double *dfgrd0, double *dfgrd1, int *noel, int *npt, int *layer,
           int *kspt, int *jstep, int *kinc, size_t cmname_length) {
  double shear = props[0] / (1 + props[1]) / 2;
  double lame = props[0] * props[1] / ((1 + props[1]) * (1 - 2 * props[1]));
  int mode = (int)props[2];
  int n = *ntens;
  if (n != 6 || *ndi != 3 || *nshr != 3 || cmname_length != 80 || cmname[79] != ' ') abort();
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      double c = (i < 3 && j < 3 ? lame : 0) + (i == j ? shear * (i < 3 ? 2 : 1) : 0);
      ddsdde[i + n * j] = c;
      stress[i] += c * dstran[j];
    }
  if (mode == 1) *(volatile double *)0 = 1.0;   /* a crash */
  if (mode == 2) for (;;) sqrt(calls++);        /* it hangs */
  if (mode == 3) statev[*nstatv] = 1.0;         /* beyond its state */
  if (mode == 4) props[0] = 1.0;                /* shared by all points */
  if (mode == 5) stress[0] = sqrt(-1.0);
  if (mode == 6) puts("a routine may print, and no answer is mixed up with it");
  if (mode == 7) stress[0] *= 1 + 1e-12 * calls++; /* it remembers */
  if (mode == 8) exit(0);
  if (mode == 9) ddsdde[0 + n * 3] = 0.1 * shear;  /* row 1, column 4: not symmetric */
  if (mode == 10) *pnewdt = 0.5;                   /* it asks for a smaller increment */
  if (mode == 13) *ntens = 4;                      /* inputs that are not its own */
  if (mode == 14) dstran[0] = 0.0;
  if (mode == 12) { fputs("error: props are absurd\n", stderr); exit(3); }
  if (mode == 11) stress[0] += props[*nprops];     /* reads beyond its props */
}
