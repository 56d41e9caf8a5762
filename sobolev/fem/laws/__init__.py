"""What happens at a point: energies, plasticity, heat, and the planes they are cut to."""
