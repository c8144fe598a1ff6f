"""What a change of the schema means to partners, and the operations they have registered."""
