"""Lists of a kind: which entities, in which order, which page of them, and what they come to in numbers."""
