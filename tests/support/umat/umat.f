C     Three materials of our own for the tests of the verifier, chosen by
C     the first letter of CMNAME, each with one entry of its tangent
C     that can be spoilt: the last three of PROPS are row, column, part.
C       ELASTIC   E, NU
C       J2        E, NU, YIELD STRESS, HARDENING;  STATEV: 6 plastic
C                 strains and their accumulated size
C       NEOHOOKE  MU, LAMBDA of finite strain (NLGEOM)
      SUBROUTINE UMAT(STRESS, STATEV, DDSDDE, SSE, SPD, SCD, RPL,
     1 DDSDDT, DRPLDE, DRPLDT, STRAN, DSTRAN, TIME, DTIME, TEMP, DTEMP,
     2 PREDEF, DPRED, CMNAME, NDI, NSHR, NTENS, NSTATV, PROPS, NPROPS,
     3 COORDS, DROT, PNEWDT, CELENT, DFGRD0, DFGRD1, NOEL, NPT, LAYER,
     4 KSPT, JSTEP, KINC)
      INCLUDE 'ABA_PARAM.INC'
      CHARACTER*80 CMNAME
      DIMENSION STRESS(NTENS), STATEV(NSTATV), DDSDDE(NTENS, NTENS),
     1 DDSDDT(NTENS), DRPLDE(NTENS), STRAN(NTENS), DSTRAN(NTENS),
     2 TIME(2), PREDEF(1), DPRED(1), PROPS(NPROPS), COORDS(3),
     3 DROT(3, 3), DFGRD0(3, 3), DFGRD1(3, 3), JSTEP(4)
      IF (CMNAME(1:1) .EQ. 'N') THEN
        CALL NEOHOO(STRESS, DDSDDE, PROPS, DFGRD1, NTENS)
      ELSE
        CALL HOOKE(DDSDDE, PROPS(1), PROPS(2), NTENS)
        DO 10 I = 1, NTENS
          DO 10 J = 1, NTENS
   10       STRESS(I) = STRESS(I) + DDSDDE(I, J) * DSTRAN(J)
        IF (CMNAME(1:1) .EQ. 'J') THEN
          CALL FLOWS(STRESS, STATEV, DDSDDE, PROPS, NTENS)
        END IF
      END IF
      IROW = NINT(PROPS(NPROPS - 2))
      ICOL = NINT(PROPS(NPROPS - 1))
      IF (IROW .GT. 0) THEN
        DDSDDE(IROW, ICOL) = DDSDDE(IROW, ICOL) * (1 + PROPS(NPROPS))
      END IF
      RETURN
      END

C     Elastic moduli, shear strains twice those of the tensor.
      SUBROUTINE HOOKE(C, E, ANU, N)
      INCLUDE 'ABA_PARAM.INC'
      DIMENSION C(N, N)
      G = E / (1 + ANU) / 2
      ALAM = E * ANU / ((1 + ANU) * (1 - 2 * ANU))
      DO 20 I = 1, N
        DO 20 J = 1, N
          C(I, J) = 0
          IF (I .LE. 3 .AND. J .LE. 3) C(I, J) = ALAM
          IF (I .EQ. J .AND. I .LE. 3) C(I, J) = ALAM + 2 * G
   20     IF (I .EQ. J .AND. I .GT. 3) C(I, J) = G
      RETURN
      END

C     Radial return with linear isotropic hardening.
      SUBROUTINE FLOWS(S, STATEV, C, PROPS, N)
      INCLUDE 'ABA_PARAM.INC'
      DIMENSION S(N), STATEV(7), C(N, N), PROPS(4), FLOW(6)
      G = PROPS(1) / (1 + PROPS(2)) / 2
      BULK = PROPS(1) / (1 - 2 * PROPS(2)) / 3
      P = (S(1) + S(2) + S(3)) / 3
      Q = 0
      DO 30 I = 1, 6
        FLOW(I) = S(I)
        IF (I .LE. 3) FLOW(I) = S(I) - P
        W = 1
        IF (I .GT. 3) W = 2
   30   Q = Q + W * FLOW(I)**2
      Q = SQRT(1.5D0 * Q)
      YIELD = PROPS(3) + PROPS(4) * STATEV(7)
      IF (Q .LE. YIELD * (1 + 1.D-10)) RETURN
      DGAM = (Q - YIELD) / (3 * G + PROPS(4))
C     the direction of flow, 3/2 s/q
      DO 40 I = 1, 6
        FLOW(I) = 1.5D0 * FLOW(I) / Q
        S(I) = S(I) - 2 * G * DGAM * FLOW(I)
        W = 1
        IF (I .GT. 3) W = 2
   40   STATEV(I) = STATEV(I) + W * DGAM * FLOW(I)
      STATEV(7) = STATEV(7) + DGAM
      THETA = 1 - 3 * G * DGAM / Q
      THETAB = 3 * G / (3 * G + PROPS(4)) - (1 - THETA)
      DO 50 I = 1, 6
        DO 50 J = 1, 6
          C(I, J) = -4 * G * THETAB * FLOW(I) * FLOW(J) / 3
          IF (I .LE. 3 .AND. J .LE. 3) THEN
            C(I, J) = C(I, J) + BULK - 2 * G * THETA / 3
          END IF
          IF (I .EQ. J .AND. I .LE. 3) C(I, J) = C(I, J) + 2 * G * THETA
   50     IF (I .EQ. J .AND. I .GT. 3) C(I, J) = C(I, J) + G * THETA
      RETURN
      END

C     tau = mu (B - 1) + lambda ln J; the Jaumann rate of tau, over J.
      SUBROUTINE NEOHOO(S, C, PROPS, F, N)
      INCLUDE 'ABA_PARAM.INC'
      DIMENSION S(N), C(N, N), PROPS(2), F(3, 3), T(3, 3), IP(6), JP(6)
      DATA IP /1, 2, 3, 1, 1, 2/, JP /1, 2, 3, 2, 3, 3/
      DET = F(1, 1) * (F(2, 2) * F(3, 3) - F(2, 3) * F(3, 2))
     1    - F(1, 2) * (F(2, 1) * F(3, 3) - F(2, 3) * F(3, 1))
     2    + F(1, 3) * (F(2, 1) * F(3, 2) - F(2, 2) * F(3, 1))
      GROW = PROPS(2) * LOG(DET)
      DO 60 I = 1, 3
        DO 60 J = 1, 3
          T(I, J) = 0
          DO 55 K = 1, 3
   55       T(I, J) = T(I, J) + PROPS(1) * F(I, K) * F(J, K)
   60     IF (I .EQ. J) T(I, J) = T(I, J) - PROPS(1) + GROW
      DO 70 M = 1, 6
        S(M) = T(IP(M), JP(M)) / DET
        DO 70 L = 1, 6
          I = IP(M)
          J = JP(M)
          K = IP(L)
          KK = JP(L)
          A = D(I, K) * D(J, KK) + D(I, KK) * D(J, K)
          A = (PROPS(1) - GROW) * A + PROPS(2) * D(I, J) * D(K, KK)
          B = T(I, K) * D(J, KK) + T(J, K) * D(I, KK)
     1      + T(I, KK) * D(J, K) + T(J, KK) * D(I, K)
   70     C(M, L) = (A + B / 2) / DET
      RETURN
      END

      DOUBLE PRECISION FUNCTION D(I, J)
      D = 0
      IF (I .EQ. J) D = 1
      RETURN
      END
