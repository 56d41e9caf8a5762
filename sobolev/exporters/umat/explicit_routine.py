"""The subroutine that Abaqus/Explicit calls, around the material."""

from sobolev.exporters.umat.routine import continued

# Abaqus brings this file along: numbers are of 4 or of 8 bytes, as the run is.
INCLUDED = "vaba_param.inc"
IN_DOUBLE = "      IMPLICIT REAL*8 (A-H, O-Z)\n"

ARGUMENTS = """
nblock, ndir, nshr, nstatev, nfieldv, nprops, lanneal, stepTime, totalTime, dt,
cmname, coordMp, charLength, props, density, strainInc, relSpinInc,
tempOld, stretchOld, defgradOld, fieldOld, stressOld, stateOld,
enerInternOld, enerInelasOld, tempNew, stretchNew, defgradNew, fieldNew,
stressNew, stateNew, enerInternNew, enerInelasNew
"""
DECLARED = f"""
INCLUDE '{INCLUDED}'
DIMENSION coordMp(nblock, *), charLength(nblock), props(nprops)
DIMENSION density(nblock), strainInc(nblock, ndir+nshr)
DIMENSION relSpinInc(nblock, nshr)
DIMENSION tempOld(nblock), tempNew(nblock)
DIMENSION stretchOld(nblock, ndir+nshr)
DIMENSION stretchNew(nblock, ndir+nshr)
DIMENSION defgradOld(nblock, ndir+nshr+nshr)
DIMENSION defgradNew(nblock, ndir+nshr+nshr)
DIMENSION fieldOld(nblock, nfieldv), fieldNew(nblock, nfieldv)
DIMENSION stressOld(nblock, ndir+nshr)
DIMENSION stressNew(nblock, ndir+nshr)
DIMENSION stateOld(nblock, nstatev), stateNew(nblock, nstatev)
DIMENSION enerInternOld(nblock), enerInternNew(nblock)
DIMENSION enerInelasOld(nblock), enerInelasNew(nblock)
CHARACTER*80 cmname
DOUBLE PRECISION u(6), v(6), energy(1), full(6), before, after
INTEGER i, k
"""
# density is that of the middle of the increment, so that times its volume it is the first one.
CALLED = """
DOUBLE PRECISION {name}_volume
EXTERNAL {name}_volume
IF (ndir .NE. 3 .OR. nshr .NE. 3) THEN
  WRITE (*, *) 'VUMAT {name} is for solids in 3D only'
  STOP 1
END IF
DO i = 1, nblock
  DO k = 1, 6
    u(k) = stretchNew(i, k)
    v(k) = stretchOld(i, k)
  END DO
! The first call of all makes strains up, to ask for wave speeds.
  IF (.NOT. totalTime .GT. 0) THEN
    DO k = 1, 6
      v(k) = 0.0D0
      IF (k .LE. 3) v(k) = 1.0D0
      u(k) = v(k) + strainInc(i, k)
    END DO
  END IF
  before = {name}_volume(v)
  after = {name}_volume(u)
  IF (.NOT. after .GT. 0.0D0) THEN
    WRITE (*, *) 'VUMAT {name}: a point without volume'
    STOP 1
  END IF
  CALL {name}_material(u, energy, full)
  DO k = 1, 6
    stressNew(i, k) = full(k)
  END DO
  before = 0.5D0 * (before + after)
  enerInternNew(i) = energy(1) / (density(i) * before)
  enerInelasNew(i) = enerInelasOld(i)
  DO k = 1, nstatev
    stateNew(i, k) = stateOld(i, k)
  END DO
END DO
END SUBROUTINE

! det U of 11 22 33 12 23 31
FUNCTION {name}_volume(u)
IMPLICIT NONE
DOUBLE PRECISION {name}_volume, u(6), r
r = u(1) * u(2) * u(3) + 2.0D0 * u(4) * u(5) * u(6)
r = r - u(1) * u(5)**2 - u(2) * u(6)**2 - u(3) * u(4)**2
{name}_volume = r
END FUNCTION
"""


def explicit_routine(name: str) -> list[str]:
    """Lines of SUBROUTINE VUMAT, in fixed form."""
    return [
        *continued("VUMAT", ARGUMENTS),
        *DECLARED.strip().splitlines(),
        *CALLED.format(name=name).strip().splitlines(),
        "",
    ]
