#!/bin/sh
# A driver by Dakota's convention: u = a² b + 2 a, v = b³, with derivatives as they are asked for.
awk '
NR == 1 { n = $1 }
NR > 1 && NR <= n + 1 { x[NR - 1] = $1 }
$2 ~ /^ASV_/ { asked = $1 }
END {
    a = x[1]; b = x[2]
    printf "%.17g u\n%.17g v\n", a * a * b + 2 * a, b * b * b
    if (asked >= 3) printf "[ %.17g %.17g ]\n[ 0 %.17g ]\n", 2 * a * b + 2, a * a, 3 * b * b
    if (asked >= 7) {
        printf "[[ %.17g %.17g\n %.17g 0 ]]\n[[ 0 0 0 %.17g ]]\n", 2 * b, 2 * a, 2 * a, 6 * b
    }
}' "$1" > "$2"
