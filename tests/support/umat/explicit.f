C     A driver of a VUMAT: a block of turned deformations, then a cube of
C     one element with eight points, pulled and damped until it rests.
C     It reads NSHR, NBLOCK, of each point F row by row, and of the cube
C     the last stretch. It writes of each point U, STRESS and the energy
C     of a volume, twice: of the first call of all, whose strains are
C     made up, and of one in the run; of the cube the stretches of each
C     node, then the pull on what was an area of one, the energy, and
C     the largest force that is left.
      PROGRAM EXPLIC
      IMPLICIT NONE
      DOUBLE PRECISION F(3,3,100), R(3,3), U(6,100), S(6,100), W(100), T
      INTEGER NSHR, N, I, J, K
      READ (*, *) NSHR, N
      DO K = 1, N
        READ (*, *) ((F(I, J, K), J = 1, 3), I = 1, 3)
        CALL POLAR(F(1, 1, K), R, U(1, K))
      END DO
      READ (*, *) T
      CALL ASK(N, NSHR, 0.0D0, U, U, S, W)
      WRITE (*, '(13ES26.17)') ((U(I, K) / 1000, I = 1, 6),
     1 (S(I, K), I = 1, 6), W(K), K = 1, N)
      CALL ASK(N, NSHR, 1.0D0, U, U, S, W)
      WRITE (*, '(13ES26.17)') ((U(I, K), I = 1, 6),
     1 (S(I, K), I = 1, 6), W(K), K = 1, N)
      CALL CUBE(T)
      END PROGRAM

C     All arguments, for points that go from V to U; in the first call
C     strains are U / 1000 and there are no stretches. What had a volume
C     of one has a mass of two.
      SUBROUTINE ASK(N, NSHR, TIME, V, U, S, W)
      INCLUDE 'vaba_param.inc'
      INTEGER N, NSHR, I, K
      DOUBLE PRECISION TIME, V(6,N), U(6,N), S(6,N), W(N), X(6), DET
      DIMENSION OLD(N,6), ANEW(N,6), EPS(N,6), SIG(N,6), RHO(N), E(N)
      DIMENSION Z(N,9), HELD(N,2), GIVEN(N,2), DEAD(N), SPENT(N)
      CHARACTER*80 CMNAME
      CMNAME = 'DRIVEN'
      Z = 0.0
      OLD = 0.0
      ANEW = 0.0
      EPS = 0.0
      T = TIME
      D = 1.0D-3
      DO K = 1, N
        GIVEN(K, 1) = K
        GIVEN(K, 2) = -K
        SPENT(K) = K
        DO I = 1, 6
          IF (TIME .GT. 0.0D0) THEN
            OLD(K, I) = V(I, K)
            ANEW(K, I) = U(I, K)
            X(I) = (V(I, K) + U(I, K)) / 2
          ELSE
            EPS(K, I) = U(I, K) / 1000
            X(I) = 0.0D0
            IF (I .LE. 3) X(I) = 1.0D0
          END IF
        END DO
        RHO(K) = 2.0D0 / DET(X)
      END DO
      CALL VUMAT(N, 3, NSHR, 2, 1, 1, 0, T, T, D, CMNAME, Z, Z,
     1 Z, RHO, EPS, Z, Z, OLD, Z, Z, Z, GIVEN, Z, SPENT,
     2 Z, ANEW, Z, Z, SIG, HELD, E, DEAD)
      IF (ANY(HELD .NE. GIVEN) .OR. ANY(DEAD .NE. SPENT)) STOP 3
      DO K = 1, N
        W(K) = 2.0D0 * E(K)
        DO I = 1, 6
          S(I, K) = SIG(K, I)
        END DO
      END DO
      END SUBROUTINE

C     Central differences: eight nodes, a quarter of the mass of two at
C     each; the face X = 1 is moved, the faces X = 0, Y = 0, Z = 0 slide.
      SUBROUTINE CUBE(T)
      IMPLICIT NONE
      DOUBLE PRECISION T, Y(3,8), VEL(3,8), P(3,8), V(6,8), U(6,8), W(8)
      DOUBLE PRECISION DT, A, LEFT
      INTEGER STEP, STEPS, I, K, CORNER
      DT = 4.0D-3
      STEPS = 1500
      VEL = 0.0D0
      U = 0.0D0
      U(1:3, :) = 1.0D0
      DO K = 1, 8
        DO I = 1, 3
          Y(I, K) = CORNER(I, K)
        END DO
      END DO
      DO STEP = 1, 2 * STEPS
        A = 1.0D0 + (T - 1.0D0) * MIN(1.0D0, DBLE(STEP) / STEPS)
        DO K = 1, 8
          DO I = 1, 3
            Y(I, K) = Y(I, K) + DT * VEL(I, K)
          END DO
          IF (CORNER(1, K) .EQ. 1) Y(1, K) = A
        END DO
        V = U
        CALL FORCES(STEP * DT, Y, V, U, P, W)
        LEFT = 0.0D0
        DO K = 1, 8
          DO I = 1, 3
            IF (I .EQ. 1 .OR. CORNER(I, K) .EQ. 0) CYCLE
            LEFT = MAX(LEFT, ABS(P(I, K)))
            VEL(I, K) = VEL(I, K) * (1.0D0 - 20.0D0 * DT)
            VEL(I, K) = VEL(I, K) - DT * P(I, K) / 0.25D0
          END DO
        END DO
      END DO
      WRITE (*, '(3ES26.17)') Y
      WRITE (*, '(3ES26.17)') P(1,2) + P(1,4) + P(1,6) + P(1,8),
     1 SUM(W) / 8, LEFT
      END SUBROUTINE

