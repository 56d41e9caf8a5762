C     A driver of a UMAT at one point: F = 1 + t H for t up to 1 in NINC
C     steps, then uniaxial tension by Newton's method with its tangent.
C     It reads NINC, H row by row, the last stretch; it writes at each
C     step F's number, STRESS, the largest error of DDSDDE against
C     differences, relative to its largest entry, and of tension the
C     stretch, the stretch across, STRESS(1) and how many iterations.
      PROGRAM PATH
      IMPLICIT NONE
      DOUBLE PRECISION H(3,3), F(3,3), S(6), D(6,6), E, T, A, B
      INTEGER NINC, N, I, J, IT
      READ (*, *) NINC, ((H(I, J), J = 1, 3), I = 1, 3), T
      DO N = 1, NINC
        DO J = 1, 3
          DO I = 1, 3
            F(I, J) = H(I, J) * N / NINC
          END DO
          F(J, J) = F(J, J) + 1.0D0
        END DO
        CALL ASK(F, S, D)
        CALL DIFFER(F, D, E)
        WRITE (*, '(7ES26.17)') S, E
      END DO
      B = 1.0D0
      DO N = 1, NINC
        A = 1.0D0 + (T - 1.0D0) * N / NINC
        DO IT = 1, 30
          F = 0.0D0
          F(1, 1) = A
          F(2, 2) = B
          F(3, 3) = B
          CALL ASK(F, S, D)
          IF (ABS(S(2)) .LT. 1.0D-12 * ABS(D(2, 2))) EXIT
C         J d(sigma) + sigma dJ = J (D22 + D23) d ln B: Jaumann of tau
          B = B * EXP(-S(2) / (D(2, 2) + D(2, 3) - 2.0D0 * S(2)))
        END DO
        WRITE (*, '(3ES26.17, I4)') A, B, S(1), IT
      END DO
      END PROGRAM

C     The 37 arguments, of which a hyperelastic material looks at F.
      SUBROUTINE ASK(F, S, D)
      IMPLICIT NONE
      DOUBLE PRECISION F(3,3), S(6), D(6,6), O, V(200), T(3,3), P
      INTEGER K(4)
      CHARACTER*80 NAME
      NAME = 'DRIVEN'
      O = 0.0D0
      V = 0.0D0
      T = 0.0D0
      K = 1
      P = 1.0D0
      CALL UMAT(S, V, D, O, O, O, O, V, V, O, V, V, V, O, O, O, V, V,
     1 NAME, 3, 3, 6, 0, V, 0, V, T, P, O, T, F, 1, 1, 1, 1, K, 1)
      IF (P .LT. 1.0D0) STOP 3
      END SUBROUTINE

C     Column (i,j) of D = d(tau)/J of F + e (e_i e_j + e_j e_i) F / 2,
C     by differences of fourth order.
      SUBROUTINE DIFFER(F, D, E)
      IMPLICIT NONE
      DOUBLE PRECISION F(3,3), D(6,6), E, C(6), R(6), X(6,6), G(3,3)
      DOUBLE PRECISION STEP, DET, BIG
      INTEGER P(6), Q(6), N, M, K
      DATA P/1, 2, 3, 1, 1, 2/
      DATA Q/1, 2, 3, 2, 3, 3/
      STEP = 1.0D-3
      E = 0.0D0
      BIG = MAXVAL(ABS(D))
      DO N = 1, 6
        R = 0.0D0
        DO M = -2, 2
          IF (M .EQ. 0) CYCLE
          G = F
          DO K = 1, 3
            G(P(N), K) = G(P(N), K) + M * STEP * F(Q(N), K) / 2
            G(Q(N), K) = G(Q(N), K) + M * STEP * F(P(N), K) / 2
          END DO
          CALL ASK(G, C, X)
          C = C * DET(G) / DET(F) / STEP
          IF (ABS(M) .EQ. 1) R = R + M * 8.0D0 / 12.0D0 * C
          IF (ABS(M) .EQ. 2) R = R - M * 0.5D0 / 12.0D0 * C
        END DO
        E = MAX(E, MAXVAL(ABS(R - D(:, N))) / BIG)
      END DO
      END SUBROUTINE

      DOUBLE PRECISION FUNCTION DET(A)
      IMPLICIT NONE
      DOUBLE PRECISION A(3,3)
      DET = A(1,1) * (A(2,2) * A(3,3) - A(2,3) * A(3,2))
     1 - A(1,2) * (A(2,1) * A(3,3) - A(2,3) * A(3,1))
     2 + A(1,3) * (A(2,1) * A(3,2) - A(2,2) * A(3,1))
      END FUNCTION
