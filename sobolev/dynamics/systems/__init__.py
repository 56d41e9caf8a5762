"""Systems with known answers: oscillators, stiff kinetics, hysteresis, a wave."""
