"""Schemes × networks × budgets × initialisations at one learning rate, with controls."""
