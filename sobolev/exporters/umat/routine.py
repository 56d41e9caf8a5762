"""The subroutine that a solver calls, around the material."""

ARGUMENTS = """
stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime,
temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt,
celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, kstep, kinc
"""
DECLARED = """
INTEGER ndi, nshr, ntens, nstatv, nprops, noel, npt, layer, kspt
INTEGER kstep(*), kinc
CHARACTER*80 cmname
DOUBLE PRECISION stress(ntens), statev(*), ddsdde(ntens, ntens)
DOUBLE PRECISION sse, spd, scd, rpl, ddsddt(*), drplde(*), drpldt
DOUBLE PRECISION stran(*), dstran(*), time(*), dtime, temp, dtemp
DOUBLE PRECISION predef(*), dpred(*), props(*), coords(*)
DOUBLE PRECISION drot(3, 3), pnewdt, celent
DOUBLE PRECISION dfgrd0(3, 3), dfgrd1(3, 3)
DOUBLE PRECISION f(9), energy(1), full(6), moduli(36), det
INTEGER i, j
"""
CALLED = """
IF (ndi .NE. 3) THEN
  WRITE (*, *) 'UMAT {name}: not for plane stress'
  STOP 1
END IF
det = dfgrd1(1,1) * dfgrd1(2,2) * dfgrd1(3,3)
det = det - dfgrd1(1,1) * dfgrd1(2,3) * dfgrd1(3,2)
det = det + dfgrd1(1,2) * dfgrd1(2,3) * dfgrd1(3,1)
det = det - dfgrd1(1,2) * dfgrd1(2,1) * dfgrd1(3,3)
det = det + dfgrd1(1,3) * dfgrd1(2,1) * dfgrd1(3,2)
det = det - dfgrd1(1,3) * dfgrd1(2,2) * dfgrd1(3,1)
IF (.NOT. det .GT. 0.0D0) THEN
  pnewdt = 0.25D0
  RETURN
END IF
{deformation}
CALL {name}_material(f, energy, full, moduli)
sse = energy(1)
DO i = 1, ntens
  stress(i) = full(i)
  DO j = 1, ntens
    ddsdde(i, j) = moduli(i + 6 * (j - 1))
  END DO
END DO
END SUBROUTINE
"""
WHOLE = """
DO j = 1, 3
  DO i = 1, 3
    f(i + 3 * (j - 1)) = dfgrd1(i, j)
  END DO
END DO
"""
# Newton's iteration for the rotation nearest to F (Higham 1986): R <- (R + R^-T) / 2.
STRETCH = """
! U of F = R U
SUBROUTINE {name}_stretch(f, u)
IMPLICIT NONE
DOUBLE PRECISION f(3, 3), u(3, 3)
DOUBLE PRECISION r(3, 3), c(3, 3), det, v(3, 3)
INTEGER i, j, n, i1, i2, j1, j2
DO j = 1, 3
  DO i = 1, 3
    r(i, j) = f(i, j)
  END DO
END DO
DO n = 1, 30
  DO j = 1, 3
    DO i = 1, 3
      i1 = MOD(i, 3) + 1
      i2 = MOD(i + 1, 3) + 1
      j1 = MOD(j, 3) + 1
      j2 = MOD(j + 1, 3) + 1
      c(i, j) = r(i1, j1) * r(i2, j2) - r(i1, j2) * r(i2, j1)
    END DO
  END DO
  det = r(1, 1) * c(1, 1) + r(1, 2) * c(1, 2) + r(1, 3) * c(1, 3)
  DO j = 1, 3
    DO i = 1, 3
      r(i, j) = 0.5D0 * (r(i, j) + c(i, j) / det)
    END DO
  END DO
END DO
DO j = 1, 3
  DO i = 1, 3
    v(i, j) = r(1, i) * f(1, j) + r(2, i) * f(2, j)
    v(i, j) = v(i, j) + r(3, i) * f(3, j)
  END DO
END DO
DO j = 1, 3
  DO i = 1, 3
    u(i, j) = 0.5D0 * (v(i, j) + v(j, i))
  END DO
END DO
END SUBROUTINE
"""


def routine(name: str, stretched: bool) -> list[str]:
    """Lines of SUBROUTINE UMAT, in fixed form: 37 arguments fit into no line."""
    deformation = f"CALL {name}_stretch(dfgrd1, f)" if stretched else WHOLE.strip()
    body = CALLED.format(name=name, deformation=deformation)
    return [
        *continued("UMAT", ARGUMENTS),
        "IMPLICIT NONE",
        *DECLARED.strip().splitlines(),
        *body.strip().splitlines(),
        "",
        *(STRETCH.format(name=name).strip().splitlines() if stretched else []),
    ]


def continued(subroutine: str, arguments: str) -> list[str]:
    """The head of a subroutine whose arguments fit into no line."""
    first, *rest = [part for line in arguments.strip().splitlines() for part in _halves(line)]
    return [
        f"SUBROUTINE {subroutine}({first}",
        *(f"&{line}" for line in rest[:-1]),
        f"&{rest[-1]})",
    ]


def _halves(line: str) -> list[str]:
    words = line.split(" ")
    half = len(words) // 2
    return [" ".join(words[:half]), " ".join(words[half:])]
