"""Source terms from rates of reactions that are learnt: conserving by construction."""