C     0 or 1: where node K lies along I.
      INTEGER FUNCTION CORNER(I, K)
      IMPLICIT NONE
      INTEGER I, K
      CORNER = MOD((K - 1) / 2**(I - 1), 2)
      END FUNCTION

C     Forces at the nodes: sums of P grad N, P = J R S R^T F^-T, at the
C     eight points of Gauss.
      SUBROUTINE FORCES(TIME, Y, V, U, P, W)
      IMPLICIT NONE
      DOUBLE PRECISION TIME, Y(3,8), V(6,8), U(6,8), P(3,8), W(8)
      DOUBLE PRECISION F(3,3,8), R(3,3,8), G(3,8,8), S(6,8), X(3), M(3)
      DOUBLE PRECISION C(3,3), Q(3,3), FULL(3,3)
      INTEGER I, K, L, CORNER
      DO L = 1, 8
        DO I = 1, 3
          X(I) = 0.5D0 + (CORNER(I, L) - 0.5D0) / SQRT(3.0D0)
        END DO
        DO K = 1, 8
          DO I = 1, 3
            M(I) = X(I)
            IF (CORNER(I, K) .EQ. 0) M(I) = 1.0D0 - X(I)
          END DO
          DO I = 1, 3
            G(I, K, L) = (2 * CORNER(I, K) - 1)
     1       * M(MOD(I, 3) + 1) * M(MOD(I + 1, 3) + 1)
          END DO
        END DO
        F(:, :, L) = MATMUL(Y, TRANSPOSE(G(:, :, L)))
        CALL POLAR(F(1, 1, L), R(1, 1, L), U(1, L))
      END DO
      CALL ASK(8, 3, TIME, V, U, S, W)
      P = 0.0D0
      DO L = 1, 8
        FULL = RESHAPE([S(1,L), S(4,L), S(6,L), S(4,L), S(2,L), S(5,L),
     1   S(6,L), S(5,L), S(3,L)], [3, 3])
        Q = MATMUL(MATMUL(R(:, :, L), FULL), TRANSPOSE(R(:, :, L)))
        CALL COFACT(F(1, 1, L), C)
        P = P + MATMUL(MATMUL(Q, C), G(:, :, L)) / 8
      END DO
      END SUBROUTINE

C     F = R U by Newton's iteration; U is 11 22 33 12 23 31.
      SUBROUTINE POLAR(F, R, U)
      IMPLICIT NONE
      DOUBLE PRECISION F(3,3), R(3,3), U(6), C(3,3), A(3,3)
      INTEGER N
      R = F
      DO N = 1, 20
        CALL COFACT(R, C)
        R = (R + C / SUM(R(1, :) * C(1, :))) / 2
      END DO
      A = MATMUL(TRANSPOSE(R), F)
      U = [A(1,1), A(2,2), A(3,3), A(1,2), A(2,3), A(3,1)]
      END SUBROUTINE

C     det F F^-T
      SUBROUTINE COFACT(F, C)
      IMPLICIT NONE
      DOUBLE PRECISION F(3,3), C(3,3)
      INTEGER I, J, I1, I2, J1, J2
      DO J = 1, 3
        DO I = 1, 3
          I1 = MOD(I, 3) + 1
          I2 = MOD(I + 1, 3) + 1
          J1 = MOD(J, 3) + 1
          J2 = MOD(J + 1, 3) + 1
          C(I, J) = F(I1, J1) * F(I2, J2) - F(I1, J2) * F(I2, J1)
        END DO
      END DO
      END SUBROUTINE

      DOUBLE PRECISION FUNCTION DET(U)
      IMPLICIT NONE
      DOUBLE PRECISION U(6), A(3,3), C(3,3)
      A = RESHAPE([U(1), U(4), U(6), U(4), U(2), U(5), U(6), U(5),
     1 U(3)], [3, 3])
      CALL COFACT(A, C)
      DET = SUM(A(1, :) * C(1, :))
      END FUNCTION
