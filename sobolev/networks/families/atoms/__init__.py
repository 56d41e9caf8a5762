"""Energies of atoms from what surrounds them: invariant by construction."""
