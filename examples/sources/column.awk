# The tip of a column that is bent and pressed, with slopes: awk -f column.awk params.in results.out
#
# w = F L^3 / B g(q), g = (tan q - q) / q^3, q = L sqrt(P / B), B = E b h^3 / 12; from q = pi/2 on there
# is no equilibrium (Euler). S. P. Timoshenko, J. M. Gere, Theory of elastic stability, 1961, 1.4.
BEGIN {
  while ((getline line < ARGV[1]) > 0) { split(line, word, " "); value[word[2]] = word[1] }
  F = 10; L = 1000; h = value["h"]; P = value["P"]
  B = 210e3 * 10 * h^3 / 12; q = L * sqrt(P / B)
  if (q >= 1.5707963267948966) { print "fail: the column buckles" > ARGV[2]; exit }
  t = sin(q) / cos(q)
  w = F * L^3 / B * (t - q) / q^3
  by_q = F * L^3 / B * (t^2 / q^3 - 3 * (t - q) / q^4)
  printf "%.16e tip\n", w > ARGV[2]
  if (value["ASV_1:tip"] >= 3)  # with its gradient; lie=1.01 makes one slope wrong by 1 %
    printf "[ %.16e %.16e ]\n", (lie ? lie : 1) * (-3 * w - 1.5 * q * by_q) / h, by_q * q / 2 / P > ARGV[2]
  exit
}
