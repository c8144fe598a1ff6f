"""What can be changed: the mutations, what they take, and what they tell of what became of it."""
