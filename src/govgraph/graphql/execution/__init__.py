"""How operations are answered: parsed, priced, planned once, and read level by level."""
